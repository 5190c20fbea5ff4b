"""The order of `make gpu`, without a card."""

from importlib.util import find_spec

from examples.benchmarks import gpu


def test_every_part_is_a_module_that_is_there(tmp_path):
    for command in gpu.parts(tmp_path).values():
        assert command[0] == "-m"
        assert find_spec(command[1]) is not None


def test_a_part_that_fails_does_not_stop_the_others():
    wait = ["-c", "import time; time.sleep(60)"]
    commands = {"fails": ["-c", "exit(3)"], "passes": ["-c", ""], "hangs": wait, "late": wait}
    ends = gpu.run(commands, seconds=5)
    assert ends["fails"].startswith("failed with 3")
    assert ends["passes"].startswith("passed")
    assert ends["hangs"].startswith("stopped after")
    assert ends["late"] == "left out: no time"

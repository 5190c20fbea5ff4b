import os
import signal
import threading
import time

import pytest
import torch

from skscale.ops.threads import threads_for


@pytest.fixture(autouse=True)
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(("n_values", "expected"), [(0, 1), (1_000, 1), (1_000_000, 2)])
def test_few_values_stay_on_one_core(n_values, expected):
    with threads_for(n_values):
        assert torch.get_num_threads() == expected
    assert torch.get_num_threads() == 2


def test_a_bound_of_its_own():
    with threads_for(1_000_000, one_core=2_000_000):
        assert torch.get_num_threads() == 1


def test_an_error_gives_the_cores_back():
    with pytest.raises(RuntimeError), threads_for(1):
        raise RuntimeError
    assert torch.get_num_threads() == 2


def test_another_thread_keeps_its_cores():
    counts, started, inside = [], threading.Event(), threading.Event()

    def other():
        counts.append(torch.get_num_threads())
        started.set()
        inside.wait()
        counts.append(torch.get_num_threads())

    thread = threading.Thread(target=other)
    thread.start()
    started.wait()
    with threads_for(1):
        inside.set()
        thread.join()
    assert counts == [2, 2]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_computes():
    x = torch.rand(400, 400)
    (x @ x).exp()  # OpenMP's threads are there now, and will be missing in the child
    child = os.fork()
    if child == 0:
        (x @ x).exp()
        os._exit(torch.get_num_threads())
    end = time.monotonic() + 60
    while not (found := os.waitpid(child, os.WNOHANG))[0] and time.monotonic() < end:
        time.sleep(0.05)
    if not found[0]:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    assert found[0], "the child hangs"
    assert os.waitstatus_to_exitcode(found[1]) == 1

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from skscale.training import LOSSES, Runtime, SeriesBuffer, Windows, resolve_device

SCRIPT = str(Path(__file__).with_name("two_processes.py"))


def test_one_process_in_float32_is_bare_torch():
    runtime = Runtime.of("cpu")
    assert runtime.fabric is None
    assert runtime.is_first
    assert runtime.share("all", None) == ("all", 1.0)
    assert runtime.agree(3) == 3
    net = torch.nn.Linear(2, 2)
    assert runtime.wrap(net) is net


@pytest.mark.parametrize(("n_values", "expected"), [(1_000, 1), (1_000_000, 2)])
def test_small_steps_run_on_one_core(n_values, expected):
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with Runtime.of("cpu").threads_for(n_values):
            assert torch.get_num_threads() == expected
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_threads_do_not_share_random_numbers():
    state = torch.get_rng_state()

    def draw(seed):
        with Runtime.of("cpu").seeded(seed):
            return [torch.rand(1).item() for _ in range(200)]

    alone = [draw(seed) for seed in range(8)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(draw, range(8))) == alone
    assert torch.equal(torch.get_rng_state(), state)


class TwoProcesses:
    """What `Runtime.share` asks of Fabric."""

    world_size = 2

    def __init__(self, rank):
        self.global_rank = rank


@pytest.mark.parametrize("index", [[3], [5, 0], [1, 2, 3, 4, 5, 6, 7]])
def test_shares_average_to_the_batch(index):
    one = torch.ones(2, 1)
    buffer = SeriesBuffer(torch.randn(15, 1), torch.tensor([0, 6, 15]), 0 * one, one)
    cuts = torch.tensor([2, 3]), torch.tensor([5, 7])  # the last targets are cut off
    windows, index = Windows(buffer, 2, 3, *cuts), torch.tensor(index)
    assert len(windows) == 9

    def loss(part):
        batch = windows.batch(part)
        return LOSSES["mae"](batch.x[:, :1].expand_as(batch.y), batch)

    shares = [
        Runtime(torch.device("cpu"), TwoProcesses(rank)).share(index, windows) for rank in (0, 1)
    ]
    torch.testing.assert_close(sum(loss(p) * w for p, w in shares) / 2, loss(index))


@pytest.mark.slow
def test_two_processes_give_the_result_of_one(tmp_path):
    pytest.importorskip("lightning_fabric")
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    for start in ([], launcher):
        command = [sys.executable, *start, SCRIPT, str(tmp_path / "weights")]
        subprocess.run(command, check=True, timeout=300, capture_output=True)
    alone, *both = (torch.load(tmp_path / f"weights_{who}.pt") for who in ("alone", "0", "1"))
    for weights in both:
        for name, expected in alone.items():
            torch.testing.assert_close(weights[name], expected, rtol=1e-5, atol=1e-5)


def test_missing_fabric_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "lightning_fabric", None)
    with pytest.raises(ImportError, match=r"skscale\[parallel\]"):
        Runtime.of("cpu", "bf16")


@pytest.mark.parametrize("name", ["tpu", "gpu0", 3.5])
def test_unknown_device(name):
    with pytest.raises(ValueError, match="device must be"):
        resolve_device(name)


def test_unknown_precision():
    with pytest.raises(ValueError, match=r"precision must be one of .*got 'fp8'"):
        Runtime.of("cpu", "fp8")

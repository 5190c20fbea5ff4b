import subprocess
import sys
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


TORCHRUN = {
    "TORCHELASTIC_RUN_ID": "none",
    "RANK": "0",
    "LOCAL_RANK": "0",
    "WORLD_SIZE": "2",
    "LOCAL_WORLD_SIZE": "2",
    "MASTER_ADDR": "localhost",
    "MASTER_PORT": "29500",
}


def set_environment(monkeypatch, variables):
    for name in TORCHRUN:
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("missing", sorted(set(TORCHRUN) - {"WORLD_SIZE"}))
def test_a_world_size_that_torchrun_did_not_set_means_nothing(monkeypatch, missing):
    set_environment(monkeypatch, {k: v for k, v in TORCHRUN.items() if k != missing})
    assert Runtime.of("cpu").fabric is None


def test_several_processes_of_torchrun_are_joined(monkeypatch):
    set_environment(monkeypatch, TORCHRUN)
    monkeypatch.setitem(sys.modules, "lightning_fabric", None)
    with pytest.raises(ImportError, match="several processes"):
        Runtime.of("cpu")


def test_a_world_size_does_not_keep_bf16_from_one_process(monkeypatch):
    pytest.importorskip("lightning_fabric")
    set_environment(monkeypatch, {"WORLD_SIZE": "4"})
    assert Runtime.of("cpu", "bf16").fabric.world_size == 1


def test_bf16_prints_and_logs_nothing():
    pytest.importorskip("lightning_fabric")
    script = (
        "import logging\n"
        "logging.basicConfig(level=logging.INFO)\n"
        "from skscale.training import Runtime\n"
        "Runtime.of('cpu', 'bf16')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


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


@pytest.mark.parametrize("kind", ["cuda", "xpu"])
def test_auto_is_the_accelerator_that_is_there(kind, monkeypatch):
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: True)
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda: torch.device(kind))
    monkeypatch.setattr(torch.accelerator, "device_count", lambda: 2)
    assert resolve_device("auto") == torch.device(kind)
    assert resolve_device(f"{kind}:1") == torch.device(kind, 1)
    with pytest.raises(ValueError, match=f"torch finds 2 {kind.upper()} devices"):
        resolve_device(f"{kind}:2")


def test_auto_leaves_out_what_has_no_float64(monkeypatch):
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: True)
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda: torch.device("mps"))
    assert resolve_device("auto") == torch.device("cpu")


@pytest.mark.parametrize("name", ["tpu", "gpu0", "mps", "", 3.5, 0, None, True, ["cpu"]])
def test_unknown_device(name):
    with pytest.raises(ValueError, match="device must be"):
        resolve_device(name)


def test_unknown_precision():
    with pytest.raises(ValueError, match=r"precision must be one of .*got 'fp8'"):
        Runtime.of("cpu", "fp8")


@pytest.mark.parametrize("name", ["cuda:99", torch.device("cuda", 99)])
def test_a_device_that_this_machine_lacks(name):
    with pytest.raises(ValueError, match=r"device=.*99.*torch finds \d CUDA devices"):
        resolve_device(name)

"""Steps recorded as a graph; without a GPU, what decides whether they may be."""

import pytest
import torch
from torch import nn

from skscale.nn import SigmaNet
from skscale.training import Run, capture, forecast_objective
from skscale.training.capture import CapturedWork, is_recordable

INDEX = torch.arange(4)


class TheirNet(nn.Module):
    def forward(self, x):
        return x


def test_code_of_others_is_not_recorded():
    net, objective = SigmaNet(8, 4, 1), forecast_objective("mse")
    assert is_recordable(net, objective)
    assert not is_recordable(nn.Sequential(net, TheirNet()), objective)
    assert not is_recordable(net, lambda net, batch: net(batch.x).sum())


@pytest.mark.parametrize(
    "reads",
    [
        lambda x: x * float(x.sum()),
        lambda x: x[x > 0],
        lambda x: x.index_put((x > 0,), torch.zeros(())),
        lambda x: x.nonzero(),
        lambda x: x.masked_select(x > 0),
        lambda x: x.unique(),
        lambda x: x.repeat_interleave(x.long()),
    ],
)
def test_reads_by_the_host_are_seen(reads):
    x = torch.ones(3)
    with capture._HostReads() as seen:
        reads(x)
    assert seen.found
    with capture._HostReads() as seen:
        (x[torch.tensor([0, 1])] * 2).sum()
    assert not seen.found


class Pretended:
    """In the place of a recording: counts, and answers like the work."""

    def __init__(self, monkeypatch, work):
        self.replayed = []
        monkeypatch.setattr(CapturedWork, "_recorded", lambda work, index: self)
        monkeypatch.setattr(CapturedWork, "_replay", self.replay)

    def replay(self, index):
        self.replayed.append(index)
        return index.sum()


def test_two_calls_run_and_the_others_are_replayed_but_for_the_rest_of_an_epoch(monkeypatch):
    ran = []

    def work(index):
        ran.append(len(index))
        return index.sum()

    pretended = Pretended(monkeypatch, work)
    captured = CapturedWork(work, [], Run().numbers, print)
    for _ in range(3):
        assert captured(INDEX) == 6
        assert captured(INDEX[:3]) == 3
    assert ran == [4, 3, 4, 3, 3]
    assert len(pretended.replayed) == 1


def test_work_that_reads_always_runs(monkeypatch):
    pretended = Pretended(monkeypatch, None)
    captured = CapturedWork(lambda index: index * int(index[0]), [], Run().numbers, print)
    for _ in range(4):
        captured(INDEX)
    assert not pretended.replayed


def test_where_recording_fails_the_work_runs(monkeypatch):
    def no_graph():
        raise RuntimeError("no graph here\nmore")

    monkeypatch.setattr(torch.cuda, "CUDAGraph", no_graph)
    notes, weight = [], nn.Parameter(torch.ones(()))

    def work(index):
        loss = (weight * index.float()).sum()
        loss.backward()
        return loss.detach()

    captured = CapturedWork(work, [weight], Run().numbers, notes.append)
    for _ in range(4):
        weight.grad = None
        assert captured(INDEX) == 6
        assert weight.grad == 6
    assert notes == ["not captured: RuntimeError: no graph here"]

import torch
from torch import nn

from skscale.training import History, TrainingConfig
from skscale.training.compilation import CompiledNet


def failing_compiler(net, mode):
    def compiled(*inputs):
        raise RuntimeError("no compiler found\nmore lines")

    return compiled


def test_a_failing_compiler_costs_nothing_but_a_note(monkeypatch):
    monkeypatch.setattr(torch, "compile", failing_compiler)
    net, history = nn.Linear(3, 2), History()
    compiled = CompiledNet(net, history.notes.append)
    x = torch.randn(4, 3)
    assert torch.equal(compiled(x), net(x))
    assert torch.equal(compiled(x), net(x))
    assert history.notes == ["not compiled: RuntimeError: no compiler found"]
    assert compiled.in_features == 3


def test_a_working_compiler_is_used(monkeypatch):
    monkeypatch.setattr(torch, "compile", lambda net, mode: lambda *inputs: net(*inputs) + 1)
    net, history = nn.Linear(3, 2), History()
    x = torch.randn(4, 3)
    assert torch.equal(CompiledNet(net, history.notes.append)(x), net(x) + 1)
    assert not history.notes


def test_off_unless_asked_for():
    assert not TrainingConfig().compile

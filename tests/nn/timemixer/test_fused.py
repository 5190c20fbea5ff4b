"""The block's own forward and backward pass against the same formulas left to autograd."""

import pytest
import torch
from torch.nn.functional import gelu

from skscale.nn import TimeMixerNet
from skscale.nn.timemixer import fused
from skscale.nn.timemixer.fused import Across, mix_block
from skscale.nn.timemixer.links import Step

D_MODEL, D_FF, ROWS, LENGTHS = 5, 7, 3, (8, 4, 2)


def _steps():
    fine, middle, coarse = slice(0, 8), slice(8, 12), slice(12, 14)
    ends = [(fine, middle), (middle, coarse), (coarse, middle), (middle, fine)]
    matrices = [torch.randn((s.stop - s.start,) * 2).double() for s, _ in ends]
    starts = [True, False, True, False]
    return [Step(*e, s, m) for e, s, m in zip(ends, starts, matrices, strict=True)]


def _leaf(*shape):
    return torch.randn(*shape, dtype=torch.float64).requires_grad_()


def _step_weights(steps):
    weights = []
    for step in steps:
        n_in, n_out = (s.stop - s.start for s in (step.source, step.target))
        weights += [_leaf(n_out, n_in), _leaf(n_out), _leaf(n_out, n_out), _leaf(n_out)]
    return weights


def _plain(x, steps, weights, across, mix):
    """Every season and trend formed, step by step; no weight folded."""
    features = x if mix is None else torch.einsum("ds,srt->drt", mix, x)
    added = torch.zeros_like(features)
    change = None
    for k, step in enumerate(steps):
        first, bias, second, second_bias = weights[4 * k : 4 * k + 4]
        part = features[..., step.source] @ step.matrix
        part = part if step.starts else part + change
        change = gelu(part @ first.t() + bias) @ second.t() + second_bias
        padding = (step.target.start, sum(LENGTHS) - step.target.stop)
        added = added + torch.nn.functional.pad(change, padding)
    mixed = features + added
    first, second, skip = across
    hidden = gelu(torch.einsum("fd,drt->frt", first[:, :-1], mixed) + first[:, -1:, None])
    result = torch.einsum("of,frt->ort", second[:, :-1], hidden) + second[:, -1:, None]
    return result + (x if skip is None else torch.einsum("os,srt->ort", skip, x))


@pytest.mark.parametrize("elements", [2**20, 100])
@pytest.mark.parametrize("n_outputs", [None, 1, 4])
@pytest.mark.parametrize("n_series", [None, 3])
def test_equals_the_plain_form(n_series, n_outputs, elements, monkeypatch):
    """In full and from fewer series; added as is or mapped; in one part and in several."""
    monkeypatch.setattr(fused, "_HIDDEN_ELEMENTS", elements)
    torch.manual_seed(0)
    steps = _steps()
    weights = _step_weights(steps)
    n_inputs = n_series or D_MODEL
    x, mix = _leaf(n_inputs, ROWS, sum(LENGTHS)), _leaf(D_MODEL, n_series) if n_series else None
    mapped = n_series or n_outputs
    width = n_outputs or D_MODEL
    skip = _leaf(width, n_inputs) if mapped else None
    across = Across(_leaf(D_FF, D_MODEL + 1), _leaf(width, D_FF + 1), skip)
    leaves = [t for t in (x, mix, *across, *weights) if t is not None]
    results = []
    for form in (mix_block, _plain):
        output = form(x, steps, weights, across, mix)
        results.append([output, *torch.autograd.grad(output.sin().sum(), leaves)])
    for got, expected in zip(*results, strict=True):
        torch.testing.assert_close(got, expected, atol=1e-11, rtol=1e-11)


class _NoDropout(torch.nn.Module):
    p = 0.5

    def forward(self, x):
        return x


def test_features_in_full_give_what_the_few_series_give():
    """Dropout needs every feature by itself; without its effect nothing may change."""
    torch.manual_seed(0)
    net = TimeMixerNet(24, 6, 2, down_sampling_layers=2, dropout=0.0).double()
    x = torch.randn(4, 24, 2, dtype=torch.float64)
    results = []
    for dropout in (net.dropout, _NoDropout()):
        net.dropout = dropout
        output = net(x)
        gradients = torch.autograd.grad(output.square().sum(), list(net.parameters()))
        results.append([output, *gradients])
    for few, full in zip(*results, strict=True):
        torch.testing.assert_close(few, full, atol=1e-10, rtol=1e-10)


def test_a_training_step_repeats_to_the_bit():
    torch.manual_seed(0)
    net = TimeMixerNet(96, 24, 3)
    x = torch.randn(8, 96, 3)
    runs = []
    for _ in range(2):
        torch.manual_seed(1)
        output = net(x)
        runs.append([output, *torch.autograd.grad(output.square().sum(), list(net.parameters()))])
    assert all(torch.equal(one, other) for one, other in zip(*runs, strict=True))

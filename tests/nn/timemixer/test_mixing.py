"""The mixing layers: direction, lengths, layouts, gradients, wrong input."""

import pytest
import torch
from torch.nn import functional as F

from skscale.nn import MultiScaleSeasonMixing, MultiScaleTrendMixing, PastDecomposableMixing
from skscale.nn.layers.feed_forward import FeedForward
from skscale.nn.layers.pyramid import scale_lengths

MIXING = [MultiScaleSeasonMixing, MultiScaleTrendMixing]


def _scales(lengths, batch=2, channels=3):
    torch.manual_seed(0)
    return [torch.randn(batch, channels, n, dtype=torch.float64) for n in lengths]


def _plain(step, x, base):
    hidden = F.gelu(F.linear(x, step.first.weight, step.first.bias))
    return base + F.linear(hidden, step.second.weight, step.second.bias)


def test_season_goes_from_fine_to_coarse():
    layer = MultiScaleSeasonMixing(24, 2, 2).double()
    fine, middle, coarse = _scales([24, 12, 6])
    mixed = layer([fine, middle, coarse])
    middle = _plain(layer.steps[0], fine, middle)
    coarse = _plain(layer.steps[1], middle, coarse)
    for got, expected in zip(mixed, [fine, middle, coarse], strict=True):
        torch.testing.assert_close(got, expected)


def test_trend_goes_from_coarse_to_fine():
    layer = MultiScaleTrendMixing(24, 2, 2).double()
    fine, middle, coarse = _scales([24, 12, 6])
    mixed = layer([fine, middle, coarse])
    middle = _plain(layer.steps[1], coarse, middle)
    fine = _plain(layer.steps[0], middle, fine)
    for got, expected in zip(mixed, [fine, middle, coarse], strict=True):
        torch.testing.assert_close(got, expected)


@pytest.mark.parametrize("layer", [*MIXING, PastDecomposableMixing])
@pytest.mark.parametrize(
    ("seq_len", "window", "layers", "lengths"),
    [
        (96, 2, 3, [96, 48, 24, 12]),
        (97, 2, 3, [97, 48, 24, 12]),
        (100, 3, 2, [100, 33, 11]),
        (50, 2, 3, [50, 25, 12, 6]),
        (8, 2, 3, [8, 4, 2, 1]),
        (5, 1, 2, [5, 5, 5]),
        (96, 2, 0, [96]),
        (1, 2, 0, [1]),
    ],
)
def test_single_tensor_is_pooled_to_every_scale(layer, seq_len, window, layers, lengths):
    module = layer(seq_len, down_sampling_window=window, down_sampling_layers=layers)
    x = torch.randn(4, 16, seq_len)
    mixed = module([x])
    assert [tuple(z.shape) for z in mixed] == [(4, 16, n) for n in lengths]
    pooled = [x]
    for _ in range(layers):
        pooled.append(F.avg_pool1d(pooled[-1], window))
    for got, expected in zip(mixed, module(pooled), strict=True):
        torch.testing.assert_close(got, expected)


@pytest.mark.parametrize("layer", MIXING)
def test_zero_layers_leave_the_input(layer):
    x = torch.randn(2, 3, 10)
    assert torch.equal(layer(10, 2, 0)([x])[0], x)


@pytest.mark.parametrize("layer", MIXING)
def test_published_quick_start(layer):
    """It feeds (32, 96, 64), time in the middle, and expects one output per scale."""
    mix = layer(seq_len=96, down_sampling_window=2, down_sampling_layers=2)
    x = torch.randn(32, 96, 64)
    mixed = mix([x])
    assert [tuple(z.shape) for z in mixed] == [(32, 96, 64), (32, 48, 64), (32, 24, 64)]
    for got, expected in zip(mixed, mix([x.transpose(1, 2)]), strict=True):
        torch.testing.assert_close(got, expected.transpose(1, 2))


def _plain_block(block, scales):
    """The block in full: decompose, mix, add up, feed forward; (batch, d_model, length)."""
    parts = [block.decomposition(x) for x in scales]

    def across(x, base):
        return _plain(block.cross, x.transpose(1, 2), base.transpose(1, 2)).transpose(1, 2)

    if not block.channel_independence:
        parts = [(across(s, 0 * s), across(t, 0 * t)) for s, t in parts]
    seasons, trends = [s for s, _ in parts], [t for _, t in parts]
    for i, step in enumerate(block.season_mixing.steps):
        seasons[i + 1] = _plain(step, seasons[i], seasons[i + 1])
    for i, step in reversed(list(enumerate(block.trend_mixing.steps))):
        trends[i] = _plain(step, trends[i + 1], trends[i])
    sums = [s + t for s, t in zip(seasons, trends, strict=True)]
    if not block.channel_independence:
        return sums
    return [across(s, x) for s, x in zip(sums, scales, strict=True)]


@pytest.mark.parametrize("decomp_method", ["moving_avg", "dft_decomp"])
@pytest.mark.parametrize("channel_independence", [0, 1])
@pytest.mark.parametrize("layers", [0, 1, 2, 3])
def test_block_equals_its_plain_form(decomp_method, channel_independence, layers):
    torch.manual_seed(1)
    block = PastDecomposableMixing(
        25,
        down_sampling_layers=layers,
        d_model=3,
        channel_independence=channel_independence,
        decomp_method=decomp_method,
        d_ff=5,
        moving_avg=5,
        top_k=2,
    ).double()
    scales = _scales(scale_lengths(25, 2, layers))
    results = []
    for form in (block, lambda scales: _plain_block(block, scales)):
        inputs = [x.clone().requires_grad_() for x in scales]
        mixed = form(inputs)
        used = [p for p in block.parameters() if layers or p in set(block.cross.parameters())]
        loss = sum((z * (i + 1)).sin().sum() for i, z in enumerate(mixed))
        results.append([*mixed, *torch.autograd.grad(loss, [*inputs, *used])])
    for got, expected in zip(*results, strict=True):
        torch.testing.assert_close(got, expected, atol=1e-10, rtol=1e-10)


def test_feed_forward_gradients():
    torch.manual_seed(0)
    layer = FeedForward(5, 4, 3).double()
    x, base = torch.randn(2, 6, 5).double(), torch.randn(2, 6, 3).double()
    rows, columns = torch.randn(5, 2, 3).double(), torch.randn(3, 2, 3).double()
    projection = torch.randn(2, 3).double()
    inputs = [t.requires_grad_() for t in (x, base, rows, columns, projection)]

    def both(x, base, rows, columns, projection, *params):
        return (
            layer(x, base),
            layer.across_first_axis(rows),
            layer.across_first_axis(rows, columns),
            layer.across_first_axis(rows, columns, projection),
        )

    assert torch.autograd.gradcheck(both, (*inputs, *layer.parameters()))


def _run(shapes, **arguments):
    layer = PastDecomposableMixing(**({"seq_len": 8, "d_model": 3} | arguments))
    return layer([torch.zeros(shape) for shape in shapes])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: MultiScaleTrendMixing(7, 2, 3), "needs at least 8 time points, got 7"),
        (lambda: MultiScaleSeasonMixing(8)([]), r"must hold 1 or 2 tensors .* got 0"),
        (lambda: _run([(1, 3, 8)] * 3), r"must hold 1 or 2 tensors .* got 3"),
        (lambda: _run([(1, 3, 8), (1, 3, 5)]), r"x_list\[1\] must have shape .* got \(1, 3, 5\)"),
        (lambda: _run([(1, 3, 8), (1, 2, 4)]), r"x_list\[1\] must have shape .* got \(1, 2, 4\)"),
        (lambda: _run([(1, 3, 9)]), r"x_list\[0\] must have shape \(batch, channels, 8\)"),
        (lambda: _run([(3, 8)]), r"x_list\[0\] must have shape .* got \(3, 8\)"),
        (lambda: _run([(1, 4, 8)]), "must have d_model=3 channels, got 4"),
    ],
)
def test_wrong_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()

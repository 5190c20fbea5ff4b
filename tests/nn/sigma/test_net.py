import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from skscale.nn import SigmaNet

from ..reference_sigma import PlainSigma, to_plain, to_plain_gradients

TOLERANCE = {torch.float32: 1e-5, torch.float64: 1e-9}

# Every option in turn, and the combinations that take another way through the code.
OPTIONS = {
    "branch MLP": {},
    "joint MLP": {"scale_independence": False},
    "no feature MLP": {"feature_transformation": False},
    "joint, no feature MLP": {"scale_independence": False, "feature_transformation": False},
    "d_ff = d_model": {"d_ff": 6},
    "d_ff > d_model": {"d_ff": 9},
    "joint, d_ff > d_model": {"d_ff": 9, "scale_independence": False},
    "two blocks": {"n_layers": 2},
    "two blocks, joint": {"n_layers": 2, "scale_independence": False, "d_ff": 9},
    "two blocks, no feature MLP": {"n_layers": 2, "feature_transformation": False},
    "two blocks, smooth only": {"n_layers": 2, "block_input": "smooth"},
    "three blocks, smooth only": {"n_layers": 3, "block_input": "smooth"},
    "no normalisation": {"normalize": False},
    "past features": {"n_past_features": 2},
    "past features, two blocks": {"n_past_features": 2, "n_layers": 2},
    "future features": {"n_past_features": 1, "n_future_features": 3},
    "one shared scale": {"scaling": "shared"},
    "sample-wise scales": {"scaling": "sample"},
    "sample-wise scales, joint": {"scaling": "sample", "scale_independence": False},
    "sample-wise scales, two blocks": {"scaling": "sample", "n_layers": 2},
    "sample-wise, smooth only": {"scaling": "sample", "n_layers": 2, "block_input": "smooth"},
    "no scaling": {"scaling": "none"},
    "moving average": {"scaling": "moving_average"},
    "unnormalised convolution": {"scaling": "convolution"},
    "trend-season mixing": {"mixing": "trend_season"},
    "trend-season mixing, two blocks": {"mixing": "trend_season", "n_layers": 2},
    "trend-season, no feature MLP": {"mixing": "trend_season", "feature_transformation": False},
}
ABLATIONS = [{"scaling": scaling} for scaling in ("shared", "sample", "none", "moving_average")] + [
    {"scaling": "convolution"},
    {"mixing": "trend_season"},
    {"scale_independence": False},
]


def build(context_length=40, prediction_length=7, n_channels=3, *, seed=0, dtype=None, **options):
    """Build a net whose every parameter has a value of its own."""
    torch.manual_seed(seed)
    options = {"d_model": 6, "d_ff": 4} | options
    net = SigmaNet(context_length, prediction_length, n_channels, **options)
    for parameter in net.parameters():
        torch.nn.init.normal_(parameter, std=min(0.5, parameter.shape[-1] ** -0.5))
    torch.nn.init.uniform_(net.norm.weight, 0.5, 1.5)
    return net.to(dtype or torch.float32)


def twins(dtype=torch.float32, **options):
    """Build a `SigmaNet` and the plain form with its weights."""
    net = build(dtype=dtype, **options)
    sizes = net.context_length, net.prediction_length, net.n_channels
    plain = PlainSigma(*sizes, **({"d_model": 6, "d_ff": 4} | options)).to(dtype)
    plain.load_state_dict(to_plain(net.state_dict()))
    return net, plain


def inputs(net, batch=5, seed=1):
    generator = torch.Generator().manual_seed(seed)
    dtype = net.head.weight.dtype

    def draw(*shape):
        return torch.randn(batch, *shape, generator=generator, dtype=torch.float64).to(dtype)

    x = 3 * draw(net.context_length, net.n_channels).cumsum(1) + 5
    past = draw(net.context_length, net.n_past_features) if net.n_past_features else None
    future = draw(net.prediction_length, net.n_future_features) if net.n_future_features else None
    return x, past, future


def values_and_gradients(net, *args):
    """Forecast, and gradients of a loss that weighs every forecast differently."""
    x = args[0].clone().requires_grad_()
    y = net(x, *args[1:])
    probe = torch.linspace(-1, 1, y.numel(), dtype=y.dtype).reshape(y.shape).cos()
    (y * probe).mean().backward()
    return y.detach(), {name: p.grad for name, p in net.named_parameters()}


def assert_equal(net, plain, *args, seed=None):
    tolerance = TOLERANCE[net.head.weight.dtype]
    results = []
    for module in (net, plain):
        if seed is not None:
            torch.manual_seed(seed)
        results.append(values_and_gradients(module, *args))
    (y, gradients), (plain_y, plain_gradients) = results
    torch.testing.assert_close(y, plain_y, rtol=tolerance, atol=tolerance)
    found = to_plain_gradients(gradients)
    assert found.keys() == plain_gradients.keys()
    for name, expected in plain_gradients.items():
        if expected is None:
            assert found[name] is None, name
            continue
        atol = tolerance * max(1.0, float(expected.abs().max()))
        torch.testing.assert_close(
            found[name], expected, rtol=tolerance, atol=atol, msg=lambda m, n=name: f"{n}: {m}"
        )


@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_equals_the_plain_form(options, dtype):
    net, plain = twins(dtype, **options)
    assert_equal(net, plain, *inputs(net))


@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize(
    "options", [{}, {"n_past_features": 2, "d_ff": 9}, {"n_layers": 2}], ids=str
)
def test_equals_the_plain_form_with_padding(options, dtype):
    net, plain = twins(dtype, **options)
    mask = torch.arange(40) >= torch.tensor([0, 1, 17, 39, 0]).unsqueeze(1)
    x, past, future = inputs(net)
    past = None if past is None else past.masked_fill(~mask.unsqueeze(-1), 0.0)
    assert_equal(net, plain, x, past, future, mask)


@pytest.mark.parametrize(
    "options", [{}, {"d_ff": 9}, {"n_layers": 2}, {"n_past_features": 2}], ids=str
)
def test_equals_the_plain_form_over_several_row_blocks(options):
    net, plain = twins(torch.float64, **options)
    assert_equal(net, plain, *inputs(net, batch=900))


@pytest.mark.parametrize("options", [{}, {"n_layers": 2}, {"n_past_features": 2}], ids=str)
def test_dropout_equals_the_plain_form_under_the_same_seed(options):
    net, plain = twins(torch.float64, dropout=0.3, **options)
    assert_equal(net, plain, *inputs(net), seed=7)


def test_dropout_is_off_in_evaluation():
    net = build(dropout=0.5)
    x = inputs(net)[0]
    assert not torch.equal(net(x), net(x))
    net.eval()
    torch.testing.assert_close(net(x), build()(x), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("options", ABLATIONS, ids=str)
def test_every_variant_differs_and_learns(options):
    torch.manual_seed(0)
    # Equal weights where the variants share them, so that a difference is the variant's own.
    net, base = build(**options), build()
    common = {k: v for k, v in base.state_dict().items() if k in net.state_dict()}
    common = {k: v for k, v in common.items() if v.shape == net.state_dict()[k].shape}
    net.load_state_dict(common, strict=False)
    x, *_ = inputs(net, batch=16)
    y = x[:, :7] * 0.5 + 1
    assert (net(x) - base(x)).abs().max() > 1e-2
    optimizer = torch.optim.Adam(net.parameters(), 1e-2)
    losses = []
    for _ in range(40):
        optimizer.zero_grad()
        loss = (net(x) - y).square().mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]


@settings(deadline=None, max_examples=10)
@given(order=st.permutations(range(4)))
def test_permuted_channels_give_permuted_forecasts(order):
    net = build(n_channels=4, dtype=torch.float64)
    x = inputs(net)[0]
    permuted = copy.deepcopy(net)
    for parameter in permuted.norm.parameters():
        parameter.data = parameter.data[list(order)]
    torch.testing.assert_close(permuted(x[..., order]), net(x)[..., order], rtol=0, atol=1e-10)


@pytest.mark.parametrize("sizes", [(1, 1, 1), (2, 5, 1), (3, 1, 2), (25, 30, 1)])
@pytest.mark.parametrize(
    "options", [{}, {"mixing": "trend_season"}, {"d_model": 1, "d_ff": 1}], ids=str
)
def test_small_sizes(sizes, options):
    net = build(*sizes, **options)
    y = net(inputs(net, batch=1)[0])
    assert y.shape == (1, *sizes[1:])
    assert y.isfinite().all()


def test_scales_start_as_published_and_are_readable():
    net = SigmaNet(96, 24, 7, n_layers=2)
    assert len(net.scales) == 2
    torch.testing.assert_close(net.scales[1], torch.full((96,), 2.0).log())
    assert SigmaNet(96, 24, 7, scaling="none").scales == [None]
    assert SigmaNet(96, 24, 7, scaling="sample").scales == [None]

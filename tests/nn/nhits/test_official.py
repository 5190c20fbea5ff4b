"""What only official N-HiTS checkpoints have; see also tests/test_official.py."""

import pytest
import torch

from skscale.official import from_official

from ...official_cases import load


@pytest.fixture
def case():
    return load("nhits_max_linear", torch.float64)


@pytest.mark.parametrize(
    "stem", ["nhits_max_linear", "nhits_average_nearest", "nhits_exogenous_cubic"]
)
def test_parts_are_the_official_blocks(stem):
    config, weights, tensors, *_ = load(stem, torch.float64)
    net = from_official("nhits", weights, config)
    inputs = tensors["x"], tensors.get("x_mark"), tensors.get("y_mark")
    level, *blocks = tensors["block_forecasts"]
    expected = {"last value": level}
    for (i, _), block in zip(net.blocks(), blocks, strict=True):
        name = f"stack {i + 1}"
        expected[name] = expected.get(name, 0) + block
    torch.testing.assert_close(net.forecast_parts(*inputs), expected, rtol=0, atol=1e-9)


def test_any_number_of_channels_will_do_unless_one_is_named(case):
    net = from_official("nhits", case.weights, case.config)
    assert net(case.tensors["x"][..., :2]).shape == (2, 12, 2)
    net = from_official("nhits", case.weights, case.config | {"enc_in": 3})
    with pytest.raises(ValueError, match=r"x must have shape \(batch, 24, 3\)"):
        net(case.tensors["x"][..., :2])


def test_layers_of_runs_with_dropout_have_other_numbers(case):
    weights = {}
    for name, value in case.weights.items():
        head, number, kind = name.rsplit(".", 2)
        weights[f"{head}.{int(number) // 2 * 3}.{kind}"] = value
    net = from_official("nhits", weights, case.config | {"dropout_prob_theta": 0.3})
    torch.testing.assert_close(net(case.tensors["x"]), case.tensors["output"], rtol=0, atol=1e-9)
    assert net.stacks[0][0].dropout.p == 0.3


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"batch_normalization": True}, "config must have batch_normalization=False, got True"),
        ({"n_s_hidden": 4}, "config must have n_s_hidden=0, got 4"),
        ({"activation": "PReLU"}, r"config must have activation in \['ReLU', .*, got 'PReLU'"),
        ({"activation": ["ReLU"]}, r"config must have activation in \['ReLU', .*, got \['ReLU'\]"),
        ({"interpolation_mode": "spline"}, "interpolation must be one of .* got 'spline'"),
        ({"pooling_mode": None}, "pooling must be one of .* got None"),
        ({"n_theta_hidden": None}, "config must have a list for n_theta_hidden, got None"),
        ({"n_theta_hidden": [[16, 16], [8, 8], [16, 16]]}, "n_theta_hidden and n_layers alike"),
        ({"n_freq_downsample": [1]}, "downsampling must have a number for each of the 3 stacks"),
    ],
)
def test_what_cannot_be_reproduced_is_named(case, setting, message):
    with pytest.raises(ValueError, match=message):
        from_official("nhits", case.weights, case.config | setting)

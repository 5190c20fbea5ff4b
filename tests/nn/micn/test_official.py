"""What only official MICN checkpoints have; see also tests/test_official.py."""

import numpy as np
import pytest
import torch

from skscale.nn.micn.layer import LinearPair, ReLUPair
from skscale.official import from_official

from ...official_cases import load
from ..reference_micn import micn


@pytest.fixture(params=["micn_official", "micn_tslib_no_marks"])
def case(request):
    return load(request.param, torch.float32)


def test_the_weights_say_which_code_they_are_from(case):
    net = from_official("micn", case.weights, case.config)
    official = "wanghq21" in case.config["source"]
    assert type(net.layers[0].feed_forward) is (ReLUPair if official else LinearPair)


def test_biases_of_the_embedding_have_no_effect():
    config, weights, tensors, *_ = load("micn_official", torch.float64)
    x, marks = tensors["x"], tensors["y_mark"]
    expected = micn(weights, config, x, marks)
    names = [name for name in weights if "embedding" in name and name.endswith("bias")]
    assert len(names) == 2
    without = {name: value for name, value in weights.items() if name not in names}
    torch.testing.assert_close(micn(without, config, x, marks), expected, rtol=0, atol=1e-12)


def test_a_position_table_in_the_weights_is_not_needed(case):
    config, weights, tensors, *_ = case
    expected = from_official("micn", weights, config)(tensors["x"])
    weights["dec_embedding.position_embedding.pe"] = np.zeros((1, 5000, 6))
    assert torch.equal(from_official("micn", weights, config)(tensors["x"]), expected)


def test_without_a_calendar_there_are_no_features(case):
    config, weights, *_ = case
    weights = {name: value for name, value in weights.items() if "temporal" not in name}
    net = from_official("micn", weights, config)
    assert net.n_past_features == net.n_future_features == 0


def test_the_mean_needs_no_regression():
    config, weights, tensors, *_ = load("micn_official_mean", torch.float32)
    expected = from_official("micn", weights, config)(tensors["x"])
    rest = {name: value for name, value in weights.items() if "regression" not in name}
    assert torch.equal(from_official("micn", rest, config)(tensors["x"]), expected)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"c_out": 1}, "config must have c_out=3, got 1"),
        ({"dec_in": 1}, "config must have dec_in=3, got 1"),
        ({"embed": "fixed"}, "config must have embed='timeF', got 'fixed'"),
        ({"mode": "median"}, r"config must have mode in \['regre', 'mean'\], got 'median'"),
        ({"mode": []}, r"config must have mode in \['regre', 'mean'\], got \[\]"),
        ({"conv_kernel": [4]}, r"it holds the unknown conv_trans.mic.0.isometric_conv.1.weight"),
        ({"conv_kernel": None}, "kernels must be a list or tuple of integers, got None"),
    ],
)
def test_what_cannot_be_reproduced_is_named(case, setting, message):
    with pytest.raises(ValueError, match=message):
        from_official("micn", case.weights, case.config | setting)


def test_settings_that_a_run_leaves_out_are_the_published_ones(case):
    config = {name: value for name, value in case.config.items() if name != "conv_kernel"}
    with pytest.raises(ValueError, match=r"conv\.0\.weight has shape \(6, 6, 4\), .*\(6, 6, 12\)"):
        from_official("micn", case.weights, config)


def test_dropout_of_the_run_is_kept(case):
    net = from_official("micn", case.weights, case.config | {"dropout": 0.3})
    assert net.dropout.p == net.layers[0].scales[0].dropout.p == 0.3

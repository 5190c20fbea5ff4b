"""What only weights of TimeMixer++ have; see also `tests.test_official`."""

import pytest
import torch

from skscale.official import from_official

from ...official_cases import load
from ..reference_timemixerpp import timemixerpp

NAME = "timemixerpp"


@pytest.fixture
def case():
    return load("timemixerpp_pypots", torch.float64)


@pytest.mark.parametrize("head", ["sum", "mean"])
def test_heads_are_an_ensemble_where_asked_for(case, head):
    config, weights, tensors, *_ = case
    found = from_official(NAME, weights, config | {"head": head})(tensors["x"])
    torch.testing.assert_close(found, tensors[f"output_{head}"], rtol=0, atol=1e-9)


def test_every_head_is_the_recorded_one(case):
    config, weights, tensors, *_ = case
    for head, place in (("finest", 0), ("coarsest", -1)):
        net = from_official(NAME, weights, config | {"head": head})
        by_scale, _ = net._by_scale(tensors["x"], None, None)
        found = (by_scale[0] + net._level()).mT
        torch.testing.assert_close(found, tensors["head_outputs"][place], rtol=0, atol=1e-9)


def test_heads_that_are_not_read_are_not_needed(case):
    config, weights, tensors, *_ = case
    expected = from_official(NAME, weights, config)(tensors["x"])
    weights = {name: v for name, v in weights.items() if "predict_layers.0" not in name}
    weights = {name: v for name, v in weights.items() if "temporal_embedding" not in name}
    weights["encoder_model.0.row_attn_2d_trend.key_conv.bias"] = torch.full((5,), 9.0).double()
    assert torch.equal(from_official(NAME, weights, config)(tensors["x"]), expected)


def test_windows_of_a_batch_get_the_forecasts_that_public_code_gives_them_alone():
    config, weights, tensors, *_ = load("timemixerpp_pypots", torch.float64)
    x = torch.cat([tensors["x"], tensors["x"].flip(1).cos(), tensors["x"].sin().cumsum(1)])
    config = config | {"head": "coarsest"}
    alone = [timemixerpp(weights, config, window, common=True) for window in x.split(1)]
    together = from_official(NAME, weights, config)(x)
    torch.testing.assert_close(together, torch.cat(alone), rtol=0, atol=1e-9)
    common = timemixerpp(weights, config, x, common=True)
    assert not torch.allclose(together, common, atol=1e-3)


def test_periods_beyond_the_frequencies_are_cut_as_there(case):
    config, weights, *_ = case
    assert from_official(NAME, weights, config | {"top_k": 9}).blocks[0].top_k == 4


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"n_pred_features": 1}, "config must have n_pred_features=3, got 1"),
        ({"channel_independence": 2}, "channel_independent must be True or False, got 2"),
        ({"head": "best"}, "head must be one of"),
        ({"top_k": 0}, "top_k must be an integer"),
        ({"downsampling_layers": 9}, "needs at least 512 time points"),
        ({"n_heads": 9}, "n_heads must be an integer from 1 to 8, got 9"),
        ({"downsampling_method": "conv"}, r"lacks down_pool\.weight"),
    ],
)
def test_what_cannot_be_reproduced_is_named(case, setting, message):
    with pytest.raises(ValueError, match=message):
        from_official(NAME, case.weights, case.config | setting)


def test_dropout_of_the_run_is_kept(case):
    assert from_official(NAME, case.weights, case.config | {"dropout": 0.3}).dropout.p == 0.3

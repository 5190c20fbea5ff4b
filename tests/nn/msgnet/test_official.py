"""What only official MSGNet checkpoints have; see also `tests.test_official`."""

import numpy as np
import pytest
import torch

from skscale.official import from_official

from ...official_cases import load
from ..reference_msgnet import msgnet

CALENDAR = "enc_embedding.temporal_embedding.embed.weight"


@pytest.fixture
def case():
    return load("msgnet_marks_individual", torch.float64)


def test_windows_of_a_batch_get_the_forecasts_that_public_code_gives_them_alone():
    config, weights, tensors, *_ = load("msgnet_plain", torch.float64)
    x = torch.cat([tensors["x"], tensors["x"].flip(1).cos(), tensors["x"].sin().cumsum(1)])
    alone = [msgnet(weights, config, window, common=True) for window in x.split(1)]
    together = from_official("msgnet", weights, config)(x)
    torch.testing.assert_close(together, torch.cat(alone), rtol=0, atol=1e-12)
    common = msgnet(weights, config, x, common=True)
    assert not torch.allclose(together, common, atol=0.1)


def test_what_the_public_forward_pass_does_not_use_is_not_needed(case):
    config, weights, tensors, *_ = case
    expected = from_official("msgnet", weights, config)(tensors["x"])
    rest = {name: value for name, value in weights.items() if "predict_linear" not in name}
    rest["enc_embedding.position_embedding.pe"] = np.zeros((1, 5000, 8))
    assert torch.equal(from_official("msgnet", rest, config)(tensors["x"]), expected)


def test_without_a_calendar_there_are_no_features(case):
    config, weights, *_ = case
    assert from_official("msgnet", weights, config).n_past_features == 4
    del weights[CALENDAR]
    assert from_official("msgnet", weights, config).n_past_features == 0


def test_heads_that_do_not_divide_are_rounded_down():
    """Eight features for three heads are two for each, and six in all."""
    config, weights, tensors, *_ = load("msgnet_plain", torch.float64)
    parts = ("query", "key", "value", "out")
    for name in [name for name in weights if any(f"{part}_projection" in name for part in parts)]:
        if "out_projection.weight" in name:
            weights[name] = weights[name][:, :6]
        elif "out_projection" not in name:
            weights[name] = weights[name][:6]
    config = config | {"n_heads": 3}
    found = from_official("msgnet", weights, config)(tensors["x"])
    expected = msgnet(weights, config, tensors["x"])
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"c_out": 1}, "config must have c_out=3, got 1"),
        ({"embed": "fixed"}, "config must have embed='timeF', got 'fixed'"),
        ({"top_k": 13}, "top_k must be an integer from 1 to 12, got 13"),
        ({"d_model": 2}, "d_model must be at least n_channels=3, got 2"),
        ({"individual": 2}, "individual must be True or False, got 2"),
        ({"individual": 0}, r"lacks seq2pred\.seq2pred\.weight"),
    ],
)
def test_what_cannot_be_reproduced_is_named(case, setting, message):
    with pytest.raises(ValueError, match=message):
        from_official("msgnet", case.weights, case.config | setting)


def test_dropout_of_the_run_is_kept(case):
    net = from_official("msgnet", case.weights, case.config | {"dropout": 0.3})
    assert net.dropout.p == net.blocks[0].encoder.attention.dropout == 0.3

"""What only official TimesNet checkpoints have; see also `tests.test_official`."""

import numpy as np
import pytest
import torch

from skscale.official import from_official

from ...official_cases import load
from ..reference_timesnet import timesnet

CALENDAR = "enc_embedding.temporal_embedding.embed.weight"


@pytest.fixture
def case():
    return load("timesnet_marks", torch.float32)


def test_the_plain_form_takes_the_periods_of_a_batch_where_public_code_does():
    config, weights, tensors, gradients, _ = load("../timesnet/common_periods", torch.float64)
    weights = {name: value.requires_grad_() for name, value in weights.items()}
    output = timesnet(weights, config, tensors["x"], common=True)
    torch.testing.assert_close(output, tensors["output"], rtol=0, atol=1e-9)
    (output - tensors["y"]).square().mean().backward()
    for name, expected in gradients.items():
        torch.testing.assert_close(weights[name].grad, expected, rtol=1e-6, atol=1e-12)


def test_windows_of_a_batch_get_the_forecasts_that_public_code_gives_them_alone():
    config, weights, tensors, *_ = load("../timesnet/common_periods", torch.float64)
    alone = [timesnet(weights, config, window, common=True) for window in tensors["x"].split(1)]
    together = from_official("timesnet", weights, config)(tensors["x"])
    torch.testing.assert_close(together, torch.cat(alone), rtol=0, atol=1e-12)
    assert not torch.allclose(together, tensors["output"], atol=0.1)


def test_a_position_table_in_the_weights_is_not_needed(case):
    config, weights, tensors, *_ = case
    expected = from_official("timesnet", weights, config)(tensors["x"])
    weights["enc_embedding.position_embedding.pe"] = np.zeros((1, 5000, 4))
    assert torch.equal(from_official("timesnet", weights, config)(tensors["x"]), expected)


def test_without_a_calendar_there_are_no_features(case):
    config, weights, *_ = case
    assert from_official("timesnet", weights, config).n_past_features == 4
    del weights[CALENDAR]
    assert from_official("timesnet", weights, config).n_past_features == 0


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"c_out": 1}, "config must have c_out=3, got 1"),
        ({"embed": "fixed"}, "config must have embed='timeF', got 'fixed'"),
        ({"top_k": 19}, "top_k must be an integer from 1 to 18, got 19"),
        ({"num_kernels": None}, "n_kernels must be an integer"),
    ],
)
def test_what_cannot_be_reproduced_is_named(case, setting, message):
    with pytest.raises(ValueError, match=message):
        from_official("timesnet", case.weights, case.config | setting)


def test_dropout_of_the_run_is_kept(case):
    assert from_official("timesnet", case.weights, case.config | {"dropout": 0.3}).dropout.p == 0.3

"""What only official TimeMixer checkpoints have; recorded results: tests/test_official.py."""

from argparse import Namespace

import pytest
import torch

from skscale.official import from_official

from ...official_cases import load

CALENDAR = "enc_embedding.temporal_embedding.embed.weight"


@pytest.fixture
def case():
    return load("timemixer_ci_avg", torch.float32)


def test_config_may_be_a_namespace_and_calendar_tables_are_skipped(case):
    expected = from_official("timemixer", case.weights, case.config)(case.tensors["x"])
    del case.weights[CALENDAR]
    case.weights["enc_embedding.temporal_embedding.hour_embed.emb.weight"] = torch.zeros(24, 4)
    case.weights["enc_embedding.position_embedding.pe"] = torch.zeros(1, 5000, 4)
    net = from_official("timemixer", case.weights, Namespace(**case.config))
    assert net.n_past_features == 0
    torch.testing.assert_close(net(case.tensors["x"]), expected)


def test_the_type_of_an_unused_entry_is_no_matter(case):
    unused = {"enc_embedding.position_embedding.pe": torch.zeros(1, 5000, 4).double()}
    net = from_official("timemixer", unused | case.weights, case.config)
    assert net(case.tensors["x"]).dtype == torch.float32


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"c_out": 1}, "config must have c_out=3, got 1"),
        ({"down_sampling_method": "conv"}, "cannot be reproduced"),
        ({"decomp_method": "dft_decomp"}, "cannot be reproduced"),
        ({"pred_len": 13}, r"predict_layers.0.weight has shape \(12, 24\), .* asks for \(13, 24\)"),
        ({"channel_independence": 2}, "channel_independent must be True or False, got 2"),
        ({"d_ff": 0}, "d_ff must be an integer >= 1, got 0"),
    ],
)
def test_a_config_that_does_not_fit_is_named(case, change, message):
    with pytest.raises(ValueError, match=message):
        from_official("timemixer", case.weights, case.config | change)


def test_marks_are_a_matrix(case):
    with pytest.raises(ValueError, match=r"must have shape \(d_model, n_marks\), got \(3,\)"):
        from_official("timemixer", case.weights | {CALENDAR: torch.zeros(3)}, case.config)

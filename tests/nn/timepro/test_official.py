"""What only official TimePro checkpoints have; see also tests/test_official.py."""

import pytest
import torch

from skscale.official import from_official

from ...official_cases import load

OFFSETS = "encoder.attn_layers.0.op.state_pro.offset_mask.weight"


def test_what_nothing_reads_may_be_missing_or_anything():
    config, weights, tensors, *_ = load("timepro_nonorm", torch.float64)
    weights[OFFSETS][27:] = 99.0
    parts = (".conv2d.", ".out_proj.")
    weights = {n: v for n, v in weights.items() if not any(part in n for part in parts)}
    weights["patch_embedding.position_embedding.pe"] = torch.full((1, 5000, 16), 99.0)
    net = from_official("timepro", weights, config)
    torch.testing.assert_close(net(tensors["x"]), tensors["output"], rtol=0, atol=1e-9)


def test_weights_serve_any_number_of_channels():
    config, weights, tensors, *_ = load("timepro_two_patches", torch.float64)
    net, x = from_official("timepro", weights, config), tensors["x"]
    torch.testing.assert_close(from_official("timepro", weights, config | {"enc_in": 2})(x), net(x))
    assert net(x[..., :1]).shape == (len(x), config["pred_len"], 1)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"d_model": 32}, "value_embedding.weight has shape .* asks for"),
        ({"use_norm": "yes"}, "normalize must be True or False, got 'yes'"),
        ({"stride": 0}, "stride must be an integer >= 1, got 0"),
    ],
)
def test_settings_that_do_not_fit_are_named(setting, message):
    config, weights, *_ = load("timepro_nonorm", torch.float32)
    with pytest.raises(ValueError, match=message):
        from_official("timepro", weights, config | setting)


def test_a_matrix_of_another_size_is_named():
    config, weights, *_ = load("timepro_nonorm", torch.float32)
    with pytest.raises(ValueError, match=r"offset_mask.weight has shape \(31, 16\)"):
        from_official("timepro", weights | {OFFSETS: weights[OFFSETS][1:]}, config)

"""What only official MultiPatchFormer checkpoints have; see also tests/test_official.py."""

import pytest
import torch

from skscale.official import from_official

from ...official_cases import load
from ..reference_multipatchformer import multipatchformer, positions


@pytest.mark.parametrize("stem", ["official_full", "tslib_causal", "tslib_two_layers"])
def test_the_plain_form_is_the_official_one(stem):
    config, weights, tensors, *_ = load(f"multipatchformer_{stem}", torch.float64)
    unused = ("encoder_list_ch.1.", "shared_MHA_ch.1.")
    weights = {name: value for name, value in weights.items() if not name.startswith(unused)}
    found = multipatchformer(weights, tensors["x"], config.get("h") or config["n_heads"])
    torch.testing.assert_close(found, tensors["output"], rtol=0, atol=1e-9)


def test_the_recorded_positions_are_ours():
    _, weights, *_ = load("multipatchformer_official_full", torch.float32)
    torch.testing.assert_close(weights["pe"][0], positions(12, 8), rtol=0, atol=1e-6)


def test_sizes_of_the_papers_code_need_no_config():
    config = {"seq_len": 96, "pred_len": 24, "enc_in": 3}
    _, weights, *_ = load("multipatchformer_official_full", torch.float32)
    with pytest.raises(ValueError, match=r"W_o\.weight has shape \(8, 6\), .* for \(256, 256\)"):
        from_official("multipatchformer", weights, config)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"use_norm": 0}, "config must have use_norm=1, got 0"),
        ({"seq_len": 336}, "patches must be 'fitted' for a context_length of 336"),
        ({"q": 2}, r"W_o\.weight has shape \(8, 6\), but config asks for \(8, 4\)"),
        ({"N": 2}, r"it lacks shared_MHA\.1\.W_o\.weight"),
        ({"h": None}, "n_heads must be an integer"),
    ],
)
def test_what_cannot_be_reproduced_is_named(setting, message):
    config, weights, *_ = load("multipatchformer_official_full", torch.float32)
    with pytest.raises(ValueError, match=message):
        from_official("multipatchformer", weights, config | setting)

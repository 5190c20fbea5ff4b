"""What only official Sigma checkpoints have; recorded results stand in tests/test_official.py."""

import argparse

import numpy as np
import pytest
import torch

from skscale.nn import SigmaNet
from skscale.official import from_official

from ...official_cases import load

MARKS = "enc_embedding.temporal_embedding.embed.weight"


@pytest.fixture
def case():
    case = load("sigma_si1_ft1", torch.float32)
    return case.config, case.weights, case.tensors


def test_both_spellings_and_forms_of_config_are_one(case):
    config, weights, tensors = case
    expected = from_official("sigma", weights, config)(tensors["x"])
    renamed = {
        "module." + name.replace("forecasting_modules", "multi_scale_processors"): value.numpy()
        for name, value in weights.items()
    }
    renamed["module.enc_embedding.position_embedding.pe"] = np.zeros((1, 5000, 4))
    net = from_official("sigma", renamed, argparse.Namespace(**config))
    assert torch.equal(net(tensors["x"]), expected)
    assert not net.training


def test_several_blocks_hand_on_the_smooth_branch(case):
    config, weights, tensors = case
    for name in list(weights):
        for part in ("forecasting_modules.", "multi_scale_generators."):
            if name.startswith(part):
                weights[name.replace(part + "0", part + "1")] = weights[name] + 0.1
    net = from_official("sigma", weights, config | {"e_layers": 2})
    assert len(net.blocks) == 2
    net(tensors["x"]).sum().backward()
    official = SigmaNet(24, 12, 3, d_model=4, d_ff=6, n_layers=2, block_input="smooth")
    official.load_state_dict(net.state_dict())
    assert torch.equal(net(tensors["x"]), official(tensors["x"]))


def test_options_of_the_run_are_kept(case):
    config, weights, tensors = case
    plain = from_official("sigma", weights, config | {"use_norm": 0, "dropout": 0.3})
    assert not plain.norm.normalize
    assert plain.dropout == 0.3
    assert torch.equal(plain(tensors["x"]), plain(tensors["x"]))


@pytest.mark.parametrize(
    "change", [{"data": "ETTm2"}, {"data": "m4", "task_name": "short_term_forecast"}]
)
def test_marks_are_unused_where_the_official_code_drops_them(case, change):
    config, weights, _ = case
    assert from_official("sigma", weights, config | change).n_past_features == 0
    del weights[MARKS]
    assert from_official("sigma", weights, config | change).n_past_features == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"channel_independence": 0}, "config must have channel_independence=1, got 0"),
        ({"embed": "fixed"}, "config must have embed='timeF', got 'fixed'"),
        ({"c_out": 1}, "config must have c_out=3, got 1"),
        ({"e_layers": 2}, r"state_dict does not fit config: it lacks multi_scale_generators\.1"),
        ({"feature_transformation": 0}, r"holds the unknown .*out_cross_layer\.0\.weight"),
        ({"scale_independence": 0}, r"update_mlp.0.weight has shape \(24, 24\), .* \(48, 48\)"),
        ({"pred_len": 7}, r"predict_layers.0.weight has shape \(12, 24\), .* asks for \(7, 24\)"),
        ({"seq_len": 0}, "context_length must be an integer >= 1, got 0"),
    ],
)
def test_a_config_that_does_not_fit_is_named(case, change, message):
    config, weights, _ = case
    with pytest.raises(ValueError, match=message):
        from_official("sigma", weights, config | change)


def test_weights_that_do_not_fit_are_named(case):
    config, weights, _ = case
    with pytest.raises(ValueError, match="unknown strange"):
        from_official("sigma", weights | {"strange": torch.zeros(1)}, config)
    with pytest.raises(ValueError, match=f"lacks {MARKS}"):
        from_official(
            "sigma",
            {name: value for name, value in weights.items() if name != MARKS},
            config | {"data": "custom"},
        )
    del weights["projection_layer.bias"], weights["predict_layers.1.weight"]
    with pytest.raises(ValueError, match=r"lacks predict_layers.1.weight, projection_layer.bias"):
        from_official("sigma", weights, config)


def test_two_spellings_of_one_block_are_refused(case):
    config, weights, _ = case
    twice = {
        name.replace("forecasting_modules", "multi_scale_processors"): 0 * value
        for name, value in weights.items()
    }
    with pytest.raises(ValueError, match=r"forecasting_modules.0.update_mlp.0.weight twice"):
        from_official("sigma", weights | twice, config)


@pytest.mark.parametrize(
    ("data", "marks", "message"),
    [
        (None, torch.zeros(4, 3), "name of a data set in data, got None"),
        ("weather", torch.zeros(3), r"temporal_embedding.* must have shape .* got \(3,\)"),
    ],
)
def test_the_data_set_decides_about_marks(case, data, marks, message):
    config, weights, _ = case
    with pytest.raises(ValueError, match=message):
        from_official("sigma", weights | {MARKS: marks}, config | {"data": data})


def test_the_type_of_an_unused_entry_is_no_matter(case):
    config, weights, tensors = case
    expected = from_official("sigma", weights, config)(tensors["x"])
    net = from_official("sigma", {MARKS: torch.zeros(3).long(), **weights}, config)
    assert torch.equal(net(tensors["x"]), expected)

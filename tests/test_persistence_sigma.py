import argparse
import copy
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from skscale.nn import SigmaNet
from skscale.persistence import from_official
from skscale.persistence._sigma import sigma_places

CASES = sorted((Path(__file__).parent / "data" / "parity").glob("sigma_*.npz"))
MARKS = "enc_embedding.temporal_embedding.embed.weight"


def load(path, dtype=torch.float32):
    """Config, weights, inputs, output and gradients of the official module."""
    case = np.load(path)
    part = {"param": {}, "grad": {}}
    for name in case.files:
        kind, _, rest = name.partition("/")
        if rest:
            part[kind][rest] = torch.from_numpy(case[name]).to(dtype)
    tensors = {
        name: torch.from_numpy(case[name]).to(dtype)
        for name in ("x", "x_mark", "y", "output")
        if name in case.files
    }
    return json.loads(case["config"].item()), part["param"], tensors, part["grad"]


def test_every_case_is_here():
    assert len(CASES) == 5


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
@pytest.mark.parametrize(("dtype", "atol"), [(torch.float32, 1e-5), (torch.float64, 1e-9)], ids=str)
def test_forecasts_and_gradients_are_the_official_ones(path, dtype, atol):
    config, weights, tensors, gradients = load(path, dtype)
    net = from_official("sigma", weights, config)
    output = net(tensors["x"], tensors.get("x_mark"))
    torch.testing.assert_close(output, tensors["output"], rtol=0, atol=atol)
    (output - tensors["y"]).square().mean().backward()
    found = copy.deepcopy(net)
    for parameter, source in zip(found.parameters(), net.parameters(), strict=True):
        parameter.data = source.grad
    found = dict(sigma_places(found))
    assert found.keys() == gradients.keys()
    for name, expected in gradients.items():
        times = 2 if name == "projection_layer.bias" else 1
        error = (times * found[name] - expected).abs().max()
        assert error <= 1e-4 * expected.abs().max(), name


@pytest.fixture
def case():
    return load(CASES[0].with_name("sigma_si1_ft1.npz"))


def test_both_spellings_and_forms_of_config_are_one(case):
    config, weights, tensors, _ = case
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
    config, weights, tensors, _ = case
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
    config, weights, tensors, _ = case
    plain = from_official("sigma", weights, config | {"use_norm": 0, "dropout": 0.3})
    assert not plain.norm.normalize
    assert plain.dropout == 0.3
    assert torch.equal(plain(tensors["x"]), plain(tensors["x"]))


@pytest.mark.parametrize(
    "change", [{"data": "ETTm2"}, {"data": "m4", "task_name": "short_term_forecast"}]
)
def test_marks_are_unused_where_the_official_code_drops_them(case, change):
    config, weights, _, _ = case
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
    config, weights, _, _ = case
    with pytest.raises(ValueError, match=message):
        from_official("sigma", weights, config | change)


@pytest.mark.parametrize("name", ["seq_len", "d_ff", "scale_independence", "data"])
def test_a_missing_argument_is_named(case, name):
    config, weights, _, _ = case
    del config[name]
    with pytest.raises(ValueError, match=f"config lacks {name}$"):
        from_official("sigma", weights, config)


def test_weights_that_do_not_fit_are_named(case):
    config, weights, _, _ = case
    with pytest.raises(ValueError, match="unknown strange"):
        from_official("sigma", weights | {"strange": torch.zeros(1)}, config)
    with pytest.raises(
        ValueError, match=r"one floating-point type, got torch\.float32, torch\.float64"
    ):
        from_official("sigma", weights | {MARKS: weights[MARKS].double()}, config)
    with pytest.raises(ValueError, match=f"lacks {MARKS}"):
        from_official(
            "sigma",
            {name: value for name, value in weights.items() if name != MARKS},
            config | {"data": "custom"},
        )
    del weights["projection_layer.bias"], weights["predict_layers.1.weight"]
    with pytest.raises(ValueError, match=r"lacks predict_layers.1.weight, projection_layer.bias"):
        from_official("sigma", weights, config)


def test_an_unknown_model_is_named():
    with pytest.raises(ValueError, match=r"name must be one of \('sigma',.*\), got 'prophet'"):
        from_official("prophet", {}, {})

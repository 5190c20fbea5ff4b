"""What only official Pyraformer checkpoints have; see also tests/test_official.py."""

import pytest
import torch

from skscale.official import from_official

from ...official_cases import load
from ..reference_pyraformer import pyraformer


def test_the_plain_form_is_the_papers():
    config, weights, tensors, *_ = load("pyraformer_official_fc", torch.float64)
    options = {"windows": config["window_size"], "reach": 1, "n_heads": config["n_head"]}
    options |= {"construction": "bottleneck", "training": False}
    found = pyraformer(weights, tensors["x"], tensors["x_mark"], tensors["y_mark"], **options)
    torch.testing.assert_close(found.view_as(tensors["y"]), tensors["output"], rtol=0, atol=1e-9)


def test_the_plain_form_is_the_librarys():
    config, weights, tensors, *_ = load("pyraformer_tslib_long", torch.float64)
    options = {"windows": (4, 4), "reach": 2, "n_heads": config["n_heads"]}
    options |= {"construction": "bottleneck", "training": False}
    found = pyraformer(weights, tensors["x"], None, None, **options)
    torch.testing.assert_close(found.view_as(tensors["y"]), tensors["output"], rtol=0, atol=1e-9)


def test_the_librarys_calendar_is_cut_to_whole_numbers():
    config, weights, tensors, *_ = load("pyraformer_tslib_long", torch.float64)
    net, x = from_official("pyraformer", weights, config), tensors["x"]
    name = "encoder.enc_embedding.temporal_embedding"
    rows = torch.tensor([3, 31, 6, 23])
    kinds = ("month", "day", "weekday", "hour")
    constant = sum(
        weights[f"{name}.{kind}_embed.weight"][row] for kind, row in zip(kinds, rows, strict=True)
    )
    marks = (rows + 0.5).double().expand(2, 32, 4)
    without = net(x)
    found = net(x, marks)
    with torch.no_grad():
        net.embedding.positions += constant
    torch.testing.assert_close(found, net(x))
    assert not torch.allclose(found, without)
    with pytest.raises(
        ValueError, match=r"past_features must have shape \(batch, length, 4\), got"
    ):
        net(x, marks[..., :3])


@pytest.mark.parametrize("truncate", [False, True])
def test_steps_of_the_papers_code_may_attend(truncate):
    config, weights, tensors, *_ = load("pyraformer_official_fc", torch.float64)
    embedding, layers = "encoder.enc_embedding.", "encoder.layers."
    weights |= {
        name.replace(embedding, "decoder.dec_embedding."): value + 0.1
        for name, value in weights.items()
        if name.startswith(embedding)
    }
    weights |= {
        name.replace(layers, "decoder.layers."): value.flip(-1)
        for name, value in weights.items()
        if name.startswith(layers)
    }
    weights["predictor.linear.weight"] = weights["predictor.linear.weight"][:3, :12]
    config |= {"decoder": "attention", "truncate": truncate}
    net = from_official("pyraformer", weights, config)
    options = {"windows": config["window_size"], "reach": 1, "n_heads": config["n_head"]}
    options |= {"construction": "bottleneck", "training": False, "truncate": truncate}
    marks = tensors["x_mark"], tensors["y_mark"]
    expected = pyraformer(weights, tensors["x"], *marks, **options)
    torch.testing.assert_close(net(tensors["x"], *marks), expected.view_as(tensors["y"]))


@pytest.mark.parametrize(
    ("theirs", "ours"), [("MaxPooling_Construct", "max"), ("AvgPooling_Construct", "average")]
)
def test_pooling_has_no_weights(theirs, ours):
    config, weights, tensors, *_ = load("pyraformer_official_fc", torch.float64)
    start = "encoder.conv_layers."
    kept = {k: v for k, v in weights.items() if not k.startswith(start) or f"{start}norm" in k}
    net = from_official("pyraformer", kept, config | {"CSCM": theirs})
    options = {"windows": config["window_size"], "reach": 1, "n_heads": config["n_head"]}
    options |= {"construction": ours, "training": False}
    marks = tensors["x_mark"], tensors["y_mark"]
    expected = pyraformer(kept, tensors["x"], *marks, **options)
    torch.testing.assert_close(net(tensors["x"], *marks), expected.view_as(tensors["y"]))


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"decoder": "attention"}, r"it lacks decoder\.dec_embedding"),
        ({"decoder": "nonsense"}, r"decoder must be one of \['FC', 'attention'\], got"),
        ({"decoder": "attention", "truncate": "no"}, "truncate must be True or False, got 'no'"),
        ({"embed_type": "CustomEmbedding"}, "config must have embed_type='DataEmbedding', got"),
        ({"CSCM": "nonsense"}, "CSCM must be one of"),
        ({"window_size": "4, 4, four"}, "window_size must be a list of integers, got '4, 4, four'"),
        ({"window_size": [4, 4]}, r"predictor\.linear\.weight has shape \(27, 48\)|unknown"),
        ({"inner_size": 0}, "neighbours must be an integer >= 1, got 0"),
        ({"d_k": 3}, r"w_qs\.weight has shape \(8, 12\), but config asks for \(6, 12\)"),
        ({"d_bottleneck": None}, "d_bottleneck must be an integer"),
    ],
)
def test_what_cannot_be_reproduced_is_named(setting, message):
    config, weights, *_ = load("pyraformer_official_fc", torch.float32)
    with pytest.raises(ValueError, match=message):
        from_official("pyraformer", weights, config | setting)


def test_windows_may_be_text_as_on_the_command_line():
    config, weights, tensors, *_ = load("pyraformer_official_fc", torch.float64)
    net = from_official("pyraformer", weights, config | {"window_size": "[4, 4, 4]"})
    marks = tensors["x_mark"], tensors["y_mark"]
    torch.testing.assert_close(net(tensors["x"], *marks), tensors["output"], rtol=0, atol=1e-9)

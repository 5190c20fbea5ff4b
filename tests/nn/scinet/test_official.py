"""What only official SCINet checkpoints have; see also tests/test_official.py."""

import pytest
import torch

from skscale.official import from_official

from ...official_cases import load


def test_the_first_of_two_forecasts_is_the_official_one():
    config, weights, tensors, *_ = load("scinet_official_two_stacks", torch.float64)
    found = from_official("scinet", weights, config).first_forecast(tensors["x"])
    torch.testing.assert_close(found, tensors["mid_output"], rtol=0, atol=1e-9)


def test_rows_that_make_the_window_again_are_not_read():
    config, weights, tensors, *_ = load("scinet_tslib", torch.float64)
    name = "projection_1.weight"
    weights[name][: config["seq_len"]] = 99.0
    net = from_official("scinet", weights, config)
    torch.testing.assert_close(net(tensors["x"]), tensors["output"], rtol=0, atol=1e-9)
    with pytest.raises(ValueError, match=f"{name} has shape"):
        from_official("scinet", weights | {name: weights[name][1:]}, config)


def test_two_layers_of_the_library_end_in_a_square_matrix():
    config, weights, tensors, *_ = load("scinet_tslib", torch.float64)
    length, horizon = config["seq_len"], config["pred_len"]
    whole = length + horizon
    twice = {name.replace("net_1", "net_2"): value for name, value in weights.items()}
    twice |= weights | {"projection_1.weight": weights["projection_1.weight"][-horizon:]}
    twice["projection_2.weight"] = torch.eye(whole, dtype=torch.float64).unsqueeze(-1)
    net = from_official("scinet", twice, config | {"d_layers": 2})
    first = from_official("scinet", weights, config)
    x = tensors["x"]
    torch.testing.assert_close(net.first_forecast(x), first(x))
    z, state = net._normalised(x, None, None)
    seen = torch.cat([z, net.projection(net.tree(z))], dim=2)
    expected = net._undone(net.second(seen)[..., -horizon:], None, state)
    torch.testing.assert_close(net(x), expected)


def test_branches_without_effect_are_not_needed():
    config, weights, tensors, *_ = load("scinet_official_rin", torch.float64)
    config = config | {"modified": False}
    net = from_official("scinet", weights, config)
    rest = {name: value for name, value in weights.items() if ".phi." not in name}
    assert torch.equal(from_official("scinet", rest, config)(tensors["x"]), net(tensors["x"]))


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"num_decoder_layer": 2}, "config must have num_decoder_layer=1, got 2"),
        ({"single_step_output_One": 1}, "config must have single_step_output_One=0, got 1"),
        ({"num_levels": 2}, r"it holds the unknown blocks1\.SCINet_Tree.*"),
        ({"hid_size": 1}, r"phi\.1\.weight has shape \(6, 3, 5\), .* asks for \(3, 3, 5\)"),
        ({"RIN": "yes"}, "normalize must be True or False, got 'yes'"),
        ({"modified": None}, "modified must be True or False, got None"),
        ({"num_stacks": 3}, "n_stacks must be an integer from 1 to 2, got 3"),
    ],
)
def test_what_cannot_be_reproduced_is_named(setting, message):
    config, weights, *_ = load("scinet_official_rin", torch.float32)
    with pytest.raises(ValueError, match=message):
        from_official("scinet", weights, config | setting)

"""Mapping of the official Sigma state dict to `SigmaNet`."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from skscale.nn.layers.checks import check_shape
from skscale.nn.layers.official import Place, as_flag, check_config, load_weights
from skscale.nn.sigma.net import SigmaNet

__all__ = ["sigma_from_official", "sigma_places"]

_MARKS = "enc_embedding.temporal_embedding.embed.weight"
_POSITIONS = "enc_embedding.position_embedding.pe"

# The official repository has called its list of blocks both ways.
_BLOCK_LISTS = ("forecasting_modules", "multi_scale_processors")


def sigma_from_official(state_dict: dict[str, Tensor], config: dict[str, Any]) -> SigmaNet:
    """Build a `SigmaNet` from official weights; see `skscale.official.from_official`."""
    needed = ["seq_len", "pred_len", "enc_in", "d_model", "e_layers", "data"]
    needed += ["scale_independence", "feature_transformation"]
    needed += ["d_ff"] if config.get("feature_transformation") else []
    only = {"channel_independence": 1, "embed": "timeF", "c_out": config.get("enc_in")}
    check_config(config, needed, only)
    state_dict = _in_one_spelling(state_dict)
    net = _build(config, _n_marks(state_dict, config))
    load_weights(net, state_dict, sigma_places, {_MARKS, _POSITIONS}.__contains__)
    return net


def sigma_places(net: SigmaNet) -> list[Place]:
    """Every official parameter with the part of ours that it is added to.

    The official code runs both heads and the projection once for each branch, so both head
    biases end up in ours, and the bias of its projection does so twice.
    """
    smooth_head, residual_head = net.head.weight.split(net.context_length, dim=1)
    places: list[Place] = [
        ("enc_embedding.value_embedding.tokenConv.weight", net.embedding.weight),
        ("predict_layers.0.weight", smooth_head),
        ("predict_layers.0.bias", net.head.bias),
        ("predict_layers.1.weight", residual_head),
        ("predict_layers.1.bias", net.head.bias),
        ("projection_layer.weight", net.projection.weight),
        ("projection_layer.bias", net.projection.bias),
        ("projection_layer.bias", net.projection.bias),
        ("normalize_layer.affine_weight", net.norm.get_parameter("weight")),
        ("normalize_layer.affine_bias", net.norm.get_parameter("bias")),
    ]
    if net.past_embedding is not None:
        places.append((_MARKS, net.past_embedding.weight))
    for i, block in enumerate(net.blocks):
        places.append((f"multi_scale_generators.{i}.t_param", block.get_parameter("kernel.theta")))
        layers = [("update_mlp.0", "mixer.inner"), ("update_mlp.2", "mixer.outer")]
        if "mixer.feature_mlp.inner.weight" in block.state_dict():
            layers.append(("out_cross_layer.0", "mixer.feature_mlp.inner"))
            layers.append(("out_cross_layer.2", "mixer.feature_mlp.outer"))
        for official, ours in layers:
            for kind in ("weight", "bias"):
                name = f"{_BLOCK_LISTS[0]}.{i}.{official}.{kind}"
                places.append((name, block.get_parameter(f"{ours}.{kind}")))
    return places


def _build(config: dict[str, Any], n_marks: int) -> SigmaNet:
    return SigmaNet(
        config["seq_len"],
        config["pred_len"],
        config["enc_in"],
        d_model=config["d_model"],
        d_ff=config.get("d_ff", 1),
        n_layers=config["e_layers"],
        dropout=config.get("dropout", 0.0),
        scale_independence=as_flag(config["scale_independence"]),
        feature_transformation=as_flag(config["feature_transformation"]),
        block_input="smooth",
        normalize=as_flag(config.get("use_norm", 1)),
        n_past_features=n_marks,
    )


def _n_marks(state_dict: dict[str, Tensor], config: dict[str, Any]) -> int:
    """Calendar features the official run feeds: none for ETT, and none in its M4 runs."""
    if not isinstance(config["data"], str):
        raise ValueError(f"config must have the name of a data set in data, got {config['data']!r}")
    if "ETT" in config["data"] or config.get("task_name") == "short_term_forecast":
        return 0
    if _MARKS not in state_dict:
        raise ValueError(f"state_dict does not fit config: it lacks {_MARKS}")
    check_shape(f"state_dict[{_MARKS!r}]", state_dict[_MARKS], ("d_model", "n_marks"))
    return state_dict[_MARKS].shape[1]


def _in_one_spelling(state_dict: dict[str, Tensor]) -> dict[str, Tensor]:
    """Call the list of blocks by one name; ValueError if both names are there."""
    renamed: dict[str, Tensor] = {}
    for name, value in state_dict.items():
        block_list, _, rest = name.partition(".")
        known = f"{_BLOCK_LISTS[0]}.{rest}" if block_list in _BLOCK_LISTS else name
        if known in renamed:
            raise ValueError(f"state_dict holds {known} twice, under {' and '.join(_BLOCK_LISTS)}")
        renamed[known] = value
    return renamed

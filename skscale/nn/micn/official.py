"""Mapping of official MICN state dicts to `MICNNet`."""

from __future__ import annotations

from typing import Any, cast

from torch import Tensor

from skscale.nn.layers.checks import check_shape
from skscale.nn.layers.official import (
    Place,
    check_config,
    load_weights,
    place_module,
    place_pointwise,
)
from skscale.nn.micn.layer import LinearPair, MICLayer, ReLUPair, Scale
from skscale.nn.micn.net import MICNNet

__all__ = ["micn_from_official", "micn_places"]

_EMBEDDING = "dec_embedding.value_embedding.tokenConv"
_CALENDAR = "dec_embedding.temporal_embedding.embed.weight"
# Without effect: constants that a moving average takes out, and a table that is computed.
_UNUSED = (f"{_EMBEDDING}.bias", _CALENDAR.replace("weight", "bias"), "position_embedding.")
_TRENDS = {"regre": "regression", "mean": "mean"}  # official mode: ours
_NEEDED = ("seq_len", "pred_len", "enc_in", "d_model", "d_layers")


def micn_from_official(state_dict: dict[str, Tensor], config: dict[str, Any]) -> MICNNet:
    """Build a `MICNNet` from official weights; see `skscale.official.from_official`.

    The weights say whether they are from the paper's code or from the Time-Series-Library.
    ``conv_kernel`` is (12, 16) and ``mode`` ``"regre"`` if the run does not name them. Features
    are the marks of context and horizon.
    """
    n_channels = config.get("enc_in")
    only = {"c_out": n_channels, "dec_in": n_channels, "embed": "timeF"}
    check_config(config, _NEEDED, only)
    mode = config.get("mode", "regre")
    if mode not in list(_TRENDS):
        raise ValueError(f"config must have mode in {list(_TRENDS)}, got {mode!r}")
    n_features = 0
    if (calendar := state_dict.get(_CALENDAR)) is not None:
        check_shape(f"state_dict[{_CALENDAR!r}]", calendar, ("d_model", "n_marks"))
        n_features = calendar.shape[1]
    tslib = "conv_trans.mic.0.conv1.weight" in state_dict
    net = MICNNet(
        config["seq_len"],
        config["pred_len"],
        config["enc_in"],
        d_model=config["d_model"],
        kernels=config.get("conv_kernel", (12, 16)),
        n_layers=config["d_layers"],
        trend=_TRENDS[mode],
        variant="tslib" if tslib else "official",
        dropout=config.get("dropout", 0.0),
        n_past_features=n_features,
        n_future_features=n_features,
    )
    load_weights(net, state_dict, micn_places, lambda name: _is_unused(name, mode))
    return net


def _is_unused(name: str, mode: str) -> bool:
    parts = (*_UNUSED, "regression.") if mode == "mean" else _UNUSED
    return any(part in name for part in parts)


def micn_places(net: MICNNet) -> list[Place]:
    """Every official parameter with ours."""
    places = [
        (f"{_EMBEDDING}.weight", net.embedding.weight),
        *place_module("conv_trans.projection", net.projection),
    ]
    if net.feature_embedding is not None:
        places.append((_CALENDAR, net.feature_embedding.weight))
    if net.regression is not None:
        places += place_module("regression", net.regression)
    for i, layer in enumerate(cast("list[MICLayer]", list(net.layers))):
        places += _places_of_layer(f"conv_trans.mic.{i}", layer)
    return places


def _places_of_layer(name: str, layer: MICLayer) -> list[Place]:
    n_scales, d_model = len(layer.scales), layer.merge.out_features
    merge = layer.merge.weight.view(d_model, n_scales, d_model).transpose(1, 2)
    places = [
        (f"{name}.merge.weight", merge.unsqueeze(-1)),
        (f"{name}.merge.bias", layer.merge.bias),
        *place_module(f"{name}.norm", layer.norm),
    ]
    for j, scale in enumerate(cast("list[Scale]", list(layer.scales))):
        local = scale.local.map
        weight = local.weight.view(d_model, scale.local.kernel, d_model).transpose(1, 2)
        places += [
            (f"{name}.conv.{j}.weight", weight),
            (f"{name}.conv.{j}.bias", local.bias),
            (f"{name}.isometric_conv.{j}.weight", scale.causal.weight),
            (f"{name}.isometric_conv.{j}.bias", scale.causal.bias),
            (f"{name}.conv_trans.{j}.weight", scale.spread.weight.permute(2, 1, 0)),
            (f"{name}.conv_trans.{j}.bias", scale.spread.bias),
        ]
    return places + _places_of_pair(name, layer.feed_forward)


def _places_of_pair(name: str, pair: ReLUPair | LinearPair) -> list[Place]:
    if isinstance(pair, ReLUPair):
        modules = {"fnn.layer1": pair.first, "fnn.layer2": pair.second, "fnn_norm": pair.norm}
    else:
        modules = {"norm1": pair.norm_before, "norm2": pair.norm}
    places: list[Place] = []
    for path, module in modules.items():
        places += place_module(f"{name}.{path}", module)
    if isinstance(pair, LinearPair):
        for path, layer in (("conv1", pair.first), ("conv2", pair.second)):
            places += place_pointwise(f"{name}.{path}", layer)
    return places

"""Mapping of the official Sigma state dict to `SigmaNet`."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from skscale.nn import SigmaNet

__all__ = ["sigma_from_official", "sigma_places"]

_MARKS = "enc_embedding.temporal_embedding.embed.weight"
_POSITIONS = "enc_embedding.position_embedding.pe"

# The official repository has called its list of blocks both ways.
_BLOCK_LISTS = ("forecasting_modules", "multi_scale_processors")


def sigma_from_official(state_dict: dict[str, Tensor], config: dict[str, Any]) -> SigmaNet:
    """Build a `SigmaNet` from official weights; see `skscale.persistence.from_official`."""
    _check_config(config)
    state_dict = {_one_spelling(name): value for name, value in state_dict.items()}
    net = _build(config, _n_marks(state_dict, config)).to(_dtype(state_dict))
    places = sigma_places(net)
    _check_weights(state_dict, places)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.zero_()
        for name, place in places:
            place += state_dict[name]
    return net


def sigma_places(net: SigmaNet) -> list[tuple[str, Tensor]]:
    """Every official parameter with the part of ours that it is added to.

    The official code runs both heads and the projection once for each branch, so both head
    biases end up in ours, and the bias of its projection does so twice.
    """
    smooth_head, residual_head = net.head.weight.split(net.context_length, dim=1)
    places: list[tuple[str, Tensor]] = [
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


def _check_config(config: dict[str, Any]) -> None:
    needed = ["seq_len", "pred_len", "enc_in", "d_model", "e_layers", "data"]
    needed += ["scale_independence", "feature_transformation"]
    needed += ["d_ff"] if config.get("feature_transformation") else []
    missing = [name for name in needed if name not in config]
    if missing:
        raise ValueError(f"config lacks {', '.join(missing)}")
    allowed = {"channel_independence": 1, "embed": "timeF", "c_out": config["enc_in"]}
    for name, value in allowed.items():
        if config.get(name, value) != value:
            raise ValueError(f"config must have {name}={value!r}, got {config[name]!r}")


def _build(config: dict[str, Any], n_marks: int) -> SigmaNet:
    return SigmaNet(
        config["seq_len"],
        config["pred_len"],
        config["enc_in"],
        d_model=config["d_model"],
        d_ff=config.get("d_ff", 1),
        n_layers=config["e_layers"],
        dropout=config.get("dropout", 0.0),
        scale_independence=bool(config["scale_independence"]),
        feature_transformation=bool(config["feature_transformation"]),
        block_input="smooth",
        normalize=bool(config.get("use_norm", 1)),
        n_past_features=n_marks,
    )


def _n_marks(state_dict: dict[str, Tensor], config: dict[str, Any]) -> int:
    """Calendar features the official run feeds: none for ETT, and none in its M4 runs."""
    unused = "ETT" in config["data"] or config.get("task_name") == "short_term_forecast"
    if unused:
        return 0
    if _MARKS not in state_dict:
        raise ValueError(f"state_dict does not fit config: it lacks {_MARKS}")
    return state_dict[_MARKS].shape[1]


def _one_spelling(name: str) -> str:
    block_list, _, rest = name.partition(".")
    return f"{_BLOCK_LISTS[0]}.{rest}" if block_list in _BLOCK_LISTS else name


def _dtype(state_dict: dict[str, Tensor]) -> torch.dtype:
    dtypes = {value.dtype for name, value in state_dict.items() if name != _POSITIONS}
    if not dtypes:
        return torch.get_default_dtype()
    if len(dtypes) > 1 or not next(iter(dtypes)).is_floating_point:
        found = ", ".join(sorted(map(str, dtypes)))
        raise ValueError(f"state_dict must hold one floating-point type, got {found}")
    return dtypes.pop()


def _check_weights(state_dict: dict[str, Tensor], places: list[tuple[str, Tensor]]) -> None:
    wanted = dict(places)
    missing = [name for name in wanted if name not in state_dict]
    unexpected = [name for name in state_dict if name not in {*wanted, _MARKS, _POSITIONS}]
    if missing or unexpected:
        parts = [f"it lacks {', '.join(missing)}"] if missing else []
        parts += [f"it holds the unknown {', '.join(unexpected)}"] if unexpected else []
        raise ValueError(f"state_dict does not fit config: {' and '.join(parts)}")
    for name, place in wanted.items():
        if state_dict[name].shape != place.shape:
            raise ValueError(
                f"state_dict does not fit config: {name} has shape "
                f"{tuple(state_dict[name].shape)}, but config asks for {tuple(place.shape)}"
            )

"""Mapping of the state dicts of both public PatchTSTs to `PatchTSTNet`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from torch import Tensor

from skscale.nn.layers.batch_norm import BatchNorm
from skscale.nn.layers.checks import check_shape
from skscale.nn.layers.encoder import EncoderLayer
from skscale.nn.layers.normalisation import RevIN
from skscale.nn.layers.official import Place, as_flag, check_config, load_weights, place_module
from skscale.nn.layers.time_map import place_time_map
from skscale.nn.patchtst.branch import Branch
from skscale.nn.patchtst.net import PatchTSTNet

__all__ = ["patchtst_from_official", "patchtst_places"]

_LIBRARY = "patch_embedding.value_embedding.weight"
# Parts of names that say nothing about the weights: a constant, a table, a count.
_UNUSED = (".sdp_attn.scale", "position_embedding.pe", ".num_batches_tracked")


def patchtst_from_official(state_dict: dict[str, Tensor], config: dict[str, Any]) -> PatchTSTNet:
    """Build a `PatchTSTNet` from official weights; see `skscale.official.from_official`.

    The names of the weights tell which of the two networks they belong to, and their shapes the
    length of a patch: the Time-Series-Library ignores the one of its command line. ``stride`` is 8
    if the run does not name it. A dropout behind the last map of the paper's network, zero
    in its runs, is left out.
    """
    check_config(
        config, ("seq_len", "pred_len", "enc_in", "d_model", "d_ff", "n_heads", "e_layers")
    )
    library = _LIBRARY in state_dict
    arguments = _of_library(config) if library else _of_paper(state_dict, config)
    net = PatchTSTNet(
        config["seq_len"],
        config["pred_len"],
        config["enc_in"],
        d_model=config["d_model"],
        d_ff=config["d_ff"],
        n_heads=config["n_heads"],
        n_layers=config["e_layers"],
        patch_length=_patch_length(state_dict, config),
        stride=config.get("stride", 8),
        dropout=config.get("dropout", 0.0),
        **arguments,
    )
    load_weights(net, state_dict, patchtst_places, lambda name: any(u in name for u in _UNUSED))
    return net


def _of_library(config: Mapping[str, Any]) -> dict[str, Any]:
    return {"variant": "tslib", "activation": config.get("activation", "gelu")}


def _of_paper(state_dict: Mapping[str, Tensor], config: Mapping[str, Any]) -> dict[str, Any]:
    flags = {"decomposition": "decomposition", "affine": "affine", "subtract_last": "subtract_last"}
    return {
        "moving_avg": config.get("kernel_size", 25),
        "normalize": as_flag(config.get("revin", True)),
        "pad_end": config.get("padding_patch", "end") == "end",
        "individual": any(".head.linears." in name for name in state_dict),
        **{ours: as_flag(config.get(official, False)) for ours, official in flags.items()},
    }


def _patch_length(state_dict: Mapping[str, Tensor], config: Mapping[str, Any]) -> Any:
    for name, value in state_dict.items():
        if name == _LIBRARY or name.endswith(".W_P.weight"):
            check_shape(f"state_dict[{name!r}]", value, ("d_model", "patch_length"))
            return value.shape[1]
    return config.get("patch_len", 16)


def patchtst_places(net: PatchTSTNet) -> list[Place]:
    """Every official parameter and running statistic with ours."""
    branches = cast("list[Branch]", list(net.branches))
    if branches[0].encoder.final_norm is not None:
        return _places_in_library(branches[0])
    names = ("model",) if len(branches) == 1 else ("model_res", "model_trend")
    norms = cast("list[RevIN]", list(net.norms))
    places = []
    for name, norm, branch in zip(names, norms, branches, strict=True):
        places += _places_in_paper(name, norm, branch)
    return places


def _places_in_library(branch: Branch) -> list[Place]:
    places = [(_LIBRARY, branch.embedding.value.weight)]
    for i, layer in enumerate(_layers(branch)):
        places += layer.places(f"encoder.attn_layers.{i}")
    places += cast(BatchNorm, branch.encoder.final_norm).places("encoder.norm.1")
    return places + place_time_map("head.linear", branch.head)


def _places_in_paper(name: str, norm: RevIN, branch: Branch) -> list[Place]:
    places: list[Place] = []
    if norm.weight is not None and norm.bias is not None and norm.normalize:
        places += [(f"{name}.revin_layer.affine_weight", norm.weight)]
        places += [(f"{name}.revin_layer.affine_bias", norm.bias)]
    places += [(f"{name}.backbone.W_pos", branch.embedding.positions)]
    places += place_module(f"{name}.backbone.W_P", branch.embedding.value)
    for i, layer in enumerate(_layers(branch)):
        places += _places_of_layer(f"{name}.backbone.encoder.layers.{i}", layer)
    own = branch.head.weight.dim() == 3
    return places + place_time_map(f"{name}.head.linear{'s' if own else ''}", branch.head)


def _places_of_layer(name: str, layer: EncoderLayer) -> list[Place]:
    attention = f"{name}.self_attn"
    q, k, v = (f"{attention}.W_{part}" for part in "QKV")
    return [
        *layer.attention.places(q, k, v, f"{attention}.to_out.0"),
        *place_module(f"{name}.ff.0", layer.feed_forward.first),
        *place_module(f"{name}.ff.3", layer.feed_forward.second),
        *cast(BatchNorm, layer.attention_norm).places(f"{name}.norm_attn.1"),
        *cast(BatchNorm, layer.feed_forward_norm).places(f"{name}.norm_ffn.1"),
    ]


def _layers(branch: Branch) -> list[EncoderLayer]:
    return cast("list[EncoderLayer]", list(branch.encoder.layers))

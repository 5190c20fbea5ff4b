"""Mapping of the state dicts of both public MultiPatchFormers to `MultiPatchFormerNet`."""

from __future__ import annotations

import re
from typing import Any, cast

from torch import Tensor, nn

from skscale.nn.layers.encoder import EncoderLayer
from skscale.nn.layers.official import (
    Place,
    as_flag,
    check_config,
    load_weights,
    place_module,
    place_pointwise,
)
from skscale.nn.multipatchformer.net import MultiPatchFormerNet

__all__ = ["multipatchformer_from_official", "multipatchformer_places"]

_NEEDED = ("seq_len", "pred_len", "enc_in")
# A table, a map that is never used, second names of the attention, layers that never run.
_UNUSED = re.compile(
    r"pe$|remap\.|encoder_list(_ch)?\.\d+\.MHA\.|(encoder_list|shared_MHA)_ch\.[1-9]\d*\."
)
_OF_PAPER = ("W_q", "W_k", "W_v", "W_o")
_OF_LIBRARY = ("query_projection", "key_projection", "value_projection", "out_projection")


def multipatchformer_from_official(
    state_dict: dict[str, Tensor], config: dict[str, Any]
) -> MultiPatchFormerNet:
    """Build a `MultiPatchFormerNet` from official weights; see `skscale.official.from_official`.

    The names of the weights tell those of the paper's code from the Time-Series-Library's. The
    former has its sizes in the code: they are taken from there if ``config`` does not name them.
    """
    arguments = (_of_paper if _is_of_paper(state_dict) else _of_library)(config)
    net = MultiPatchFormerNet(
        config["seq_len"], config["pred_len"], config["enc_in"], patches="published", **arguments
    )
    load_weights(net, state_dict, multipatchformer_places, lambda name: bool(_UNUSED.match(name)))
    return net


def _is_of_paper(state_dict: dict[str, Tensor]) -> bool:
    return any(".W_q." in name for name in state_dict)


def _of_paper(config: dict[str, Any]) -> dict[str, Any]:
    check_config(config, _NEEDED, {"use_norm": 1})
    return {
        "d_model": config.get("d_model", 256),
        "d_ff": config.get("d_hidden", 512),
        "n_heads": config.get("h", 16),
        "head_size": config.get("q", 16),
        "n_layers": config.get("N", 1),
        "dropout": config.get("dropout", 0.2),
    }


def _of_library(config: dict[str, Any]) -> dict[str, Any]:
    sizes = {"d_model": "d_model", "d_ff": "d_ff", "n_heads": "n_heads", "e_layers": "n_layers"}
    check_config(config, (*_NEEDED, *sizes), {"c_out": config.get("enc_in")})
    return {
        **{ours: config[official] for official, ours in sizes.items()},
        "variant": "tslib",
        "affine": False,
        "normalize": as_flag(config.get("use_norm", True)),
        "dropout": config.get("dropout", 0.0),
    }


def multipatchformer_places(net: MultiPatchFormerNet) -> list[Place]:
    """Every official parameter with ours."""
    of_paper = net.channels_before is None
    maps = _OF_PAPER if of_paper else _OF_LIBRARY
    places: list[Place] = []
    for i, layer in enumerate(cast("list[EncoderLayer]", list(net.layers))):
        places += _places_of_layer("", i, layer, maps)
    places += _places_of_layer("_ch", 0, net.channel_layer, maps)
    name = "shared_MHA_ch.0.conv" if of_paper else "encoder_list_ch.0.conv"
    places += place_pointwise(name, net.channel_context)
    places += place_pointwise("embedding_channel", net.channel_embedding)
    for i, one in enumerate(cast("list[nn.Linear]", list(net.embedding.maps))):
        places.append((f"embedding_patch_{i + 1}.weight", one.weight.unsqueeze(1)))
        places.append((f"embedding_patch_{i + 1}.bias", one.bias))
    for i, part in enumerate(net.head.maps):
        places += place_module(f"out_linear_{i + 1}", part)
    if net.norm.weight is not None and net.norm.bias is not None:
        places.append(("revin.affine_weight", net.norm.weight))
        places.append(("revin.affine_bias", net.norm.bias))
    return places


def _places_of_layer(kind: str, i: int, layer: EncoderLayer, maps: tuple[str, ...]) -> list[Place]:
    q, k, v, out = (f"shared_MHA{kind}.{i}.{part}" for part in maps)
    name = f"encoder_list{kind}.{i}"
    return [
        *layer.attention.places(q, k, v, out),
        *place_module(f"{name}.feedforward.linear_1", layer.feed_forward.first),
        *place_module(f"{name}.feedforward.linear_2", layer.feed_forward.second),
        *place_module(f"{name}.layerNormal_1", layer.attention_norm),
        *place_module(f"{name}.layerNormal_2", layer.feed_forward_norm),
    ]

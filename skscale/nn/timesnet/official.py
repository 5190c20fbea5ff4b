"""Mapping of the official TimesNet state dict to `TimesNet`."""

from __future__ import annotations

from typing import Any, cast

from torch import Tensor

from skscale.nn.layers.checks import check_shape
from skscale.nn.layers.official import Place, check_config, load_weights, place_module
from skscale.nn.timesnet.block import TimesBlock
from skscale.nn.timesnet.net import TimesNet

__all__ = ["timesnet_from_official", "timesnet_places"]

_CALENDAR = "enc_embedding.temporal_embedding.embed.weight"
_ARGUMENTS = {  # official name: name of the network's argument
    "seq_len": "context_length",
    "pred_len": "prediction_length",
    "enc_in": "n_channels",
    "d_model": "d_model",
    "d_ff": "d_ff",
    "e_layers": "n_layers",
    "top_k": "top_k",
    "num_kernels": "n_kernels",
}


def timesnet_from_official(state_dict: dict[str, Tensor], config: dict[str, Any]) -> TimesNet:
    """Build a `TimesNet` from official weights; see `skscale.official.from_official`.

    The authors publish it in the Time-Series-Library. Forecasts are those of batches of one
    there. ``embed`` must be ``"timeF"``; without a calendar in the weights the network takes no
    features.
    """
    check_config(config, _ARGUMENTS, {"c_out": config.get("enc_in"), "embed": "timeF"})
    arguments = {ours: config[official] for official, ours in _ARGUMENTS.items()}
    n_features = 0
    if (calendar := state_dict.get(_CALENDAR)) is not None:
        check_shape(f"state_dict[{_CALENDAR!r}]", calendar, ("d_model", "n_marks"))
        n_features = calendar.shape[1]
    dropout = config.get("dropout", 0.0)
    net = TimesNet(**arguments, dropout=dropout, n_past_features=n_features)
    load_weights(net, state_dict, timesnet_places, lambda name: "position_embedding." in name)
    return net


def timesnet_places(net: TimesNet) -> list[Place]:
    """Every official parameter with ours."""
    places = [
        ("enc_embedding.value_embedding.tokenConv.weight", net.embedding.weight),
        *place_module("predict_linear", net.lengthen),
        *place_module("layer_norm", net.layer_norm),
        *place_module("projection", net.projection),
    ]
    if net.past_embedding is not None:
        places.append((_CALENDAR, net.past_embedding.weight))
    for i, block in enumerate(cast("list[TimesBlock]", list(net.blocks))):
        places += block.first.places(f"model.{i}.conv.0")
        places += block.second.places(f"model.{i}.conv.2")
    return places

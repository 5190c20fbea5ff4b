"""Mapping of the official MSGNet state dict to `MSGNet`."""

from __future__ import annotations

from typing import Any, cast

from torch import Tensor

from skscale.nn.layers.checks import check_shape
from skscale.nn.layers.official import Place, as_flag, check_config, load_weights, place_module
from skscale.nn.layers.time_map import place_time_map
from skscale.nn.msgnet.block import ScaleGraphBlock
from skscale.nn.msgnet.graph import GraphMixing
from skscale.nn.msgnet.net import MSGNet

__all__ = ["msgnet_from_official", "msgnet_places"]

_CALENDAR = "enc_embedding.temporal_embedding.embed.weight"
_UNUSED = ("position_embedding.", "predict_linear.")
_ARGUMENTS = {  # official name: name of the network's argument
    "seq_len": "context_length",
    "pred_len": "prediction_length",
    "enc_in": "n_channels",
    "d_model": "d_model",
    "d_ff": "d_ff",
    "n_heads": "n_heads",
    "e_layers": "n_layers",
    "top_k": "top_k",
    "node_dim": "node_size",
    "conv_channel": "conv_channels",
    "skip_channel": "skip_channels",
    "gcn_depth": "depth",
    "propalpha": "alpha",
}


def msgnet_from_official(state_dict: dict[str, Tensor], config: dict[str, Any]) -> MSGNet:
    """Build a `MSGNet` from official weights; see `skscale.official.from_official`.

    The paper's code and the Time-Series-Library's share names and numbers. Forecasts are those of
    batches of one there. ``embed`` must be ``"timeF"``; without a calendar in the weights the
    network takes no features.
    """
    check_config(config, _ARGUMENTS, {"c_out": config.get("enc_in"), "embed": "timeF"})
    arguments = {ours: config[official] for official, ours in _ARGUMENTS.items()}
    n_features = 0
    if (calendar := state_dict.get(_CALENDAR)) is not None:
        check_shape(f"state_dict[{_CALENDAR!r}]", calendar, ("d_model", "n_marks"))
        n_features = calendar.shape[1]
    net = MSGNet(
        **arguments,
        individual=as_flag(config.get("individual", False)),
        dropout=config.get("dropout", 0.0),
        n_past_features=n_features,
    )
    load_weights(net, state_dict, msgnet_places, lambda name: any(u in name for u in _UNUSED))
    return net


def msgnet_places(net: MSGNet) -> list[Place]:
    """Every official parameter with ours."""
    places = [
        ("enc_embedding.value_embedding.tokenConv.weight", net.embedding.weight),
        *place_module("layer_norm", net.layer_norm),
        *place_module("projection", net.projection),
        *place_time_map("seq2pred.seq2pred", net.time_map),
    ]
    if net.past_embedding is not None:
        places.append((_CALENDAR, net.past_embedding.weight))
    for i, block in enumerate(cast("list[ScaleGraphBlock]", list(net.blocks))):
        places += block.encoder.places(f"model.{i}.att0")
        places += place_module(f"model.{i}.norm", block.norm)
        for j, graph in enumerate(cast("list[GraphMixing]", list(block.graphs))):
            places += _places_of_graph(f"model.{i}.gconv.{j}", graph)
    return places


def _places_of_graph(name: str, graph: GraphMixing) -> list[Place]:
    length = graph.points.out_features
    return [
        (f"{name}.nodevec1", graph.source),
        (f"{name}.nodevec2", graph.target),
        (f"{name}.start_conv.weight", graph.read.weight[:, None, :, None]),
        (f"{name}.start_conv.bias", graph.read.bias),
        (f"{name}.gconv1.mlp.mlp.weight", graph.hops.weight[..., None, None]),
        (f"{name}.gconv1.mlp.mlp.bias", graph.hops.bias),
        (f"{name}.end_conv.weight", graph.points.weight.view(length, -1, 1, length)),
        (f"{name}.end_conv.bias", graph.points.bias),
        *place_module(f"{name}.linear", graph.features),
        *place_module(f"{name}.norm", graph.norm),
    ]

"""Mapping of the state dicts of both public Pyraformers to `PyraformerNet`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding

from skscale.nn.layers.checks import check_choice, check_flag, check_shape
from skscale.nn.layers.official import Place, as_flag, check_config, load_weights, place_module
from skscale.nn.pyraformer.decoder import HorizonDecoder
from skscale.nn.pyraformer.layers import CoarseNodes, Condense, NodeAttention
from skscale.nn.pyraformer.net import PyraformerNet

__all__ = ["pyraformer_from_official", "pyraformer_places"]

_EMBEDDING = "encoder.enc_embedding"
_TOKENS = f"{_EMBEDDING}.value_embedding.tokenConv"
_CALENDAR = f"{_EMBEDDING}.temporal_embedding.embed"
# A table, counts, and what the decoder multiplies by zeros.
_UNUSED = (
    "position_embedding.",
    ".num_batches_tracked",
    "decoder.dec_embedding.value_embedding.tokenConv.weight",
)
_CONSTRUCTIONS = {  # official name: ours
    "Bottleneck_Construct": "bottleneck",
    "Conv_Construct": "convolution",
    "MaxPooling_Construct": "max",
    "AvgPooling_Construct": "average",
}
_ARGUMENTS = {  # of the paper's code, with ours
    "input_size": "context_length",
    "predict_step": "prediction_length",
    "enc_in": "n_channels",
    "d_model": "d_model",
    "d_inner_hid": "d_ff",
    "n_head": "n_heads",
    "d_k": "head_size",
    "d_v": "value_size",
    "n_layer": "n_layers",
    "inner_size": "neighbours",
    "d_bottleneck": "d_bottleneck",
}
_LIBRARY_ARGUMENTS = {
    "seq_len": "context_length",
    "pred_len": "prediction_length",
    "enc_in": "n_channels",
    "d_model": "d_model",
    "d_ff": "d_ff",
    "n_heads": "n_heads",
    "e_layers": "n_layers",
}
_TABLES = {"month": 13, "day": 32, "weekday": 7, "hour": 24}


class CalendarTables(nn.Module):
    """Sum of learned vectors for the month, day, weekday and hour of a point.

    Parameters
    ----------
    d_model : int
    """

    def __init__(self, d_model: int):
        super().__init__()
        self.tables = nn.ParameterList(
            torch.zeros(n_rows, d_model, dtype=torch.float32) for n_rows in _TABLES.values()
        )

    def forward(self, marks: Tensor) -> Tensor:
        """Map marks (batch, length, 4), whose fractions are cut off, to (..., d_model)."""
        check_shape("past_features", marks, ("batch", "length", len(self.tables)))
        rows = marks.long().unbind(-1)
        return torch.stack(
            [embedding(row, table) for row, table in zip(rows, self.tables, strict=True)]
        ).sum(dim=0)


def pyraformer_from_official(
    state_dict: dict[str, Tensor], config: dict[str, Any]
) -> PyraformerNet:
    """Build a `PyraformerNet` from official weights; see `skscale.official.from_official`.

    A run that has ``window_size`` is from the paper's code, others are the Time-Series-Library's.
    Its networks for long terms do not normalise windows, those for short terms (``task_name``) do;
    their calendar is month, day, weekday and hour as numbers, if it is given.
    """
    build = _from_paper if "window_size" in config else _from_library
    net = build(state_dict, config)
    load_weights(net, state_dict, pyraformer_places, lambda name: any(u in name for u in _UNUSED))
    return net


def _from_paper(state_dict: dict[str, Tensor], config: dict[str, Any]) -> PyraformerNet:
    check_config(config, _ARGUMENTS, {"embed_type": "DataEmbedding"})
    construction = config.get("CSCM", "Bottleneck_Construct")
    check_choice("CSCM", construction, tuple(_CONSTRUCTIONS))
    n_features = 0
    if (calendar := state_dict.get(f"{_CALENDAR}.weight")) is not None:
        check_shape(f"state_dict['{_CALENDAR}.weight']", calendar, ("d_model", "n_marks"))
        n_features = calendar.shape[1]
    return PyraformerNet(
        **{ours: config[official] for official, ours in _ARGUMENTS.items()},
        windows=_windows(config["window_size"]),
        construction=_CONSTRUCTIONS[construction],
        decoder=_decoder(config),
        dropout=config.get("dropout", 0.0),
        normalize=False,
        n_past_features=n_features,
        n_future_features=n_features,
    )


def _decoder(config: dict[str, Any]) -> str:
    name = check_choice("decoder", config.get("decoder", "FC"), ("FC", "attention"))
    if name == "FC":
        return "linear"
    truncate = check_flag("truncate", as_flag(config.get("truncate", False)))
    return "attention_to_points" if truncate else "attention"


def _windows(value: object) -> Any:
    """List of numbers, which the command line has as text."""
    try:
        return ast.literal_eval(value) if isinstance(value, str) else value
    except (ValueError, SyntaxError) as error:
        raise ValueError(f"window_size must be a list of integers, got {value!r}") from error


def _from_library(state_dict: dict[str, Tensor], config: dict[str, Any]) -> PyraformerNet:
    check_config(config, _LIBRARY_ARGUMENTS, {"c_out": config.get("enc_in")})
    short = config.get("task_name") == "short_term_forecast"
    net = PyraformerNet(
        **{ours: config[official] for official, ours in _LIBRARY_ARGUMENTS.items()},
        windows=(2, 2) if short else (4, 4),
        neighbours=5,
        variant="tslib",
        dropout=config.get("dropout", 0.0),
        normalize=short,
    )
    net.embedding.features = CalendarTables(config["d_model"])
    net.past_features_as_given = True
    return net


def pyraformer_places(net: PyraformerNet) -> list[Place]:
    """Every official parameter and running statistic with ours."""
    embedding, layers = net.embedding, cast("list[NodeAttention]", list(net.layers))
    places: list[Place] = [(f"{_TOKENS}.weight", embedding.values.weight)]
    if embedding.bias is not None:
        places.append((f"{_TOKENS}.bias", embedding.bias))
    if isinstance(embedding.features, CalendarTables):
        names = (f"{_CALENDAR.removesuffix('embed')}{kind}_embed.weight" for kind in _TABLES)
        places += zip(names, embedding.features.tables, strict=True)
    elif isinstance(embedding.features, nn.Linear) and embedding.bias is not None:
        places.append((f"{_CALENDAR}.weight", embedding.features.weight))
        places.append((f"{_CALENDAR}.bias", embedding.bias))  # two that add up
    if net.coarse is not None:
        places += _places_of_coarse_nodes("encoder.conv_layers", net.coarse)
    places += place_module("encoder.conv_layers.norm", net.node_norm)
    for i, layer in enumerate(layers):
        places += _places_of_layer(f"encoder.layers.{i}", layer)
    if isinstance(net.head, HorizonDecoder):
        return places + _places_of_decoder("decoder", net.head)
    return places + place_module("predictor.linear" if net.has_token else "projection", net.head)


def _places_of_decoder(name: str, decoder: HorizonDecoder) -> list[Place]:
    places: list[Place] = [
        (f"{name}.dec_embedding.value_embedding.tokenConv.bias", decoder.bias),
        *place_module("predictor.linear", decoder.projection),
    ]
    if decoder.features is not None:
        calendar = f"{name}.dec_embedding.temporal_embedding.embed"
        places.append((f"{calendar}.weight", decoder.features.weight))
        places.append((f"{calendar}.bias", decoder.bias))
    for i, layer in enumerate(cast("list[NodeAttention]", list(decoder.layers))):
        places += _places_of_layer(f"{name}.layers.{i}", layer)
    return places


def _places_of_coarse_nodes(name: str, coarse: CoarseNodes) -> Iterator[Place]:
    if coarse.down is not None and coarse.up is not None:
        yield from place_module(f"{name}.down", coarse.down)
        yield from place_module(f"{name}.up", coarse.up)
    for i, step in enumerate(cast("list[Condense]", list(coarse.steps or ()))):
        yield from place_module(f"{name}.conv_layers.{i}.downConv", step.convolution)
        yield from step.norm.places(f"{name}.conv_layers.{i}.norm")


def _places_of_layer(name: str, layer: NodeAttention) -> list[Place]:
    attention, forward = f"{name}.slf_attn", f"{name}.pos_ffn"
    maps = [f"{attention}.w_{part}" for part in ("qs", "ks", "vs")] + [f"{attention}.fc"]
    if layer.attention_norm is None:
        parts = ("query", "key", "value", "out")
        maps = [f"{attention}.{part}_projection" for part in parts]
    q, k, v, out = maps
    places = layer.attention.places(q, k, v, out)
    if layer.attention_norm is not None:
        places += place_module(f"{attention}.layer_norm", layer.attention_norm)
    return [
        *places,
        *place_module(f"{forward}.w_1", layer.feed_forward.first),
        *place_module(f"{forward}.w_2", layer.feed_forward.second),
        *place_module(f"{forward}.layer_norm", layer.norm),
    ]

"""Mapping of PyPOTS' state dict of TimeMixer++ to `TimeMixerPPNet`."""

from __future__ import annotations

from typing import Any, cast

from torch import Tensor

from skscale.nn.layers.official import Place, as_flag, check_config, load_weights, place_module
from skscale.nn.timemixerpp.block import MixerBlock
from skscale.nn.timemixerpp.images import ImageAttention
from skscale.nn.timemixerpp.net import TimeMixerPPNet

__all__ = ["timemixerpp_from_official", "timemixerpp_places"]

_ARGUMENTS = {  # official name: name of the network's argument
    "n_steps": "context_length",
    "n_pred_steps": "prediction_length",
    "n_features": "n_channels",
    "n_layers": "n_layers",
    "d_model": "d_model",
    "d_ffn": "d_ff",
    "n_heads": "n_heads",
    "top_k": "top_k",
    "n_kernels": "n_kernels",
    "downsampling_layers": "down_sampling_layers",
    "downsampling_window": "down_sampling_window",
}
# Parts of names that the forward pass has no use for: tables of the calendar, keys' biases, which
# softmax cancels, and what no head reads.
_UNUSED = ("enc_embedding.temporal_embedding.", "key_conv.bias", "predict_layers.")
_OF_BLOCKS = ("multi_scale_season_conv.", "multi_scale_trend_conv.")


def timemixerpp_from_official(
    state_dict: dict[str, Tensor], config: dict[str, Any]
) -> TimeMixerPPNet:
    """Build a `TimeMixerPPNet` from weights of PyPOTS; see `skscale.official.from_official`.

    PyPOTS forecasts by the coarsest scale's head alone; ``head`` in ``config`` asks for another.
    Forecasts are those of batches of one there. A ``top_k`` beyond the frequencies is cut to them,
    as there.
    """
    channels = {"n_pred_features": config.get("n_features")}
    check_config(config, _ARGUMENTS, channels)
    arguments = {ours: config[official] for official, ours in _ARGUMENTS.items()}
    net = TimeMixerPPNet(
        **arguments | {"top_k": _within_frequencies(config)},
        down_sampling_method=config.get("downsampling_method", "avg"),
        channel_independent=as_flag(config.get("channel_independence", True)),
        channel_mixing=as_flag(config.get("channel_mixing", True)),
        head=config.get("head", "coarsest"),
        normalize=as_flag(config.get("use_norm", True)),
        dropout=config.get("dropout", 0.0),
    )
    load_weights(net, state_dict, timemixerpp_places, _is_unused)
    return net


def _within_frequencies(config: dict[str, Any]) -> Any:
    sizes = [config[name] for name in ("top_k", "n_steps", "downsampling_window")]
    n_steps = config["downsampling_layers"]
    if not all(isinstance(size, int) and 0 < size < 2**24 for size in sizes):
        return sizes[0]  # the network names what is wrong
    if not isinstance(n_steps, int) or not 0 <= n_steps <= 1000:
        return sizes[0]
    return min(sizes[0], max(sizes[1] // sizes[2] ** n_steps // 2, 1))


def _is_unused(name: str) -> bool:
    return any(part in name for part in (*_UNUSED, *_OF_BLOCKS))


def timemixerpp_places(net: TimeMixerPPNet) -> list[Place]:
    """Every parameter of PyPOTS that counts, with ours."""
    places: list[Place] = [("enc_embedding.value_embedding.tokenConv.weight", net.embedding.weight)]
    for i, norm in enumerate(net.norms):
        places += [(f"revin_layers.{i}.affine_{k}", p) for k, p in norm.named_parameters()]
    if net.pyramid.method == "conv":
        places.append(("down_pool.weight", net.pyramid.filter.weight))
    if net.channel_attention is not None:
        names = (f"channel_mixing_attention.{part}" for part in ("w_qs", "w_ks", "w_vs", "fc"))
        q, k, v, out = names
        places += net.channel_attention.places(q, k, v, out)
    for i, predictor in enumerate(net.predictors, net.first_read):
        places += place_module(f"predict_layers.{i}", predictor)
    places += place_module("projection_layer", net.projection)
    for i, block in enumerate(cast("list[MixerBlock]", list(net.blocks))):
        places += _places_of_block(f"encoder_model.{i}", block)
    return places


def _places_of_block(name: str, block: MixerBlock) -> list[Place]:
    places: list[Place] = place_module(f"{name}.layer_norm", block.norm)
    places += _places_of_attention(f"{name}.col_attn_2d_season", block.season)
    places += _places_of_attention(f"{name}.row_attn_2d_trend", block.trend)
    if block.downwards is not None:
        season = f"{name}.multi_scale_season_conv.cross_conv_season"
        places += block.downwards.first.places(f"{season}.0")
        places += block.downwards.second.places(f"{season}.2")
    if block.upwards is not None:
        trend = f"{name}.multi_scale_trend_conv.cross_trans_conv_season"
        places += block.upwards.first.places(trend)
        places += block.upwards.second.places(f"{trend}_restore.1")
    return places


def _places_of_attention(name: str, attention: ImageAttention) -> list[Place]:
    maps = {"query": attention.query, "key": attention.key, "value": attention.value}
    return [
        (f"{name}.gamma", attention.gamma),
        *((f"{name}.{kind}_conv.weight", m.weight[..., None, None]) for kind, m in maps.items()),
        (f"{name}.query_conv.bias", attention.query.bias),
        (f"{name}.value_conv.bias", attention.value.bias),
    ]

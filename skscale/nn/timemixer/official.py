"""Mapping of the official TimeMixer state dict to `TimeMixerNet`."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from skscale.nn.layers.checks import check_shape
from skscale.nn.layers.official import Place, as_flag, check_config, load_weights
from skscale.nn.timemixer.net import TimeMixerNet

__all__ = ["timemixer_from_official", "timemixer_official_names", "timemixer_places"]

_CALENDAR = "enc_embedding.temporal_embedding.embed.weight"
# Parts of names that the official forward pass has no use for.
_UNUSED = (".layer_norm.", "position_embedding.", "_embed.emb.weight")
_ARGUMENTS = {  # official name: name of the network's argument
    "seq_len": "context_length",
    "pred_len": "prediction_length",
    "enc_in": "n_channels",
    "d_model": "d_model",
    "d_ff": "d_ff",
    "e_layers": "n_layers",
    "down_sampling_layers": "down_sampling_layers",
    "down_sampling_window": "down_sampling_window",
    "down_sampling_method": "down_sampling_method",
    "moving_avg": "moving_avg",
    "channel_independence": "channel_independent",
    "use_norm": "normalize",
    "dropout": "dropout",
}


def timemixer_from_official(state_dict: dict[str, Tensor], config: dict[str, Any]) -> TimeMixerNet:
    """Build a `TimeMixerNet` from official weights; see `skscale.official.from_official`.

    Calendar tables of ``embed`` other than ``"timeF"`` are ignored: a network from such a
    checkpoint takes no features. Windows of one batch get their own calendar, where the official
    module mixes them up.
    """
    check_config(config, _ARGUMENTS, {"c_out": config.get("enc_in")})
    _check_reproducible(config)
    arguments = {ours: config[official] for official, ours in _ARGUMENTS.items()}
    for name in ("channel_independent", "normalize"):
        arguments[name] = as_flag(arguments[name])
    n_features = 0
    if (calendar := state_dict.get(_CALENDAR)) is not None:
        check_shape(f"state_dict[{_CALENDAR!r}]", calendar, ("d_model", "n_marks"))
        n_features = calendar.shape[1]
    # The official forward pass ignores future features if channels are mixed.
    future = config.get("use_future_temporal_feature") and arguments["channel_independent"]
    net = TimeMixerNet(
        **arguments, n_past_features=n_features, n_future_features=n_features if future else 0
    )
    unused = list(_UNUSED) if net.channel_independent else [*_UNUSED, ".out_cross_layer."]
    load_weights(net, state_dict, timemixer_places, lambda name: any(u in name for u in unused))
    return net


def timemixer_places(net: TimeMixerNet) -> list[Place]:
    """Every official parameter with ours, of the same shape."""
    names = timemixer_official_names(net)
    return [(names[ours], parameter) for ours, parameter in net.named_parameters()]


def _check_reproducible(config: dict[str, Any]) -> None:
    if config["down_sampling_method"] == "conv":
        raise ValueError(
            "down_sampling_method='conv' cannot be reproduced: the official module draws its "
            "filters anew in every call and does not save them"
        )
    if config.get("decomp_method", "moving_avg") != "moving_avg":
        raise ValueError(
            f"decomp_method={config['decomp_method']!r} cannot be reproduced: the official split "
            "depends on the order of the batch; only 'moving_avg' is supported"
        )


def timemixer_official_names(net: TimeMixerNet) -> dict[str, str]:
    """Official name of every parameter of ``net``, keyed by ours.

    Shapes are the same on both sides, so the table also translates gradients.
    """
    n_steps = len(net.lengths) - 1
    cross = "out_cross_layer" if net.channel_independent else "cross_layer"
    return {name: _official_name(name, n_steps, cross) for name, _ in net.named_parameters()}


_MODULES = {  # the network's module: the official one; the rest of the name is treated alike
    "predictors": "predict_layers",
    "projection": "projection_layer",
    "trend_layers": "out_res_layers",
    "trend_predictors": "regression_layers",
}
_LINEAR = {"first": "0", "second": "2"}


def _official_name(name: str, n_steps: int, cross: str) -> str:
    module, *rest = name.split(".")
    if module == "embedding":
        return "enc_embedding.value_embedding.tokenConv.weight"
    if module == "feature_embedding":
        return _CALENDAR
    if module == "norms":
        return f"normalize_layers.{rest[0]}.affine_{rest[1]}"
    if module != "blocks":
        return ".".join([_MODULES[module], *rest])
    block, part, *rest = rest
    *step, linear, kind = rest
    if part == "season_mixing":
        path = f"mixing_multi_scale_season.down_sampling_layers.{step[1]}"
    elif part == "trend_mixing":
        # The official list starts with the coarsest pair, ours with the finest.
        path = f"mixing_multi_scale_trend.up_sampling_layers.{n_steps - 1 - int(step[1])}"
    else:
        path = cross
    return f"pdm_blocks.{block}.{path}.{_LINEAR[linear]}.{kind}"

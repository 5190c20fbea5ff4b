"""Networks from checkpoints of the official TimeMixer code."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from skscale.nn import TimeMixerNet

__all__ = ["timemixer_from_official", "timemixer_official_names"]

_TEMPORAL = "enc_embedding.temporal_embedding."
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


def timemixer_from_official(
    state_dict: Mapping[str, Tensor], config: Mapping[str, Any] | Namespace
) -> TimeMixerNet:
    """Build a network from a checkpoint of the official TimeMixer module.

    Parameters
    ----------
    state_dict : mapping of str to Tensor
        What the official module's ``state_dict()`` returned. Entries the official forward pass
        never uses (``layer_norm``, ``position_embedding``, ``out_cross_layer`` of mixed channels)
        are ignored, and so are calendar tables of ``embed`` other than ``"timeF"``: a network from
        such a checkpoint takes no features.
    config : mapping or argparse.Namespace
        The official arguments.

    Returns
    -------
    TimeMixerNet
        In training mode, with the data type of the checkpoint. Its features may be left out, as
        in the official module. Windows of one batch get their own calendar, where the official
        module mixes them up.

    Raises
    ------
    ValueError
        If an argument is missing, an entry is missing, unknown or of another shape, or the
        checkpoint comes from a setting of the official code whose results cannot be reproduced:
        ``down_sampling_method="conv"`` (its filters are random and not saved) and
        ``decomp_method="dft_decomp"`` (its split depends on the order of the batch).

    Examples
    --------
    >>> import json
    >>> import numpy as np
    >>> import torch
    >>> from skscale.persistence._timemixer import timemixer_from_official
    >>> case = np.load("tests/data/timemixer_ci_max.npz")
    >>> names = [name for name in case.files if name.startswith("param/")]
    >>> state_dict = {name[6:]: torch.from_numpy(case[name]) for name in names}
    >>> net = timemixer_from_official(state_dict, json.loads(str(case["config"])))
    >>> net(torch.from_numpy(case["x"])).shape
    torch.Size([2, 12, 3])
    """
    config = config if isinstance(config, Mapping) else vars(config)
    arguments = _network_arguments(config)
    calendar = state_dict.get(f"{_TEMPORAL}embed.weight")
    n_features = 0 if calendar is None else calendar.shape[1]
    # The official forward pass ignores future features if channels are mixed.
    future = bool(config.get("use_future_temporal_feature")) and arguments["channel_independent"]
    net = TimeMixerNet(
        **arguments, n_past_features=n_features, n_future_features=n_features if future else 0
    )
    names = timemixer_official_names(net)
    _check_entries(state_dict, net, names)
    dtype = next(iter(state_dict.values())).dtype
    net.to(dtype).load_state_dict({ours: state_dict[official] for ours, official in names.items()})
    return net


def _network_arguments(config: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of `TimeMixerNet` but for the number of features."""
    missing = sorted(set(_ARGUMENTS) - set(config))
    if missing:
        raise ValueError(f"config lacks {missing}")
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
    if config.get("c_out", config["enc_in"]) != config["enc_in"]:
        raise ValueError(f"c_out={config['c_out']} must equal enc_in={config['enc_in']}")
    arguments = {ours: config[official] for official, ours in _ARGUMENTS.items()}
    arguments["channel_independent"] = bool(arguments["channel_independent"])
    arguments["normalize"] = bool(arguments["normalize"])
    return arguments


def _check_entries(
    state_dict: Mapping[str, Tensor], net: TimeMixerNet, names: Mapping[str, str]
) -> None:
    """Raise unless the checkpoint holds the network's parameters and nothing else it would use."""
    unused = [".layer_norm.", "position_embedding.", "_embed.emb.weight"]
    if not net.channel_independent:
        unused.append(".out_cross_layer.")
    present = {name for name in state_dict if not any(part in name for part in unused)}
    if missing := sorted(set(names.values()) - present):
        raise ValueError(f"state_dict lacks {missing}")
    if unexpected := sorted(present - set(names.values())):
        raise ValueError(f"state_dict has unexpected entries {unexpected}")
    for ours, parameter in net.named_parameters():
        shape = tuple(state_dict[names[ours]].shape)
        if shape != tuple(parameter.shape):
            raise ValueError(
                f"state_dict[{names[ours]!r}] must have shape {tuple(parameter.shape)}, got {shape}"
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
        return f"{_TEMPORAL}embed.weight"
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

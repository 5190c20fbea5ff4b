"""Import of the papers' official checkpoints."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from torch import Tensor

from skscale.nn import ForecastNet
from skscale.nn.amd.official import amd_from_official
from skscale.nn.dlinear import dlinear_from_official
from skscale.nn.itransformer import itransformer_from_official
from skscale.nn.micn.official import micn_from_official
from skscale.nn.msgnet.official import msgnet_from_official
from skscale.nn.multipatchformer.official import multipatchformer_from_official
from skscale.nn.nhits.official import nhits_from_official
from skscale.nn.nlinear import nlinear_from_official
from skscale.nn.patchtst.official import patchtst_from_official
from skscale.nn.pyraformer.official import pyraformer_from_official
from skscale.nn.scinet.official import scinet_from_official
from skscale.nn.sigma.official import sigma_from_official
from skscale.nn.timefilter.official import timefilter_from_official
from skscale.nn.timemixer.official import timemixer_from_official
from skscale.nn.timemixerpp.official import timemixerpp_from_official
from skscale.nn.timepro.official import timepro_from_official
from skscale.nn.timesnet.official import timesnet_from_official
from skscale.nn.wpmixer.official import wpmixer_from_official
from skscale.ops.arrays import from_numpy

__all__ = ["from_official"]

_IMPORTERS: dict[str, Callable[[dict[str, Tensor], dict[str, Any]], ForecastNet]] = {
    "amd": amd_from_official,
    "dlinear": dlinear_from_official,
    "itransformer": itransformer_from_official,
    "micn": micn_from_official,
    "msgnet": msgnet_from_official,
    "multipatchformer": multipatchformer_from_official,
    "nhits": nhits_from_official,
    "nlinear": nlinear_from_official,
    "patchtst": patchtst_from_official,
    "pyraformer": pyraformer_from_official,
    "scinet": scinet_from_official,
    "sigma": sigma_from_official,
    "timefilter": timefilter_from_official,
    "timemixer": timemixer_from_official,
    "timemixerpp": timemixerpp_from_official,
    "timepro": timepro_from_official,
    "timesnet": timesnet_from_official,
    "wpmixer": wpmixer_from_official,
}


def from_official(
    name: str,
    state_dict: Mapping[str, Tensor | np.ndarray],
    config: Mapping[str, Any] | Namespace,
) -> ForecastNet:
    """Build a network from the state dict of a paper's official code.

    Parameters
    ----------
    name : str
        Which official model the weights belong to: "amd", "dlinear", "itransformer", "micn",
        "msgnet", "multipatchformer", "nhits", "nlinear", "patchtst", "pyraformer", "scinet",
        "sigma", "timefilter", "timemixer", "timemixerpp", "timepro", "timesnet" or "wpmixer".
    state_dict : mapping of str to Tensor or array
        Weights under their official names, as ``torch.load(path, weights_only=True)`` gives
        them. A ``module.`` prefix left by ``DataParallel`` is dropped, and so is what the
        official forward pass does not use. The type of the others, float32 or float64, becomes
        the type of the network.
    config : mapping or argparse.Namespace
        Arguments of the official run, under their official names.

    Returns
    -------
    ForecastNet
        The network with these weights, in evaluation mode.

    Raises
    ------
    ValueError
        If ``name`` is unknown, ``config`` lacks an argument or asks for what the network does
        not have, or the weights do not fit it, hold nan or infinite values, or none at all (the
        meta device); the message names the argument or weights. So too for settings of the
        official code whose results cannot be reproduced: TimeMixer's
        ``down_sampling_method="conv"`` (its filters are random and not saved) and
        ``decomp_method="dft_decomp"`` (its split depends on the order of the batch).

    Examples
    --------
    >>> import torch
    >>> from skscale.official import from_official
    >>> config = dict(seq_len=8, pred_len=4, enc_in=2, d_model=2, e_layers=1, data="ETTh1",
    ...               scale_independence=1, feature_transformation=0)
    >>> from_official("sigma", {}, config)
    Traceback (most recent call last):
        ...
    ValueError: state_dict does not fit config: it lacks enc_embedding.value_embedding...
    """
    if name not in _IMPORTERS:
        raise ValueError(f"name must be one of {tuple(_IMPORTERS)}, got {name!r}")
    return _IMPORTERS[name](_weights(state_dict), _options(config)).eval()


def _options(config: object) -> dict[str, Any]:
    if isinstance(config, Namespace):
        return dict(vars(config))
    if not isinstance(config, Mapping):
        raise ValueError(f"config must be a mapping or a Namespace, got {type(config).__name__}")
    return dict(config)


def _weights(state_dict: object) -> dict[str, Tensor]:
    """Tensors under their names without ``module.``; each name once."""
    if not isinstance(state_dict, Mapping):
        raise ValueError(f"state_dict must be a mapping, got {type(state_dict).__name__}")
    weights: dict[str, Tensor] = {}
    for key, value in state_dict.items():
        if not isinstance(key, str):
            raise ValueError(f"state_dict must have names for keys, got {key!r}")
        name = key.removeprefix("module.")
        if name in weights:
            raise ValueError(f"state_dict holds {name} twice, once behind 'module.'")
        weights[name] = _tensor(name, value)
    return weights


def _tensor(name: str, value: object) -> Tensor:
    if isinstance(value, Tensor):
        return value
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "biufc":
        kind = f"array of {value.dtype}" if isinstance(value, np.ndarray) else type(value).__name__
        raise ValueError(
            f"state_dict[{name!r}] must be a tensor or an array of numbers, got {kind}"
        )
    return from_numpy(np.ascontiguousarray(value))

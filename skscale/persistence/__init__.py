"""Import of the papers' official checkpoints."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from skscale.persistence._sigma import sigma_from_official
from skscale.persistence._timemixer import timemixer_from_official

__all__ = ["from_official"]

_IMPORTERS: dict[str, Callable[[dict[str, Tensor], dict[str, Any]], nn.Module]] = {
    "sigma": sigma_from_official,
    "timemixer": timemixer_from_official,
}


def from_official(
    name: str,
    state_dict: Mapping[str, Tensor | np.ndarray],
    config: Mapping[str, Any] | Namespace,
) -> nn.Module:
    """Build a network from the state dict of a paper's official code.

    Parameters
    ----------
    name : {"sigma", "timemixer"}
        Which official model the weights belong to.
    state_dict : mapping of str to Tensor or array
        Weights under their official names, as ``torch.load(path, weights_only=True)`` gives
        them. A ``module.`` prefix left by ``DataParallel`` is dropped, and so are unused
        buffers. Their type, float32 or float64, becomes the type of the network.
    config : mapping or argparse.Namespace
        Arguments of the official run, under their official names.

    Returns
    -------
    torch.nn.Module
        The network with these weights, in evaluation mode.

    Raises
    ------
    ValueError
        If ``name`` is unknown, ``config`` lacks an argument or asks for what the network does
        not have, or the weights do not fit it; the message names the argument or weights.

    Examples
    --------
    >>> import torch
    >>> from skscale.persistence import from_official
    >>> config = dict(seq_len=8, pred_len=4, enc_in=2, d_model=2, e_layers=1, data="ETTh1",
    ...               scale_independence=1, feature_transformation=0)
    >>> from_official("sigma", {}, config)
    Traceback (most recent call last):
        ...
    ValueError: state_dict does not fit config: it lacks enc_embedding.value_embedding...
    """
    if name not in _IMPORTERS:
        raise ValueError(f"name must be one of {tuple(_IMPORTERS)}, got {name!r}")
    options = vars(config) if isinstance(config, Namespace) else dict(config)
    weights = {key.removeprefix("module."): torch.as_tensor(w) for key, w in state_dict.items()}
    return _IMPORTERS[name](weights, options).eval()

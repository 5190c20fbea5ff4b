"""Weights and cards that come with the package."""

from __future__ import annotations

import hashlib
import json
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError

from skscale.pretrained._net import QUANTILES, QuantileNet
from skscale.pretrained._trained import TrainedNet

__all__ = ["FORMAT", "available", "card", "for_season", "load"]

FORMAT = 1  # raised when an older skscale could not read the files


def _folder() -> Traversable:
    return files("skscale.pretrained") / "weights"


def available() -> list[str]:
    """Names of the trained networks that come with the package, by season.

    Examples
    --------
    >>> from skscale.pretrained import available
    >>> "seasonal-12" in available()
    True
    """
    found = [f.name.removesuffix(".json") for f in _folder().iterdir() if f.name.endswith(".json")]
    return sorted(found, key=lambda name: (int(name.rpartition("-")[2]), name))


def for_season(season: int) -> str | None:
    """Name of the network for series with a season of that many points; None if there is none.

    Examples
    --------
    >>> from skscale.pretrained import for_season
    >>> for_season(12)
    'seasonal-12'
    >>> for_season(11) is None
    True
    """
    name = f"seasonal-{season}"
    return name if name in available() else None


def card(name: str) -> dict[str, Any]:
    """What a network is: sizes, training data and their licence, what was left out, scores.

    Raises
    ------
    ValueError
        If there is no such network, its card cannot be read, or its format is too new.

    Examples
    --------
    >>> from skscale.pretrained import card
    >>> card("seasonal-12")["season"]
    12
    """
    if name not in available():
        raise ValueError(f"name must be one of {available()}, got {name!r}")
    try:
        found = json.loads((_folder() / f"{name}.json").read_text(encoding="utf-8"))
        version = int(found["format"])
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"the card of {name!r} is damaged; install skscale again") from error
    if version > FORMAT:
        raise ValueError(
            f"{name!r} has format {version}, this skscale reads up to {FORMAT}; update skscale"
        )
    return found


def load(name: str) -> TrainedNet:
    """Load a trained network.

    Parameters
    ----------
    name : str
        One of `available`.

    Returns
    -------
    TrainedNet
        In evaluation mode, float32, on the CPU. Every call returns a new one.

    Raises
    ------
    ValueError
        If there is no such network, its format is too new, or its file is damaged.

    Examples
    --------
    >>> import torch
    >>> from skscale.pretrained import load
    >>> net = load("seasonal-1")
    >>> net.quantiles(torch.full((1, 5), 3.0))[0, :, 6]
    tensor([3., 3., 3., 3., 3., 3.])
    """
    found = card(name)
    damaged = f"the weights of {name!r} are damaged; install skscale again"
    try:
        content = (_folder() / f"{name}.safetensors").read_bytes()
    except OSError as error:
        raise ValueError(damaged) from error
    if hashlib.sha256(content).hexdigest() != found.get("sha256"):
        raise ValueError(damaged)
    try:
        if tuple(found["quantiles"]) != QUANTILES:
            raise ValueError(f"quantiles must be {QUANTILES}, got {found['quantiles']}")
        # On the meta device nothing is drawn, whatever torch's generator and default type are.
        with torch.device("meta"):
            members = [
                QuantileNet(m["context_length"], found["prediction_length"], m["body"], m["width"])
                for m in found["members"]
            ]
        net = TrainedNet(members, int(found["season"]), int(found["history_length"]))
        tensors = {key: t.float() for key, t in safetensors.torch.load(content).items()}
        net.load_state_dict(tensors, assign=True)
        for member in members:
            member.interpolate_spreads()
    except (SafetensorError, RuntimeError, LookupError, TypeError, ValueError) as error:
        raise ValueError(damaged) from error
    return net.eval().requires_grad_(False)

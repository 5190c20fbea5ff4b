"""Mapping of the official WPMixer state dict to `WPMixerNet`."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from skscale.nn.layers.official import Place, check_config, load_weights, place_module
from skscale.nn.wpmixer.net import WPMixerNet
from skscale.ops import filter_bank

__all__ = ["wpmixer_from_official", "wpmixer_places"]

_CORE = "wpmixerCore"
_TRANSFORM = f"{_CORE}.Decomposition_model."
_OTHER_NAMES = {"c_in": "enc_in", "out_len": "pred_len"}  # of the paper's code
_ARGUMENTS = {  # official name: name of the network's argument, and what runs do without
    "d_model": ("d_model", 256),
    "wavelet": ("wavelet", "db2"),
    "level": ("level", 1),
    "tfactor": ("token_factor", 5),
    "dfactor": ("feature_factor", 5),
    "patch_len": ("patch_length", 16),
    "stride": ("stride", 8),
    "dropout": ("dropout", 0.0),
}


def wpmixer_from_official(state_dict: dict[str, Tensor], config: dict[str, Any]) -> WPMixerNet:
    """Build a `WPMixerNet` from official weights; see `skscale.official.from_official`.

    Sizes go by the names of the paper's code or of the Time-Series-Library. The weights say which
    of the two they are from: only the paper's have normalisations with a weight and a bias.
    All channels are forecast, whatever ``c_out`` says.
    """
    config = {_OTHER_NAMES.get(name, name): value for name, value in config.items()}
    check_config(config, ("seq_len", "pred_len", "enc_in"))
    given = {ours: config.get(name, usual) for name, (ours, usual) in _ARGUMENTS.items()}
    if config.get("no_decomposition"):
        given["level"] = 0
    original = f"{_CORE}.revin.affine_weight" in state_dict
    # The library has one rate for both.
    embedding_dropout = config.get("embedding_dropout", 0.0 if original else given["dropout"])
    net = WPMixerNet(
        config["seq_len"],
        config["pred_len"],
        config["enc_in"],
        affine=original,
        branch_norm=original,
        embedding_dropout=embedding_dropout,
        **given,
    )
    load_weights(net, state_dict, wpmixer_places, _is_unused)
    _check_filters(state_dict, given["wavelet"])
    return net


def wpmixer_places(net: WPMixerNet) -> list[Place]:
    """Every official parameter and running statistic with ours."""
    places = _affine(_CORE, net.norm)
    for i, branch in enumerate(net.branches):
        places += _branch(f"{_CORE}.resolutionBranch.{i}", branch)
    return places


def _branch(name: str, branch: Any) -> list[Place]:
    places = _affine(name, branch.norm) + branch.patch_norm.places(f"{name}.patch_norm")
    places += place_module(f"{name}.patch_embedding_layer", branch.embedding)
    for i, mixer in enumerate(branch.mixers, start=1):
        places += mixer.token_norm.places(f"{name}.mixer{i}.norm1")
        places += mixer.feature_norm.places(f"{name}.mixer{i}.norm2")
        for path, layer in (
            ("tMixer.layers", mixer.tokens),
            ("embeddingMixer", mixer.features),
        ):
            places += place_module(f"{name}.mixer{i}.{path}.0", layer.first)
            places += place_module(f"{name}.mixer{i}.{path}.3", layer.second)
    places += branch.head_norm.places(f"{name}.norm")
    return places + place_module(f"{name}.head.1", branch.head)


def _affine(name: str, norm: Any) -> list[Place]:
    if norm is None or norm.weight is None:
        return []
    return [(f"{name}.revin.affine_{kind}", getattr(norm, kind)) for kind in ("weight", "bias")]


def _is_unused(name: str) -> bool:
    return name.startswith(_TRANSFORM) or name.endswith("num_batches_tracked")


def _check_filters(state_dict: dict[str, Tensor], wavelet: str) -> None:
    """Raise ValueError where the saved filters are not those of ``wavelet``."""
    bank = filter_bank(wavelet)
    filters = {"dwt.h0": bank.decomposition[0].flip(0), "idwt.g0": bank.reconstruction[0]}
    for name, wanted in filters.items():
        found = state_dict.get(f"{_TRANSFORM}{name}")
        if found is None:
            continue
        found = found.detach().to("cpu", torch.float64).flatten()
        if found.shape != wanted.shape or (found - wanted).abs().max() > 1e-5:
            raise ValueError(f"state_dict does not fit config: {name} is not of {wavelet!r}")

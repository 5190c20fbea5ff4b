"""Mapping of the official AMD state dict to `AMDNet`."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from skscale.nn.amd.net import AMDNet
from skscale.nn.layers.official import Place, as_flag, check_config, load_weights, place_module

__all__ = ["amd_from_official", "amd_places"]

_ARGUMENTS = {  # official name: name of the network's argument
    "patch": "patch_length",
    "n_block": "n_blocks",
    "alpha": "alpha",
    "k": "pooling_levels",
    "c": "pooling_window",
    "mix_layer_num": "pooling_levels",
    "mix_layer_scale": "pooling_window",
    "ff_dim": "d_ff",
    "norm": "normalize",
    "layernorm": "batch_norm",
    "dropout": "dropout",
}


def amd_from_official(state_dict: dict[str, Tensor], config: dict[str, Any]) -> AMDNet:
    """Build an `AMDNet` from official weights; see `skscale.official.from_official`.

    Scales are ``k`` and ``c`` as the official module calls them, or ``mix_layer_num`` and
    ``mix_layer_scale`` as its scripts do; what a run does not name has the module's default, but
    for ``dropout``, which is 0 then. The flags ``norm`` and ``layernorm`` are what the run had:
    from the command line, always True.
    """
    check_config(config, ("seq_len", "pred_len", "enc_in"), {"c_out": config.get("enc_in")})
    given = {ours: config[name] for name, ours in _ARGUMENTS.items() if name in config}
    given.setdefault("dropout", 0.0)
    for name in ("normalize", "batch_norm"):
        given[name] = as_flag(given.get(name, True))
    net = AMDNet(config["seq_len"], config["pred_len"], config["enc_in"], **given)
    load_weights(net, state_dict, amd_places, lambda name: name.endswith("num_batches_tracked"))
    return net


def amd_places(net: AMDNet) -> list[Place]:
    """Every official parameter and running statistic with ours."""
    places: list[Place] = [("moe.gating.w_noise", net.gate.noise)]
    places += place_module("moe.gating.gate", net.gate.logits)
    if net.norm is not None:
        names = (("rev_norm.affine_weight", "weight"), ("rev_norm.affine_bias", "bias"))
        places += [(official, getattr(net.norm, ours)) for official, ours in names]
    if net.scales.norm is not None:
        places += net.scales.norm.places("pastmixing.norm")
    for i, step in enumerate(reversed(net.scales.layers)):  # coarsest first
        places += _two_layers(f"pastmixing.linears.{i}", step)
    for i, block in enumerate(net.blocks):
        places += _interaction(f"fc_blocks.{i}", block)
    for i in range(len(net.experts.first)):
        name, own = f"moe.experts.{i}.net", net.experts
        places += [(f"{name}.0.weight", own.first[i]), (f"{name}.0.bias", own.first_bias[i])]
        places += [(f"{name}.3.weight", own.second[i]), (f"{name}.3.bias", own.second_bias[i])]
    return places


def _interaction(name: str, block: Any) -> list[Place]:
    places = block.patch_norm.places(f"{name}.norm1") + place_module(f"{name}.agg", block.patch_map)
    if block.norm is not None:
        places += block.norm.places(f"{name}.norm")
    if block.channel_norm is not None:
        places += block.channel_norm.places(f"{name}.norm2")
        places += place_module(f"{name}.fc_block.0", block.inner)
        places += place_module(f"{name}.fc_block.3", block.outer)
    return places


def _two_layers(name: str, step: Any) -> list[Place]:
    return place_module(f"{name}.0", step.first) + place_module(f"{name}.2", step.second)

"""Mapping of official SCINet state dicts to `SCINetNet`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from torch import Tensor

from skscale.nn.layers.official import Place, as_flag, check_config, load_weights
from skscale.nn.scinet.net import SCINetNet
from skscale.nn.scinet.tree import Branch, Level, Tree

__all__ = ["scinet_from_official", "scinet_places"]

# Our scale and shift of even and odd halves, in the paper's code and in the Time-Series-Library's.
_NAMES = {
    "official": {"scale": ("phi", "psi"), "shift": ("P", "U")},
    "tslib": {
        "scale": ("modules_odd", "modules_even"),
        "shift": ("interactor_odd", "interactor_even"),
    },
}
_ONLY = {"num_decoder_layer": 1, "single_step_output_One": 0}
_TSLIB_LEVELS, _TSLIB_KERNEL = 4, 5


def scinet_from_official(state_dict: dict[str, Tensor], config: dict[str, Any]) -> SCINetNet:
    """Build a `SCINetNet` from official weights; see `skscale.official.from_official`.

    A run that has ``seq_len`` is the Time-Series-Library's, others are from the paper's code.
    Decoders of several layers and single-step outputs are refused.
    """
    if "seq_len" in config:
        return _from_tslib(state_dict, config)
    check_config(config, ("input_len", "output_len", "input_dim"), _ONLY)
    net = SCINetNet(
        config["input_len"],
        config["output_len"],
        config["input_dim"],
        hidden_size=config.get("hid_size", 1),
        kernel_size=config.get("kernel", 5),
        n_levels=config.get("num_levels", 3),
        n_stacks=config.get("num_stacks", 1),
        concat_length=config.get("concat_len", 0) or 0,
        groups=config.get("groups", 1),
        modified=as_flag(config.get("modified", True)),
        positions=as_flag(config.get("positionalE", False)),
        normalize=as_flag(config.get("RIN", False)),
        dropout=config.get("dropout", 0.5),
    )
    load_weights(net, state_dict, scinet_places, lambda name: _is_unused(name, net))
    return net


def _from_tslib(state_dict: dict[str, Tensor], config: dict[str, Any]) -> SCINetNet:
    n_channels = config.get("enc_in")
    check_config(config, ("seq_len", "pred_len", "enc_in"), {"c_out": n_channels})
    net = SCINetNet(
        config["seq_len"],
        config["pred_len"],
        config["enc_in"],
        kernel_size=_TSLIB_KERNEL,
        n_levels=_TSLIB_LEVELS,
        n_stacks=config.get("d_layers", 1),
        positions=True,
        variant="tslib",
        affine=False,
    )
    # Its output begins with the window, which is cut off.
    name = "projection_1.weight" if net.second is None else "projection_2.weight"
    whole = state_dict.get(name)
    if whole is not None and len(whole) == net.context_length + net.prediction_length:
        state_dict = {**state_dict, name: whole[-net.prediction_length :]}
    load_weights(net, state_dict, scinet_places, lambda name: _is_unused(name, net))
    return net


def _is_unused(name: str, net: SCINetNet) -> bool:
    parts = [".phi.", ".psi."] if not cast(Level, net.tree.levels[0]).modified else []
    parts += ["affine_"] if not net.norm.normalize else []
    return name == "inv_timescales" or any(part in name for part in parts)


def scinet_places(net: SCINetNet) -> list[Place]:
    """Every official parameter with ours."""
    tslib = net.variant == "tslib"
    tree, projection = ("sci_net_", "projection_") if tslib else ("blocks", "projection")
    root = "" if tslib else ".SCINet_Tree"
    places = [(f"{projection}1.weight", net.projection.weight.unsqueeze(-1))]
    places += _places_of_tree(f"{tree}1{root}", net.tree, net.variant)
    if net.second is not None:
        places.append((f"{projection}2.weight", net.second_projection.weight.unsqueeze(-1)))
        places += _places_of_tree(f"{tree}2{root}", net.second, net.variant)
    if net.norm.normalize and net.norm.weight is not None and net.norm.bias is not None:
        places.append(("affine_weight", net.norm.weight.view(1, 1, -1)))
        places.append(("affine_bias", net.norm.bias.view(1, 1, -1)))
    return places


def _places_of_tree(name: str, tree: Tree, variant: str) -> Iterator[Place]:
    nodes = [name]
    inner = "working_block" if variant == "tslib" else "workingblock.interact.level"
    for level in cast(list[Level], list(tree.levels)):
        for i, node in enumerate(nodes):
            for kind, branch, place in _branches(level, i, _NAMES[variant]):
                yield from _places_of_branch(f"{node}.{inner}.{kind}", branch, place, variant)
        nodes = [f"{node}.SCINet_Tree_{half}" for node in nodes for half in ("even", "odd")]


def _branches(
    level: Level, node: int, names: dict[str, tuple[str, str]]
) -> Iterator[tuple[str, Branch, int]]:
    """Official name, our branch and the place in it of all that one node has."""
    if not level.modified:
        of_even, of_odd = names["shift"]
        yield of_even, level.of_even, node
        yield of_odd, level.of_odd, node
        return
    for kind, branch in (("scale", level.scale), ("shift", level.shift)):
        for half, name in enumerate(names[kind]):
            yield name, branch, 2 * node + half


def _places_of_branch(name: str, branch: Branch, place: int, variant: str) -> Iterator[Place]:
    inner = ".causal_conv" if variant == "tslib" else ""
    for number, layer in ((1, branch.first), (4, branch.second)):
        for kind, value in layer.named_parameters():
            yield f"{name}{inner}.{number}.{kind}", value.chunk(branch.n_sequences)[place]

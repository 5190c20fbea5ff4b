"""Mapping of official N-HiTS state dicts to `NHiTSNet`."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from skscale.nn.layers.checks import check_integers
from skscale.nn.layers.official import Place, as_flag, check_config, load_weights, place_module
from skscale.nn.nhits.block import Block
from skscale.nn.nhits.net import NHiTSNet

__all__ = ["nhits_from_official", "nhits_places"]

_ACTIVATIONS = {
    "ReLU": "relu",
    "Softplus": "softplus",
    "Tanh": "tanh",
    "SELU": "selu",
    "LeakyReLU": "leaky_relu",
    "Sigmoid": "sigmoid",
}
_NEEDED = (
    *("n_time_in", "n_time_out", "n_blocks", "n_layers", "n_theta_hidden"),
    *("n_pool_kernel_size", "n_freq_downsample"),
)
_ONLY = {"n_s_hidden": 0, "n_x_hidden": 0, "batch_normalization": False}


def nhits_from_official(state_dict: dict[str, Tensor], config: dict[str, Any]) -> NHiTSNet:
    """Build an `NHiTSNet` from official weights; see `skscale.official.from_official`.

    They say nothing of channels, of which each was a series of its own: any number will do
    unless ``enc_in`` names one. Features are the ``n_x`` columns of context and horizon. All
    stacks must have hidden layers of the same sizes; static features, batch normalisation and
    PReLU, which no published run has, are refused.
    """
    check_config(config, _NEEDED, _ONLY)
    n_features, n_channels = config.get("n_x", 0), config.get("enc_in")
    net = NHiTSNet(
        config["n_time_in"],
        config["n_time_out"],
        1 if n_channels is None else n_channels,
        pool_sizes=config["n_pool_kernel_size"],
        downsampling=config["n_freq_downsample"],
        n_blocks=config["n_blocks"],
        shared_weights=as_flag(config.get("shared_weights", False)),
        hidden_sizes=_hidden_sizes(config),
        pooling=config.get("pooling_mode", "max"),
        interpolation=_interpolation(config.get("interpolation_mode", "linear")),
        activation=_activation(config.get("activation", "ReLU")),
        normalize=False,
        dropout=config.get("dropout_prob_theta", 0.0),
        n_past_features=n_features,
        n_future_features=n_features,
    )
    net.any_channels = n_channels is None
    load_weights(net, state_dict, nhits_places, lambda name: _is_repeated(name, net))
    return net


def nhits_places(net: NHiTSNet) -> list[Place]:
    """Every official parameter with ours; of blocks that are one, the first."""
    places: list[Place] = []
    seen: list[Block] = []
    for i, (_, block) in enumerate(net.blocks()):
        if block not in seen:
            places += _places_of_block(f"blocks.{i}", block)
        seen.append(block)
    return places


def _places_of_block(name: str, block: Block) -> list[Place]:
    step = 3 if block.sizes.dropout else 2  # a layer, its activation, its dropout
    layers = (*block.layers, block.head)
    return [
        place
        for i, layer in enumerate(layers)
        for place in place_module(f"{name}.layers.{step * i}", layer)
    ]


def _is_repeated(name: str, net: NHiTSNet) -> bool:
    """Whether weights stand in the state dict again, for a block that is another one, too."""
    blocks = [block for _, block in net.blocks()]
    repeated = (i for i, block in enumerate(blocks) if block in blocks[:i])
    return any(name.startswith(f"blocks.{i}.") for i in repeated)


def _hidden_sizes(config: dict[str, Any]) -> list[int]:
    """Hidden layers of all stacks; the first few of those named, as many as the run has."""
    names = "n_theta_hidden", "n_layers"
    widths, depths = (config[name] for name in names)
    for name, value in zip(names, (widths, depths), strict=True):
        if not isinstance(value, list | tuple) or not value:
            raise ValueError(f"config must have a list for {name}, got {value!r}")
    stacks = zip(widths, depths, strict=False)
    sizes = [check_integers("n_theta_hidden", one, 1)[:depth] for one, depth in stacks]
    if any(one != sizes[0] for one in sizes):
        raise ValueError(
            f"config must have n_theta_hidden and n_layers alike for all stacks, got {widths!r} "
            f"and {depths!r}"
        )
    return list(sizes[0])


def _interpolation(mode: Any) -> Any:
    """Ours; the number behind a cubic one is a batch size."""
    return "cubic" if isinstance(mode, str) and mode.startswith("cubic") else mode


def _activation(name: Any) -> str:
    if not isinstance(name, str) or name not in _ACTIVATIONS:
        raise ValueError(f"config must have activation in {list(_ACTIVATIONS)}, got {name!r}")
    return _ACTIVATIONS[name]

"""Weights of public code: checked as a whole, then added into a network's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["Place", "as_flag", "check_config", "load_weights", "place_module", "place_pointwise"]

# An official name, and the part of a network's parameter or buffer that its weights are added to.
Place = tuple[str, Tensor]

_TYPES = (torch.float32, torch.float64)


def check_config(
    config: Mapping[str, Any], needed: Iterable[str], only: Mapping[str, Any] | None = None
) -> None:
    """Raise ValueError unless ``config`` has what is needed, and of ``only`` nothing else."""
    if missing := [name for name in needed if name not in config]:
        raise ValueError(f"config lacks {', '.join(missing)}")
    for name, value in (only or {}).items():
        if config.get(name, value) != value:
            raise ValueError(f"config must have {name}={value!r}, got {config[name]!r}")


def as_flag(value: Any) -> Any:
    """Truth value of a setting that public code writes as 0 or 1; anything else as it is."""
    return bool(value) if isinstance(value, int) and value in (0, 1) else value


def place_module(name: str, module: nn.Module) -> list[Place]:
    """Parameters of a module that public code calls alike, below ``name``."""
    return [(f"{name}.{kind}", value) for kind, value in module.named_parameters()]


def place_pointwise(name: str, layer: nn.Linear) -> list[Place]:
    """A linear map that public code has as a convolution of one tap."""
    return [(f"{name}.weight", layer.weight.unsqueeze(-1)), (f"{name}.bias", layer.bias)]


def load_weights(
    net: nn.Module,
    state_dict: Mapping[str, Tensor],
    places: Callable[[Any], list[Place]],
    is_unused: Callable[[str], bool],
) -> None:
    """Fill ``net`` with official weights, in their type; nothing is loaded if anything is wrong.

    Parameters
    ----------
    net : Module
        Changed in place, all of its parameters and the buffers that have a place.
    state_dict : mapping of str to Tensor
        Weights under official names.
    places : callable
        Gives the places of a network. Those with one name get the same weights, those with one
        place the sum of theirs.
    is_unused : callable
        Whether the official forward pass has no use for an entry of this name. They are ignored.

    Raises
    ------
    ValueError
        If an entry is missing, unknown, of another shape, not finite, or without values, or not
        all are of one type, float32 or float64; names it.
    """
    wanted = dict(places(net))
    used = {name: state_dict[name] for name in wanted if name in state_dict}
    _check_names(state_dict, wanted, is_unused)
    for name, value in used.items():
        _check_values(name, value, wanted[name])
    net.to(_type_of(used))
    with torch.no_grad():
        for tensor in (*net.parameters(), *(place for _, place in places(net))):
            tensor.zero_()
        for name, place in places(net):
            place += used[name].to(place.device)


def _check_names(
    state_dict: Mapping[str, Tensor],
    wanted: Mapping[str, Tensor],
    is_unused: Callable[[str], bool],
) -> None:
    missing = [name for name in wanted if name not in state_dict]
    unknown = [name for name in state_dict if name not in wanted and not is_unused(name)]
    if missing or unknown:
        parts = [f"it lacks {', '.join(missing)}"] if missing else []
        parts += [f"it holds the unknown {', '.join(unknown)}"] if unknown else []
        raise ValueError(f"state_dict does not fit config: {' and '.join(parts)}")


def _check_values(name: str, value: Tensor, place: Tensor) -> None:
    if value.shape != place.shape:
        raise ValueError(
            f"state_dict does not fit config: {name} has shape {tuple(value.shape)}, but config "
            f"asks for {tuple(place.shape)}"
        )
    if value.is_meta:
        raise ValueError(f"state_dict[{name!r}] is on the meta device and holds no values")
    if value.layout is not torch.strided or value.is_quantized:
        raise ValueError(f"state_dict[{name!r}] must be a dense tensor, got {value.layout}")
    if not value.isfinite().all():
        raise ValueError(f"state_dict[{name!r}] holds values that are nan or infinite")


def _type_of(weights: Mapping[str, Tensor]) -> torch.dtype:
    types = {value.dtype for value in weights.values()}
    if len(types) != 1 or not types.issubset(_TYPES):
        found = ", ".join(sorted(map(str, types)))
        raise ValueError(f"state_dict must hold one type, float32 or float64, got {found}")
    return types.pop()

"""Networks by class, arguments and weights: rebuilt only when the sizes are known to be right."""

from __future__ import annotations

import inspect
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from skscale.saving._container import UnreadableFileError
from skscale.training.randomness import OwnNumbers

__all__ = ["Plan"]

_CALLS_FOR_A_TENSOR = 100  # of torch, in the constructor of a network; a few are usual


class Plan(NamedTuple):
    """What a network is built from.

    Attributes
    ----------
    arguments : dict of str to object
        Of its class.
    recorded : bool
        Whether the network carries them as ``settings``; else they are its attributes.
    frozen : bool
        Whether its weights take no gradients.
    """

    arguments: dict[str, Any]
    recorded: bool
    frozen: bool

    @classmethod
    def of(cls, net: nn.Module) -> Plan:
        """Read the plan of a network."""
        frozen = not any(weight.requires_grad for weight in net.parameters())
        settings = vars(net).get("settings")
        if settings is not None:
            return cls(settings, True, frozen)
        names = inspect.signature(type(net)).parameters
        found = {name: getattr(net, name) for name in names}
        lists = {k: list(v) for k, v in found.items() if isinstance(v, nn.ModuleList)}
        return cls({**found, **lists}, False, frozen)

    def own_weights(self, net: nn.Module) -> dict[str, Tensor]:
        """Tensors of a network by name, without those of the networks among its arguments."""
        given = self.arguments.values()
        parts = [one for v in given for one in (v if isinstance(v, list) else [v])]
        inner = {id(one) for one in parts if isinstance(one, nn.Module)}
        within = tuple(f"{name}." for name, part in net.named_modules() if id(part) in inner)
        return {k: v for k, v in net.state_dict().items() if not k.startswith(within)}

    def build(self, kind: type[nn.Module], weights: dict[str, Tensor]) -> nn.Module:
        """Build a network of some kind, in evaluation mode, on the CPU.

        Nothing is drawn from torch's global generators.

        Raises
        ------
        UnreadableFileError
            If ``weights`` are not those of such a network, or not finite. It is built on torch's
            meta device first, which takes no memory.
        """
        _check_finite(kind.__name__, weights)
        try:
            with torch.device("meta"), _Bounded(len(weights)):
                expected = self.own_weights(kind(**self.arguments))
            _check_shapes(kind.__name__, expected, weights)
        except (NotImplementedError, RuntimeError):
            # A user's network may look at numbers in its constructor, which meta has not.
            if kind.__module__.startswith("skscale."):
                raise
        with OwnNumbers(0):
            net = kind(**self.arguments)
        own = self.own_weights(net)
        _check_shapes(kind.__name__, own, weights)
        with torch.no_grad():
            for name, value in weights.items():
                if own[name].dtype != value.dtype:
                    raise UnreadableFileError(f"{name} of {kind.__name__} has {value.dtype}")
                own[name].copy_(value)
        if self.recorded:
            net.settings = self.arguments  # type: ignore[assignment]
        return net.eval().requires_grad_(not self.frozen)


def _check_finite(kind: str, weights: dict[str, Tensor]) -> None:
    for name, value in weights.items():
        if not value.isfinite().all():
            raise UnreadableFileError(f"{name} of {kind} is not finite")


def _check_shapes(kind: str, expected: dict[str, Tensor], found: dict[str, Tensor]) -> None:
    wrong = sorted(set(expected) ^ set(found))
    if wrong:
        raise UnreadableFileError(f"{kind} has, or lacks, the weights {wrong[:5]}")
    for name, value in found.items():
        asked, given = tuple(expected[name].shape), tuple(value.shape)
        if asked != given:
            raise UnreadableFileError(f"{name} of {kind} has the shape {given} instead of {asked}")


class _Bounded(TorchFunctionMode):
    """Stops the constructor of a network that has more tensors than its file."""

    def __init__(self, n_tensors: int):
        super().__init__()
        self._left = _CALLS_FOR_A_TENSOR * (n_tensors + 1)

    def __torch_function__(self, func, types, args=(), kwargs=None):
        """Count a call."""
        self._left -= 1
        if self._left < 0:
            raise UnreadableFileError("a network has more tensors than the file")
        return func(*args, **(kwargs or {}))

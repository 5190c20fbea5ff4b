"""An accelerator that is not there: tensors say that they lie on another device, and hold values.

torch's meta device gives it its name. Whole fits run on it, and meet the errors a GPU would raise
when tensors of two devices come together, or when one is taken for a NumPy array. Numbers are the
CPU's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

from skscale.ops import gaussian
from skscale.training import device as training_device
from skscale.training.randomness import OwnNumbers

__all__ = ["accelerator", "lies_there"]

ACCELERATOR = torch.device("meta")
CPU = torch.device("cpu")
aten = torch.ops.aten


class Far(Tensor):
    """A tensor on the accelerator, with the values of ``near``."""

    near: Tensor

    @staticmethod
    def __new__(cls, near: Tensor):
        """Wrap a tensor of the CPU."""
        far = Tensor._make_wrapper_subclass(
            cls,
            near.shape,
            strides=near.stride(),
            storage_offset=near.storage_offset(),
            dtype=near.dtype,
            device=ACCELERATOR,
            requires_grad=False,
        )
        far.near = near
        return far

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        """Call ``func`` on values of one device."""
        return _called(func, args, kwargs or {})

    @property
    def data(self) -> Tensor:
        """Values without a history; a module of another type exchanges them."""
        return self.detach()

    @data.setter
    def data(self, value: Far) -> None:
        Tensor.data.__set__(self, value)
        self.near = value.near

    def __repr__(self) -> str:
        """Show where the values are."""
        return f"Far({self.near!r})"


class _Factories(TorchDispatchMode):
    """Makes what is asked for on the accelerator."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        """Call ``func``; its result lies where it asks."""
        return _called(func, args, kwargs or {})


class _Literals(TorchFunctionMode):
    """Brings numbers to the accelerator, which torch does below its dispatcher."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        """Call ``func`` on the CPU and move the result."""
        kwargs = kwargs or {}
        literal = func in (torch.tensor, torch.as_tensor, torch.asarray)
        if literal and not isinstance(args[0], Tensor) and _is_far(kwargs.get("device")):
            return func(*args, **kwargs | {"device": CPU}).to(ACCELERATOR)
        if func is Tensor.new_tensor and isinstance(args[0], Far):
            dtype = kwargs.get("dtype") or args[0].dtype
            return torch.tensor(args[1], dtype=dtype).to(ACCELERATOR)
        return func(*args, **kwargs)


def _is_far(device) -> bool:
    return device is not None and torch.device(device) == ACCELERATOR


@contextmanager
def accelerator(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let there be an accelerator, ``device="auto"``; its random numbers are the CPU's."""

    def near_generator(self, device):
        return self._generators.setdefault(CPU, torch.Generator().manual_seed(self._seed))

    monkeypatch.setattr(OwnNumbers, "generator", near_generator)
    monkeypatch.setattr(gaussian, "_ON_DEVICE", {})  # holds no table without values
    monkeypatch.setattr(training_device, "_PRECISE", (ACCELERATOR.type,))
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: True)
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda: ACCELERATOR)
    monkeypatch.setattr(torch.accelerator, "current_device_index", lambda: 0)
    with _Literals(), _Factories():
        yield


def lies_there(net: nn.Module) -> bool:
    """Whether all weights and buffers of a network lie on the accelerator."""
    return all(isinstance(value, Far) for value in (*net.parameters(), *net.buffers()))


def _called(func, args, kwargs):
    tensors = [value for value in tree_leaves((args, kwargs)) if isinstance(value, Tensor)]
    far = [isinstance(value, Far) for value in tensors]
    copies = func.overloadpacket in (aten._to_copy, aten.copy_)
    if any(far) and not copies:
        mixed = [v for v, is_far in zip(tensors, far, strict=True) if not is_far and v.dim()]
        if mixed:
            raise RuntimeError(f"{func}: tensors on the accelerator and on the CPU")
    device = kwargs.get("device")
    wanted = any(far) if device is None else _is_far(device)
    if func.overloadpacket is aten.copy_:
        wanted = far[0]
    if device is not None:
        kwargs = kwargs | {"device": CPU}
    args, kwargs = tree_map(_near, (args, kwargs))
    result = func(*args, **kwargs)
    if func.overloadpacket is aten.copy_ or func._schema.name.endswith("_"):
        originals = tensors[:1]
        return originals[0] if isinstance(result, Tensor) and originals else result
    return tree_map(_far, result) if wanted else result


def _near(value):
    return value.near if isinstance(value, Far) else value


def _far(value):
    return Far(value) if isinstance(value, Tensor) and not isinstance(value, Far) else value

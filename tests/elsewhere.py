"""A device that is not the CPU, on machines that have none.

Tensors on torch's meta device have shapes and gradients, but no values. Code that runs on them
within `elsewhere()` mixes no devices, copies nothing from the CPU and never waits for a value:
what a GPU would be kept waiting by. (torch's fake tensors on a fake GPU do not do: where torch is
built without CUDA, neither slicing nor gradients work on them.)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy, deepcopy

import numpy as np
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from skscale.training import SeriesBuffer

__all__ = ["elsewhere", "moved"]

aten = torch.ops.aten
# Calls whose result the CPU must read before it can go on.
_READ = {
    *(aten._local_scalar_dense, aten.is_nonzero, aten.equal, aten.item),
    *(aten.nonzero, aten.masked_select, aten._unique2, aten.unique_consecutive, aten.unique_dim),
}
# The size of these results is such a value, unless it is given.
_SIZED = {aten.repeat_interleave}
_INDEXED = {aten.index, aten.index_put, aten.index_put_, aten._index_put_impl_}
# Calls that copy from the CPU, below what the dispatcher shows.
_FROM_HOST = {torch.tensor, torch.as_tensor, torch.asarray, torch.from_numpy, Tensor.new_tensor}


@contextmanager
def elsewhere() -> Iterator[None]:
    """Let nothing but the meta device be touched, and no value be read."""
    with _NoCopies(), _NoReading():
        yield


def moved(thing):
    """Return a copy of a module, or of an object that holds tensors, on the meta device."""
    if isinstance(thing, Tensor | nn.Module):
        return deepcopy(thing).to("meta")
    copied = copy(thing)
    for name, value in vars(thing).items():
        if isinstance(value, Tensor | SeriesBuffer):
            vars(copied)[name] = value.to("meta")
    return copied


class _NoCopies(TorchFunctionMode):
    def __torch_function__(self, func, types, args=(), kwargs=None):
        """Call ``func`` unless it brings numbers from the CPU."""
        index = args[1] if func in (Tensor.__getitem__, Tensor.__setitem__) else ()
        lists = any(isinstance(i, list | np.ndarray) for i in _each(index))
        if func in _FROM_HOST or lists:
            raise AssertionError(f"{func.__name__} copies from the CPU")
        return func(*args, **(kwargs or {}))


class _NoReading(TorchDispatchMode):
    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        """Call ``func`` unless it touches the CPU or waits for the device."""
        kwargs = kwargs or {}
        _check_reading(func.overloadpacket, args, kwargs)
        result = func(*args, **kwargs)
        for value in tree_leaves((args, kwargs, result)):
            if isinstance(value, Tensor) and value.device.type != "meta":
                raise AssertionError(f"{func} sees a tensor of {tuple(value.shape)} on the CPU")
        return result


def _check_reading(packet, args, kwargs):
    sized = packet in _SIZED and kwargs.get("output_size") is None
    masked = packet in _INDEXED and any(
        isinstance(index, Tensor) and index.dtype in (torch.bool, torch.uint8) for index in args[1]
    )
    if packet in _READ or sized or masked:
        raise AssertionError(f"{packet} waits for the device")


def _each(index):
    return index if isinstance(index, tuple) else (index,)

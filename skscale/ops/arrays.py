"""From NumPy to torch."""

from __future__ import annotations

import warnings

import numpy as np
import torch
from torch import Tensor

__all__ = ["from_numpy"]


def from_numpy(array: np.ndarray) -> Tensor:
    """Tensor over the memory of ``array``, copied only where torch has no such layout.

    Read-only arrays, such as `np.broadcast_to` and memory maps give, are taken without torch's
    warning: do not write to the tensor.

    Examples
    --------
    >>> import numpy as np
    >>> from skscale.ops.arrays import from_numpy
    >>> from_numpy(np.broadcast_to(np.arange(3)[::-1], (2, 3)))
    tensor([[2, 1, 0],
            [2, 1, 0]])
    """
    if any(stride < 0 for stride in array.strides) or not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="), order="C")
    if array.flags.writeable:
        return torch.from_numpy(array)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        return torch.from_numpy(array)

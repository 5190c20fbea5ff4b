"""Walking large tensors in parts that stay near the core."""

from __future__ import annotations

import torch

from skscale.ops.tracing import exporting

__all__ = ["block_size"]


def block_size(n_rows: int, width: int, n_elements: int, device: torch.device) -> int:
    """Rows to walk together: on a CPU equal parts of about ``n_elements``, elsewhere all.

    Parameters
    ----------
    n_rows : int
        Rows, or whatever is walked.
    width : int
        Numbers that a row makes in the widest array.
    n_elements : int
        Numbers that such an array should hold: few enough to stay in the cache and to come from
        memory the allocator already holds, enough for products at full speed.
    device : torch.device
        Where they are.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn.layers.blocking import block_size
    >>> block_size(n_rows=100, width=10, n_elements=400, device=torch.device("cpu"))
    34
    """
    if exporting():
        return n_rows  # a symbol: the graph serves batches of any size
    if n_rows == 0 or device.type != "cpu":
        return max(1, n_rows)
    n_blocks = -(-n_rows * width // n_elements)
    return -(-n_rows // n_blocks)

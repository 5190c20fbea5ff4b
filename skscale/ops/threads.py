"""How many cores a computation takes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

__all__ = ["threads_for"]


@contextmanager
def threads_for(n_values: int, one_core: int = 8_192) -> Iterator[None]:
    """Compute on one core while few values are at work.

    A second core gains nothing there, and waiting for it makes a computation many times slower as
    soon as another process wants that core. torch counts threads for each Python thread, so others
    are not held up; one that first meets torch in the meantime starts with one core.

    Parameters
    ----------
    n_values : int
        Values of the series that are handled together.
    one_core : int, default=8192
        Up to so many values stay on one core. By default what a step of the networks does as fast
        on one core as on two; operators do less with a value.

    Examples
    --------
    >>> import torch
    >>> from skscale.ops.threads import threads_for
    >>> with threads_for(100):
    ...     torch.get_num_threads()
    1
    """
    before = torch.get_num_threads()
    if n_values > one_core or before == 1:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


# OpenMP's threads do not survive a fork: a child that counts on them waits for ever.
if hasattr(os, "register_at_fork"):  # Windows has no forks
    os.register_at_fork(after_in_child=lambda: torch.set_num_threads(1))

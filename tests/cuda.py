"""The mark of tests that need a GPU."""

import pytest
import torch

__all__ = ["CUDA", "needs_cuda"]

# Of a whole module: ``pytestmark = CUDA``.
CUDA = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]


def needs_cuda(test):
    """Mark one test."""
    for mark in CUDA:
        test = mark(test)
    return test

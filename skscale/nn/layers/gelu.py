"""Exact GELU in the forms without a public name, which save a pass over large arrays."""

from __future__ import annotations

import torch

__all__ = ["gelu_", "gelu_backward"]

gelu_ = torch.ops.aten.gelu_.default  # in place
gelu_backward = torch.ops.aten.gelu_backward.grad_input  # into ``grad_input``

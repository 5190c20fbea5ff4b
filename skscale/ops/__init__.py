"""Numerics: pure torch functions on tensors of shape (..., time)."""

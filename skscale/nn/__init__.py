"""Torch modules: forward only, plain arguments, no training code."""

"""Where training runs."""

from __future__ import annotations

import torch

__all__ = ["resolve_device"]


def resolve_device(name: str) -> torch.device:
    """Device by name.

    Parameters
    ----------
    name : str or torch.device
        ``"auto"`` is cuda where there is one, else the CPU.

    Raises
    ------
    ValueError
        If it is no such name, or torch finds no such device.
    """
    if isinstance(name, str) and name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    device = _parsed(name)
    if device is None or device.type not in ("cpu", "cuda"):
        raise ValueError(f'device must be "auto", "cpu", "cuda" or "cuda:<number>", got {name!r}')
    found = torch.cuda.device_count() if device.type == "cuda" else 0
    if device.type == "cuda" and (device.index or 0) >= found:
        raise ValueError(f"device={name!r}, but torch finds {found} CUDA devices on this machine")
    return device


def _parsed(name: object) -> torch.device | None:
    if isinstance(name, torch.device):
        return name
    try:
        return torch.device(name) if isinstance(name, str) else None
    except RuntimeError:
        return None

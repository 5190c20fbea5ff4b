"""Where training runs."""

from __future__ import annotations

import torch

__all__ = ["resolve_device"]

# Accelerators that know float64, in which regressions and the kernels of Sigma are found. Apple's
# (mps) does not.
_PRECISE = ("cuda", "xpu")


def resolve_device(name: str | torch.device) -> torch.device:
    """Device by name.

    Parameters
    ----------
    name : str or torch.device
        ``"auto"`` is the accelerator that torch finds, cuda or xpu, else the CPU. Others by their
        names, ``"cuda"`` or ``"cuda:<number>"``.

    Raises
    ------
    ValueError
        If it is no such name, torch finds no such device, or it has no float64.

    Examples
    --------
    >>> from skscale.training import resolve_device
    >>> resolve_device("cpu")
    device(type='cpu')
    """
    here = _accelerator()
    if isinstance(name, str) and name == "auto":
        return here or torch.device("cpu")
    device = _parsed(name)
    if device is None or device.type not in ("cpu", *_PRECISE):
        known = '"auto", "cpu", ' + ", ".join(f'"{kind}" or "{kind}:<number>"' for kind in _PRECISE)
        raise ValueError(f"device must be {known}, got {name!r}")
    if device.type == "cpu":
        return device
    found = torch.accelerator.device_count() if here and here.type == device.type else 0
    if (device.index or 0) >= found:
        kind = device.type.upper()
        raise ValueError(f"device={name!r}, but torch finds {found} {kind} devices on this machine")
    return device


def _accelerator() -> torch.device | None:
    """Accelerator of this machine, if it has a precise one."""
    if not torch.accelerator.is_available():
        return None
    here = torch.accelerator.current_accelerator()
    return here if here is not None and here.type in _PRECISE else None


def _parsed(name: object) -> torch.device | None:
    if isinstance(name, torch.device):
        return name
    try:
        return torch.device(name) if isinstance(name, str) else None
    except RuntimeError:
        return None

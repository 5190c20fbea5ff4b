"""Linear maps that may be iterated."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["stabilised"]

_TOLERANCE = 1e-6
_STEPS = (1.0, 0.99, 0.95, 0.9, 0.75, 0.5, 0.25)


def stabilised(weight: Tensor, towards: Tensor) -> Tensor:
    """Draw a map of a window to its future towards a stable one, until it is stable itself.

    A forecast that is rolled forward iterates the map. With a root outside the unit circle it
    grows without bound, whatever the series does.

    Parameters
    ----------
    weight : Tensor of shape (prediction_length, context_length)
        Applied around the mean of the window, as in `LinearForecast`.
    towards : Tensor of shape (prediction_length, context_length)
        A map without such roots, for example the seasonal naive forecast.

    Returns
    -------
    Tensor of shape (prediction_length, context_length)
        ``weight`` itself where it is stable.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn import stabilised
    >>> naive, explosive = torch.tensor([[0.0, 1.0]]), torch.tensor([[-1.5, 2.5]])
    >>> stabilised(explosive, towards=naive)
    tensor([[...]])
    """
    for share in _STEPS:
        drawn = torch.lerp(towards.to(weight), weight, share)
        if _spectral_radius(drawn) <= 1 + _TOLERANCE:
            return weight if share == 1.0 else drawn
    return towards.to(weight)


def _spectral_radius(weight: Tensor) -> float:
    """Largest size of a root of the iterated map, one block of forecasts at a time."""
    horizon, length = weight.shape
    whole = weight.to("cpu", torch.float64)
    whole = whole + (1 - whole.sum(dim=1, keepdim=True)) / length
    shifted = torch.eye(length, dtype=torch.float64)[horizon:]
    return float(torch.linalg.eigvals(torch.cat((shifted, whole))[-length:]).abs().max())

"""Forecasts that are linear in the window, and a network on top of one."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from skscale.nn._checks import check_inputs

__all__ = ["CorrectedForecast", "LinearForecast", "reference_maps"]

_SEASONS_AVERAGED = 5
_SMOOTHING = 0.3


def reference_maps(context_length: int, prediction_length: int, season: int) -> dict[str, Tensor]:
    """Textbook forecasts as linear maps of a window.

    Parameters
    ----------
    context_length, prediction_length : int
    season : int
        1 for none; longer ones than the context count as the whole context.

    Returns
    -------
    dict of float64 Tensor of shape (prediction_length, context_length)
        ``"seasonal_naive"`` repeats the last season, ``"naive"`` the last value. ``"last"`` and
        ``"level"`` add a seasonal profile, the mean of up to five detrended seasons, to the
        last deseasonalised value or to an exponential average with factor 0.3. Rows sum to
        one: the forecasts move with the series. Extrapolated slopes are left out: where they lose,
        they lose badly.

    Examples
    --------
    >>> reference_maps(context_length=3, prediction_length=3, season=2)["seasonal_naive"]
    tensor([[0., 1., 0.],
            [0., 0., 1.],
            [0., 1., 0.]], dtype=torch.float64)
    """
    L, season = context_length, min(season, context_length)
    point = torch.eye(L, dtype=torch.float64)
    step = torch.arange(prediction_length)
    profile = _season_profile(point, season)
    ahead = profile[step % season]
    level = point - profile[(torch.arange(L) - L) % season]
    decay = (1 - _SMOOTHING) ** torch.arange(L - 1, -1, -1, dtype=torch.float64)
    return {
        "seasonal_naive": point[L - season + step % season],
        "naive": point[-1:].expand(prediction_length, L),
        "level": decay / decay.sum() @ level + ahead,
        "last": level[-1] + ahead,
    }


def _season_profile(point: Tensor, season: int) -> Tensor:
    """Season of a window as maps (season, length), aligned to its end; zero below two seasons."""
    length = len(point)
    count = min(length // season, _SEASONS_AVERAGED)
    if season == 1 or count < 2:
        return torch.zeros(season, length, dtype=point.dtype)
    seasons = point[length - count * season :].reshape(count, season, length)
    slope = (seasons[-1].mean(0) - seasons[0].mean(0)) / ((count - 1) * season)
    place = torch.arange(count * season, dtype=point.dtype).reshape(count, season, 1)
    detrended = seasons - slope * place
    return (detrended - detrended.mean(1, keepdim=True)).mean(0)


def window_mean(x: Tensor, mask: Tensor | None) -> Tensor:
    """Mean of the observed points of every window and channel, (batch, 1, n_channels)."""
    if mask is None:
        return x.mean(dim=1, keepdim=True)
    observed = mask.unsqueeze(-1).to(x.dtype)
    return (x * observed).sum(1, keepdim=True) / observed.sum(1, keepdim=True).clamp(min=1.0)


class LinearForecast(nn.Module):
    """Linear map of the window around its mean, the same for every channel.

    The map is a buffer: it is not trained by gradient but found in closed form, see
    `skscale.training.fit_linear_maps`.

    Parameters
    ----------
    weight : Tensor of shape (prediction_length, context_length)
    n_channels : int

    Examples
    --------
    >>> import torch
    >>> from skscale.nn import LinearForecast, reference_maps
    >>> net = LinearForecast(reference_maps(4, 2, season=2)["seasonal_naive"], n_channels=1)
    >>> net(torch.tensor([1.0, 5.0, 2.0, 6.0]).reshape(1, 4, 1)).flatten()
    tensor([2., 6.])
    """

    n_past_features = 0
    n_future_features = 0

    def __init__(self, weight: Tensor, n_channels: int):
        super().__init__()
        self.prediction_length, self.context_length = weight.shape
        self.n_channels = n_channels
        self.weight: Tensor
        self.register_buffer("weight", weight.to(torch.float32))

    def forward(
        self,
        x: Tensor,
        past_features: Tensor | None = None,
        future_features: Tensor | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        """Forecast (batch, prediction_length, n_channels); features are not used."""
        check_inputs(self, x, None, None, mask)
        centre = window_mean(x, mask)
        centred = x - centre
        if mask is not None:
            centred = centred.masked_fill(~mask.unsqueeze(-1), 0.0)
        return self.weight @ centred + centre


class CorrectedForecast(nn.Module):
    """A network that corrects a linear forecast.

    ``linear(x) + share * (network(x) - mean(x))``: a network that forecasts no more than the
    mean of the window corrects nothing.

    Parameters
    ----------
    linear : LinearForecast
    network : Module
        Any of skscale's forecasting networks.
    share : float, default=1.0
        How much of the correction counts.
    """

    def __init__(self, linear: LinearForecast, network: nn.Module, share: float = 1.0):
        super().__init__()
        self.linear = linear
        self.network = network
        self.share = share
        self.n_past_features = network.n_past_features
        self.n_future_features = network.n_future_features

    def forward(
        self,
        x: Tensor,
        past_features: Tensor | None = None,
        future_features: Tensor | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        """Forecast (batch, prediction_length, n_channels)."""
        forecast = self.network(x, past_features, future_features, mask)
        correction = forecast - window_mean(x, mask)
        return self.linear(x, mask=mask) + self.share * correction

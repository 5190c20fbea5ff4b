"""Forecasts that are linear in the window, and a network on top of one."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from skscale.nn.forecast import ForecastNet
from skscale.nn.layers.checks import (
    check_integer,
    check_number,
    check_shape,
    check_tensor,
)
from skscale.ops import begun, fill_window, masked_mean

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

    Raises
    ------
    ValueError
        If an argument is not a positive integer; names it.

    Examples
    --------
    >>> reference_maps(context_length=3, prediction_length=3, season=2)["seasonal_naive"]
    tensor([[0., 1., 0.],
            [0., 0., 1.],
            [0., 1., 0.]], dtype=torch.float64)
    """
    L = check_integer("context_length", context_length, 1)
    prediction_length = check_integer("prediction_length", prediction_length, 1)
    season = min(check_integer("season", season, 1), L)
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


class LinearForecast(ForecastNet):
    """Linear map of the window around its mean, the same for every channel.

    The map is a buffer: it is not trained by gradient but found in closed form, see
    `skscale.training.fit_linear_maps`.

    Parameters
    ----------
    weight : Tensor of shape (prediction_length, context_length)
    n_channels : int
    season : int, default=1
        Padding is filled by repeating the first season, see `skscale.ops.fill_padding`, and
        missing values beside the profile of those observed, see `skscale.ops.fill_holes`.

    Raises
    ------
    TypeError, ValueError
        If ``weight`` is not a matrix or ``n_channels`` not a positive integer.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn import LinearForecast, reference_maps
    >>> net = LinearForecast(reference_maps(4, 2, season=2)["seasonal_naive"], n_channels=1)
    >>> net(torch.tensor([1.0, 5.0, 2.0, 6.0]).reshape(1, 4, 1)).flatten()
    tensor([2., 6.])
    """

    past_groups = future_groups = ()

    def __init__(self, weight: Tensor, n_channels: int, season: int = 1):
        check_tensor("weight", weight)
        check_shape("weight", weight, ("prediction_length", "context_length"))
        super().__init__(weight.shape[1], weight.shape[0], n_channels)
        self.season = check_integer("season", season, 1)
        self.weight: Tensor
        self.register_buffer("weight", weight.to(torch.float32))

    def _forecast(
        self,
        x: Tensor,
        past_features: Tensor | None,
        future_features: Tensor | None,
        mask: Tensor | None,
    ) -> Tensor:
        x = fill_window(x, mask, self.season)
        centre = masked_mean(x, None if mask is None else begun(mask))
        return self.weight @ (x - centre) + centre


class CorrectedForecast(ForecastNet):
    """A network that corrects a linear forecast.

    ``linear(x) + share * (network(x) - mean(x))``: a network that forecasts no more than the
    mean of the window corrects nothing.

    Parameters
    ----------
    linear : LinearForecast
    network : ForecastNet
        Reads the features; of the same sizes as ``linear``.
    share : float, default=1.0
        How much of the correction counts.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or their sizes differ; names it.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn import CorrectedForecast, LinearForecast, SigmaNet, reference_maps
    >>> linear = LinearForecast(reference_maps(24, 6, season=1)["naive"], n_channels=2)
    >>> net = CorrectedForecast(linear, SigmaNet(24, 6, 2), share=0.5)
    >>> net(torch.randn(3, 24, 2)).shape
    torch.Size([3, 6, 2])
    """

    def __init__(self, linear: LinearForecast, network: nn.Module, share: float = 1.0):
        if not isinstance(linear, LinearForecast):
            raise TypeError(f"linear must be a LinearForecast, got {type(linear).__name__}")
        if not isinstance(network, ForecastNet):
            raise TypeError(f"network must be a ForecastNet, got {type(network).__name__}")
        for name in ("context_length", "prediction_length", "n_channels"):
            sizes = getattr(linear, name), getattr(network, name)
            if sizes[0] != sizes[1]:
                raise ValueError(f"{name} of linear and network must be equal, got {sizes}")
        super().__init__(
            network.context_length,
            network.prediction_length,
            network.n_channels,
            n_past_features=network.n_past_features,
            n_future_features=network.n_future_features,
        )
        self.past_groups = network.past_groups
        self.future_groups = network.future_groups
        self.linear = linear
        self.network = network
        self.share = check_number("share", share)

    def _forecast(
        self,
        x: Tensor,
        past_features: Tensor | None,
        future_features: Tensor | None,
        mask: Tensor | None,
    ) -> Tensor:
        base = self.linear._forecast(x, None, None, mask)  # the input has passed one door
        if not self.share:
            return base  # a network that diverged is not asked
        forecast = self.network._forecast(x, past_features, future_features, mask)
        return base + self.share * (forecast - masked_mean(x, mask))

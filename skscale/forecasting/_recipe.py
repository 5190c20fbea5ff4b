"""How a network is fitted by default: as the correction of a linear forecast."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from skscale.forecasting._windows import Layout, Parts
from skscale.nn import CorrectedForecast, ForecastNet, LinearForecast, reference_maps, stabilised
from skscale.training import (
    History,
    Run,
    TrainingConfig,
    Windows,
    evaluate,
    fit_linear_maps,
    series_errors,
    train,
)

__all__ = ["Fitted", "fit_correction"]

_PENALTIES = (0.003, 0.03, 0.3, 3.0)
# Weights fall with the eighth power of the held-out error: candidates within a tenth of the
# best share, those half as good again drop out. Errors over more series are surer: the power
# grows by as much again with every factor of ten.
_POWER = 8.0
# Mean errors below a hundredth of a series' unit are all alike: where a series stays flat, the
# linear candidates make none at all, and no other must drop out for a trace of one.
_SMALLEST = 0.01
# An error counts at most as so many times the best one where errors are put in relation.
_FAR = 10.0
_NEGLIGIBLE = 1e-9


class Fitted(NamedTuple):
    """What forecasts the first block and later ones, how it was trained, and all shares.

    ``held_out`` is ``forecast`` before any part of it was fitted to the held-out windows, so that
    its errors there are those of a forecast.
    """

    forecast: ForecastNet
    rolled: ForecastNet
    held_out: ForecastNet
    history: History
    shares: dict[str, float]


def fit_correction(
    network: ForecastNet, parts: Parts, layout: Layout, config: TrainingConfig, run: Run | None
) -> Fitted:
    """Train ``network`` on what a linear forecast leaves, and weigh the candidates.

    Candidates are the textbook forecasts of `reference_maps`, a ridge regression of the
    horizon on the context, shrunk towards the seasonal naive forecast, and that
    regression corrected by the network. Their weights follow from their errors on held-out
    windows. All but the network are linear, so that the sum is one linear map and a share
    of the network's correction.

    Parameters
    ----------
    network : ForecastNet
        Trained in place.
    parts : Parts
        Windows; all of them refit the regression.
    layout : Layout
    config : TrainingConfig
    run : Run or None
        None leaves the network out: the regression and the textbook forecasts stand alone.
    """
    season, validation = layout.season_length, parts.validation
    maps = reference_maps(layout.context_length, layout.prediction_length, season)
    prior = maps["seasonal_naive"]
    blend = _Blend(network, season, prior)
    if not len(validation):
        history = History() if run is None else train(network, parts.training, config, None, run)
        references = _distinct(maps)
        shares = torch.ones(len(references) + 1, dtype=torch.float64)
        shares[-1] = run is not None
        return blend.of((references, references), (prior, prior), shares / shares.sum(), history)
    regressions = fit_linear_maps(parts.training, prior, _PENALTIES, season)
    errors, _ = _relative_errors(map(blend.linear, regressions), validation, config)
    best = int(errors.argmin())
    base = blend.linear(regressions[best])
    corrected = CorrectedForecast(base, network).to(validation.device)
    history = History()
    if run is not None:
        history = train(corrected, parts.training, config, validation, run)
    (regression,) = fit_linear_maps(parts.everything, prior, _PENALTIES[best : best + 1], season)
    # Without a whole window the regression is a reference itself.
    references = _distinct({"ridge": regressions[best].to("cpu", torch.float64), **maps})
    del references["ridge"]
    candidates = [*map(blend.linear, references.values()), base, corrected]
    if run is None:
        candidates.pop()
        history = History(valid_loss=[evaluate(base, validation, config)], best_epoch=-1)
    errors, n_series = _relative_errors(candidates, validation, config)
    shares = _shares(errors, _POWER * (1 + math.log10(max(n_series, 1))))
    if run is None:
        shares = torch.cat((shares, shares.new_zeros(1)))
    # The network corrects the regression, so that its share brings one with it.
    both = regressions[best], regression
    before, after = ({**references, "ridge": one} for one in both)
    return blend.of((before, after), both, shares, history)


class _Blend(NamedTuple):
    """Makes one forecast of linear maps and a network that corrects one of them."""

    network: ForecastNet
    season: int
    stable: Tensor

    def linear(self, weight: Tensor) -> LinearForecast:
        """Forecast by a map."""
        device = next((p.device for p in self.network.parameters()), torch.device("cpu"))
        return LinearForecast(weight, self.network.n_channels, self.season).to(device)

    def of(
        self,
        maps: tuple[dict[str, Tensor], dict[str, Tensor]],
        base: tuple[Tensor, Tensor],
        shares: Tensor,
        history: History,
    ) -> Fitted:
        """Blend maps and, with the last of the ``shares``, the network's correction of ``base``.

        Both come as they were before the held-out windows were fitted, and after.
        """
        before, after = (
            torch.tensordot(shares.cpu(), self._stacked([*some.values(), one]), dims=1)
            for some, one in zip(maps, base, strict=True)
        )
        once, again, held_out = (
            CorrectedForecast(self.linear(weight), self.network, float(shares[-1]))
            for weight in (after, stabilised(after, self.stable), before)
        )
        named = dict(zip((*maps[1], "network"), shares.tolist(), strict=True))
        return Fitted(once, again, held_out, history, named)

    @staticmethod
    def _stacked(maps: list[Tensor]) -> Tensor:
        return torch.stack([m.to("cpu", torch.float64) for m in maps])


def _distinct(maps: dict[str, Tensor]) -> dict[str, Tensor]:
    """Leave repeated maps out: without a season, three of them are the last value."""
    found: dict[str, Tensor] = {}
    for name, one in maps.items():
        if not any(torch.equal(one, other) for other in found.values()):
            found[name] = one
    return found


def _relative_errors(
    models: Iterable[nn.Module], validation: Windows, config: TrainingConfig
) -> tuple[Tensor, int]:
    """Error of every model relative to the mean of all, series by series, and how many those are.

    So every series and channel counts by its number of values, whatever its errors are: in a
    panel, those of a few that leave the range seen in training are larger than all others
    together. Constant ones do not count, whatever the network says of them.
    """
    parts = []
    for model in models:
        error, counts = series_errors(model, validation, config)
        judged = counts.any(dim=1)  # of millions of series only some
        parts.append(error[judged])
    errors, counts = torch.stack(parts).nan_to_num(nan=torch.inf), counts[judged]
    # A network that diverged must not make all others look alike.
    bounded = torch.minimum(errors, _FAR * errors.amin(dim=0).clamp(min=_SMALLEST))
    relative = (errors / bounded.mean(dim=0).clamp(min=_SMALLEST)).clamp(max=1 / _NEGLIGIBLE)
    weighted = (relative * counts).sum(dim=(1, 2)) / counts.sum().clamp(min=1)
    return weighted.cpu(), len(counts)


def _shares(errors: Tensor, power: float) -> Tensor:
    """Weights that sum to one."""
    weights = ((errors.min() + 1e-9) / (errors + 1e-9)) ** power
    weights = weights / weights.sum()
    return weights.masked_fill(weights < _NEGLIGIBLE, 0.0)

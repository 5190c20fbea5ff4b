"""What a forecast is made of, and what it is worth without one of its parts."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from skscale.evaluation import backtest
from skscale.evaluation._plan import Plan
from skscale.evaluation._result import mean_errors
from skscale.forecasting._base import NetworkForecaster
from skscale.forecasting._calendar import Calendar
from skscale.forecasting._horizon import requested_steps
from skscale.forecasting._parts import forecast_parts, network_takes_part
from skscale.nn import CorrectedForecast, ForecastNet
from skscale.training import resolve_device

__all__ = ["explain", "removal_losses"]


def explain(forecaster: NetworkForecaster, fh: Any = None, X: Any = None) -> pd.DataFrame:
    """What every part of a fitted forecaster adds to its forecasts.

    Parameters
    ----------
    forecaster : NetworkForecaster
        One of skscale's forecasters, fitted.
    fh : int, sequence of int or ForecastingHorizon, optional
        As in `predict`; left out, that of `fit`.
    X : sktime Series, Panel or Hierarchical, optional
        As in `predict`.

    Returns
    -------
    DataFrame
        Rows as `predict` has them, columns by channel (``"variable"``) and ``"part"``. The parts of
        a channel add up to its forecast. These are

        - the candidates of the blend by their names in ``weights_``, each with its share of the
          forecast: textbook forecasts, the regression ``"ridge"``, the trained ``"net"``;
        - ``"network"``: what the network adds to the regression that it corrects, or with
          ``linear_base=False`` all of the forecast. Where this is a sum of branches, one part
          for each, such as ``"network: smooth"``, and ``"network: rest"``;
        - ``"effect of ..."``, linear, for holidays of ``time_features`` and every column of ``X``
          known ahead, as far as it differs from its mean;
        - ``"limits"``: what forecasts lose that are kept within bounds or near their history.

    Raises
    ------
    TypeError
        If ``forecaster`` is not one of skscale's.
    NotFittedError
        If it is not fitted.

    Notes
    -----
    Blends are linear in their candidates, so that nothing here is an approximation. Two choices are
    made. The network's share brings the regression that it corrects with it, which counts
    as the regression's. And steps that roll forward see forecasts of all parts as their context:
    what a part does with these counts as its own. What columns and calendar do as features
    of the network is in the network's parts.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from skscale import SigmaForecaster, explain
    >>> forecaster = SigmaForecaster(random_state=0).fit(load_airline(), fh=[1, 2, 3])
    >>> found = explain(forecaster)
    >>> list(found.columns.get_level_values("part"))[-4:]
    ['network', 'net', 'damped', 'limits']
    >>> bool(abs(found.sum(axis=1) - forecaster.predict()).max() < 1e-6)
    True
    """
    _check(forecaster)
    forecaster.check_is_fitted()
    fh, X = forecaster._check_fh(fh), forecaster._check_X(X=X)
    model, context = forecaster.model_, forecaster._context
    model.columns.encoder.check_ahead(X)
    steps = requested_steps(fh, context.panel)
    parts = forecast_parts(model, context, steps, X, resolve_device(forecaster.device))
    names = [forecaster._get_varnames(), list(parts)]
    columns = pd.MultiIndex.from_product(names, names=["variable", "part"])
    return context.frame(np.stack(list(parts.values()), axis=-1), steps, columns)


def removal_losses(forecaster: NetworkForecaster, y: Any, cv: Any, X: Any = None) -> pd.DataFrame:
    """Errors of a rolling evaluation when one column or one branch of the network is removed.

    A clone is fitted once, on the first training window. Nothing is fitted again: a column that
    is removed stays at its mean, in past and future, and a branch adds nothing to the forecast.
    So the errors say what the fitted forecaster relies on, not what another could do without.

    Parameters
    ----------
    forecaster : NetworkForecaster
        One of skscale's forecasters, no pipeline.
    y, cv, X
        As in `skscale.evaluation.backtest`.

    Returns
    -------
    DataFrame
        Mean absolute and mean squared error, ``"mae"`` and ``"mse"``, over all cut-offs, series,
        steps and channels, in their units. The index says what is ``"removed"``,
        ``"nothing"``, a ``"column"`` or a ``"branch"``, and its ``"name"``. Columns are those of
        ``X``, and holidays of ``time_features`` by their names there. Branches are those of
        `explain`, such as the scales of TimeMixer; there are none where the network has no share.

    Raises
    ------
    TypeError, ValueError
        As `skscale.evaluation.backtest`.

    Examples
    --------
    >>> from sktime.datasets import load_longley
    >>> from sktime.split import ExpandingWindowSplitter
    >>> from skscale import SigmaForecaster, removal_losses
    >>> y, X = load_longley()
    >>> cv = ExpandingWindowSplitter(fh=[1, 2], initial_window=10)
    >>> found = removal_losses(SigmaForecaster(random_state=0), y, cv, X[["GNP", "UNEMP"]])
    >>> list(found.index)
    [('nothing', ''), ('column', 'GNP'), ('column', 'UNEMP')]
    """
    _check(forecaster)
    found = backtest(forecaster, y, cv, X, detail=True)
    plan, fitted = Plan.of(forecaster, y, cv, X), found.forecaster
    losses = {("nothing", ""): mean_errors(found.forecasts - found.truth)}
    for name in [] if plan.X is None else plan.X.columns:
        values = plan.forecasts(fitted, _without_column(plan.X, name), [0.5])
        losses["column", name] = mean_errors(values[..., 0] - found.truth)
    for name in fitted.model_.columns.calendar.places:
        values = plan.forecasts(_without_holidays(fitted, name), plan.X, [0.5])
        losses["column", name] = mean_errors(values[..., 0] - found.truth)
    for name in _branches(fitted):
        values = plan.forecasts(_without_branch(fitted, name), plan.X, [0.5])
        losses["branch", name] = mean_errors(values[..., 0] - found.truth)
    index = pd.MultiIndex.from_tuples(losses, names=["removed", "name"])
    return pd.DataFrame(list(losses.values()), index=index)


def _check(forecaster: Any) -> None:
    if not isinstance(forecaster, NetworkForecaster):
        raise TypeError(
            "forecaster must be one of skscale's forecasters, got "
            f"{forecaster if isinstance(forecaster, type) else type(forecaster).__name__}"
        )


def _without_column(X: pd.DataFrame, name: Any) -> pd.DataFrame:
    """The same with nothing known of a column, which then counts as its mean."""
    X = X.copy()
    X[name] = np.nan
    return X


def _without_holidays(forecaster: NetworkForecaster, place: str) -> NetworkForecaster:
    """The same forecaster, which does not know which times are holidays somewhere."""
    columns = forecaster.model_.columns
    calendar = _Unknown(columns.calendar.step, columns.calendar.kinds, place)
    other = copy(forecaster)
    other.model_ = replace(forecaster.model_, columns=replace(columns, calendar=calendar))
    return other


@dataclass(frozen=True)
class _Unknown(Calendar):
    """A calendar without the holidays of one ``place``, which then count as their mean."""

    place: str = ""

    def holidays(self, times: pd.Index) -> np.ndarray:
        found = super().holidays(times)
        found[:, self.places.index(self.place)] = np.nan
        return found


def _branches(forecaster: NetworkForecaster) -> list[str]:
    """Branches of the network that take part in the forecasts."""
    if not network_takes_part(forecaster.model_):
        return []
    net = forecaster.model_.network
    weight = next(net.parameters(), torch.zeros(()))
    window = weight.new_zeros(1, net.context_length, net.n_channels)
    return list(net.forecast_parts(window))


def _without_branch(forecaster: NetworkForecaster, name: str) -> NetworkForecaster:
    """The same forecaster, its network without a branch."""
    model = forecaster.model_
    network = WithoutBranch(model.network, name)

    def of(net: ForecastNet) -> ForecastNet:
        if not isinstance(net, CorrectedForecast):
            return network
        return CorrectedForecast(net.linear, network, net.share)

    other = copy(forecaster)
    other.model_ = replace(
        model, network=network, forecast=of(model.forecast), rolled=of(model.rolled)
    )
    return other


class WithoutBranch(ForecastNet):
    """A network without what one of its branches adds to the forecast.

    Parameters
    ----------
    network : ForecastNet
    branch : str
        One of those of `ForecastNet.forecast_parts`.
    """

    def __init__(self, network: ForecastNet, branch: str):
        super().__init__(
            network.context_length,
            network.prediction_length,
            network.n_channels,
            n_past_features=network.n_past_features,
            n_future_features=network.n_future_features,
        )
        self.past_groups, self.future_groups = network.past_groups, network.future_groups
        self.network, self.branch = network, branch

    def _forecast(
        self,
        x: Tensor,
        past_features: Tensor | None,
        future_features: Tensor | None,
        mask: Tensor | None,
    ) -> Tensor:
        whole = self.network._forecast(x, past_features, future_features, mask)
        parts = self.network._forecast_parts(x, past_features, future_features, mask)
        return whole - parts[self.branch]

"""What a file of a forecaster holds, and how the forecaster comes back from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import torch
from sktime.datatypes import convert_to
from sktime.forecasting.base import ForecastingHorizon
from torch import nn

from skscale.forecasting._context import Context
from skscale.forecasting._fitted import FittedNetwork
from skscale.forecasting._future import within
from skscale.forecasting._intervals import Spread
from skscale.forecasting._panel import Panel
from skscale.forecasting._prior import Prior
from skscale.forecasting._series_scale import SeriesScale
from skscale.forecasting._time import TimeStep
from skscale.forecasting._times import Times
from skscale.nn import CorrectedForecast, ForecastNet, LinearForecast, QuantileHead
from skscale.pretrained import TrainedNet
from skscale.pretrained._net import QuantileNet
from skscale.saving import OF_THE_RUN, SavableBesideSktime

__all__ = ["SavableForecaster"]


@dataclass
class _Horizon:
    """A forecasting horizon."""

    values: pd.Index
    relative: bool


@dataclass
class _Seen:
    """Data that forecasts start from; what follows from them is computed again.

    Attributes
    ----------
    y, X : DataFrame
    step : TimeStep
        Of their index.
    scale : SeriesScale
        Of every series of ``y``, sorted by name: some keep that of an earlier fit.
    mtype, store : str and dict
        Form in which ``y`` was passed, for sktime.
    horizon : _Horizon or None
    """

    y: pd.DataFrame
    X: pd.DataFrame | None
    step: TimeStep
    scale: SeriesScale
    mtype: str
    store: dict
    horizon: _Horizon | None


@dataclass
class _SavedForecaster:
    """What a forecaster is: parameters, configuration, what it has learned, what it has seen."""

    parameters: dict[str, Any]
    config: dict[str, Any]
    pretrained: FittedNetwork | None
    model: FittedNetwork | None
    seen: _Seen | None


class SavableForecaster(SavableBesideSktime):
    """Mixin of the forecasters: what a file holds of one."""

    _saved_records: ClassVar[list[type]] = [_SavedForecaster]
    _saved_networks: ClassVar[list[type]] = [
        *(LinearForecast, CorrectedForecast, Prior, TrainedNet, QuantileNet, Spread, QuantileHead)
    ]
    _network: ClassVar[type[ForecastNet]]

    @classmethod
    def _kinds_of_network(cls) -> list[type[nn.Module]]:
        return [*cls._saved_networks, cls._network]

    def _become_pretrained(self: Any, model: FittedNetwork) -> None:
        """Be what `pretrain` would have made of a forecaster that is new."""
        self.pretrained_ = model
        self._pretrained_attrs = ["pretrained_"]
        self._state = "pretrained"

    def _to_save(self: Any) -> _SavedForecaster:
        usual = type(self)().get_config()
        return _SavedForecaster(
            {k: v for k, v in self.get_params(deep=False).items() if k not in OF_THE_RUN},
            {k: v for k, v in self.get_config().items() if k not in usual or v != usual[k]},
            getattr(self, "pretrained_", None),
            getattr(self, "model_", None),
            _seen(self) if self.is_fitted else None,
        )

    @classmethod
    def _from_saved(cls: Any, saved: _SavedForecaster) -> Any:
        for name in OF_THE_RUN:
            saved.parameters.pop(name, None)
        forecaster = cls(**saved.parameters).set_config(**saved.config)
        forecaster._check_parameters()
        for model in (saved.pretrained, saved.model):
            if model is not None:
                _check_sizes(model)
        if saved.pretrained is not None:
            forecaster._become_pretrained(saved.pretrained)
        if saved.model is not None and saved.seen is not None:
            _refit(forecaster, saved.model, saved.seen)
        return forecaster


def _seen(forecaster: Any) -> _Seen:
    context, fh = forecaster._context, forecaster._fh
    horizon = None if fh is None else _Horizon(fh.to_pandas(), fh.is_relative)
    return _Seen(
        context.y,
        context.X,
        context.panel.step,
        context.scale,
        forecaster._y_mtype_last_seen,
        dict(forecaster._converter_store_y),
        horizon,
    )


def _refit(forecaster: Any, model: FittedNetwork, seen: _Seen) -> None:
    """Let sktime see the data as in `fit`; in the place of training stands what was saved."""
    cls = type(forecaster)

    def _fit(self: Any, y: object, X: object, fh: object) -> Any:
        self.model_, self._context = model, _context(model, seen)
        self._set_cutoff_from_y(seen.y)
        return self

    y = convert_to(seen.y, seen.mtype, store=seen.store, store_behaviour="freeze")
    asked = seen.horizon
    fh = None if asked is None else ForecastingHorizon(asked.values, is_relative=asked.relative)
    forecaster.__class__ = type(cls.__name__, (cls,), {"_fit": _fit})
    try:
        forecaster.fit(y, seen.X, fh)
    finally:
        forecaster.__class__ = cls
    _forecast_once(model, forecaster._context)


def _context(model: FittedNetwork, seen: _Seen) -> Context:
    """Context of the data seen, each series in the scale that it had."""
    unread = Panel(
        np.zeros((0, len(seen.y.columns))),
        None,
        np.zeros(1, dtype=np.int64),
        None,
        Times.of(seen.y.index[:0]),
        list(seen.y.index.names),
        seen.y.columns,
        seen.step,
    )
    _, panel = unread.continued(seen.y, seen.X, 1)
    fresh = model.context(seen.y, seen.X, panel)
    for name, values in vars(seen.scale).items():
        asked = getattr(fresh.scale, name)
        if (values.shape, values.dtype) != (asked.shape, asked.dtype):
            raise ValueError(f"the {name} of the series has the shape {values.shape}")
    return model.context(seen.y, seen.X, panel, replace(fresh, scale=seen.scale))


def _check_sizes(model: FittedNetwork) -> None:
    """Raise ValueError unless all parts of a model forecast the same windows."""
    sizes = (model.layout.context_length, model.layout.prediction_length, len(model.channels))
    for net in (model.network, model.forecast, model.rolled):
        found = (net.context_length, net.prediction_length, net.n_channels)
        if found != sizes:
            raise ValueError(f"{type(net).__name__} has the sizes {found} in the place of {sizes}")


def _forecast_once(model: FittedNetwork, context: Context) -> None:
    """Forecast the last point of a series: what does not fit together shows here, not later."""
    series = np.array([context.panel.lengths.argmax()])
    cuts = context.panel.lengths[series] - 1
    if cuts[0] < 1:
        return
    future = within(model.columns, context, series, cuts, np.ones(1, dtype=bool))
    model.forecasts(context, series, cuts, future, torch.device("cpu"), (0.1, 0.5))

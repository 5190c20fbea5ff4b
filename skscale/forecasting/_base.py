"""What all forecasters share: sktime's verbs over one fitted network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from sktime.datatypes import convert_to
from sktime.forecasting.base import BaseForecaster, ForecastingHorizon
from sktime.forecasting.base._base import _format_moving_cutoff_predictions
from torch import nn

from skscale.forecasting._all_or_nothing import AllOrNothing
from skscale.forecasting._context import Context
from skscale.forecasting._fitted import FittedNetwork
from skscale.forecasting._fitting import fit_network
from skscale.forecasting._frames import column_order
from skscale.forecasting._future import within
from skscale.forecasting._horizon import longest_step, requested_steps
from skscale.forecasting._inside import LooksInside
from skscale.forecasting._intervals import EVENLY_SPREAD, quantile_columns
from skscale.forecasting._layout import warn_of_empty_contexts, warn_of_unknown_season
from skscale.forecasting._panel import Panel
from skscale.forecasting._parameters import NetworkParameters
from skscale.forecasting._probabilities import AsksProbabilities
from skscale.forecasting._reading import FRAMES, ReadsFrames
from skscale.forecasting._saved import SavableForecaster
from skscale.forecasting._spaces import Searchable
from skscale.forecasting._splits import Splits, split_frames
from skscale.forecasting._windows import Layout
from skscale.nn import ForecastNet
from skscale.training import Objective, resolve_device

__all__ = ["NetworkForecaster"]


@dataclass(kw_only=True, eq=False, repr=False)
class NetworkForecaster(
    NetworkParameters,
    SavableForecaster,
    AllOrNothing,
    ReadsFrames,
    AsksProbabilities,
    LooksInside,
    Searchable,
):
    """Base of the forecasters: one network for all series and channels.

    A subclass is a dataclass that names its network and has a field for each parameter of it
    that users set, see ``docs/extending.md``.

    Examples
    --------
    >>> from skscale.forecasting import NetworkForecaster, SigmaForecaster
    >>> issubclass(SigmaForecaster, NetworkForecaster)
    True
    """

    _network: ClassVar[type[ForecastNet]]
    # Whether trained weights that are fine-tuned stand for the network as well.
    _like_trained: ClassVar[bool] = False
    _tags = {
        "authors": "skscale developers",
        "maintainers": "skscale developers",
        "python_dependencies": "torch",
        "y_inner_mtype": FRAMES,
        "X_inner_mtype": FRAMES,
        "capability:multivariate": True,
        "capability:exogenous": True,
        "capability:insample": True,
        "capability:pred_int": True,
        "capability:pred_int:insample": True,
        "capability:missing_values": True,
        "capability:categorical_in_X": True,
        "capability:unequal_length": True,
        "capability:update": True,
        "capability:pretrain": True,
        "capability:random_state": True,
        "property:randomness": "derandomized",
        "requires-fh-in-fit": False,
        "X-y-must-have-same-index": False,
    }
    # The forecaster keeps what it needs; sktime need not keep a second copy of all data.
    _config = {"remember_data": False}
    _y = _X = None

    def __post_init__(self) -> None:
        """Run sktime's constructor, which ends by calling this method once more."""
        if not hasattr(self, "_state"):
            BaseForecaster.__init__(self)

    def _network_settings(self, layout: Layout) -> dict[str, Any]:
        """Parameters of the network beside its sizes: the fields that are not shared by all."""
        shared = {field.name for field in fields(NetworkParameters)}
        own = (field.name for field in fields(self) if field.name not in shared)
        return {name: getattr(self, name) for name in own}

    def _feature_groups(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Groups of features that the network sees of the past and of the future."""
        return self._network.past_groups, self._network.future_groups

    def _objective(self, network: nn.Module) -> Objective | None:
        """What training minimises; None for the loss of the forecast."""
        return None

    def _read(self, y: pd.DataFrame, X: pd.DataFrame | None) -> Panel:
        """Data to train on, once all parameters are known to be right."""
        self._check_parameters()
        return Panel.from_frames(y, X, self.freq)

    def _fit(self, y: pd.DataFrame, X: pd.DataFrame | None, fh: ForecastingHorizon | None):
        panel = self._read(y, X)
        model = getattr(self, "pretrained_", None)
        if model is None or self.fine_tune is True:
            model = fit_network(self, panel, longest_step(fh, panel), model)
        else:
            warn_of_unknown_season(model.layout, panel, self.season_length)
        self._remember(model, y, X, panel)
        return self

    def _pretrain(self, y: pd.DataFrame, X=None, fh: ForecastingHorizon | None = None):
        return self._pretrain_from(None, y, X, fh)

    def _pretrain_update(self, y: pd.DataFrame, X=None, fh: ForecastingHorizon | None = None):
        return self._pretrain_from(self.pretrained_, y, X, fh)

    def _pretrain_from(self, start: FittedNetwork | None, y, X, fh):
        panel = self._read(y, X)
        self.pretrained_ = fit_network(self, panel, longest_step(fh, panel), start)
        return self

    def _update(self, y: pd.DataFrame, X: pd.DataFrame | None = None, update_params: bool = True):
        seen = self._context
        self.model_.columns.encoder.check(X)
        y, X = seen.extended(y, X)
        stretches, panel = seen.panel.continued(y, X, self.model_.layout.context_length)
        if update_params:
            self._remember(fit_network(self, stretches, 0, self.model_), y, X, panel)
        else:
            # Series known before keep their scaling: nothing about the model changes.
            self._remember(self.model_, y, X, panel, seen)
        self._set_cutoff_from_y(self._context.y)  # of all rows: the new ones may be older
        return self

    def _remember(
        self,
        model: FittedNetwork,
        y: pd.DataFrame,
        X: pd.DataFrame | None,
        panel: Panel,
        known: Context | None = None,
    ) -> None:
        """Keep model and data, all at once and last: a failed fit leaves nothing behind."""
        self._context, self.model_ = model.context(y, X, panel, known), model
        warn_of_empty_contexts(model, self._context.panel)

    def _predict(self, fh: ForecastingHorizon, X: pd.DataFrame | None = None) -> pd.DataFrame:
        return self._context.frame(*self._quantiles(fh, X, (0.5,)))

    def _predict_quantiles(self, fh: ForecastingHorizon, X, alpha: list[float]) -> pd.DataFrame:
        columns = quantile_columns(self._get_varnames(), alpha)
        return self._context.frame(*self._quantiles(fh, X, alpha), columns)

    def _predict_var(self, fh: ForecastingHorizon, X=None, cov: bool = False) -> pd.DataFrame:
        values, steps = self._quantiles(fh, X, EVENLY_SPREAD)
        return self._context.frame(values.var(axis=-1), steps)

    def _quantiles(
        self, fh: ForecastingHorizon, X: pd.DataFrame | None, alpha: Sequence[float]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Quantiles, (n_series, n_steps, n_channels, n_alpha), and the steps they are of."""
        self.model_.columns.encoder.check_ahead(X)
        steps = requested_steps(fh, self._context.panel)
        device = resolve_device(self.device)
        return self.model_.predict(self._context, steps, X, device, alpha), steps

    def _predict_moving_cutoff(self, y, cv, X=None, update_params=True, reset_forecaster=True):
        """Forecast all cut-offs in batched passes where sktime would loop over them."""
        if update_params or not reset_forecaster:
            return super()._predict_moving_cutoff(y, cv, X, update_params, reset_forecaster)
        panel = Panel.from_frames(y, freq=self.freq)
        splits = Splits.of(cv, y, panel)
        frames = [
            convert_to(
                frame,
                self._y_metadata["mtype"],
                store=self._converter_store_y,
                store_behaviour="freeze",
            )
            for frame in split_frames(panel, splits, self._forecast_cuts(y, X, splits)[..., 0])
        ]
        return _format_moving_cutoff_predictions(frames, [(c,) for c in splits.cutoffs(panel)])

    def _forecast_cuts(
        self,
        y: pd.DataFrame,
        X: pd.DataFrame | None,
        splits: Splits,
        alpha: Sequence[float] = (0.5,),
    ) -> np.ndarray:
        """Quantiles at all splits of ``y``, (n_splits, n_series, n_steps, n_channels, n_alpha).

        The model and the scaling of known series stay as they are; data seen before ``y`` serve
        as context.
        """
        first, seen, model = Panel.from_frames(y, freq=self.freq), self._context, self.model_
        model.columns.encoder.check(X)
        y, X = seen.extended(y, X)
        _, panel = seen.panel.continued(y, X, model.layout.context_length)
        context = model.context(y, X, panel, seen)
        panel = context.panel
        # Cuts count from the start of the y given; the series may have begun before it.
        place = panel.positions_of(first)
        cuts = splits.cuts + panel.beginnings_of(first, place)
        series = np.broadcast_to(place, cuts.shape).ravel()
        held = np.isin(np.arange(1, splits.steps.max() + 1), splits.steps)
        future = within(model.columns, context, series, cuts.ravel(), held)
        device = resolve_device(self.device)
        values = model.forecasts(context, series, cuts.ravel(), future, device, alpha)
        values = values.reshape(*cuts.shape, *values.shape[1:])[:, :, splits.steps - 1]
        seen.scale.hold_constants(values, panel.take(place), seen.panel.positions_of(first), cuts)
        return values[:, :, :, context.channels[column_order(seen.y.columns, first.columns)]]

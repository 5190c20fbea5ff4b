"""What all forecasters share: data in, one global network, data out."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import torch
from sklearn.utils import check_random_state
from sktime.datatypes import convert_to
from sktime.forecasting.base import BaseForecaster, ForecastingHorizon
from sktime.forecasting.base._base import _format_moving_cutoff_predictions
from torch import nn

from skscale.forecasting._data import (
    FeatureMap,
    Layout,
    first_step,
    location_and_scale,
    matched_statistics,
    split_in_time,
    windows_between,
)
from skscale.forecasting._exogenous import exogenous_effect
from skscale.forecasting._fitted import FittedNetwork
from skscale.forecasting._layout import choose_layout, wants_calendar
from skscale.forecasting._panel import Panel, check_covered, check_frame, extended, renamed
from skscale.forecasting._parameters import NetworkParameters
from skscale.forecasting._predicting import (
    forecast_steps,
    forecast_windows,
    future_features,
    requested_steps,
    times_after,
)
from skscale.forecasting._recipe import fit_correction
from skscale.forecasting._splits import Splits, split_frames
from skscale.ops.threads import threads_for
from skscale.training import History, Objective, Run, Runtime, resolve_device, train

__all__ = ["NetworkForecaster"]

_FRAMES = ["pd.DataFrame", "pd-multiindex", "pd_multiindex_hier"]


@dataclass(kw_only=True, eq=False, repr=False)
class NetworkForecaster(NetworkParameters, BaseForecaster):
    """Base of the forecasters: trains one network on all series and channels.

    A subclass adds its network's parameters as dataclass fields and builds the network in
    `_build_network`.
    """

    _tags = {
        "authors": "skscale developers",
        "maintainers": "skscale developers",
        "python_dependencies": "torch",
        "y_inner_mtype": _FRAMES,
        "X_inner_mtype": _FRAMES,
        "capability:multivariate": True,
        "capability:exogenous": True,
        "capability:insample": True,
        "capability:pred_int": False,
        "capability:missing_values": False,
        "capability:categorical_in_X": False,
        "capability:unequal_length": True,
        "capability:update": True,
        "capability:pretrain": True,
        "capability:random_state": True,
        "property:randomness": "derandomized",
        "requires-fh-in-fit": False,
    }
    # The forecaster keeps what it needs; sktime need not keep a second copy of all data.
    _config = {"remember_data": False}
    _y = _X = None

    def __post_init__(self) -> None:
        """Run sktime's constructor, which ends by calling this method once more."""
        if not hasattr(self, "_state"):
            BaseForecaster.__init__(self)

    def _build_network(
        self, layout: Layout, n_channels: int, n_features: int, n_exogenous: int
    ) -> nn.Module:
        """Build the network; of its features, the first ``n_exogenous`` are exogenous columns."""
        raise NotImplementedError

    def _objective(self, network: nn.Module) -> Objective | None:
        """What training minimises; None for the loss of the forecast."""
        return None

    @property
    def network_(self) -> nn.Module:
        """The fitted network."""
        return self.model_.network

    @property
    def history_(self) -> dict[str, Any]:
        """Losses, learning rate and seconds per epoch, and the epoch that was kept."""
        return vars(self.model_.history)

    def _check_X_y(self, X=None, y=None, **options):
        # sktime would let infinite values pass, and not name the column of a missing one.
        check_frame("y", y)
        check_frame("X", X)
        check_covered(y, X)
        return super()._check_X_y(X=X, y=y, **options)

    def _fit(self, y: pd.DataFrame, X: pd.DataFrame | None, fh: ForecastingHorizon | None):
        panel = Panel.from_frame(y)
        model = getattr(self, "pretrained_", None)
        if model is None or self.fine_tune:
            model = self._fit_network(panel, X, fh, model)
        self._remember(model, panel, y, X)
        return self

    def _pretrain(self, y: pd.DataFrame, X=None, fh: ForecastingHorizon | None = None):
        self.pretrained_ = self._fit_network(Panel.from_frame(y), X, fh, None)
        return self

    def _pretrain_update(self, y: pd.DataFrame, X=None, fh: ForecastingHorizon | None = None):
        self.pretrained_ = self._fit_network(Panel.from_frame(y), X, fh, self.pretrained_)
        return self

    def _update(self, y: pd.DataFrame, X: pd.DataFrame | None = None, update_params: bool = True):
        try:
            y, X = self._extended(y, X)
            stretches, panel = self._panel.continued(y, self.model_.layout.context_length)
            if update_params:
                self._remember(self._fit_network(stretches, X, None, self.model_), panel, y, X)
            else:
                # Series known before keep their scaling: nothing about the model changes.
                self._remember(self.model_, panel, y, X, self._known_statistics(panel))
        except Exception:
            self._set_cutoff_from_y(self._seen_y)  # sktime has moved it already
            raise
        return self

    def _extended(
        self, y: pd.DataFrame, X: pd.DataFrame | None
    ) -> tuple[pd.DataFrame, pd.DataFrame | None]:
        """All data: those seen before and the new ones, which must have the same columns."""
        self.model_.features.check_columns(X)
        y = renamed(y, self._panel.columns)
        return extended(self._seen_y, y), extended(self._seen_X, X)

    def _known_statistics(self, panel: Panel) -> tuple[np.ndarray, np.ndarray]:
        """Locations and scales of ``panel``; series known before keep theirs."""
        known = (self._buffer.location.numpy(), self._buffer.scale.numpy())
        return matched_statistics(known, self._panel, panel)

    def _predict(self, fh: ForecastingHorizon, X: pd.DataFrame | None = None) -> pd.DataFrame:
        panel, model = self._panel, self.model_
        model.features.check_columns(X)
        steps = requested_steps(fh, panel)
        future = future_features(model, panel, X, steps)
        values = forecast_steps(model, self._buffer, steps, future, resolve_device(self.device))
        series = np.repeat(np.arange(len(steps)), steps.shape[1])
        index = panel.index_of(series, times_after(panel, steps))
        return pd.DataFrame(values, index=index, columns=panel.columns)

    def _predict_moving_cutoff(self, y, cv, X=None, update_params=True, reset_forecaster=True):
        """Forecast all cut-offs in batched passes where sktime would loop over them."""
        if update_params or not reset_forecaster:
            return super()._predict_moving_cutoff(y, cv, X, update_params, reset_forecaster)
        panel = Panel.from_frame(y)
        splits = Splits.of(cv, y, panel)
        values = self._forecast_cuts(y, X, splits.cuts, splits.steps)
        frames = [
            convert_to(
                frame,
                self._y_metadata["mtype"],
                store=self._converter_store_y,
                store_behaviour="freeze",
            )
            for frame in split_frames(panel, splits, values)
        ]
        return _format_moving_cutoff_predictions(frames, [(c,) for c in splits.cutoffs(panel)])

    def _forecast_cuts(
        self, y: pd.DataFrame, X: pd.DataFrame | None, cuts: np.ndarray, steps: np.ndarray
    ) -> np.ndarray:
        """Forecast behind every one of ``cuts`` (n_cuts, n_series) of ``y``, all in few passes.

        Returns an array of shape (n_cuts, n_series, n_steps, n_channels). The model and the
        scaling of known series stay as they are; data seen before ``y`` serves as context.
        """
        first = Panel.from_frame(y)
        y, X = self._extended(y, X)
        _, panel = self._panel.continued(y, self.model_.layout.context_length)
        buffer = self.model_.buffer(panel, X, self._known_statistics(panel))
        # Cuts count from the start of the y given; the series may have begun before it.
        place = panel.positions_of(first)
        before = panel.lengths[place] - first.lengths
        series = np.broadcast_to(place, cuts.shape).ravel()
        values = forecast_windows(
            self.model_,
            buffer,
            series,
            (cuts + before).ravel(),
            steps,
            resolve_device(self.device),
        )
        values = values.reshape(*cuts.shape, len(steps), -1)
        self._hold_constants(values, cuts + before, place, panel)
        return values

    def _hold_constants(
        self, values: np.ndarray, cuts: np.ndarray, place: np.ndarray, panel: Panel
    ) -> None:
        """What was constant in fit is forecast to stay so by cuts before its first step."""
        scale, location = self._buffer.scale.numpy(), self._buffer.location.numpy()
        known = self._panel.positions_of(panel)[place]
        for i, channel in np.argwhere((known >= 0)[:, None] & (scale[known] == 0)):
            constant = location[known[i], channel]
            position, _ = first_step(panel, place[i], channel, constant)
            if position is not None:
                values[cuts[:, i] <= position, i, :, channel] = constant

    @torch.inference_mode(False)
    def _remember(
        self,
        model: FittedNetwork,
        panel: Panel,
        y: pd.DataFrame,
        X: pd.DataFrame | None,
        statistics: tuple[np.ndarray, np.ndarray] | None = None,
    ) -> None:
        """Keep model and data, all at once and last: a failed fit leaves nothing behind."""
        model.features.check_columns(X)
        if len(panel.columns) != len(model.columns):
            raise ValueError(
                f"y has {len(panel.columns)} columns, but the network was trained on "
                f"{len(model.columns)}: {list(model.columns)}"
            )
        buffer = model.buffer(panel, X, statistics)
        self.model_, self._panel, self._buffer = model, panel, buffer
        self._seen_y, self._seen_X = y, X

    @torch.inference_mode(False)
    def _fit_network(
        self,
        panel: Panel,
        X: pd.DataFrame | None,
        fh: ForecastingHorizon | None,
        start: FittedNetwork | None,
    ) -> FittedNetwork:
        """Train on ``panel``, from scratch or from ``start``."""
        self._check_parameters()
        runtime = Runtime.of(self.device, self.precision)
        device = runtime.device
        seed = runtime.agree(int(check_random_state(self.random_state).randint(2**31 - 1)))
        run = Run(seed, runtime, verbose=self.verbose)
        with run.numbers:
            model = self._new_model(panel, X, fh) if start is None else deepcopy(start)
        split = split_in_time(panel.lengths, model.layout, self.validation_fraction)
        held_out = panel.lengths - split.train_end
        statistics = location_and_scale(panel, held_out)
        if self.linear_base and model.features.n_exogenous:
            plain = replace(model, effect=None).buffer(panel, X, statistics)
            sizes = model.features.n_exogenous, split.train_end, model.layout.season_length
            model = replace(model, effect=exogenous_effect(plain, *sizes))
        buffer = model.buffer(panel, X, statistics).to(device)
        whole = windows_between(buffer, model.layout, split.train_first, panel.lengths - 1)
        windows = windows_between(
            buffer, model.layout, split.train_first, split.train_last, split.train_end
        )
        validation = windows_between(buffer, model.layout, split.valid_first, split.valid_last)
        config = self._training_config(len(windows))
        model.network.to(device)
        run = run.minimising(self._objective(model.network))
        with threads_for(config.batch_size * model.layout.context_length * len(panel.columns)):
            if not self.linear_base:
                history = train(model.network, windows, config, validation, run)
                return replace(model, forecast=model.network, history=history)
            both = (windows, validation, whole)
            forecast, history = fit_correction(model.network, both, model.layout, config, run)
        return replace(model, forecast=forecast, history=history)

    def _new_model(
        self, panel: Panel, X: pd.DataFrame | None, fh: ForecastingHorizon | None
    ) -> FittedNetwork:
        layout = choose_layout(
            panel, fh, self.context_length, self.prediction_length, self.season_length
        )
        features = FeatureMap.of(X, wants_calendar(self.time_features, panel))
        probe = None if X is None else np.zeros((1, features.n_exogenous))
        found = features(panel.times[:1], panel, probe)
        network = self._build_network(
            layout,
            len(panel.columns),
            0 if found is None else found.shape[1],
            features.n_exogenous,
        )
        network = network.to(torch.float32)  # whatever torch's default type is
        return FittedNetwork(network, network, layout, features, panel.columns, History())

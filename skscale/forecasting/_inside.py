"""What forecasters show of themselves once they are fitted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from sktime.datatypes import convert_to
from sktime.forecasting.base import BaseForecaster

from skscale.forecasting._context import Context
from skscale.forecasting._fitted import FittedNetwork
from skscale.forecasting._future import within
from skscale.forecasting._module import ForecastModule
from skscale.forecasting._probabilities import check_probabilities
from skscale.nn import ForecastNet
from skscale.nn.layers.checks import check_integer
from skscale.training import resolve_device

__all__ = ["LooksInside"]


class LooksInside(BaseForecaster):
    """Fitted attributes, and residuals of the data seen."""

    device: str
    model_: FittedNetwork
    _context: Context

    @property
    def network_(self) -> ForecastNet:
        """The fitted network."""
        return self.model_.network

    @property
    def history_(self) -> dict[str, Any]:
        """Losses, learning rate and seconds per epoch, and the epoch that was kept."""
        return vars(self.model_.history)

    @property
    def weights_(self) -> pd.DataFrame:
        """Share of every candidate in the forecasts, a row for each series."""
        return self.model_.weights(self._context.panel)

    @property
    def scales_(self) -> list[np.ndarray]:
        """Learned scales by distance, for every block of a network that learns some."""
        scales = getattr(self.network_, "scales", None)
        if scales is None or any(one is None for one in scales):
            raise AttributeError(f"the network of {type(self).__name__} learns no scales")
        return [one.numpy(force=True) for one in scales]

    def to_torch(self, steps: int | None = None, quantiles: Sequence[float] = ()) -> ForecastModule:
        """Fitted forecaster as a torch module: window in, forecast out, in original units.

        It lives on its own: later fits do not change it, and it needs neither pandas nor sktime.

        Parameters
        ----------
        steps : int, optional
            Steps of the forecast, from 1 on; by default the network's own. More are rolled
            forward, as `predict` does.
        quantiles : sequence of float, default=()
            Probabilities of quantiles that come with the forecast.

        Returns
        -------
        ForecastModule
            See its ``forward``; `skscale.export_inputs` makes its inputs.

        Raises
        ------
        NotFittedError
            If the forecaster is not fitted.
        ValueError
            If ``steps`` is not a positive integer, or a quantile not between 0 and 1.
        """
        self.check_is_fitted()
        steps = self.model_.layout.prediction_length if steps is None else steps
        levels = check_probabilities("quantiles", quantiles) if len(quantiles) else []
        steps = check_integer("steps", steps, 1)
        return ForecastModule(self.model_, self._context, steps, levels)

    def predict_residuals(self, y: Any = None, X: Any = None) -> Any:
        """Observed values minus forecasts; in sample, these are one-step-ahead forecasts.

        Parameters
        ----------
        y : sktime container, optional
            Values whose times are forecast; by default all that was seen.
        X : sktime container, optional
            As in `predict`.

        Returns
        -------
        sktime container
            Residuals at the times of ``y``.
        """
        if y is not None:
            return super().predict_residuals(y, X)
        self.check_is_fitted()
        return convert_to(
            self._residuals(),
            self._y_metadata["mtype"],
            store=self._converter_store_y,
            store_behaviour="freeze",
        )

    def _residuals(self) -> pd.DataFrame:
        """Residuals of all points seen; nan before the gap where a series has one."""
        context, panel = self._context, self._context.panel
        model, series, cuts = self.model_, panel.series, panel.positions
        next_one = within(model.columns, context, series, cuts, np.ones(1, dtype=bool))
        device = resolve_device(self.device)
        expected = model.forecasts(context, series, cuts, next_one, device)[:, 0, :, 0]
        left = (panel.values - expected)[:, context.channels]
        index = panel.index_of(series, panel.times.index)
        return pd.DataFrame(left, index, context.y.columns).reindex(context.y.index)

"""Fitted forecasters as ONNX graphs."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from importlib.util import find_spec
from os import PathLike
from typing import Any

import numpy as np
import pandas as pd
import torch

from skscale.forecasting import NetworkForecaster
from skscale.forecasting._future import behind_the_end
from skscale.forecasting._module import ForecastModule

__all__ = ["export_inputs", "export_onnx"]


def export_onnx(
    forecaster: NetworkForecaster,
    path: str | PathLike[str],
    steps: int | None = None,
    quantiles: Sequence[float] = (),
) -> None:
    """Write a fitted forecaster as an ONNX graph: window in, forecast out, in original units.

    The graph holds what `NetworkForecaster.to_torch` returns. Its inputs are those of
    `export_inputs`, by their names; its outputs ``forecast`` (batch, steps, n_channels), and
    ``quantiles`` (batch, steps, n_channels, n_quantiles) where some are asked for. The batch is
    dynamic. Needs ``pip install skscale[onnx]``.

    Parameters
    ----------
    forecaster : NetworkForecaster
        Fitted.
    path : str or path
        File to write.
    steps : int, optional
        Steps of the forecast; by default the network's own.
    quantiles : sequence of float, default=()
        Probabilities.

    Raises
    ------
    ImportError
        If onnx or onnxscript is missing.
    NotFittedError
        If the forecaster is not fitted.
    ValueError
        If ``steps`` or ``quantiles`` is out of range.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import mkdtemp
    >>> from sktime.datasets import load_airline
    >>> from skscale import DLinearForecaster, export_onnx
    >>> forecaster = DLinearForecaster(pretrained=None, random_state=0)
    >>> path = Path(mkdtemp()) / "airline.onnx"
    >>> export_onnx(forecaster.fit(load_airline(), fh=range(1, 13)), path)
    >>> path.exists()
    True
    """
    _need("onnx", "onnxscript")
    module = forecaster.to_torch(steps, quantiles)
    inputs = _placeholders(module)
    batch = torch.export.Dim("batch", min=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's own, about itself
        program = torch.export.export(
            module,
            args=(),
            kwargs=inputs,
            dynamic_shapes={name: {0: batch} for name in inputs},
            strict=False,
        )
        torch.onnx.export(
            program,
            (),
            str(path),
            kwargs=inputs,
            input_names=list(inputs),
            output_names=["forecast", "quantiles"][: 1 + bool(quantiles)],
            dynamo=True,
            external_data=False,
            verbose=False,
        )


def export_inputs(
    forecaster: NetworkForecaster, X: pd.DataFrame | None = None, steps: int | None = None
) -> dict[str, np.ndarray]:
    """Inputs of the exported forecaster that stand for its forecast from the data seen.

    To forecast from newer data, pass them to ``update(y, X, update_params=False)`` first.

    Parameters
    ----------
    forecaster : NetworkForecaster
        Fitted.
    X : DataFrame, optional
        Columns of the steps ahead, as for ``predict``.
    steps : int, optional
        As for `export_onnx`.

    Returns
    -------
    dict of str to ndarray
        ``values`` (n_series, context_length, n_channels), float64; ``mask`` of the same shape,
        bool, False before a series begins and where a value is missing. Where there are columns,
        ``past_features`` (n_series, context_length, n_features) and ``future_features``
        (n_series, steps, n_features), float64: columns known ahead, the calendar, static columns
        and those known of the past only, as numbers in their own units, gaps filled. Where there
        are several series, ``series`` (n_series,), int64.

    Examples
    --------
    >>> import pandas as pd
    >>> from skscale import NLinearForecaster, export_inputs
    >>> y = pd.Series(range(48), index=pd.period_range("2020-01", periods=48, freq="M"))
    >>> forecaster = NLinearForecaster(pretrained=None, max_epochs=1).fit(y.astype(float), fh=[1])
    >>> {name: value.shape[2] for name, value in export_inputs(forecaster).items()}
    {'values': 1, 'mask': 1}
    """
    module, context = forecaster.to_torch(steps), forecaster._context
    panel, columns = context.panel, forecaster.model_.columns
    place = panel.offsets[1:, None] + np.arange(-module.context_length, 0)
    begun = place >= panel.offsets[:-1, None]
    place = np.maximum(place, panel.offsets[:-1, None])
    values = panel.values[place][..., context.channels].astype(np.float64)
    inputs = {"values": np.nan_to_num(values), "mask": begun[..., None] & ~np.isnan(values)}
    if module.n_features:
        columns.encoder.check_ahead(X)
        steps_ahead = np.tile(np.arange(1, module.prediction_length + 1), (len(place), 1))
        future = behind_the_end(columns, context, X, steps_ahead)
        rows = context.scale.filled_at(panel, place)
        assert context.buffer.features is not None
        assert future.features is not None
        calendar = context.buffer.features.numpy()[place]
        inputs["past_features"] = _features(columns, context.scale, rows, calendar)
        inputs["future_features"] = _features(columns, context.scale, future.rows, future.features)
    if module.n_series > 1:
        inputs["series"] = np.arange(module.n_series)
    return inputs


def _features(columns: Any, scale: Any, rows: np.ndarray, features: np.ndarray) -> np.ndarray:
    """Columns in their own units, (n_series, length, n_columns), around their calendar."""
    unit = np.where(np.isfinite(scale.column_scale), scale.column_scale, 0.0)
    numbers = rows * unit[:, None] + scale.column_location[:, None]
    ahead, others = np.split(numbers, [columns.n_ahead], axis=-1)
    calendar = features[..., columns.n_ahead :][..., : columns.calendar.n_features]
    return np.concatenate((ahead, calendar, others), axis=-1)


def _placeholders(module: ForecastModule) -> dict[str, torch.Tensor]:
    """Inputs of the right sizes. Two windows: a batch of one would be taken for a constant."""
    L, T, n = module.context_length, module.prediction_length, module.n_features
    values = torch.zeros(2, L, module.n_channels, dtype=torch.float64)
    inputs = {"values": values, "mask": torch.ones_like(values, dtype=torch.bool)}
    if n:
        inputs["past_features"] = values.new_zeros(2, L, n)
        inputs["future_features"] = values.new_zeros(2, T, n)
    if module.n_series > 1:
        inputs["series"] = torch.zeros(2, dtype=torch.int64)
    return inputs


def _need(*modules: str) -> None:
    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        raise ImportError(f"export_onnx needs {', '.join(missing)}: pip install skscale[onnx]")

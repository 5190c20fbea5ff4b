"""Forecasts beside the history they continue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import pandas as pd

from skscale.forecasting._probabilities import check_probabilities
from skscale.nn.layers.checks import check_integer
from skscale.plotting._axes import axes_for, legend_beside, plotted
from skscale.plotting._fitted import check_fitted
from skscale.plotting._series import by_series, check_same_step, draw, line_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["ForecastDisplay"]


class ForecastDisplay:
    """History, forecasts and intervals of one or several forecasters.

    Parameters
    ----------
    history : Series or DataFrame
        What was observed, in any container of sktime that pandas holds. Where it reaches beyond
        the start of the forecasts, they are seen beside what came.
    forecasts : dict of str to Series or DataFrame
        Forecasts by the name of their forecaster, with the series and channels of ``history``.
    intervals : dict of str to DataFrame, optional
        As `predict_interval` returns them, by the same names.

    Attributes
    ----------
    ax_ : Axes or ndarray of Axes
        Axes drawn in, several for several series.
    figure_ : Figure

    See Also
    --------
    ForecastDisplay.from_estimator : From fitted forecasters.
    ForecastDisplay.from_predictions : From forecasts.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from skscale import SigmaForecaster
    >>> from skscale.plotting import ForecastDisplay
    >>> forecaster = SigmaForecaster(random_state=0).fit(load_airline(), fh=range(1, 13))
    >>> display = ForecastDisplay.from_estimator(forecaster, coverage=[0.8, 0.95])
    >>> display.plot(n_last=48).ax_.get_legend_handles_labels()[1]
    ['observed', 'SigmaForecaster', '95 % interval', '80 % interval']
    """

    def __init__(
        self,
        history: pd.Series | pd.DataFrame,
        forecasts: Mapping[str, pd.Series | pd.DataFrame],
        intervals: Mapping[str, pd.DataFrame] | None = None,
    ):
        self.history = history
        self.forecasts = forecasts
        self.intervals = intervals or {}

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        fh: Any = None,
        X: Any = None,
        *,
        y: pd.Series | pd.DataFrame | None = None,
        coverage: float | Sequence[float] | None = 0.8,
    ) -> Self:
        """Forecast with one or several fitted forecasters.

        Parameters
        ----------
        estimator : forecaster, or dict of str to forecaster
            Any of sktime; several by their names.
        fh : int, sequence of int or ForecastingHorizon, optional
            As in `predict`; left out, that of `fit`.
        X : sktime container, optional
            As in `predict`.
        y : Series or DataFrame, optional
            What was observed; by default, what the first forecaster saw.
        coverage : float, sequence of float or None, default=0.8
            Of the intervals of forecasters that have some; None for none.

        Returns
        -------
        ForecastDisplay

        Raises
        ------
        TypeError
            If ``y`` is left out and the first forecaster, not one of skscale's, does not hold it.
        NotFittedError
            If a forecaster is not fitted.
        ValueError
            If a coverage is not between 0 and 1, or ``y`` goes in other steps of time than what a
            forecaster saw.
        """
        named = estimator if isinstance(estimator, Mapping) else {_name(estimator): estimator}
        for one in named.values():
            check_fitted(one)
        levels = None if coverage is None else check_probabilities("coverage", coverage)
        seen = {name: _seen(one) for name, one in named.items()}
        if y is None:
            name, y = next(iter(seen.items()), ("estimator", None))
            if y is None:
                raise TypeError(f"{name} does not hold the data it saw: pass y")
        for name, one in seen.items():
            if one is not None:
                _check_steps(f"what {name} saw", one, y)
        forecasts = {name: one.predict(fh, X=X) for name, one in named.items()}
        intervals = {
            name: one.predict_interval(fh, X=X, coverage=levels)
            for name, one in named.items()
            if levels is not None and one.get_tag("capability:pred_int")
        }
        return cls.from_predictions(y, forecasts, intervals)

    @classmethod
    def from_predictions(
        cls,
        y: pd.Series | pd.DataFrame,
        predictions: Any,
        intervals: Any = None,
    ) -> Self:
        """Show forecasts.

        Parameters
        ----------
        y : Series or DataFrame
            What was observed.
        predictions : Series or DataFrame, or dict of str to these
            Forecasts; several by the names of their forecasters.
        intervals : DataFrame, or dict of str to DataFrame, optional
            As `predict_interval` returns them; several by the same names.

        Returns
        -------
        ForecastDisplay

        Raises
        ------
        TypeError
            If one of them is no Series or DataFrame.
        ValueError
            If there is no forecast, ``intervals`` has a name that ``predictions`` lacks, or a
            forecast goes in other steps of time than ``y``.
        """
        forecasts = predictions if isinstance(predictions, Mapping) else {"forecast": predictions}
        if intervals is not None and not isinstance(intervals, Mapping):
            intervals = {next(iter(forecasts)): intervals}
        if not forecasts:
            raise ValueError("predictions must hold at least one forecast, got none")
        unknown = [name for name in intervals or {} if name not in forecasts]
        if unknown:
            raise ValueError(
                f"intervals must belong to forecasts, got {unknown[0]!r}; predictions has "
                f"{list(forecasts)}"
            )
        for name, one in forecasts.items():
            _check_steps(f"predictions[{name!r}]", one, y)
        return cls(y, forecasts, intervals)

    def plot(self, ax: Any = None, *, n_last: int | None = None, max_series: int = 6) -> Self:
        """Draw.

        Parameters
        ----------
        ax : Axes or sequence of Axes, optional
            One for each series and channel that is shown; by default those of a new figure.
        n_last : int, optional
            Points of the history that are shown, the last ones; by default all.
        max_series : int, default=6
            Series and channels that are shown at most, the first ones.

        Returns
        -------
        ForecastDisplay
        """
        check_integer("max_series", max_series, 1)
        if n_last is not None:
            check_integer("n_last", n_last, 1)
        history = by_series("history", self.history)
        forecasts = {name: by_series(name, one) for name, one in self.forecasts.items()}
        titles = [title for title in history if all(title in one for one in forecasts.values())]
        if not titles:
            raise ValueError(
                f"forecasts must have the series of the history, {list(history)[:3]}, got "
                f"{[list(one)[:3] for one in forecasts.values()]}"
            )
        shown = titles[:max_series]
        axes = axes_for(ax, len(shown), 1 if len(shown) == 1 else 2)
        bands = {name: _bands(frame) for name, frame in self.intervals.items()}
        for axis, title in zip(axes, shown, strict=True):
            past = history[title].iloc[-n_last if n_last else None :]
            draw(axis, past, "0.2", "observed")
            for i, (name, one) in enumerate(forecasts.items()):
                draw(axis, one[title], f"C{i}", name)
                prefix = f"{name}, " if len(forecasts) > 1 else ""
                for band in bands.get(name, []):
                    label = f"{prefix}{100 * band.coverage:g} % interval"
                    band.draw(axis, title, f"C{i}", label)
            axis.set_title(title)
            if isinstance(past.name, str) and past.name not in title:
                axis.set_ylabel(past.name)
            axis.tick_params("x", rotation=20)
        legend_beside(axes, ours=ax is None)
        self.ax_, self.figure_ = plotted(axes), axes[0].figure
        return self


class _Band(NamedTuple):
    """Intervals of one coverage, their ends by the title of the series."""

    coverage: float
    alpha: float
    lower: dict[str, pd.Series]
    upper: dict[str, pd.Series]

    def draw(self, axis: Axes, title: str, color: str, label: str) -> None:
        """Fill between the ends."""
        times, low = line_of(self.lower[title])
        high = self.upper[title].to_numpy(float)
        axis.fill_between(times, low, high, color=color, alpha=self.alpha, lw=0, label=label)


def _bands(frame: pd.DataFrame) -> list[_Band]:
    """Intervals of all coverages, the widest first and faintest."""
    found = []
    for i, coverage in enumerate(sorted(frame.columns.unique(level=1), reverse=True)):
        ends = (frame.xs((coverage, end), axis=1, level=[1, 2]) for end in ("lower", "upper"))
        lower, upper = (by_series("intervals", one) for one in ends)
        found.append(_Band(float(coverage), 0.15 * (i + 1), lower, upper))
    return found


def _name(estimator: Any) -> str:
    return type(estimator).__name__


def _seen(forecaster: Any) -> pd.Series | pd.DataFrame | None:
    """What a forecaster was fitted on, or the best or first of those it holds; None if unknown."""
    forecaster = getattr(forecaster, "best_forecaster_", forecaster)
    forecaster = getattr(forecaster, "forecasters_", [forecaster])[0]
    context = getattr(forecaster, "_context", None)
    y = getattr(forecaster, "_y", None) if context is None else context.y
    return y if isinstance(y, pd.Series | pd.DataFrame) else None


def _check_steps(name: str, one: Any, y: Any) -> None:
    """Raise an error, which names what is wrong, unless data and y go in the same steps."""
    for series in list(by_series(name, one).values())[:1]:
        for other in list(by_series("y", y).values())[:1]:
            check_same_step(name, series, other)

"""Anomaly detection by errors of reconstructions and forecasts, as an sktime detector."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from sktime.detection.base import BaseDetector

from skscale.detection._fitting import check_parameters, fit_scorer
from skscale.detection._parts import ForecastErrors
from skscale.detection._saved import SavableDetector
from skscale.detection._scores import Scorer
from skscale.detection._threshold import RATES, extreme_threshold, quantile_threshold
from skscale.detection._timeline import Timeline
from skscale.forecasting import NLinearForecaster
from skscale.forecasting._all_or_nothing import all_or_nothing
from skscale.forecasting._frames import check_frame, plain
from skscale.representation import MultiScaleAutoencoder

__all__ = ["MultiScaleAnomalyDetector"]


class MultiScaleAnomalyDetector(SavableDetector, BaseDetector):
    """Points that a forecaster and an autoencoder did not expect, at several scales.

    Two models learn what is regular. Their absolute errors are averaged over 1, 4 and 16
    neighbouring points: single spikes stand out at the first scale, weak changes that last at the
    others. They count in units of what held-out errors reach.

    Parameters
    ----------
    autoencoder : MultiScaleAutoencoder, "drop" or None, default=None
        Learns windows of the series, each less its median; ``"drop"`` leaves reconstructions out.
        None has a latent value of each of its two scales for every six values of a window, at
        most 64, and trains for 30 epochs.
    forecaster : forecaster of skscale, pipeline of one, "drop" or None, default=None
        ``"drop"`` leaves forecasts out; None is `SigmaForecaster`.
    window_length : int or "auto", default="auto"
        Points that the autoencoder sees together. ``"auto"`` is four seasons, 64 points where
        there is no season, 256 or half of the data at most.
    horizon : int, default=1
        A point is compared with the mean of its forecasts from 1 to ``horizon`` steps before.
        Forecasts of one step get used to a change; those of more steps take longer.
    scales : sequence of int, default=(1, 4, 16)
        Neighbouring points that errors are averaged over, centred.
    threshold : {"extreme", "quantile", "contamination"}, default="extreme"
        What makes a score an anomaly. ``"extreme"``: a generalised Pareto distribution of the
        largest held-out scores says which score regular points exceed at ``rate``, also for rates
        that no data show. ``"quantile"``: the quantile of the held-out scores.
        ``"contamination"``: ``rate`` is the share of anomalies in the data of `fit`.
    rate : float or "auto", default="auto"
        Share of points beyond the threshold, in (0, 1); 0.001 for ``"extreme"``, else 0.01. Fewer
        held-out points than ``1 / rate`` make ``"quantile"`` the largest score.
    calibration_fraction : float, default=0.3
        Share of the data, at their end, that no model learns from: units and threshold are those
        of errors there. 0 takes the errors of what was learned, which are smaller.
    max_gap : int, default=4
        Anomalies with at most so many regular points between them are one segment, see
        `predict_segments`.
    random_state : int, RandomState or None, default=None
        Seed of models that have none of their own.

    Attributes
    ----------
    threshold_ : float
        Scores above it are anomalies.
    window_length_ : int
        Points of a window; only with an autoencoder.
    autoencoder_, forecaster_ : estimators
        The fitted models there are.

    Notes
    -----
    Rows seen in `fit` that stand directly before X are the past of its first rows. Without any,
    or behind a gap, forecasts count once a season is known, eight points where there is none.
    Missing values are no anomalies: they are filled for the autoencoder, the forecaster knows them
    as missing, and their score is nan. All columns count: the score is the largest of all columns
    and scales, and the mean over the two models.

    Large anomalies in the last part of the data make ``"extreme"`` and ``"quantile"`` less
    sensitive; where some are expected, ``"contamination"`` counts all of the data.

    References
    ----------
    Siffer et al. (2017), Anomaly detection in streams with extreme value theory, KDD, for the
    threshold.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from skscale import MultiScaleAnomalyDetector
    >>> noise = np.random.default_rng(0).normal(0, 0.1, 400)
    >>> X = pd.DataFrame({"load": np.sin(np.arange(400) / 3) + noise})
    >>> detector = MultiScaleAnomalyDetector(random_state=0).fit(X[:300])
    >>> X.iloc[350] += 3
    >>> detector.predict(X[300:])
       ilocs
    0     50
    1     51
    2     52
    >>> detector.predict_segments(X[300:])
          ilocs
    0  [50, 53)
    >>> detector.scores_by_scale(X[300:]).loc[350].groupby("scale").max() > 5
    scale
    1      True
    4     False
    16    False
    Name: 350, dtype: bool
    """

    _tags: ClassVar[dict[str, Any]] = {
        "authors": "skscale developers",
        "maintainers": "skscale developers",
        "python_dependencies": "torch",
        "task": "anomaly_detection",
        "learning_type": "unsupervised",
        "capability:multivariate": True,
        "capability:missing_values": True,
        "capability:random_state": True,
        "property:randomness": "derandomized",
        "X_inner_mtype": "pd.DataFrame",
        "fit_is_empty": False,
    }

    def __init__(  # noqa: PLR0913
        self,
        autoencoder: Any = None,
        forecaster: Any = None,
        *,
        window_length: int | str = "auto",
        horizon: int = 1,
        scales: Sequence[int] = (1, 4, 16),
        threshold: str = "extreme",
        rate: float | str = "auto",
        calibration_fraction: float = 0.3,
        max_gap: int = 4,
        random_state: Any = None,
    ):
        self.autoencoder = autoencoder
        self.forecaster = forecaster
        self.window_length = window_length
        self.horizon = horizon
        self.scales = scales
        self.threshold = threshold
        self.rate = rate
        self.calibration_fraction = calibration_fraction
        self.max_gap = max_gap
        self.random_state = random_state
        super().__init__()

    def fit(self, X: Any, y: object = None) -> Self:
        """Learn what is regular.

        Parameters
        ----------
        X : Series, DataFrame or ndarray
            One series, of one or more columns, at even steps; values may be missing.
        y : None
            Ignored.

        Returns
        -------
        self
            What stops it, Ctrl-C included, leaves the detector as it was.

        Raises
        ------
        ValueError
            If a parameter is out of its range, X has fewer than 8 rows, uneven steps, infinite
            values, or a column with fewer than two values to learn from.
        TypeError
            If a column is not numeric, X is a panel, or a model is none of skscale's.
        """
        with all_or_nothing(self):
            return super().fit(X, y)

    def update(self, X: Any, y: object = None) -> Self:
        """Fit anew to all data: those seen before and X, whose rows count where both have one.

        Parameters
        ----------
        X : Series, DataFrame or ndarray
        y : None
            Ignored.

        Returns
        -------
        self
        """
        with all_or_nothing(self):
            return super().update(X, y)

    def predict_segments(self, X: Any) -> pd.DataFrame:
        """Anomalies as segments: those with at most ``max_gap`` points between them are one.

        Parameters
        ----------
        X : Series, DataFrame or ndarray
            A series with the columns of `fit`.

        Returns
        -------
        DataFrame
            Column ``ilocs``: intervals of row numbers, closed on the left.

        Notes
        -----
        sktime's detectors of points return what lies between the anomalies here.
        """
        self.check_is_fitted()
        at = self._predict(self._check_X(X))["ilocs"].to_numpy()
        first = np.diff(at, prepend=-np.inf) > self.max_gap + 1
        last = np.append(first[1:], True)[: len(at)]
        segments = pd.IntervalIndex.from_arrays(at[first], at[last] + 1, closed="left")
        return pd.DataFrame({"ilocs": segments})

    def scores_by_scale(self, X: Any) -> pd.DataFrame:
        """What the scores are made of, to see where an anomaly is.

        Parameters
        ----------
        X : Series, DataFrame or ndarray
            A series with the columns of `fit`.

        Returns
        -------
        DataFrame
            With the index of X. Columns are the model (``"reconstruction"``, ``"forecast"``), the
            scale and the column of X; values are mean absolute errors, 1 for what 95 of 100
            held-out ones do not exceed.
        """
        self.check_is_fitted()
        rows = self._check_X(X)
        names = [part.name for part in self._scorer.parts]
        columns = self._scorer.timeline.rows.columns
        levels = [names, list(self._scorer.scales), columns]
        values = np.stack(self._scorer.by_scale(rows)).transpose(2, 0, 1, 3)
        index = pd.MultiIndex.from_product(levels, names=["model", "scale", "column"])
        return pd.DataFrame(values.reshape(len(rows), -1), rows.index, index)

    def _fit(self, X: pd.DataFrame, y: object = None) -> Self:
        check_parameters(self)
        scorer, regular = fit_scorer(self, Timeline.of(X))
        rows = scorer.timeline.rows
        scores = scorer.scores(rows)
        known = scores if self.threshold == "contamination" else scores[regular]
        find = extreme_threshold if self.threshold == "extreme" else quantile_threshold
        rate = RATES[self.threshold] if self.rate == "auto" else float(self.rate)
        return self._remember(scorer, find(known[~np.isnan(known)], rate))

    def _remember(self, scorer: Scorer, threshold: float) -> Self:
        self._X = scorer.timeline.rows  # sktime would keep arrays, which it cannot add rows to
        self._scorer, self.threshold_ = scorer, threshold
        for name in ("autoencoder_", "window_length_", "forecaster_"):
            self.__dict__.pop(name, None)
        for part in scorer.parts:
            if isinstance(part, ForecastErrors):
                self.forecaster_ = part.forecaster
            else:
                self.autoencoder_, self.window_length_ = part.autoencoder, part.window_length
        return self

    def _check_X(self, X: Any) -> pd.DataFrame:
        check_frame("X", X)
        if isinstance(X, pd.DataFrame) and X.index.nlevels > 1:
            raise TypeError("X must be one series, got a panel; fit a detector to each of its own")
        return super()._check_X(plain(X))

    def _predict(self, X: pd.DataFrame) -> pd.DataFrame:
        at = np.flatnonzero(self._scorer.scores(X) > self.threshold_)
        return pd.DataFrame({"ilocs": at.astype(np.int64)})

    def _predict_points(self, X: Any) -> pd.DataFrame:
        return self._predict(self._check_X(X))

    def _transform_scores(self, X: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({"scores": self._scorer.scores(X)}, index=X.index)

    def _predict_scores(self, X: pd.DataFrame) -> pd.DataFrame:
        scores = self._scorer.scores(X)
        return pd.DataFrame({"scores": scores[scores > self.threshold_]})

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict]:
        """Small models for sktime's checks."""
        small = MultiScaleAutoencoder(latent_size=2, hidden_size=4, max_epochs=2, random_state=0)
        linear = NLinearForecaster(max_epochs=1, pretrained=None, random_state=0)
        return [
            {"autoencoder": small, "forecaster": linear, "random_state": 0},
            {"autoencoder": "drop", "forecaster": linear, "horizon": 3, "threshold": "quantile"},
            {"autoencoder": small, "forecaster": "drop", "threshold": "contamination"},
        ]

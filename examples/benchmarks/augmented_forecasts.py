"""Errors of forecasters trained on few series, with and without augmentation.

A network is trained from scratch on few series of a panel and forecasts the last horizon of
these series, and of series that it has not seen; error is MASE. Every series is in units of its
training part, which ends two horizons before the end, and cut into pieces of a context and two
horizons less one point: but for the oldest, each window of the series lies in one of them. Each
way adds ``COPIES`` variations of every piece: jitter (independent normal noise), scaling (one
normal factor), or changes of the latent values of a multi-scale autoencoder fitted on the pieces.
Its strength is that of the least error over the last horizon but one of the series trained on.
Without variations every piece is repeated as often, so that a network always takes the same number
of steps.

M4 Hourly is the competition's training file without the series that other studies keep aside
(numbers 3 and 7 modulo 10). BasicMotions (10 Hz, the first channel of every case) and monthly
sales of four products are inside sktime; other panels there are too short, or shapes rather than
series in time.

::

    python -m examples.benchmarks.augmented_forecasts
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sktime.datasets import load_basic_motions, load_hierarchical_sales_toydata

from examples.benchmarks.measure import printed
from examples.benchmarks.pages import page
from examples.command_line import add_data_argument, script_parser
from examples.paper.m4_data import mase, panel_frame
from examples.paper.tables import markdown
from examples.paths import RESULTS, ROOT
from examples.pretraining.data import load as load_m4
from skscale import DLinearForecaster, MultiScaleAutoencoder, SigmaForecaster
from skscale.forecasting import NetworkForecaster

PAGE = ROOT / "docs" / "autoencoder.md"
OUT = RESULTS / "benchmarks" / "augmented_forecasts.csv"
COPIES = 4
STRENGTHS = (0.1, 0.4)
EPOCHS, BATCH, RATE = 10, 32, 1e-2
HOURS = 700  # of M4 Hourly all series have as many
UNSEEN = 50  # series at most
DRAWN = ["set", "network", "series", "seed"]
ERRORS = ["mase", "unseen"]
WAYS = (
    *("none", "jitter", "scaling", "latent magnitude", "latent translation"),
    "latent magnitude, adaptive",
)
NETWORKS: dict[str, tuple[Callable[..., NetworkForecaster], int]] = {  # steps of an epoch
    "DLinear": (DLinearForecaster, 60),
    "Sigma": (SigmaForecaster, 30),
}


class Problem(NamedTuple):
    """Series (n_series, n_timepoints), how many of them are trained on, and the sizes of windows.

    ``season`` is that of MASE.
    """

    values: np.ndarray
    sizes: tuple[int, ...]
    context: int
    horizon: int
    season: int


def hourly(folder: Path) -> Problem:
    rows = load_m4("Hourly", folder)[0].rows()
    return Problem(np.stack([row[-HOURS:] for row in rows]), (5, 20, 100), 96, 48, 24)


def motions(folder: Path) -> Problem:
    parts = [load_basic_motions(part, return_type="numpy3D")[0] for part in ("train", "test")]
    return Problem(np.concatenate(parts)[:, 0], (5, 20, 60), 30, 10, 1)


def sales(folder: Path) -> Problem:
    wide = load_hierarchical_sales_toydata().iloc[:, 0].unstack(level=[0, 1])
    return Problem(wide.to_numpy(np.float64).T, (4,), 12, 6, 12)


SETS: dict[str, Callable[[Path], Problem]] = {
    "M4 Hourly": hourly,
    "BasicMotions": motions,
    "sales": sales,
}


@dataclass(frozen=True)
class Draw:
    """Series drawn from a panel, in units of their training part.

    Attributes
    ----------
    known, unseen : ndarray of shape (n_series, n_timepoints)
        Series trained on, and others.
    problem : Problem
        The panel they are drawn from.
    seed : int
    """

    known: np.ndarray
    unseen: np.ndarray
    problem: Problem
    seed: int

    @classmethod
    def of(cls, problem: Problem, size: int, seed: int) -> Draw:
        """Draw ``size`` series to train on, and at most `UNSEEN` others."""
        train = problem.values[:, : -2 * problem.horizon]
        # MASE needs a seasonal difference, units a change.
        moving = np.ptp(train[:, problem.season :] - train[:, : -problem.season], axis=1) > 0
        location, scale = train.mean(axis=1, keepdims=True), train.std(axis=1, keepdims=True)
        units = (problem.values[moving] - location[moving]) / scale[moving]
        units = np.random.default_rng(seed).permutation(units)
        return cls(units[:size], units[size : size + UNSEEN], problem, seed)

    def pieces(self) -> np.ndarray:
        """Pieces of the training part, (n_pieces, context + 2 * horizon - 1), the last first."""
        horizon = self.problem.horizon
        length = self.problem.context + 2 * horizon - 1
        ends = range(self.known.shape[1] - 2 * horizon, length - 1, -horizon)
        return np.concatenate([self.known[:, end - length : end] for end in ends])


class Varied:
    """Pieces and variations of them, ``COPIES`` of each; an autoencoder is fitted once."""

    def __init__(self, pieces: np.ndarray, seed: int):
        self.pieces, self.seed = pieces, seed
        self.model = MultiScaleAutoencoder(
            latent_size=8,
            hidden_size=128,
            max_epochs=max(10, 300 * 64 // len(pieces)),
            validation_fraction=0.0,
            device="cpu",
            random_state=seed,
        )
        self.model.fit(pieces)

    def extended(self, way: str, strength: float) -> np.ndarray:
        """Pieces with their variations behind them."""
        rng = np.random.RandomState(self.seed)
        copies = (self._varied(way, strength, rng) for _ in range(COPIES))
        return np.concatenate([self.pieces, *copies])

    def _varied(self, way: str, strength: float, rng: np.random.RandomState) -> np.ndarray:
        X = self.pieces
        if way == "none":
            return X
        if way == "jitter":
            return X + strength * X.std() * rng.standard_normal(X.shape)
        if way == "scaling":
            return X * (1 + strength * rng.standard_normal((len(X), 1)))
        method, _, adaptive = way.removeprefix("latent ").partition(", ")
        return self.model.augment(
            X, strength, method=method, adaptive=adaptive == "adaptive", random_state=rng
        )


def frame(values: np.ndarray) -> pd.DataFrame:
    """Series (n_series, n_timepoints) as a panel."""
    return panel_frame([f"{number:06d}" for number in range(len(values))], list(values))


def trained(network: str, draw: Draw, pieces: np.ndarray) -> NetworkForecaster:
    """A network trained on pieces."""
    forecaster, steps = NETWORKS[network]
    settings: dict[str, Any] = {
        "context_length": draw.problem.context,
        "prediction_length": draw.problem.horizon,
        "season_length": draw.problem.season,
        "linear_base": False,  # the network alone
        "scaler": "none",  # series come in units of theirs
        "time_features": False,
        "bounds": None,
        "validation_fraction": 0.0,
        "max_epochs": EPOCHS,
        "steps_per_epoch": steps,
        "batch_size": BATCH,
        "learning_rate": RATE,
        "device": "cpu",
        "random_state": draw.seed,
    }
    return forecaster(**settings).pretrain(frame(pieces))


def error(forecaster: NetworkForecaster, series: np.ndarray, problem: Problem) -> float:
    """Mean MASE of forecasts of the last horizon of series; nan where there are none."""
    if not len(series):
        return float("nan")
    past, target = np.split(series, [series.shape[1] - problem.horizon], axis=1)
    forecaster.fit(frame(past), fh=range(1, problem.horizon + 1))  # the network stays as it is
    forecast = forecaster.predict().to_numpy().reshape(target.shape)
    return float(mase(forecast, target, list(past), problem.season).mean())


def rows_of(name: str, problem: Problem, size: int, seed: int) -> Iterator[dict[str, object]]:
    """Errors of all networks and ways for one draw of series."""
    draw = Draw.of(problem, size, seed)
    varied = Varied(draw.pieces(), seed)
    for network in NETWORKS:
        for way in WAYS:
            tried = []
            for strength in (0.0,) if way == "none" else STRENGTHS:
                forecaster = trained(network, draw, varied.extended(way, strength))
                chosen_by = error(forecaster, draw.known[:, : -problem.horizon], problem)
                tried.append((chosen_by, strength, forecaster))
            _, strength, forecaster = min(tried, key=lambda one: one[0])
            row = {"set": name, "network": network, "series": size, "way": way, "seed": seed}
            errors = (error(forecaster, part, problem) for part in (draw.known, draw.unseen))
            yield row | {"strength": strength} | dict(zip(ERRORS, errors, strict=True))


def relative(table: pd.DataFrame) -> pd.DataFrame:
    """Errors over those without variations, of the same series, network and seed."""
    plain = table[table["way"] == "none"][[*DRAWN, *ERRORS]]
    both = table.merge(plain, on=DRAWN, suffixes=("", " of none"))
    ratios = {f"{name} ratio": both[name] / both[f"{name} of none"] for name in ERRORS}
    return both.assign(**ratios)


def shown(table: pd.DataFrame, name: str = "mase") -> str:
    """An error without variations, and those of the ways relative to it; mean and deviation."""
    by = relative(table).dropna(subset=name).groupby([*DRAWN[:3], "way"], sort=False)
    means, spread, ratio = by.mean(), by.std(), f"{name} ratio"
    lines = []
    for place in means.index.droplevel("way").unique():
        plain = f"{means.loc[(*place, 'none'), name]:.2f}"
        cells = (
            f"{means.loc[(*place, way), ratio]:.2f} ± {spread.loc[(*place, way), ratio]:.2f}"
            for way in WAYS[1:]
        )
        lines.append([*map(str, place), plain, *cells])
    return markdown([*DRAWN[:3], *WAYS], lines)


def filled(text: str) -> str:
    """The page with the stored tables."""
    table = pd.read_csv(OUT)
    tables = {"trained": shown(table), "unseen": shown(table, "unseen")}
    return page(text, {f"augmented forecasts, {part}": text for part, text in tables.items()})


def main() -> None:
    """Print and store the table."""
    parser = script_parser(__doc__ or "")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    add_data_argument(parser)
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    problems = ((name, SETS[name](options.data)) for name in options.sets)
    table = printed(
        row
        for name, problem in problems
        for size, seed in product(problem.sizes, options.seeds)
        for row in rows_of(name, problem, size, seed)
    )
    options.out.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(options.out, float_format="%.4f", index=False)
    print(shown(table))
    if options.out == OUT:
        PAGE.write_text(filled(PAGE.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()

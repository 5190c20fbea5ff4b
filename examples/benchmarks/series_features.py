"""Classification, regression and clustering by features of series, on the sets inside sktime.

Every kind of features goes to the same linear model or k-means behind a ``StandardScaler``: a
ridge classifier or regression, whose penalty is chosen by leave-one-out errors on the training
part, with the test part used once; or as many clusters as there are classes, of both parts
together. Scores are the accuracy, the root mean squared error in deviations of the test part, and
the adjusted Rand index. Raw features are the values, MiniRocket's are sktime's (univariate,
multivariate, or for different lengths), which need numba; where it is missing these rows are left
out. Ours are as they come, but for ``missing="ignore"``. What is drawn or trained has three seeds.

::

    pip install numba
    python -m examples.benchmarks.series_features
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.linear_model import RidgeClassifierCV, RidgeCV
from sklearn.metrics import adjusted_rand_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sktime.datasets import (
    load_acsf1,
    load_arrow_head,
    load_basic_motions,
    load_covid_3month,
    load_gunpoint,
    load_italy_power_demand,
    load_japanese_vowels,
    load_osuleaf,
    load_plaid,
    load_tecator,
)
from sktime.datatypes import convert_to
from sktime.transformations.rocket import (
    MiniRocket,
    MiniRocketMultivariate,
    MiniRocketMultivariateVariable,
)

from examples.benchmarks.measure import printed
from examples.benchmarks.pages import page
from examples.command_line import script_parser
from examples.paper.tables import markdown
from examples.paths import RESULTS, ROOT
from skscale import AveragePooling, MultiScale, MultiScaleAutoencoder, SeriesFeatures

PAGE = ROOT / "docs" / "autoencoder.md"
OUT = RESULTS / "benchmarks" / "series_features.csv"
CLASSES = {
    "ItalyPowerDemand": load_italy_power_demand,
    "GunPoint": load_gunpoint,
    "ArrowHead": load_arrow_head,
    "OSULeaf": load_osuleaf,
    "ACSF1": load_acsf1,
    "BasicMotions": load_basic_motions,
    "JapaneseVowels": load_japanese_vowels,
}
# PLAID has a thousand series of up to 1,344 points, too many to cluster here by what is trained.
TASKS = {
    "classification": CLASSES | {"PLAID": load_plaid},
    "regression": {"Covid3Month": load_covid_3month, "Tecator": load_tecator},
    "clustering": CLASSES,
}
PENALTIES = np.logspace(-3, 3, 10)
Maker = Callable[[pd.DataFrame, int], Any]


def raw(X: pd.DataFrame, seed: int) -> Any:
    """Return the values themselves; the mean stands behind the end."""
    return SeriesFeatures(MultiScale(AveragePooling(missing="ignore"), scales=(1,)))


def pooled(X: pd.DataFrame, seed: int) -> Any:
    """Block averages of four scales."""
    return SeriesFeatures()


def latent(X: pd.DataFrame, seed: int) -> Any:
    """Latent values."""
    return SeriesFeatures(MultiScaleAutoencoder(missing="ignore", device="cpu", random_state=seed))


def rocket(X: pd.DataFrame, seed: int) -> Any:
    """MiniRocket for what X is."""
    if len({len(one) for one in X.iloc[:, 0]}) > 1:
        options = {"reference_length": "max", "pad_value_short_series": 0.0}
        return MiniRocketMultivariateVariable(random_state=seed, **options)
    return (MiniRocketMultivariate if X.shape[1] > 1 else MiniRocket)(random_state=seed)


KINDS: dict[str, tuple[Maker, ...]] = {
    "raw": (raw,),
    "MultiScale": (pooled,),
    "autoencoder": (latent,),
    "MiniRocket": (rocket,),
    "MiniRocket, MultiScale": (rocket, pooled),
    "MiniRocket, autoencoder": (rocket, latent),
}
ALONE: tuple[Maker, ...] = (raw, pooled, latent, rocket)


def features(make: Maker, parts: list[pd.DataFrame], seed: int) -> tuple[list[np.ndarray], float]:
    """Features of the training and the test part, and CPU seconds."""
    transformer, started = make(parts[0], seed), process_time()
    if make is rocket and not isinstance(transformer, MiniRocketMultivariateVariable):
        parts = [convert_to(part, "numpy3D") for part in parts]
    transformer.fit(parts[0])
    found = [np.asarray(transformer.transform(part), dtype=np.float64) for part in parts]
    return found, process_time() - started


def rows_of(task: str, name: str, seeds: list[int]) -> Iterator[dict[str, object]]:
    """Scores of all kinds of features on one set."""
    loaded = [TASKS[task][name](split=part) for part in ("train", "test")]
    parts, labels = [X for X, _ in loaded], [y for _, y in loaded]
    if task == "clustering":
        parts, labels = [pd.concat(parts, ignore_index=True)], [np.concatenate(labels)]
    for seed in seeds:
        makers = [one for one in ALONE if one is not rocket or find_spec("numba")]
        found = {make: features(make, parts, seed) for make in makers}
        for kind, used in KINDS.items():
            drawn = latent in used or rocket in used or task == "clustering"
            if not set(used) <= set(found) or (seed != seeds[0] and not drawn):
                continue
            both = [np.hstack([found[one][0][k] for one in used]) for k in range(len(parts))]
            row = {"task": task, "set": name, "features": kind, "seed": seed}
            row["n_features"] = both[0].shape[1]
            seconds = sum(found[one][1] for one in used)
            yield {**row, "score": SCORES[task](both, labels, seed), "seconds": seconds}


def accuracy(parts: list[np.ndarray], labels: list[np.ndarray], seed: int) -> float:
    """Share of the test part that a ridge classifier gets right."""
    classifier = make_pipeline(StandardScaler(), RidgeClassifierCV(PENALTIES))
    return classifier.fit(parts[0], labels[0]).score(parts[1], labels[1])


def relative_error(parts: list[np.ndarray], labels: list[np.ndarray], seed: int) -> float:
    """Root mean squared error of a ridge regression, in deviations of the test part."""
    model = make_pipeline(StandardScaler(), RidgeCV(PENALTIES)).fit(parts[0], labels[0])
    return float(np.sqrt(np.mean((model.predict(parts[1]) - labels[1]) ** 2)) / labels[1].std())


def agreement(parts: list[np.ndarray], labels: list[np.ndarray], seed: int) -> float:
    """Adjusted Rand index of classes and clusters."""
    clusters = KMeans(len(np.unique(labels[0])), n_init=10, random_state=seed)
    found = make_pipeline(StandardScaler(), clusters).fit_predict(parts[0])
    return adjusted_rand_score(labels[0], found)


SCORES = {"classification": accuracy, "regression": relative_error, "clustering": agreement}


def filled(text: str) -> str:
    """The page with the stored tables."""
    stored = pd.read_csv(OUT)
    return page(text, {task: _table(stored[stored["task"] == task]) for task in TASKS})


def _table(stored: pd.DataFrame) -> str:
    by = stored.groupby(["set", "features"])["score"]
    means, spread = by.mean().unstack(), by.std().unstack()
    kinds = [kind for kind in KINDS if kind in means]
    lines = [
        [name, *(_cell(means.loc[name, kind], spread.loc[name, kind]) for kind in kinds)]
        for name in stored["set"].unique()
    ]
    lines.append(["mean", *(f"{means[kind].mean():.3f}" for kind in kinds)])
    return markdown(["set", *kinds], lines)


def _cell(mean: float, spread: float) -> str:
    return f"{mean:.3f} ± {spread:.3f}" if spread >= 0.0005 else f"{mean:.3f}"


def main() -> None:
    """Print and store the table."""
    parser = script_parser(__doc__ or "")
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    sets = [(task, name) for task in options.tasks for name in TASKS[task]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = printed(row for one in sets for row in rows_of(*one, options.seeds))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(options.out, float_format="%.4f", index=False)
    if options.out == OUT:
        PAGE.write_text(filled(PAGE.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()

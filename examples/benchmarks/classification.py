"""Classification by features of series, on the sets inside sktime.

Every kind of features goes to the same ridge classifier behind a ``StandardScaler``; its penalty
is chosen by leave-one-out errors on the training part. The test part is used once. Raw features
are the values, MiniRocket's are sktime's (univariate, multivariate, or for different lengths),
which need numba; where it is missing these rows are left out. Ours are as they come, but for
``missing="ignore"``. Features that are drawn or trained have three seeds.

::

    pip install numba
    python -m examples.benchmarks.classification
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
from sklearn.linear_model import RidgeClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sktime.datasets import (
    load_acsf1,
    load_arrow_head,
    load_basic_motions,
    load_gunpoint,
    load_italy_power_demand,
    load_japanese_vowels,
    load_osuleaf,
)
from sktime.datatypes import convert_to
from sktime.transformations.rocket import (
    MiniRocket,
    MiniRocketMultivariate,
    MiniRocketMultivariateVariable,
)

from examples.benchmarks.pages import page
from examples.command_line import script_parser
from examples.paper.tables import markdown
from examples.paths import RESULTS, ROOT
from skscale import AveragePooling, MultiScale, MultiScaleAutoencoder, SeriesFeatures

PAGE = ROOT / "docs" / "autoencoder.md"
OUT = RESULTS / "benchmarks" / "classification.csv"
SETS = {
    "ItalyPowerDemand": load_italy_power_demand,
    "GunPoint": load_gunpoint,
    "ArrowHead": load_arrow_head,
    "OSULeaf": load_osuleaf,
    "ACSF1": load_acsf1,
    "BasicMotions": load_basic_motions,
    "JapaneseVowels": load_japanese_vowels,
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


def rows_of(name: str, seeds: list[int]) -> Iterator[dict[str, object]]:
    """Accuracies of all kinds of features on one set."""
    loaded = [SETS[name](split=part, return_type="nested_univ") for part in ("train", "test")]
    parts, (y, y_test) = [X for X, _ in loaded], [y for _, y in loaded]
    for seed in seeds:
        makers = [one for one in ALONE if one is not rocket or find_spec("numba")]
        found = {make: features(make, parts, seed) for make in makers}
        for kind, used in KINDS.items():
            drawn = latent in used or rocket in used
            if not set(used) <= set(found) or (seed != seeds[0] and not drawn):
                continue
            train, test = (np.hstack([found[one][0][k] for one in used]) for k in (0, 1))
            classifier = make_pipeline(StandardScaler(), RidgeClassifierCV(PENALTIES))
            accuracy = classifier.fit(train, y).score(test, y_test)
            row = {"set": name, "features": kind, "seed": seed, "n_features": train.shape[1]}
            seconds = sum(found[one][1] for one in used)
            yield {**row, "accuracy": accuracy, "seconds": seconds}


def filled(text: str) -> str:
    """The page with the stored table."""
    by = pd.read_csv(OUT).groupby(["set", "features"])["accuracy"]
    means, spread = by.mean().unstack(), by.std().unstack()
    names = [name for name in SETS if name in means.index]
    kinds = [kind for kind in KINDS if kind in means]
    lines = [
        [name, *(_cell(means.loc[name, kind], spread.loc[name, kind]) for kind in kinds)]
        for name in names
    ]
    lines.append(["mean", *(f"{means[kind].mean():.3f}" for kind in kinds)])
    return page(text, {"classification": markdown(["set", *kinds], lines)})


def _cell(mean: float, spread: float) -> str:
    return f"{mean:.3f} ± {spread:.3f}" if spread >= 0.0005 else f"{mean:.3f}"


def main() -> None:
    """Print and store the table."""
    parser = script_parser(__doc__ or "")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    rows = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in options.sets:
            for row in rows_of(name, options.seeds):
                rows.append(row)
                print(row, flush=True)
    table = pd.DataFrame(rows)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(options.out, float_format="%.4f", index=False)
    if options.out == OUT:
        PAGE.write_text(filled(PAGE.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()

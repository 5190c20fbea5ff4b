"""Anomaly detectors on the two sets inside sktime and on anomalies put into ETTh1.

Every method learns from the first rows, which are regular, and is judged on the rest. ``yahoo`` is
an hourly series with seven labelled points, ``mitdb`` an electrocardiogram with a labelled
stretch of 352 points; no loader of sktime reads them. sktime's third file with labels,
``seatbelts``, marks one change and no anomaly. In ETTh1, spikes, level shifts, bursts of noise,
stuck values, stretches upside down and drifts are put into 3,000 hours behind 3,000 that stay as
they were, five of each; sizes are multiples of the standard deviation of the hourly differences.
In the set of all seven columns each is in one column.

Detectors of PyOD see every window of the series (of the length that ours chooses) less its mean;
the score of a point is the mean over the windows that it is part of. Their contamination is 0.01,
the share of learned windows beyond their threshold. sktime's two detectors look at the whole
series at once, and give no scores. Ours are as they come.

::

    pip install pyod
    python -m examples.benchmarks.anomalies
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from time import process_time
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score
from sktime.detection.hampel import HampelDetector
from sktime.detection.lof import SubLOF

from examples.benchmarks.measure import printed
from examples.command_line import script_parser
from examples.paper.tables import DASH, markdown
from examples.paths import DATA, RESULTS, ROOT
from skscale import MultiScaleAnomalyDetector

PAGE = ROOT / "docs" / "detection.md"
OUT = RESULTS / "benchmarks" / "anomalies.csv"
PYOD = {"IForest": "iforest", "KNN": "knn", "LOF": "lof", "PCA": "pca"}
ROWS = 3000  # of ETTh1, to learn from and to judge by
KINDS = ("spike", "level", "noise", "stuck", "mirrored", "drift")
OF_A_KIND = 5
WINDOWS = {"yahoo": 96, "mitdb": 256, "ETTh1": 96}  # what window_length="auto" comes to


class Problem(NamedTuple):
    """A series, how much of it is regular and known, and what is an anomaly."""

    set: str
    X: pd.DataFrame
    n_learned: int
    labels: np.ndarray


class Found(NamedTuple):
    """Which of the rows to judge are anomalies; scores where a method has some."""

    labels: np.ndarray
    scores: np.ndarray | None


def of_sktime() -> Iterator[Problem]:
    """Sets that come with sktime."""
    folder = Path(str(files("sktime.datasets"))) / "data"
    for name, freq, n_learned in (("yahoo", "h", 400), ("mitdb", None, 5000)):
        table = pd.read_csv(folder / name / f"{name}.csv")
        X = table[["data"]].astype(float)
        if freq is not None:
            X.index = pd.period_range("2000-01-01", periods=len(X), freq=freq)
        yield Problem(name, X, n_learned, table["label"].to_numpy() != 0)


def of_etth1(data: Path, seeds: list[int]) -> Iterator[Problem]:
    """ETTh1 with anomalies put in."""
    path = data / "ett" / "ETTh1.csv.xz"
    table = pd.read_csv(path, parse_dates=["date"], index_col="date")[: 2 * ROWS].asfreq("h")
    for name, columns in {"OT": ["OT"], "HUFL": ["HUFL"], "all": list(table)}.items():
        for seed in seeds:
            X, labels = with_anomalies(table[columns], ROWS, seed)
            yield Problem(f"ETTh1 {name}", X, ROWS, labels)


def with_anomalies(X: pd.DataFrame, start: int, seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Put anomalies into the rows from ``start`` on; return them and their labels."""
    rng = np.random.default_rng(seed)
    values, labels = X.to_numpy().copy(), np.zeros(len(X), dtype=bool)
    kinds = rng.permutation(np.repeat(KINDS, OF_A_KIND))
    for kind, place in zip(kinds, np.linspace(start + 50, len(X) - 100, len(kinds)), strict=True):
        first = int(place) + int(rng.integers(0, 20))
        length = 1 if kind == "spike" else int(rng.integers(12, 37))
        part, column = slice(first, first + length), int(rng.integers(X.shape[1]))
        size = X.iloc[:start, column].diff().std()
        values[part, column] = _changed(str(kind), values[part, column], size, rng)
        labels[part] = True
    return pd.DataFrame(values, X.index, X.columns), labels


def _changed(kind: str, x: np.ndarray, size: float, rng: np.random.Generator) -> np.ndarray:
    sign = rng.choice([-1.0, 1.0])
    if kind == "noise":
        return x + rng.normal(0, 2 * size, len(x))
    if kind == "stuck":
        return np.full_like(x, x[0])
    if kind == "mirrored":
        return 2 * x.mean() - x
    by = {"spike": 5 * size, "level": 3 * size, "drift": np.linspace(0, 6 * size, len(x))}
    return x + sign * by[kind]


def ours(problem: Problem, **parameters: Any) -> Found:
    """Our detector."""
    detector = MultiScaleAnomalyDetector(random_state=0, **parameters)
    detector.fit(problem.X[: problem.n_learned])
    scores = detector.transform_scores(problem.X[problem.n_learned :])["scores"].to_numpy()
    return Found(scores > detector.threshold_, scores)


def of_pyod(problem: Problem, name: str) -> Found:
    """A detector of PyOD on windows."""
    length = WINDOWS[problem.set.split()[0]]
    kind = getattr(import_module(f"pyod.models.{PYOD[name]}"), name)
    windows = np.lib.stride_tricks.sliding_window_view(problem.X.to_numpy(), length, axis=0)
    windows = (windows - windows.mean(axis=2, keepdims=True)).reshape(len(windows), -1)
    first = problem.n_learned - length + 1  # the first window with a row to judge
    seed = {"random_state": 0} if name == "IForest" else {}
    model = kind(contamination=0.01, **seed).fit(windows[:first])
    found = model.decision_function(windows[first:])
    total, count = np.zeros((2, len(problem.X) - first))
    for k in range(length):
        total[k : k + len(found)] += found
        count[k : k + len(found)] += 1
    scores = (total / count)[length - 1 :]
    return Found(scores > model.threshold_, scores)


def of_sktimes(problem: Problem, detector: Any) -> Found:
    """A detector of sktime, column by column, on the whole series."""
    labels = np.zeros(len(problem.X), dtype=bool)
    for column in problem.X:
        one = problem.X[[column]].reset_index(drop=True)
        labels[detector.clone().fit(one).predict(one)["ilocs"].to_numpy(dtype=int)] = True
    return Found(labels[problem.n_learned :], None)


def methods() -> dict[str, Callable[[Problem], Found]]:
    """What is compared; PyOD's where it is installed."""
    found: dict[str, Callable[[Problem], Found]] = {
        "ours": ours,
        "ours, forecasts": partial(ours, autoencoder="drop"),
        "ours, reconstructions": partial(ours, forecaster="drop"),
        "sktime HampelDetector": partial(of_sktimes, detector=HampelDetector(window_length=25)),
        "sktime SubLOF": partial(of_sktimes, detector=SubLOF(20, window_size=500, novelty=True)),
    }
    if find_spec("pyod") is None:
        print("pyod is not installed: its rows are left out")
        return found
    return found | {f"PyOD {name}": partial(of_pyod, name=name) for name in PYOD}


def judged(found: Found, labels: np.ndarray) -> dict[str, float]:
    """Scores of a method by the true ``labels``."""
    right = float((found.labels & labels).sum())
    edges = np.flatnonzero(np.diff(labels.astype(int), prepend=0, append=0))
    events = [found.labels[a:b].any() for a, b in edges.reshape(-1, 2)]
    scored = found.scores is not None
    # PyOD's may be infinite, where a window varies in what never varied before.
    precision = average_precision_score(labels, np.nan_to_num(found.scores)) if scored else np.nan
    return {
        "average_precision": float(precision),
        "f1": 2 * right / float(found.labels.sum() + labels.sum()),
        "events_found": float(np.mean(events)),
        "false_per_1000": 1000 * float(found.labels[~labels].mean()),
    }


def compare(problem: Problem) -> Iterator[dict[str, object]]:
    """Rows of the table."""
    truth = problem.labels[problem.n_learned :]
    for name, method in methods().items():
        started = process_time()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = method(problem)
        seconds = process_time() - started
        yield {"set": problem.set, "method": name, **judged(found, truth), "seconds": seconds}


def means(rows: pd.DataFrame) -> pd.DataFrame:
    """Means over the seeds of a set, and how many there were."""
    by = rows.groupby(["set", "method"], sort=False)
    table = by.mean().reset_index()
    table.insert(2, "runs", by.size().to_numpy())
    return table


def filled(text: str) -> str:
    """The page with the stored table."""
    lines = [
        [
            *(row["set"], row["method"], row["runs"]),
            *(f"{row[name]:.2f}".replace("nan", DASH) for name in ("average_precision", "f1")),
            *(f"{row['events_found']:.0%}", f"{row['false_per_1000']:.1f}"),
            f"{row['seconds']:.1f}",
        ]
        for _, row in pd.read_csv(OUT).iterrows()
    ]
    titles = ("set", "method", "runs", "average precision", "F1", "anomalies found")
    table = markdown([*titles, "false of 1,000", "CPU seconds"], lines)
    place = re.compile(r"(<!-- anomalies -->\n).*?(<!-- end -->)", re.DOTALL)
    return place.sub(lambda found: f"{found[1]}{table}\n{found[2]}", text)


def main() -> None:
    """Print and store the table."""
    parser = script_parser(__doc__ or "")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    problems = (*of_sktime(), *of_etth1(options.data, options.seeds))
    table = means(printed(row for problem in problems for row in compare(problem)))
    print(table.round(3).to_string())
    options.out.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(options.out, float_format="%.4f", index=False)
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()

"""Does augmentation help a simple classifier? Eight ways on two small sets inside sktime.

    python -m examples.augmentation

Each way adds ``COPIES`` variations of every training series: jitter (independent normal noise),
scaling (one normal factor for a series), or variations in the latent space of a multi-scale
autoencoder fitted on the training series: noise, one factor for a scale, the difference of two
series of a class, or a part of the way to a neighbour of the class; noise also where sparse series
change most ("adaptive"), and in a variational form. The strength of each is
chosen by cross-validation on the training part, where variations of held-out series never enter
the training; the test part is used once. One-nearest-neighbour and logistic regression classify;
test accuracy is the mean over seeds.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.base import ClassifierMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sktime.datasets import load_arrow_head, load_gunpoint

from examples.benchmarks.pages import page
from examples.paper.tables import markdown
from examples.paths import RESULTS, ROOT
from skscale.representation import MultiScaleAutoencoder

PAGE = ROOT / "docs" / "results" / "index.md"
OUT = RESULTS / "augmentation.csv"
SETS = {"ArrowHead": load_arrow_head, "GunPoint": load_gunpoint}
CLASSIFIERS = {
    "nearest neighbour": KNeighborsClassifier(1),
    "logistic regression": make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000)),
}
COPIES = 4
STRENGTHS = (0.1, 0.3, 1.0)


def autoencoder(X: np.ndarray, seed: int, variational: bool = False) -> MultiScaleAutoencoder:
    return MultiScaleAutoencoder(
        latent_size=8,
        hidden_size=128,
        variational=variational,
        validation_fraction=0.0,
        device="cpu",
        random_state=seed,
    ).fit(X)


class Augmenter:
    """Variations of series of known classes; an autoencoder is fitted once."""

    def __init__(self, X: np.ndarray, y: np.ndarray, way: str, seed: int):
        self.X, self.y, self.way, self.seed = X, y, way, seed
        self.model = None
        if way.startswith("latent"):
            self.model = autoencoder(X, seed, variational=way.endswith("variational"))

    def extended(self, strength: float) -> tuple[np.ndarray, np.ndarray]:
        """Series with ``COPIES`` variations of each, and their labels."""
        if self.way == "none":
            return self.X, self.y
        rng = np.random.RandomState(self.seed)
        parts = [self.X, *(self._varied(strength, rng) for _ in range(COPIES))]
        return np.concatenate(parts), np.tile(self.y, COPIES + 1)

    def _varied(self, strength: float, rng: np.random.RandomState) -> np.ndarray:
        X = self.X
        if self.way == "jitter":
            return X + strength * X.std() * rng.standard_normal(X.shape)
        if self.way == "scaling":
            return X * (1 + strength * rng.standard_normal((len(X), 1)))
        assert self.model is not None
        method, _, form = self.way.removeprefix("latent ").partition(", ")
        return self.model.augment(
            X, strength, method=method, y=self.y, adaptive=form == "adaptive", random_state=rng
        )


WAYS = (
    *("none", "jitter", "scaling", "latent noise", "latent magnitude", "latent translation"),
    *("latent interpolation", "latent noise, adaptive", "latent noise, variational"),
)


def accuracy(
    classifier: ClassifierMixin, augmenter: Augmenter, strength: float, X: np.ndarray, y: np.ndarray
) -> float:
    return clone(classifier).fit(*augmenter.extended(strength)).score(X, y)


def chosen_strength(
    classifier: ClassifierMixin, folds: list[tuple[Augmenter, np.ndarray, np.ndarray]]
) -> float:
    """Strength with the best mean accuracy on the held-out folds."""
    means = [np.mean([accuracy(classifier, a, s, X, y) for a, X, y in folds]) for s in STRENGTHS]
    return STRENGTHS[int(np.argmax(means))]


def rows_of(name: str, seed: int) -> list[dict[str, object]]:
    """Test accuracies of all ways and classifiers on one set with one seed."""
    (X, y), (X_test, y_test) = (
        SETS[name](part, return_type="numpy3D") for part in ("train", "test")
    )
    X, X_test = X[:, 0], X_test[:, 0]
    splits = list(StratifiedKFold(4, shuffle=True, random_state=seed).split(X, y))
    rows = []
    for way in WAYS:
        folds = [(Augmenter(X[a], y[a], way, seed), X[b], y[b]) for a, b in splits]
        whole = Augmenter(X, y, way, seed)
        for label, classifier in CLASSIFIERS.items():
            strength = 0.0 if way == "none" else chosen_strength(classifier, folds)
            score = accuracy(classifier, whole, strength, X_test, y_test)
            rows.append(
                {"set": name, "classifier": label, "augmentation": way, "seed": seed}
                | {"strength": strength, "accuracy": round(score, 4)}
            )
    return rows


def shown(table: pd.DataFrame) -> str:
    """Mean accuracies of all ways."""
    means = table.pivot_table("accuracy", ["set", "classifier"], "augmentation")
    rows = means[list(WAYS)].iterrows()
    lines = [[*place, *(f"{value:.3f}" for value in row)] for place, row in rows]
    return markdown(["set", "classifier", *WAYS], lines)


def filled(text: str) -> str:
    """The page with the stored table."""
    return page(text, {"augmentation": shown(pd.read_csv(OUT))})


def main() -> None:
    """Print and store the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args()
    table = pd.DataFrame([row for name in SETS for s in args.seeds for row in rows_of(name, s)])
    print(shown(table))
    args.out.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(args.out, index=False)
    if args.out == OUT:
        PAGE.write_text(filled(PAGE.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()

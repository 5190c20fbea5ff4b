"""Multi-scale features before a linear model, on classification sets shipped with sktime.

    python -m examples.multiscale_features

Every set has its published train and test part. Both pipelines see the same series, scaler
and model; ``GridSearchCV`` chooses operator and scales of ``MultiScale`` by cross-validation on
the train part alone, the test part is used once. The table is printed as it comes out, also
where the extra features do not help.
"""

import time

import numpy as np
from sklearn.linear_model import RidgeClassifierCV
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sktime.datasets import (
    load_arrow_head,
    load_basic_motions,
    load_gunpoint,
    load_italy_power_demand,
    load_osuleaf,
)

from skscale.operators import AveragePooling, MaxPooling, MinPooling, MultiScale, Subsampling

SETS = {
    "ArrowHead": load_arrow_head,
    "BasicMotions": load_basic_motions,
    "GunPoint": load_gunpoint,
    "ItalyPowerDemand": load_italy_power_demand,
    "OSULeaf": load_osuleaf,
}
GRID = {
    "multiscale__operator": [AveragePooling(), MaxPooling(), MinPooling(), Subsampling()],
    "multiscale__scales": [(1,), (1, 2, 4), (1, 4, 12), (2, 4, 8), (4, 8), (8, 12)],
}


def linear_model() -> RidgeClassifierCV:
    return RidgeClassifierCV(alphas=np.logspace(-3, 5, 9))


def plain_pipeline() -> Pipeline:
    flatten = FunctionTransformer(lambda X: X.reshape(len(X), -1))
    return Pipeline([("flatten", flatten), ("scaler", StandardScaler()), ("model", linear_model())])


def multiscale_search() -> GridSearchCV:
    pipeline = Pipeline(
        [("multiscale", MultiScale()), ("scaler", StandardScaler()), ("model", linear_model())]
    )
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    return GridSearchCV(pipeline, GRID, cv=folds)


def main() -> None:
    print(f"{'set':<18}{'plain':>7}{'multi':>7}{'fit s':>7}  chosen")
    for name, load in SETS.items():
        X, y = load(split="train", return_type="numpy3D")
        X_test, y_test = load(split="test", return_type="numpy3D")
        plain = plain_pipeline().fit(X, y).score(X_test, y_test)
        start = time.perf_counter()
        search = multiscale_search().fit(X, y)
        seconds = time.perf_counter() - start
        best = search.best_params_
        chosen = f"{type(best['multiscale__operator']).__name__} {best['multiscale__scales']}"
        multi = search.score(X_test, y_test)
        print(f"{name:<18}{plain:>7.3f}{multi:>7.3f}{seconds:>7.1f}  {chosen}", flush=True)


if __name__ == "__main__":
    main()

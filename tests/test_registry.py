"""Estimators from text, and nothing else from it."""

import pytest
from sktime.registry import craft as sktime_craft

from skscale import AveragePooling, MultiScale, MultiScaleAutoencoder
from skscale.forecasting import all_forecasters
from skscale.operators import all_operators
from skscale.registry import craft, deps, imports


@pytest.mark.parametrize(
    "estimator",
    [
        *(kind(**kind.get_test_params()[0]) for kind in all_forecasters()),
        *(kind() for kind in all_operators()),
        MultiScaleAutoencoder(latent_size=3),
        MultiScale(AveragePooling(scale=3), scales=(1, 4)),
    ],
    ids=lambda one: type(one).__name__,
)
def test_the_text_of_an_estimator_is_read_back(estimator):
    found = craft(str(estimator))
    assert type(found) is type(estimator)
    assert str(found) == str(estimator)


def test_ours_stand_in_compositions_of_others():
    spec = "TransformedTargetForecaster([LogTransformer(), SigmaForecaster(d_model=4)])"
    assert craft(spec).steps[1].d_model == 4
    assert craft("MinMaxScaler((0, 2))").feature_range == (0, 2)
    spec = "Detrender() * NaiveForecaster(sp=12)"
    assert str(craft(spec)) == str(sktime_craft(spec))


def test_what_a_text_needs():
    spec = "Prophet() * LogTransformer() * SigmaForecaster()"
    assert deps(spec) == ["prophet", "skscale", "torch"]
    assert deps("PCA()") == []
    lines = imports("BaggingRegressor(MultiScale(AveragePooling()))").splitlines()
    assert set(lines) == {
        "from skscale import AveragePooling",
        "from skscale import MultiScale",
        "from sklearn.ensemble import BaggingRegressor",
    }
    names = {}
    exec(imports("SigmaForecaster() * Detrender()"), names)
    assert {"SigmaForecaster", "Detrender"} <= set(names)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            "SigmaForcaster()",
            "sktime or scikit-learn, got 'SigmaForcaster'",
        ),
        ("__import__('os')", "'__import__'"),
        ("SigmaForecaster().__class__", "may call estimators alone, got 'SigmaForecaster...__cl"),
        ("(lambda: 1)()", "may call estimators alone"),
        ("[PCA() for _ in (1, 2)]", "may call estimators alone"),
        ("PCA(); PCA()", "must be one expression of Python"),
        ("PCA(", "must be one expression of Python"),
        (3, "spec must be text, got int"),
    ],
)
def test_all_else_is_refused(spec, message):
    for read in (craft, deps, imports):
        with pytest.raises(ValueError, match=message):
            read(spec)

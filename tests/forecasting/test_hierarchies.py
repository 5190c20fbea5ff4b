"""Forecasts of a hierarchy add up under sktime's reconciliation, intervals included."""

import numpy as np
import pytest
from sktime.datasets import load_hierarchical_sales_toydata
from sktime.forecasting.reconcile import ReconcilerForecaster
from sktime.transformations.hierarchical.aggregate import Aggregator
from sktime.transformations.hierarchical.reconcile import BottomUpReconciler, OptimalReconciler

from skscale import SigmaForecaster

FH = range(1, 7)


@pytest.fixture(scope="module")
def sales():
    """Two lines of two groups each, the lines' totals and that of all, 48 months."""
    y = Aggregator(flatten_single_levels=False).fit_transform(load_hierarchical_sales_toydata())
    return y.groupby(level=[0, 1]).head(48)


def forecaster(**parameters):
    return SigmaForecaster(max_epochs=1, random_state=0, **parameters)


def check_adds_up(found, columns=1):
    line, group = (found.index.get_level_values(level) for level in (0, 1))
    assert found.shape == (7 * len(FH), columns)
    assert np.isfinite(found.to_numpy()).all()
    groups = found[group != "__total"]
    of_lines = found[(line != "__total") & (group == "__total")].droplevel(1)
    of_all = found[line == "__total"].droplevel([0, 1])
    for parts, totals in (
        (groups.groupby(level=[0, 2]).sum(), of_lines),
        (groups.groupby(level=2).sum(), of_all),
    ):
        assert len(parts) == len(totals)
        np.testing.assert_allclose(parts.loc[totals.index], totals, rtol=1e-9, atol=1e-9)


def test_alone_they_do_not_add_up(sales):
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        check_adds_up(forecaster().fit(sales, fh=FH).predict())


@pytest.mark.filterwarnings("ignore:.*remember_data:FutureWarning")
@pytest.mark.parametrize("method", ["bu", "ols", "wls_str", "wls_var", "mint_shrink", "td_fcst"])
def test_forecasts_add_up(sales, method):
    reconciled = ReconcilerForecaster(forecaster(), method=method).fit(sales, fh=FH)
    check_adds_up(reconciled.predict())
    if method == "bu":  # that of the groups alone
        groups = sales[sales.index.get_level_values(1) != "__total"]
        alone = forecaster().fit(groups, fh=FH).predict()
        np.testing.assert_allclose(reconciled.predict().loc[alone.index], alone)


@pytest.mark.filterwarnings("ignore:.*remember_data:FutureWarning")
@pytest.mark.parametrize("reconciler", [BottomUpReconciler(), OptimalReconciler("ols")])
def test_intervals_add_up(sales, reconciler):
    pipeline = (reconciler * forecaster()).fit(sales, fh=FH)
    check_adds_up(pipeline.predict())
    interval = pipeline.predict_interval(coverage=[0.5, 0.8])
    check_adds_up(interval, columns=4)
    lower, upper = interval.xs("lower", axis=1, level=2), interval.xs("upper", axis=1, level=2)
    assert (lower.to_numpy() < upper.to_numpy()).all()
    median = pipeline.predict_quantiles(alpha=[0.5])
    np.testing.assert_allclose(median.to_numpy(), pipeline.predict().to_numpy(), rtol=1e-9)

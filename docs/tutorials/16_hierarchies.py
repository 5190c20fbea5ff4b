# %% [markdown]
# # Hierarchies
#
# Sales of groups add up to those of a line, and lines to all. Forecasts that were made one by one
# do not: the total is forecast, too, and differs from the sum. sktime reconciles them, and takes
# our forecasters as they are.

# %%
from sktime.datasets import load_hierarchical_sales_toydata
from sktime.transformations.hierarchical.aggregate import Aggregator

groups = load_hierarchical_sales_toydata()  # two lines of two groups, by month
y = Aggregator(flatten_single_levels=False).fit_transform(groups)
train, test = y.groupby(level=[0, 1]).head(48), y.groupby(level=[0, 1]).tail(12)
print(y.groupby(level=[0, 1]).size().to_string())

# %% [markdown]
# Totals stand at `__total`. One fit forecasts all seven series, and they do not add up:

# %%
from skscale import SigmaForecaster


def distance(y_pred):
    """Largest distance between a total of all and the sum of the groups."""
    of_groups = y_pred[y_pred.index.get_level_values(1) != "__total"]
    total = y_pred.loc[("__total", "__total")]
    return (of_groups.groupby(level=-1).sum() - total).abs().to_numpy().max()


fh = range(1, 13)
forecaster = SigmaForecaster(random_state=0).fit(train, fh=fh)
print(f"off by up to {distance(forecaster.predict()):.0f} sales a month")

# %% [markdown]
# ## Forecasts that add up
#
# `ReconcilerForecaster` changes them as little as it can. `"bu"` sums the groups up, `"ols"` and
# `"mint_shrink"` use what the totals say as well; the latter weighs every series by its errors in
# training.

# %%
import warnings

from sktime.forecasting.reconcile import ReconcilerForecaster

warnings.simplefilter("ignore", FutureWarning)  # of sktime, on what its own wrappers keep
errors = {"alone": (forecaster.predict() - test).abs()["Sales"]}
for method in ("bu", "ols", "mint_shrink"):
    reconciled = ReconcilerForecaster(SigmaForecaster(random_state=0), method=method)
    y_pred = reconciled.fit(train, fh=fh).predict()
    assert distance(y_pred) < 1e-9
    errors[method] = (y_pred - test).abs()["Sales"]
for name, error in errors.items():
    whole = error.loc[("__total", "__total")].mean()
    print(f"{name:<12} mean absolute error {error.mean():5.1f}, of the total {whole:5.1f}")

# %% [markdown]
# ## Intervals that add up
#
# `ReconcilerForecaster` has none. sktime's reconcilers are transformers, too, and as the first
# step of a pipeline they bring back quantiles as well as forecasts.

# %%
from sktime.transformations.hierarchical.reconcile import BottomUpReconciler, OptimalReconciler

for reconciler in (BottomUpReconciler(), OptimalReconciler("ols")):
    pipeline = (reconciler * SigmaForecaster(random_state=0)).fit(train, fh=fh)
    interval = pipeline.predict_interval(coverage=0.8)
    assert distance(interval) < 1e-9
    ends = interval["Sales", 0.8]
    width = (ends["upper"] - ends["lower"]).loc[("__total", "__total")].mean()
    inside = test["Sales"].between(ends["lower"], ends["upper"]).mean()
    print(f"{type(reconciler).__name__:<18} width of the total {width:4.0f}, holds {inside:.0%}")

# %% [markdown]
# Both ends add up, as if all groups had their bad months together. Errors of groups that do not
# depend on each other cancel in the sum, so the intervals of totals are on the wide side; those of
# `forecaster.predict_interval()`, which do not add up, know the errors of the totals themselves.
#
# ## What next
#
# - [Panels](03_panels.md): many series in one fit.
# - [Intervals](05_intervals.md).

# %% [markdown]
# # Intervals
#
# A forecast without a word on its error is half a forecast. Every forecaster gives intervals and
# quantiles, without another fit.

# %%
from sktime.datasets import load_hierarchical_sales_toydata

from skscale import SigmaForecaster

sales = load_hierarchical_sales_toydata()
y = sales.loc[("Food preparation", "Hobs"), "Sales"]  # by month, 2000 to 2004
forecaster = SigmaForecaster(random_state=0).fit(y[:-12], fh=range(1, 13))
print(forecaster.predict_interval(coverage=0.8).head(3).round(1).to_string())
print(forecaster.predict_quantiles(alpha=[0.1, 0.5, 0.9]).head(3).round(1).to_string())

# %% [markdown]
# The median is the forecast itself, and quantiles never cross.

# %% Monthly sales of hobs, the forecast of a year, and intervals of 80 and 95 %
from skscale.plotting import ForecastDisplay

ForecastDisplay.from_estimator(forecaster, y=y, coverage=[0.8, 0.95]).plot()

# %% [markdown]
# ## Are they right?
#
# An interval of 80 % should hold 80 % of the values. Twelve values decide nothing, many cut-offs
# more. `backtest` fits once, on the first six years of airline passengers, and forecasts from
# every later month on.

# %%
from sktime.datasets import load_airline
from sktime.performance_metrics.forecasting.probabilistic import EmpiricalCoverage
from sktime.split import ExpandingWindowSplitter

from skscale.evaluation import backtest

passengers = load_airline()
cv = ExpandingWindowSplitter(fh=range(1, 13), initial_window=72)
scoring = EmpiricalCoverage(coverage=[0.8, 0.95])
found = backtest(SigmaForecaster(random_state=0), passengers, cv, scoring=scoring, detail=True)
for coverage in (0.8, 0.95):
    held = found.intervals_by_step(coverage)["coverage"].mean()
    print(f"{coverage:.0%} interval: holds {held:.0%}")
print(found.intervals_by_step(0.8).iloc[[0, 5, 11]].round(2).to_string())

# %% [markdown]
# Intervals widen with the step. `interval_score` is the width, and a fine for each value outside:
# narrow and right is best.
#
# ## Where they come from
#
# From errors on a part of the series that is held out in `fit`, and from the quantiles of the
# trained weights where such errors are few. Without the weights:

# %%
alone = SigmaForecaster(pretrained=None, random_state=0)
other = backtest(alone, passengers, cv, scoring=scoring, detail=True)
for name, one in {"default": found, "pretrained=None": other}.items():
    means = one.intervals_by_step(0.8).mean()
    print(f"{name:<16} holds {means['coverage']:.0%}, score {means['interval_score']:.0f}")

# %% [markdown]
# On this one series the weights do not pay: without them intervals are wider and score a little
# better. On many series it is the other way round, see [Intervals](../intervals.md).
#
# ## What they cannot know
#
# Intervals tell of errors like those seen before. Where a series does what it never did, they are
# too narrow. The same passengers, two years ahead after ten:

# %%
forecaster.fit(passengers[:-24], fh=range(1, 25))
interval = forecaster.predict_interval(coverage=0.8)
interval.columns = ["lower", "upper"]
inside = passengers[-24:].between(interval["lower"], interval["upper"])
print(f"{inside.sum()} of 24 values inside")

# %% [markdown]
# ## What next
#
# - [Intervals](../intervals.md) says how they are made, and has measured coverages on sets of all
#   kinds.
# - [Missing values](06_missing_values.md).

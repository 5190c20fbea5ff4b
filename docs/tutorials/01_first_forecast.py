# %% [markdown]
# # A first forecast
#
# Ten years of airline passengers are known, month by month. What will the next two years bring?
#
# The data come with sktime. They are real, and what came is known, so that every forecast can be
# checked.

# %%
from sktime.datasets import load_airline

y = load_airline()
known, later = y[:-24], y[-24:]
print(known.tail(3).to_string())

# %% [markdown]
# ## Fit and predict
#
# `fh` is the forecasting horizon: the steps after the last value that are asked for.
# `random_state` makes the result the same whenever it is run on this machine.

# %% The last six years of the series, and the forecast of two more with its interval
from skscale import SigmaForecaster
from skscale.plotting import ForecastDisplay

forecaster = SigmaForecaster(random_state=0).fit(known, fh=range(1, 25))
y_pred = forecaster.predict()
ForecastDisplay.from_estimator(forecaster, y=y, coverage=0.9).plot(n_last=72)

# %% [markdown]
# The band should hold nine values in ten. Here it holds fewer: from these years on the passengers
# grew faster than before. [Intervals](05_intervals.md) has more on that.
#
# ## How good is it?
#
# An error says little by itself. Beside it stands the simplest forecast that knows the season: the
# same month of the last year that was seen.

# %%
from sktime.forecasting.naive import NaiveForecaster
from sktime.performance_metrics.forecasting import mean_absolute_error

naive = NaiveForecaster(sp=12).fit(known, fh=range(1, 25)).predict()
print(f"SigmaForecaster: {mean_absolute_error(later, y_pred):.1f} thousand passengers off")
print(f"seasonal naive:  {mean_absolute_error(later, naive):.1f}")

# %% [markdown]
# ## Who made it?
#
# A hundred points cannot teach a network. A forecaster of skscale is a blend of candidates: small
# networks that were trained on many other series and come with the package (`net`), textbook
# forecasts, and what this series itself can teach (`ridge`, a regression, and `network`). Errors
# on a part of the series that is held out in `fit` say who gets which share.

# %%
print(forecaster.weights_.T.round(3).to_string())
print(forecaster.history_["notes"])

# %% [markdown]
# So on this series `SigmaForecaster` does not use Sigma at all, and the note says so. From 20,000
# values on, or with `pretrained=None`, it does.
#
# ## Where it does not win
#
# The forecast stays below what came. Taking logarithms first makes the season a constant factor.
# That is one line with sktime, and the forecaster goes into a pipeline like any other:

# %%
from sktime.transformations.series.boxcox import LogTransformer

pipe = LogTransformer() * SigmaForecaster(random_state=0)
in_logarithms = pipe.fit(known, fh=range(1, 25)).predict()
print(f"on logarithms: {mean_absolute_error(later, in_logarithms):.1f}")

# %% [markdown]
# ## What next
#
# - [What Sigma learns](02_what_sigma_learns.md) looks inside the network.
# - [Panels](03_panels.md) has many series at once.
# - [Backtest](07_backtest.md) shows how to choose between forecasters by more than one horizon.

# %% [markdown]
# # Missing values
#
# Gaps need no filling before. This page takes values away from a series that is whole, so that the
# cost can be seen.

# %%
import numpy as np
from sktime.datasets import load_airline

from skscale import SigmaForecaster

y = load_airline()
known, later = y[:-24].copy(), y[-24:]
rng = np.random.default_rng(0)
holes = rng.choice(len(known), size=len(known) // 4, replace=False)
known.iloc[holes] = np.nan
print(f"{known.isna().sum()} of {len(known)} values are missing")

# %% A quarter of the values is missing; the forecast of the next two years
from skscale.plotting import ForecastDisplay

forecaster = SigmaForecaster(random_state=0).fit(known, fh=range(1, 25))
ForecastDisplay.from_estimator(forecaster).plot()

# %% [markdown]
# ## What it costs
#
# Beside it: the forecast from all values, and sktime's `Imputer` before the same forecaster. A
# year is forecast from four cut-offs; holes are drawn three times for each.

# %%
from sktime.transformations.series.impute import Imputer

errors = {"all values": [], "a quarter missing": [], "imputed first": []}
for n in (84, 96, 108, 120):
    for seed in range(3):
        whole, later = y[:n], y[n : n + 12]
        holed = whole.copy()
        holed.iloc[np.random.default_rng(seed).choice(n, size=n // 4, replace=False)] = np.nan
        plain = SigmaForecaster(random_state=0)
        for name, one, seen in (
            ("all values", plain, whole),
            ("a quarter missing", plain, holed),
            ("imputed first", Imputer("drift") * plain, holed),
        ):
            y_pred = one.fit(seen, fh=range(1, 13)).predict()
            errors[name].append((y_pred - later).abs().mean())
for name, found in errors.items():
    print(f"{name:<18} {np.mean(found):.1f}  ({min(found):.1f} to {max(found):.1f})")

# %% [markdown]
# Without a quarter of the values the forecasts are no worse here, by chance a little better. Straight
# lines through the gaps (`"drift"` fits one) do some harm: the forecaster takes them for what was
# seen.
#
# One series decides little. [Missing values](../missing.md#what-it-costs) has the same on many.
#
# ## The last values are missing
#
# A sensor that is silent is a longer horizon, and intervals say so: they widen.

# %%
silent = y[:-24].copy()
silent.iloc[-6:] = np.nan
for name, seen in {"all values": y[:-24], "last six missing": silent}.items():
    forecaster.fit(seen, fh=range(1, 25))
    interval = forecaster.predict_interval(coverage=0.8)
    width = (interval.iloc[:, 1] - interval.iloc[:, 0]).iloc[0]
    print(f"{name:<17} first interval {width:.0f} wide")

# %% [markdown]
# ## Rows that are not there
#
# A date without a row is another matter: the step of the index must be even, and an error says
# where it is not.

# %%
try:
    SigmaForecaster().fit(y.drop(y.index[[40, 41]]), fh=[1, 2])
except ValueError as error:
    print(error)

# %% [markdown]
# `y.reindex(pd.period_range(...))`, or `y.asfreq("D")` for dates, makes missing values of them.
#
# ## What next
#
# - [Missing values](../missing.md) has the rules, and gaps of `X` and of panels.
# - [Backtest](07_backtest.md): which forecaster should it be?

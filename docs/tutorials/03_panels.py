# %% [markdown]
# # Panels, and series never seen
#
# Many series of a kind teach one network together. What it learned from some of them it uses on
# others, without a fit.
#
# The series here are days of electricity demand in Italy, 24 hours each. They come with sktime,
# every day centred and scaled for itself. 1029 days are there to learn from, 67 others to be
# forecast.

# %%
import pandas as pd
from sktime.datasets import load_italy_power_demand

learned, _ = load_italy_power_demand(split="test", return_type="numpy3D")
others, _ = load_italy_power_demand(split="train", return_type="numpy3D")
print(learned.shape, others.shape)

# %% [markdown]
# A panel is a data frame whose index has two levels: which series, and when.


# %%
def panel(days):
    """One series for each day."""
    index = pd.MultiIndex.from_product([range(len(days)), range(24)], names=["day", "hour"])
    return pd.DataFrame({"demand": days.ravel()}, index)


known, new = panel(learned), panel(others)
hour = new.index.get_level_values("hour")
morning, evening = new[hour < 16], new[hour >= 16]
print(morning.head(3))

# %% [markdown]
# ## Learn from some, forecast others
#
# `pretrain` learns from whole days. `fit` then only hands over the first 16 hours of days that the
# network has not seen; nothing is trained. `predict` forecasts the other eight.
#
# Three parameters differ from their defaults:
#
# - `context_length` and `prediction_length` say what a window is: here all of a day.
# - `linear_base=False`: these data suffice for the network alone.
# - `validation_fraction=0`: by default the last part of every series is held out. Here that would
#   be the evenings, and nobody learns of evenings from mornings.

# %% Four days that the network had not seen: 16 hours known, 8 forecast
from skscale import SigmaForecaster
from skscale.plotting import ForecastDisplay

forecaster = SigmaForecaster(
    context_length=16,
    prediction_length=8,
    linear_base=False,
    validation_fraction=0,
    random_state=0,
)
forecaster.pretrain(known)
y_pred = forecaster.fit(morning).predict(fh=range(1, 9))


def four(data):
    """The first four days."""
    return data[data.index.get_level_values("day") < 4]


ForecastDisplay.from_predictions(four(new), four(y_pred)).plot()

# %% [markdown]
# ## How good is it?
#
# Beside the last value and the mean evening of all days learned from, in units of the deviation of
# a day:


# %%
def off(y_pred):
    """Mean absolute error of the evenings."""
    return abs(y_pred - evening["demand"].to_numpy().reshape(-1, 8)).mean()


print(f"pretrained:   {off(y_pred['demand'].to_numpy().reshape(-1, 8)):.2f}")
print(f"mean evening: {off(learned[:, 0, 16:].mean(axis=0)):.2f}")
print(f"last value:   {off(others[:, 0, 15:16]):.2f}")

# %% [markdown]
# ## The same by default
#
# Where windows are all of a series, the defaults do badly, for the reason above. The evenings are
# held out, and the shares of the blend follow from them alone:

# %%
default = SigmaForecaster(context_length=16, prediction_length=8, random_state=0)
by_default = default.pretrain(known).fit(morning).predict(fh=range(1, 9))
print(f"default:      {off(by_default['demand'].to_numpy().reshape(-1, 8)):.2f}")

# %% [markdown]
# It is no better than the last value. Series that are longer than a few windows do not have this
# trouble.
#
# ## One fit for all series
#
# Without `pretrain`, `fit` trains on the panel that is forecast. Two years of monthly sales of
# four groups of products, after three years:

# %%
from sktime.datasets import load_hierarchical_sales_toydata

sales = load_hierarchical_sales_toydata()
seen = sales.groupby(level=[0, 1]).head(36)
later = sales.drop(seen.index)
together = SigmaForecaster(random_state=0).fit(seen, fh=range(1, 25)).predict()
naive = pd.concat([seen.groupby(level=[0, 1]).tail(12)] * 2).sort_index(
    level=[0, 1], sort_remaining=False
)
print(f"together:       {(together - later).abs().mean().item():.0f}")
print(f"seasonal naive: {(naive.to_numpy() - later).abs().mean().item():.0f}")

# %% [markdown]
# ## Good to know
#
# - Series may differ in length and begin at different times.
# - Columns of a data frame are channels; they are forecast together in the same way.
# - A forecast never depends on the order of the series, nor on which others stand beside it in
#   `predict`.
# - `fine_tune=True` trains further in `fit`, on the new series.
#
# ## What next
#
# - [Columns](04_columns.md) adds what else is known.
# - [Trained weights](11_trained_weights.md) were made in this way, from many thousand series.

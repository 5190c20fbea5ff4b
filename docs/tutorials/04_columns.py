# %% [markdown]
# # Columns: what else is known
#
# `X` holds what else is known. What becomes of a column depends on what it is: known ahead, known
# of the past alone, or a category. [Columns](../columns.md) has the rules; this page tries them.
#
# ## Known ahead
#
# Longley's data: employment in the United States, 16 years, with five columns beside. The last
# four years are held out.

# %%
from sktime.datasets import load_longley

from skscale import SigmaForecaster

employed, X = load_longley()
print(X.head(3).to_string())


# %%
def off(columns, **parameters):
    """Mean absolute error of four years, in thousands of persons."""
    forecaster = SigmaForecaster(random_state=0, **parameters)
    seen, ahead = (X[columns].iloc[:-4], X[columns].iloc[-4:]) if columns else (None, None)
    forecaster.fit(employed[:-4], X=seen, fh=range(1, 5))
    return (forecaster.predict(X=ahead) - employed[-4:]).abs().mean()


print(f"no columns:    {off([]):.0f}")
print(f"GNP:           {off(['GNP']):.0f}")
print(f"GNP and UNEMP: {off(['GNP', 'UNEMP']):.0f}")

# %% [markdown]
# `predict` was given the columns of the four years to come. In life nobody knows next year's gross
# national product: a column known ahead is a plan, a price, a calendar, or a forecast of its own.
# The figures say what the column is worth if it *is* known.
#
# ## What a column adds
#
# A linear effect is found in closed form, and only used where held-out points confirm it.
# `explain` shows it, in thousands of persons:

# %%
from skscale import explain

columns = ["GNP", "UNEMP"]
forecaster = SigmaForecaster(random_state=0)
forecaster.fit(employed[:-4], X=X[columns][:-4], fh=range(1, 5))
parts = explain(forecaster, X=X[columns][-4:]).droplevel("variable", axis=1)
print(parts.filter(like="effect").round(0).to_string())

# %% [markdown]
# ## Known of the past only
#
# `past_columns` names those that are not known ahead. `predict` then needs no values of them. They
# are features of the network, so they do something only where a network is trained:
# `pretrained=None` trains it.

# %%
forecaster = SigmaForecaster(past_columns=["GNP", "UNEMP"], pretrained=None, random_state=0)
forecaster.fit(employed[:-4], X=X[columns][:-4], fh=range(1, 5))
past_only = (forecaster.predict() - employed[-4:]).abs().mean()
print(f"past only:          {past_only:.0f}")
print(f"without, same form: {off([], pretrained=None):.0f}")

# %% [markdown]
# Twelve years teach a network next to nothing: the two differ by little, and both are further off
# than the default.
#
# ## Categories
#
# Text needs no encoding: each level but the first becomes a column of zeros and ones. Months of
# airline passengers differ in their number of days, and here that number is written as text.

# %%
from sktime.datasets import load_airline

y = load_airline()
length = y.index.days_in_month.astype(str)
X_months = length.to_frame(index=False, name="days").set_index(y.index)
print(X_months.iloc[:3])


# %%
def passengers_off(X, **parameters):
    """Mean absolute error of the last two years, in thousands."""
    forecaster = SigmaForecaster(random_state=0, **parameters)
    forecaster.fit(y[:-24], X=None if X is None else X[:-24], fh=range(1, 25))
    y_pred = forecaster.predict(X=None if X is None else X[-24:])
    return (y_pred - y[-24:]).abs().mean()


print(f"without:         {passengers_off(None):.1f}")
print(f"days of a month: {passengers_off(X_months):.1f}")

# %% [markdown]
# The season tells all this already; a column that says nothing new is left alone.
#
# ## Calendar and holidays
#
# `time_features` makes columns of the index itself: `"calendar"` and `"cyclic"` features of the
# network, and holidays, which act like a column known ahead: `time_features=["holidays:DE"]`. They
# need steps of a day or less, and no such set comes with sktime. The calendar alone:

# %%
print(f"calendar: {passengers_off(None, time_features=['calendar', 'cyclic']):.1f}")

# %% [markdown]
# With a season in the context, and too few values to train on, it changes nothing.
#
# ## What next
#
# - [Columns](../columns.md) has the rest: static columns, gaps, weights of steps and series, and
#   what each costs.
# - [Intervals](05_intervals.md): how sure is a forecast?

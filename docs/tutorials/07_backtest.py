# %% [markdown]
# # Backtest: choosing a forecaster
#
# One horizon is one throw of the dice. A backtest forecasts from many cut-offs of the past, each
# time from what was known then.
#
# ## Fit once, forecast from everywhere
#
# `backtest` fits on the first training window alone, six years here, and forecasts all later
# cut-offs in batched passes.

# %%
from sktime.datasets import load_airline
from sktime.performance_metrics.forecasting import MeanAbsoluteError
from sktime.split import ExpandingWindowSplitter

from skscale import DLinearForecaster, SigmaForecaster
from skscale.evaluation import backtest

y = load_airline()
cv = ExpandingWindowSplitter(fh=range(1, 13), initial_window=72)
scores = backtest(SigmaForecaster(random_state=0), y, cv, scoring=MeanAbsoluteError())
print(scores.columns.tolist())
print(f"{len(scores)} cut-offs, {scores.iloc[:, 0].mean():.1f} thousand passengers off")

# %% [markdown]
# ## Several, side by side

# %% Mean absolute errors by step, cut-off and scale
from skscale.plotting import BacktestDisplay

candidates = {
    "default": SigmaForecaster(random_state=0),
    "Sigma, no trained weights": SigmaForecaster(pretrained=None, random_state=0),
    "DLinear, no trained weights": DLinearForecaster(pretrained=None, random_state=0),
}
found = {name: backtest(one, y, cv, detail=True) for name, one in candidates.items()}
BacktestDisplay.from_backtest(found).plot()

# %%
for name, one in found.items():
    error = abs(one.forecasts - one.truth)
    print(f"{name:<28} {error.mean():.1f}")

# %% [markdown]
# ## Others
#
# sktime's `evaluate` takes any forecaster, ours too. With `strategy="no-update_params"` it does
# what `backtest` does, cut-off by cut-off, so that the figures can be compared.

# %%
from sktime.forecasting.exp_smoothing import ExponentialSmoothing
from sktime.forecasting.model_evaluation import evaluate
from sktime.forecasting.naive import NaiveForecaster

others = {
    "seasonal naive": NaiveForecaster(sp=12),
    "Holt-Winters": ExponentialSmoothing(trend="add", seasonal="mul", sp=12),
}
for name, one in others.items():
    table = evaluate(one, cv, y, scoring=MeanAbsoluteError(), strategy="refit")
    print(f"{name:<28} {table['test_MeanAbsoluteError'].mean():.1f}")

# %% [markdown]
# These two are fitted anew at every cut-off (`strategy="refit"`), which is cheap for them and is
# to their advantage. Holt-Winters with a multiplicative season is made for a series like this, and
# wins. Of ours, Sigma without the trained weights comes close: from the third month ahead on, six
# years of this series say more than the weights know. DLinear alone is hardly better than the
# seasonal naive forecast.
#
# ## Which one?
#
# Choose by cut-offs that you do not report. Errors of neighbouring cut-offs go together, so 61 of
# them are not 61 witnesses: a difference of a few per cent here may turn round next year.
#
# ## What next
#
# - [Tuning](08_tuning.md) has the search done for you.
# - [Results](../results/index.md) compares forecasters on more than one series.

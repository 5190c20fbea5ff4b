# %% [markdown]
# # What Sigma learns
#
# Sigma takes every window apart into a smooth part and what is left, and forecasts both. How
# smooth is smooth, it learns. This page looks at that.
#
# By default a short series is forecast by others (see [A first forecast](01_first_forecast.md)).
# Here the network stands alone, as in the paper: `linear_base=False` leaves out the regression and
# the textbook forecasts, and with them the weights that were trained on other series.

# %%
from sktime.datasets import load_airline

from skscale import SigmaForecaster

y = load_airline()
known, later = y[:-24], y[-24:]
alone = SigmaForecaster(
    linear_base=False,
    context_length=36,
    learning_rate=0.02,
    max_epochs=60,
    patience=60,
    random_state=0,
)
alone.fit(known, fh=range(1, 25))

# %% [markdown]
# ## Training
#
# The loss falls on the windows trained on. On those held out it falls less, and the weights of its
# best epoch are kept.

# %% Training and held-out loss by epoch, and the learning rate
from skscale.plotting import TrainingDisplay

TrainingDisplay.from_estimator(alone).plot()

# %% [markdown]
# ## Scales and kernel
#
# The smooth part is an average over neighbours, with the weights of a discrete Gaussian kernel.
# Sigma learns one scale for every distance: the scale at distance 3 says how much the neighbours
# three steps away count.

# %% Learned scales and the kernel that follows from them, by distance
from skscale.plotting import ScaleDisplay

ScaleDisplay.from_estimator(alone).plot()

# %%
print(alone.scales_[0][:5].round(2))

# %% [markdown]
# ## The decomposition
#
# The last window, and its two parts. They add up to the window.

# %% The last window, its smooth part and its residual
from skscale.plotting import DecompositionDisplay

display = DecompositionDisplay.from_estimator(alone)
display.plot()

# %%
off = (sum(display.parts.values()) - display.window).abs().max()
print(f"window less its parts: {off:.4f} at most")

# %% [markdown]
# ## What each part adds to the forecast
#
# `explain` splits the forecast itself. Its columns add up to what `predict` says.
# `network: rest` belongs to neither part: the level of the window, and biases.

# %%
from skscale import explain

parts = explain(alone).droplevel("variable", axis=1)
print(parts.head(3).round(1).to_string())
print((parts.sum(axis=1) - alone.predict()).abs().max() < 1e-6)

# %% [markdown]
# ## Is it better for it?
#
# On these two years it is:

# %%
default = SigmaForecaster(random_state=0).fit(known, fh=range(1, 25))
for name, forecaster in {"network alone": alone, "default": default}.items():
    print(f"{name}: {(forecaster.predict() - later).abs().mean():.1f} thousand passengers off")

# %% [markdown]
# But one horizon is one throw of the dice. Fitted on the first six years, and from every month on
# that follows:

# %%
from sktime.split import ExpandingWindowSplitter

from skscale.evaluation import backtest

cv = ExpandingWindowSplitter(fh=range(1, 13), initial_window=72)
for name, forecaster in {"network alone": alone, "default": default}.items():
    found = backtest(forecaster, y, cv, detail=True)
    print(f"{name}: {abs(found.forecasts - found.truth).mean():.1f} thousand passengers off")

# %% [markdown]
# There the default is ahead: six years are little for a network. It earns its keep on long series
# and large panels; the [papers' tables](../results/paper.md) have such.
#
# ## What next
#
# - [Looking inside](../plotting.md) has all displays.
# - [Operators for classification](09_operators.md) uses scales without a network.
# - [A network of your own](14_network.md) can join in.

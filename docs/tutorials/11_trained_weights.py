# %% [markdown]
# # Trained weights
#
# A short series cannot teach a network. skscale comes with small ones that were trained on many
# other series. Nothing is fetched: the files are in the package.

# %%
from skscale.pretrained import available, card

print(available())
print(sorted(card("seasonal-12")))

# %% [markdown]
# ## How they are used
#
# Every forecaster takes those of its season by itself. What are they worth? Four series of monthly
# sales, each forecast for itself, for a year, after 14 to 36 months. Errors are shares of the
# mean.

# %%
import numpy as np
from sktime.datasets import load_hierarchical_sales_toydata
from sktime.forecasting.naive import NaiveForecaster

from skscale import SigmaForecaster

sales = [
    one.droplevel([0, 1])["Sales"]
    for _, one in load_hierarchical_sales_toydata().groupby(level=[0, 1])
]


def off(forecaster, months):
    """Mean absolute error over the mean of a series, of a year's forecast."""
    return np.mean(
        [
            (forecaster.fit(y[:months], fh=range(1, 13)).predict() - y[months : months + 12])
            .abs()
            .mean()
            / y.mean()
            for y in sales
        ]
    )


print("months  default  without  seasonal naive")
for months in (14, 18, 24, 36):
    default = off(SigmaForecaster(random_state=0), months)
    without = off(SigmaForecaster(pretrained=None, random_state=0), months)
    naive = off(NaiveForecaster(sp=12), months)
    print(f"{months:>6}  {default:>7.1%}  {without:>7.1%}  {naive:>14.1%}")

# %% [markdown]
# Here they help at every length. `weights_` shows their share as `net`:

# %% Monthly sales, the forecast of a year from two, and its interval
from skscale.plotting import ForecastDisplay

y = sales[0]
forecaster = SigmaForecaster(random_state=0).fit(y[:24], fh=range(1, 13))
ForecastDisplay.from_estimator(forecaster, y=y[:36], coverage=0.9).plot()
print(forecaster.weights_.T.round(2).squeeze().loc[lambda share: share > 0].to_dict())

# %% [markdown]
# ## The network itself
#
# `load` gives a module of torch that forecasts any number of series at once, without a fit.
# Thirteen quantiles of every step:

# %%
import torch

from skscale.pretrained import for_season, load

net = load(for_season(12))
context = torch.tensor(y[:24].to_numpy(), dtype=torch.float32)[None]
quantiles = net.quantiles(context, steps=12)
print(quantiles.shape, net.quantile_levels)
print(quantiles[0, :, 6].round().tolist())

# %% [markdown]
# ## Where they do not help
#
# They know series like those of business and economy, which they were trained on. Lynx trapped in
# Canada, by the year, have a cycle of about ten years, and yearly weights know of no such thing:

# %%
from sktime.datasets import load_lynx

lynx = load_lynx()
for name, parameters in {
    "default": {},
    "season of ten, own data": {"season_length": 10, "pretrained": None},
}.items():
    one = SigmaForecaster(random_state=0, **parameters).fit(lynx[:-14], fh=range(1, 15))
    print(f"{name:<24} {(one.predict() - lynx[-14:]).abs().mean():.0f} animals off")

# %% [markdown]
# ## What next
#
# - [Trained weights](../pretrained.md) says what they were trained on, what they are worth, and
#   how far to trust them.
# - [Panels](03_panels.md): `pretrain` on series of your own.
# - [Saving](12_saving.md).

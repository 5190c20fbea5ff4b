# %% [markdown]
# # A network of your own
#
# A network becomes a forecaster in two steps. Panels, columns, intervals, missing values,
# `backtest` and searches then work for it.
#
# The one of this page looks at the window at two scales: averages over blocks, and what they
# leave. Each is mapped to the horizon by one linear layer, as changes from the last value.
#
# ## The network
#
# Derive from `ForecastNet` and write `_forecast`. Input is checked and gaps are filled already;
# `mask` says what was observed.

# %%
from torch import nn

from skscale.nn import ForecastNet
from skscale.ops import average_pool


class TwoScaleNet(ForecastNet):
    """Linear maps of block averages and of what they leave."""

    past_groups = future_groups = ()  # reads no features

    def __init__(
        self,
        context_length,
        prediction_length,
        n_channels,
        *,
        block=4,
        n_past_features=0,
        n_future_features=0,
    ):
        super().__init__(
            context_length,
            prediction_length,
            n_channels,
            n_past_features=n_past_features,
            n_future_features=n_future_features,
        )
        self.block = block
        self.maps = nn.ModuleDict(
            {name: nn.Linear(context_length, prediction_length) for name in ("coarse", "fine")}
        )

    def _forecast(self, x, past_features, future_features, mask):
        last = x[:, -1:]
        return last + sum(self._forecast_parts(x, past_features, mask).values())

    def _window_parts(self, x, past_features, mask):
        steps = x.shape[1]
        padded = nn.functional.pad(x.transpose(1, 2), (-steps % self.block, 0), mode="replicate")
        means = average_pool(padded, self.block).repeat_interleave(self.block, dim=-1)
        coarse = means[..., -steps:].transpose(1, 2)
        return {"coarse": coarse, "fine": x - coarse}

    def _forecast_parts(self, x, past_features, mask):
        parts = self._window_parts(x - x[:, -1:], past_features, mask)
        return {
            name: self.maps[name](part.transpose(1, 2)).transpose(1, 2)
            for name, part in parts.items()
        }


# %% [markdown]
# `_forecast` alone would do. `_window_parts` and `_forecast_parts` are there so that displays and
# `explain` can show the parts.
#
# ## The forecaster
#
# A dataclass that names the network, and has a field for each of its parameters that users set.

# %%
from dataclasses import dataclass
from typing import ClassVar

from skscale.forecasting import NetworkForecaster


@dataclass(kw_only=True, eq=False, repr=False)
class TwoScaleForecaster(NetworkForecaster):
    """Linear maps of two scales."""

    _network: ClassVar = TwoScaleNet

    block: int = 4


# %% [markdown]
# ## It is a forecaster

# %% The last window at two scales
from sktime.datasets import load_airline

from skscale.plotting import DecompositionDisplay

y = load_airline()
known, later = y[:-24], y[-24:]
forecaster = TwoScaleForecaster(linear_base=False, context_length=36, block=6, random_state=0)
forecaster.fit(known, fh=range(1, 25))
DecompositionDisplay.from_estimator(forecaster).plot()

# %%
print(forecaster.predict_interval(coverage=0.8).head(2).round(1).to_string())

# %% [markdown]
# ## Is it any good?

# %%
from sktime.split import ExpandingWindowSplitter

from skscale import DLinearForecaster, SigmaForecaster
from skscale.evaluation import backtest

cv = ExpandingWindowSplitter(fh=range(1, 13), initial_window=72)
alone = {"linear_base": False, "context_length": 36, "learning_rate": 0.02, "random_state": 0}
for kind in (TwoScaleForecaster, DLinearForecaster, SigmaForecaster):
    one = kind(max_epochs=60, patience=60, **alone)
    found = backtest(one, y, cv, detail=True)
    error = abs(found.forecasts - found.truth).mean()
    print(f"{kind.__name__:<19} {error:.1f} thousand passengers off")

# %% [markdown]
# Not bad at all: looking at changes from the last value pays on a series that grows. By default
# the three forecast alike on so few values: the trained weights do it.
#
# ## Tests for it
#
# sktime's checks run on it as on ours, once `get_test_params` gives small parameters:

# %%
from sktime.utils.estimator_checks import check_estimator

TwoScaleForecaster.get_test_params = classmethod(
    lambda cls, parameter_set="default": {"max_epochs": 2, "context_length": 4, "random_state": 0}
)
checked = check_estimator(
    TwoScaleForecaster,
    tests_to_run="test_fit_idempotent",
    raise_exceptions=True,
    verbose=False,
)
print(set(checked.values()))

# %% [markdown]
# ## What next
#
# - [A network of your own](../extending.md) has the contract in full.
# - [Coming from neuralforecast or darts](15_from_others.md).

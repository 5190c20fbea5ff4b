# %% [markdown]
# # From neuralforecast or darts to skscale
#
# The same work, call by call. Calls of the other two are quoted as their documentation has them,
# neuralforecast 3.3 and darts 0.48; they are not run here, and both change.
#
# ## The data
#
# | | neuralforecast | darts | skscale |
# | --- | --- | --- | --- |
# | one series | `DataFrame` with `unique_id`, `ds`, `y` | `TimeSeries.from_series(y)` | pandas `Series` with a time index |
# | many series | the same, more `unique_id` | `list` of `TimeSeries` | `DataFrame`, index of two levels |
# | several channels | – | components of a `TimeSeries` | columns |
# | missing values | `available_mask` | fill first | nan |
#
# Here is the long form of neuralforecast, from a hierarchy of sales that comes with sktime, and
# the way to ours:

# %%
from sktime.datasets import load_hierarchical_sales_toydata

sales = load_hierarchical_sales_toydata()
long = sales.reset_index()
long["unique_id"] = long["Product line"] + "/" + long["Product group"]
long["ds"] = long["Date"].dt.to_timestamp()
long = long.rename(columns={"Sales": "y"})[["unique_id", "ds", "y"]]
print(long.head(2).to_string())

y = long.set_index(["unique_id", "ds"]).sort_index()
print(y.head(2).to_string())

# %% [markdown]
# ## Fit and predict
#
# | | neuralforecast | darts | skscale |
# | --- | --- | --- | --- |
# | model | `NeuralForecast([TimeMixer(h=12, input_size=36, n_series=1)], freq="MS")` | `TSMixerModel(36, 12)` | `TimeMixerForecaster()` |
# | fit | `nf.fit(df)` | `model.fit(series)` | `.fit(y, fh=range(1, 13))` |
# | predict | `nf.predict()` | `model.predict(12)` | `.predict()` |
# | of other series | `nf.predict(df=other)` | `model.predict(12, series=other)` | `.pretrain(y)`, then `.fit(other).predict()` |
# | window | `input_size=36` | `input_chunk_length=36` | `context_length=36`, or found |
# | horizon | `h=12` | `output_chunk_length=12` | from `fh` |
# | steps | `max_steps=1000` | `n_epochs=100` | `max_epochs=20` |
# | seed | `random_seed=1` | `random_state=1` | `random_state=1` |
# | scaling | `local_scaler_type="standard"` | `Scaler()` | always, `scaler="standard"` |

# %%
from skscale import TimeMixerForecaster

known = y.groupby(level=0).head(48)
forecaster = TimeMixerForecaster(random_state=0).fit(known, fh=range(1, 13))
y_pred = forecaster.predict()
print(y_pred.head(2).round(1).to_string())

# %% [markdown]
# And back to the long form:

# %%
print(y_pred.rename(columns={"y": "TimeMixer"}).reset_index().head(2).round(1).to_string())

# %% [markdown]
# One thing is unlike both: on small data the network is not trained, see [A first
# forecast](01_first_forecast.md). To train it as the other two do, say so:

# %%
alone = TimeMixerForecaster(linear_base=False, random_state=0).fit(known, fh=range(1, 13))
later = y.drop(known.index)
naive = known.groupby(level=0).tail(12).to_numpy()
for name, off in {
    "default": y_pred - later,
    "network alone": alone.predict() - later,
    "seasonal naive": later - naive,
}.items():
    print(f"{name:<15} {off.abs().mean().item():.1f}")

# %% [markdown]
# On these four series the network alone is the best of the three.
#
# ## Columns
#
# | | neuralforecast | darts | skscale |
# | --- | --- | --- | --- |
# | known ahead | `futr_exog_list=["price"]`, `futr_df` | `future_covariates=` | `X=` in `fit` and `predict` |
# | past only | `hist_exog_list=["load"]` | `past_covariates=` | `X=`, `past_columns=["load"]` |
# | static | `stat_exog_list`, `static_df` | `static_covariates` | a column of `X` that is constant in each series |
# | calendar | columns made before | `add_encoders=` | `time_features=["calendar"]` |
# | weights | `sample_weight` column | `sample_weight=` | `series_weights=`, `horizon_weights=` |
#
# ## Intervals
#
# | neuralforecast | darts | skscale |
# | --- | --- | --- |
# | `loss=MQLoss(level=[80])`, or `prediction_intervals=PredictionIntervals()` and `predict(level=[80])` | `likelihood=QuantileRegression()`, `num_samples=` | `.predict_interval(coverage=0.8)`, always |
#
# ## Backtest, search, files
#
# | | neuralforecast | darts | skscale |
# | --- | --- | --- | --- |
# | backtest | `nf.cross_validation(df, n_windows=5)` | `model.historical_forecasts(retrain=False)` | `backtest(forecaster, y, cv)` |
# | search | `AutoTimeMixer` | `gridsearch` | `ForecastingGridSearchCV` of sktime |
# | save | `nf.save(path)` | `model.save(path)` | `forecaster.save(path)` |
# | load | `NeuralForecast.load(path)` | `TSMixerModel.load(path)` | `skscale.load(path)` |

# %%
from sktime.split import ExpandingWindowSplitter

from skscale.evaluation import backtest

cv = ExpandingWindowSplitter(fh=range(1, 7), initial_window=36, step_length=6)
print(backtest(TimeMixerForecaster(random_state=0), y, cv).iloc[:, [0, -1]].round(3).to_string())

# %% [markdown]
# ## What is not here
#
# Distributions other than quantiles and the normal one, sample paths, and many networks that the
# other two have. skscale has those of multi-scale forecasting and their neighbours.
#
# ## What next
#
# - [A first forecast](01_first_forecast.md), if you have not seen it.

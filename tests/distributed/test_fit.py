"""A fit to files is the fit to the same series in memory."""

import threading

import numpy as np
import pandas as pd
import pytest
import torch

from skscale.distributed import fit_parquet, predict
from skscale.forecasting import DLinearForecaster, SigmaForecaster
from skscale.training import Callback, SeriesBuffer, ShardedBuffer
from tests.distributed.tables import past, shops

pytest.importorskip("pyarrow")

QUICK = {"context_length": 14, "max_epochs": 2, "steps_per_epoch": 4, "random_state": 0}
COLUMNS = {"keys": "shop", "time": "day", "target": ["sales"]}


def table(gaps=False):
    """Sales of six shops of different lengths."""
    rows = past(shops()).reset_index()[["shop", "day", "sales"]]
    start = rows["shop"].map(
        {f"s{i}": pd.Timestamp("2024-01-01") + pd.Timedelta(days=i) for i in range(6)}
    )
    rows = rows[rows["day"] >= start].reset_index(drop=True)
    if gaps:
        rows.loc[[0, 20, 21, 22, 200], "sales"] = np.nan
    return rows


@pytest.fixture
def files(tmp_path):
    """Write a table to files, return their path."""

    def written(rows):
        rows.to_parquet(tmp_path / "x.parquet", row_group_size=50)
        return tmp_path / "x.parquet"

    return written


def numbers(forecaster):
    """All numbers that a forecast is made of."""
    model = forecaster.pretrained_
    nets = {"forecast": model.forecast, "rolled": model.rolled, "spread": model.spread}
    states = {name: net.state_dict() for name, net in nets.items()}
    return {f"{a}.{b}": value for a, state in states.items() for b, value in state.items()}


def assert_close(found, expected, tolerance):
    found, expected = numbers(found), numbers(expected)
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value, rtol=tolerance, atol=tolerance, msg=name)


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        (DLinearForecaster, {}),
        (DLinearForecaster, {"pretrained": None, "time_features": True, "intervals": "network"}),
        (SigmaForecaster, {"linear_base": False, "validation_fraction": 0.2}),
        (DLinearForecaster, {"pretrained": None, "validation_fraction": 0.0, "scaler": "mean"}),
        (
            DLinearForecaster,
            {"pretrained": None, "series_weights": {f"s{i}": i for i in range(6)}},
        ),
    ],
    ids=["default", "calendar, network of intervals", "alone", "nothing held out", "weights"],
)
@pytest.mark.parametrize("gaps", [False, True])
def test_one_shard_gives_the_bits_of_memory(files, kind, parameters, gaps):
    rows = table(gaps)
    parameters = {**QUICK, **parameters}
    expected = kind(**parameters).pretrain(rows.set_index(["shop", "day"]), fh=[1, 2, 3])
    found = fit_parquet(kind(**parameters), files(rows), **COLUMNS, fh=[1, 2, 3])
    assert_close(found, expected, 0.0)
    ours, memory = found.pretrained_, expected.pretrained_
    assert ours.shares == memory.shares
    assert ours.share == memory.share
    assert ours.history.train_loss == memory.history.train_loss
    assert ours.history.valid_loss == memory.history.valid_loss


@pytest.mark.parametrize("parameters", [{}, {"steps_per_epoch": None}], ids=["some", "all windows"])
def test_several_shards_give_the_network_of_memory_in_the_same_order(
    files, monkeypatch, parameters
):
    rows = table(gaps=True)
    parameters = {**QUICK, "pretrained": None, **parameters}
    found = fit_parquet(DLinearForecaster(**parameters), files(rows), **COLUMNS, shard_size=100)
    # Shards of a hundred rows end with the series s1, s3 and s5.
    first = torch.tensor([0, 2, 4, 6])

    def in_this_order(self, ends, n, generator):
        with ShardedBuffer(lambda i: self, first, self.lengths, 1) as buffer:
            yield from buffer.drawn(ends, n, generator)

    monkeypatch.setattr(SeriesBuffer, "drawn", in_this_order)
    expected = DLinearForecaster(**parameters).pretrain(rows.set_index(["shop", "day"]))
    assert_close(found, expected, 1e-5)


def test_it_forecasts_any_series(files):
    rows = table()
    path = files(rows)
    forecaster = fit_parquet(DLinearForecaster(**QUICK), path, **COLUMNS, fh=[1, 2, 3])
    model = forecaster.pretrained_
    found = predict(forecaster, path, fh=[1, 3], coverage=0.8)
    assert len(found) == 12
    assert found["error"].isna().all()
    assert np.isfinite(found["sales_lower_80"]).all()
    one = rows[rows["shop"] == "s3"].set_index("day")["sales"]
    alone = forecaster.fit(one).predict([1, 3])
    assert forecaster.model_ is model  # nothing was trained
    np.testing.assert_allclose(alone, found.loc[found["shop"] == "s3", "sales"], rtol=1e-5)


class Stops(Callback):
    def on_epoch_end(self, progress):
        raise KeyboardInterrupt


def test_what_stops_it_leaves_the_forecaster_and_no_thread(files):
    path = files(table())
    forecaster = DLinearForecaster(**QUICK, pretrained=None, callbacks=[Stops()])
    before = dict(vars(forecaster))
    with pytest.raises(KeyboardInterrupt):
        fit_parquet(forecaster, path, **COLUMNS, shard_size=100)
    assert vars(forecaster) == before
    assert not [one for one in threading.enumerate() if one.name.startswith("skscale-shards")]


def test_wrong_values_anywhere_are_found_before_training(files):
    rows = table()
    rows.loc[rows.index[-1], "sales"] = np.inf
    forecaster = DLinearForecaster(**QUICK, callbacks=[Stops()])
    with pytest.raises(ValueError, match="series 's4' to 's5': column 'sales' of y holds inf"):
        fit_parquet(forecaster, files(rows), **COLUMNS, shard_size=100)
    assert not hasattr(forecaster, "pretrained_")


def test_what_was_learned_before_is_forgotten(files):
    rows = table()
    path = files(rows)
    fitted = DLinearForecaster(**QUICK).fit(rows.set_index(["shop", "day"]))
    assert_close(
        fit_parquet(fitted, path, **COLUMNS),
        fit_parquet(DLinearForecaster(**QUICK), path, **COLUMNS),
        0.0,
    )
    assert not fitted.is_fitted


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"checkpoint_dir": "."}, "checkpoint_dir must be None for data in files"),
        ({"past_columns": ["price"]}, 'past_columns must be "auto" for data in files'),
        ({"time_features": ["holidays:DE"]}, "time_features must name no holidays"),
        ({"batch_size": 0}, "batch_size must be"),
    ],
)
def test_what_needs_all_data_at_once(parameters, message):
    """An error before anything is read: there is no such file."""
    pytest.importorskip("holidays")
    with pytest.raises(ValueError, match=message):
        fit_parquet(DLinearForecaster(**QUICK | parameters), "nowhere.parquet", **COLUMNS)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"shard_size": 0}, "shard_size must be an integer from 1"),
        ({"keys": []}, "keys must name a column or more"),
        ({"target": ()}, "target must name a column or more"),
        ({"fh": [1.5]}, "fh must be None or steps ahead as integers"),
        ({"fh": []}, "fh must be None or steps ahead as integers"),
    ],
)
def test_arguments_that_are_not_what_they_should_be(arguments, message):
    with pytest.raises(ValueError, match=message):
        fit_parquet(DLinearForecaster(**QUICK), "nowhere.parquet", **COLUMNS | arguments)


def test_other_forecasters_are_named():
    with pytest.raises(TypeError, match=r"must be a forecaster of skscale, .* got Index"):
        fit_parquet(pd.Index([1]), "nowhere.parquet", **COLUMNS)


def test_a_file_that_is_not_there():
    with pytest.raises(FileNotFoundError, match=r"nowhere\.parquet"):
        fit_parquet(DLinearForecaster(**QUICK), "nowhere.parquet", **COLUMNS)

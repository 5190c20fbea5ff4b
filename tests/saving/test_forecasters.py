"""A loaded forecaster is the one that was saved: every forecaster, every kind of data."""

import pickle
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from pandas.testing import assert_frame_equal
from sktime.split import SingleWindowSplitter

import skscale
from skscale import SigmaForecaster
from skscale.forecasting import SeriesScaling, all_forecasters
from skscale.training import Callback
from skscale.tuning import AutoMultiScale, ForecastingSearchCV
from tests.forecasting.conftest import wave

FH = [1, 2, 5, 40]


def through_file(forecaster, folder):
    forecaster.save(folder / "forecaster")
    return skscale.load(folder / "forecaster")


def same(one, other):
    """Equal to the bit, index, columns and types included."""
    one, other = (x.to_frame() if isinstance(x, pd.Series) else x for x in (one, other))
    assert_frame_equal(one, other, check_exact=True, check_freq=True)


def without_times(history):
    return {name: value for name, value in history.items() if name != "seconds"}


def check_same(one, other, fh=None, X=None):
    same(one.predict(fh, X), other.predict(fh, X))
    same(one.predict_interval(fh, X), other.predict_interval(fh, X))
    same(one.weights_, other.weights_)
    assert without_times(one.history_) == without_times(other.history_)
    assert repr(one.cutoff) == repr(other.cutoff)
    assert sorted(vars(one)) == sorted(vars(other))
    assert str(one.get_params()) == str(other.get_params())


def test_every_forecaster_on_one_series(make, series, tmp_path):
    forecaster = make(intervals="network").fit(series[:50], fh=FH)
    again = through_file(forecaster, tmp_path)
    assert again.history_ == forecaster.history_
    check_same(forecaster, again)
    check_same(forecaster, again, fh=[-3, 0, 2])
    for one in (forecaster, again):
        one.update(series[50:])
    check_same(forecaster, again)


@pytest.mark.parametrize(
    "forecaster", all_forecasters(), ids=lambda forecaster: forecaster.__name__
)
def test_every_set_of_test_parameters(forecaster, series, tmp_path):
    for parameters in forecaster.get_test_params():
        one = forecaster(**parameters).fit(series)
        check_same(one, through_file(one, tmp_path), FH)


def test_panels_whose_series_keep_their_scale(make, panel, tmp_path):
    first = panel.groupby(level=0).head(5)
    later = panel.groupby(level=0).tail(-5)
    forecaster = make().fit(first)
    forecaster.update(later, update_params=False)
    again = through_file(forecaster, tmp_path)
    check_same(forecaster, again, FH)
    rows = panel.groupby(level=0).tail(1)
    rows.index = rows.index.set_levels(rows.index.levels[1] + pd.Timedelta(1, "D"), level=1)
    for one in (forecaster, again):
        one.update(rows, update_params=False)
    check_same(forecaster, again, FH)


def dated(index, name="y"):
    return pd.Series(wave(len(index)), index=index, name=name)


business = pd.offsets.CustomBusinessDay(weekmask="Mon Tue Wed Thu", holidays=["2020-03-02"])
INDICES = {
    "integers": pd.RangeIndex(7, 67),
    "numbers": pd.Index(np.arange(60)),
    "hours in a time zone": pd.date_range("2020-03-27", periods=60, freq="h", tz="Europe/Berlin"),
    "days of a fixed zone": pd.date_range("2020-03-27", periods=60, freq="D", tz="UTC+01:00"),
    "seconds": pd.date_range("2020", periods=60, freq="s", unit="s"),
    "without a frequency": pd.DatetimeIndex(
        pd.date_range("2020", periods=60, freq="W-SUN"), freq=None
    ),
    "business days": pd.date_range("2020-02-03", periods=60, freq=business),
    "quarters": pd.period_range("2000Q1", periods=60, freq="Q-NOV"),
    "two months": pd.date_range("2000-01-31", periods=60, freq="2ME"),
}


@pytest.mark.parametrize("index", INDICES.values(), ids=INDICES)
def test_every_kind_of_index(index, tmp_path):
    y = dated(index.rename("when"))
    forecaster = SigmaForecaster(max_epochs=1, random_state=0).fit(y[:50], fh=[1, 2])
    again = through_file(forecaster, tmp_path)
    check_same(forecaster, again)
    for one in (forecaster, again):
        one.update(y[50:], update_params=False)
    check_same(forecaster, again)
    absolute = index[-1:] if isinstance(index, pd.RangeIndex) else None
    if absolute is not None:
        check_same(forecaster, again, absolute)


def test_an_absolute_horizon(series, tmp_path):
    fh = pd.period_range("2005-01", periods=3, freq="M")
    forecaster = SigmaForecaster(max_epochs=1, random_state=0).fit(series, fh=fh)
    check_same(forecaster, through_file(forecaster, tmp_path))


@pytest.mark.parametrize("kind", ["frame", "array", "panel of arrays", "list", "int names"])
def test_every_form_of_y(kind, series, tmp_path):
    y = {
        "frame": series.to_frame("a").assign(b=3 * series),
        "array": series.to_numpy(),
        "panel of arrays": np.stack([np.stack([wave(40, seed=i)]) for i in range(3)]),
        "list": [pd.DataFrame({"a": wave(40, seed=i)}) for i in range(3)],
        "int names": pd.DataFrame({0: series, 1: -series}),
    }[kind]
    forecaster = SigmaForecaster(max_epochs=1, random_state=0).fit(y, fh=[1, 2])
    again = through_file(forecaster, tmp_path)
    one, other = forecaster.predict(), again.predict()
    assert type(one) is type(other)
    parts = zip(one, other, strict=True) if kind == "list" else [(one, other)]
    for x, z in parts:
        np.testing.assert_array_equal(np.asarray(x), np.asarray(z))


def with_columns(n, start="2020"):
    days = pd.date_range(start, periods=n, freq="D")
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "price": rng.normal(size=n),
            "count": rng.integers(0, 5, n),
            "open": rng.random(n) < 0.5,
            "shop": pd.Categorical(rng.choice(["a", "b"], n), categories=["b", "a", "never"]),
            "weather": rng.choice(["sun", "rain", "snow"], n).astype(object),
            ("tuple", 1): pd.array(rng.choice(["x", "y"], n), dtype="string"),
        },
        index=days,
    )


def test_columns_of_every_type_and_holes(tmp_path):
    X = with_columns(70)
    X.loc[X.index[3], "price"] = np.nan
    X.loc[X.index[4], "weather"] = None
    y = dated(X.index[:60]) + 2 * X["price"].fillna(0)[:60]
    y.iloc[10:14] = np.nan
    forecaster = SigmaForecaster(
        max_epochs=1, random_state=0, past_columns=["count"], time_features=True
    )
    forecaster.fit(y[:50], X[:50])
    again = through_file(forecaster, tmp_path)
    check_same(forecaster, again, [1, 2, 9], X[50:])
    for one in (forecaster, again):
        one.update(y[50:], X[50:60], update_params=False)
    check_same(forecaster, again, [1, 2, 9], X[60:])


def test_hierarchies_with_names_of_several_types(tmp_path):
    days = pd.date_range("2020", periods=30, freq="D")
    keys = [("north", 1), ("north", 2), ("south", 1)]
    frames = {key: pd.DataFrame({"y": wave(30, seed=i)}, days) for i, key in enumerate(keys)}
    y = pd.concat(frames, names=["region", "shop", "day"])
    X = pd.DataFrame({"size": y.index.get_level_values(1) * 1.0}, index=y.index)
    forecaster = SigmaForecaster(max_epochs=1, random_state=0).fit(y, X)
    check_same(forecaster, through_file(forecaster, tmp_path), [1, 2])


def test_a_level_that_holds_a_time_twice(tmp_path):
    days = pd.date_range("2020", periods=30, freq="D")
    codes = [np.repeat([0, 1], 30), np.r_[:30, 30, 1:30]]
    index = pd.MultiIndex([["b", "a"], days.append(days[:1])], codes, verify_integrity=False)
    y = pd.DataFrame({"y": wave(60)}, index.set_names(["shop", "day"]))
    forecaster = SigmaForecaster(max_epochs=1, random_state=0).fit(y)
    check_same(forecaster, through_file(forecaster, tmp_path), [1, 2])


def test_data_behind_a_gap(tmp_path):
    y = dated(pd.date_range("2020", periods=60, freq="D"))
    forecaster = SigmaForecaster(max_epochs=1, random_state=0, context_length=8).fit(y[:30])
    forecaster.update(y[40:], update_params=False)
    check_same(forecaster, through_file(forecaster, tmp_path), FH)


def test_pretrained_alone_and_fitted(panel, tmp_path):
    forecaster = SigmaForecaster(max_epochs=1, random_state=0).pretrain(panel)
    again = through_file(forecaster, tmp_path)
    assert (again.state, again.is_fitted) == ("pretrained", False)
    one = panel.loc["p"]
    for either in (forecaster, again):
        either.fit(one)
    check_same(forecaster, again, FH)
    again = through_file(forecaster, tmp_path)
    for either in (forecaster, again):
        either.fit(panel.loc["q"])  # what was pretrained has come along
    check_same(forecaster, again, FH)
    assert set(again.get_pretrained_params()) == set(forecaster.get_pretrained_params())


def test_not_fitted(tmp_path):
    forecaster = SigmaForecaster(d_model=4, freq=pd.offsets.Hour(6), bounds=(0, None))
    again = through_file(forecaster, tmp_path)
    assert not again.is_fitted
    assert again.get_params() == forecaster.get_params()


def test_configuration_comes_along(series, tmp_path):
    forecaster = SigmaForecaster(max_epochs=1).set_config(warnings="off").fit(series)
    assert through_file(forecaster, tmp_path).get_config()["warnings"] == "off"


def test_networks_stay_shared_and_trainable(series, tmp_path):
    forecaster = SigmaForecaster(max_epochs=1, pretrained=None, random_state=0).fit(series)
    again = through_file(forecaster, tmp_path)
    model = again.model_
    assert model.forecast.network is model.rolled.network is model.network
    assert all(p.requires_grad for p in model.network.parameters())
    assert not model.network.training


def test_equal_forecasters_are_equal_files(series, tmp_path):
    forecaster = SigmaForecaster(max_epochs=1, random_state=0).fit(series)
    forecaster.save(tmp_path / "one")
    skscale.load(tmp_path / "one").save(tmp_path / "two")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_loading_draws_nothing_and_leaves_the_default_type(series, tmp_path):
    forecaster = SigmaForecaster(max_epochs=1, random_state=0).fit(series)
    forecaster.save(tmp_path / "one")
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    torch.set_default_dtype(torch.float64)
    try:
        again = skscale.load(tmp_path / "one")
        check_same(forecaster, again, FH)
        assert torch.rand(1, dtype=torch.float32) == expected
    finally:
        torch.set_default_dtype(torch.float32)


def test_a_device_that_is_not_there_becomes_auto(series, tmp_path, monkeypatch):
    forecaster = SigmaForecaster(max_epochs=1, random_state=0).fit(series)
    forecaster.device = "cuda:63"
    forecaster.save(tmp_path / "one")
    with pytest.warns(UserWarning, match="cuda:63"):
        again = skscale.load(tmp_path / "one")
    assert again.device == "auto"
    forecaster.device = "auto"
    check_same(forecaster, again, FH)


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ({"loss": lambda forecast, batch: (forecast - batch.y).abs().mean()}, "loss"),
        ({"random_state": np.random.RandomState(0)}, "random_state"),
    ],
)
def test_what_cannot_be_saved_is_named_and_the_old_file_stays(
    parameters,
    name,
    series,
    tmp_path,
):
    SigmaForecaster().save(tmp_path / "one")
    before = (tmp_path / "one.zip").read_bytes()
    forecaster = SigmaForecaster(max_epochs=1, **parameters).fit(series)
    with pytest.raises(ValueError, match=f"parameters.{name} is .* cannot be saved"):
        forecaster.save(tmp_path / "one")
    assert (tmp_path / "one.zip").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["one.zip"]


def test_callbacks_stay_behind(series, tmp_path):
    forecaster = SigmaForecaster(callbacks=[Callback()], max_epochs=1, random_state=0).fit(series)
    again = through_file(forecaster, tmp_path)
    assert again.callbacks == ()
    same(again.predict(FH), forecaster.predict(FH))


class OwnForecaster(SigmaForecaster):
    """A user's own."""


def test_a_class_of_ones_own_is_loaded_by_itself(series, tmp_path):
    forecaster = OwnForecaster(max_epochs=1, random_state=0).fit(series)
    forecaster.save(tmp_path / "own")
    with pytest.raises(ValueError, match=r"OwnForecaster.load"):
        skscale.load(tmp_path / "own")
    again = OwnForecaster.load(tmp_path / "own")
    assert type(again) is OwnForecaster
    check_same(forecaster, again, FH)


def test_a_file_of_another_class_is_refused(series, tmp_path):
    SigmaForecaster(max_epochs=1).fit(series).save(tmp_path / "one")
    with pytest.raises(ValueError, match=r"SigmaForecaster.*TimeMixerForecaster"):
        skscale.TimeMixerForecaster.load(tmp_path / "one")
    assert type(skscale.NetworkForecaster.load(tmp_path / "one")) is SigmaForecaster


def test_sktimes_own_saving_still_works(series, tmp_path):
    from sktime.base import load as sktime_load

    forecaster = SigmaForecaster(max_epochs=1, random_state=0).fit(series, fh=[1])
    same(forecaster.predict(), sktime_load(forecaster.save()).predict())
    forecaster.save(tmp_path / "theirs", serialization_format="pickle")
    same(forecaster.predict(), sktime_load(str(tmp_path / "theirs")).predict())
    with pytest.raises(ValueError, match=r"sktime.base.load"):
        skscale.load(tmp_path / "theirs")
    loaded = SigmaForecaster.load_from_path(tmp_path / "theirs.zip")
    same(forecaster.predict(), loaded.predict())


@pytest.mark.parametrize("kind", [SigmaForecaster, OwnForecaster])
def test_sktimes_load_reads_our_files(kind, series, tmp_path):
    from sktime.base import load as sktime_load

    forecaster = kind(max_epochs=1, random_state=0).fit(series, fh=[1])
    forecaster.save(tmp_path / "ours")
    for loaded in (
        sktime_load(str(tmp_path / "ours")),
        sktime_load(tmp_path / "ours.zip"),
        kind.load_from_path(tmp_path / "ours.zip"),
        forecaster.load_from_path(tmp_path / "ours.zip"),
    ):
        assert type(loaded) is kind
        same(forecaster.predict(), loaded.predict())


def test_a_pipeline_is_saved_by_sktime_and_load_says_so(series, tmp_path):
    from sktime.forecasting.compose import TransformedTargetForecaster

    pipeline = TransformedTargetForecaster([SigmaForecaster(max_epochs=1)]).fit(series, fh=[1])
    pipeline.save(tmp_path / "pipeline")
    with pytest.raises(ValueError, match="saved by sktime, with pickle, as pipelines are"):
        skscale.load(tmp_path / "pipeline")


def searched():
    cv = SingleWindowSplitter(fh=[1])
    forecaster = skscale.NLinearForecaster(max_epochs=1, pretrained=None, random_state=0)
    return ForecastingSearchCV(forecaster, cv, {"loss": ["mae"]})


@pytest.mark.parametrize("make", [searched, AutoMultiScale, SeriesScaling])
def test_what_sktime_pickles_says_so(make, series, tmp_path):
    from sktime.base import load as sktime_load

    one = make()
    with pytest.warns(UserWarning, match=r"save writes sktime's file, which holds pickle"):
        one.save(tmp_path / "theirs")
    assert type(sktime_load(tmp_path / "theirs.zip")) is type(one)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        one.save(tmp_path / "meant", serialization_format="pickle")
        sktime_load(one.save())
    with pytest.raises(ValueError, match=r"sktime\.base\.load"):
        skscale.load(tmp_path / "theirs")


def test_the_best_of_a_search_is_saved_without_pickle(series, tmp_path):
    search = searched().fit(series, fh=[1, 2])
    search.best_forecaster_.save(tmp_path / "best")
    same(skscale.load(tmp_path / "best").predict(), search.predict())


def test_no_pickle_is_written_or_needed(series, tmp_path):
    forecaster = SigmaForecaster(max_epochs=1, random_state=0).fit(series, fh=[1, 2])
    forecaster.save(tmp_path / "one")
    code = (
        "import pickle, torch, skscale\n"
        "def refuse(*args, **kwargs): raise AssertionError('pickle was used')\n"
        "class Unpickler(pickle.Unpickler): load = find_class = refuse\n"
        "pickle.load = pickle.loads = torch.load = refuse\n"
        "pickle.Unpickler = Unpickler\n"
        f"print(skscale.load({str(tmp_path / 'one')!r}).predict().to_numpy().tolist())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == str(forecaster.predict().to_numpy().tolist()), done.stderr


def test_pickles_go_on_as_before(series):
    forecaster = SigmaForecaster(max_epochs=1, random_state=0).fit(series)
    check_same(forecaster, pickle.loads(pickle.dumps(forecaster)), FH)


def test_fine_tuned_weights_come_back(tmp_path):
    y = pd.Series(wave(120), index=pd.period_range("2000-01", periods=120, freq="M"))
    forecaster = SigmaForecaster(fine_tune=True, max_epochs=1, random_state=0).fit(y, fh=FH)
    assert forecaster.model_.prior.tuned
    check_same(through_file(forecaster, tmp_path), forecaster)

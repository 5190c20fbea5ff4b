"""Trained weights, fine-tuned on a panel."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
import torch

from skscale import SigmaForecaster
from skscale.forecasting import _evidence, _fine_tuning
from skscale.forecasting._prior import find_prior
from skscale.training import Batch

STEPS = range(1, 13)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Sizes of a quick test: data teach from 1,000 values on."""
    monkeypatch.setattr(_evidence, "_FEWEST_TO_TRAIN", 1_000)
    for name, size in (("_BEFORE", 512), ("_RECENT", 256), ("_HELD_OUT", 128)):
        monkeypatch.setattr(_fine_tuning, name, size)


def auto(**parameters):
    """Build a quick forecaster with trained weights, its default."""
    return SigmaForecaster(**{"d_model": 4, "max_epochs": 1, "random_state": 0, **parameters})


def sawtooth(n, seed):
    """Up for eight months, down for four: no weight has seen that; another amplitude each."""
    t = np.arange(n) + 5 * seed
    noise = np.random.default_rng(seed).normal(0, 0.3, n)
    slow = 8 * np.abs((t / 31) % 2 - 1)
    return 20 + (1 + seed % 3) * np.interp(t % 12, [0, 8, 12], [0, 4, 0]) + slow + noise


@pytest.fixture
def panel():
    """Ten series of 120 months."""
    months = pd.period_range("2000-01", periods=120, freq="M")
    frames = {f"s{i}": pd.DataFrame({"y": sawtooth(120, i)}, index=months) for i in range(10)}
    return pd.concat(frames, names=["id", "time"])


@pytest.fixture
def seen(panel):
    return panel.groupby(level=0, group_keys=False).apply(lambda one: one.iloc[:-12])


def test_a_panel_fine_tunes_the_weights_and_gains(panel, seen):
    truth = panel["y"].to_numpy().reshape(10, -1)[:, -12:]

    def error(forecaster):
        found = forecaster.predict()["y"].to_numpy().reshape(10, -1)
        return np.abs(found - truth).mean()

    tuned = auto().fit(seen, fh=STEPS)
    assert tuned.weights_["tuned_net"].iloc[0] > 0
    assert "net" not in tuned.weights_
    np.testing.assert_allclose(tuned.weights_.sum(axis=1), 1.0)
    notes = tuned.history_["notes"]
    assert "the network was not trained" in notes[0]
    assert "'seasonal-12', fine-tuned: fine-tuning made their held-out loss 0." in notes[-1]
    assert tuned.history_["train_loss"] == []
    plain = auto(fine_tune=False).fit(seen, fh=STEPS)
    assert "net" in plain.weights_
    assert plain.history_["train_loss"]  # the network, in their place
    assert plain.history_["notes"] == ["forecasts with the trained weights 'seasonal-12'"]
    assert error(tuned) < error(plain)


def test_few_data_tune_nothing_unless_told_to(series):
    untouched = auto().fit(series, fh=STEPS)
    assert "net" in untouched.weights_
    told = auto(fine_tune=True).fit(series, fh=STEPS)
    assert told.history_["train_loss"]
    assert "fine-tuning made their held-out loss" in told.history_["notes"][-1]


def test_what_held_out_windows_do_not_confirm_is_dropped(seen, monkeypatch):
    monkeypatch.setattr(_fine_tuning, "_loss_of", lambda prior, rows, run: 1.0 + prior.tuned)
    forecaster = auto().fit(seen, fh=STEPS)
    assert "tuned_net" not in forecaster.weights_
    assert forecaster.history_["notes"][-1].endswith("held-out loss 2.000 times as large")
    packaged = find_prior("auto", 12).net.state_dict()
    for name, value in forecaster.model_.prior.net.state_dict().items():
        torch.testing.assert_close(value, packaged[name], rtol=0, atol=0)


def test_nothing_is_confirmed_without_held_out_windows(seen):
    assert "net" in auto(validation_fraction=0.0).fit(seen, fh=STEPS).weights_
    told = auto(validation_fraction=0.0, fine_tune=True).fit(seen, fh=STEPS)
    assert told.model_.prior.tuned


def test_columns_have_a_network_beside(seen):
    X = pd.DataFrame({"x": np.random.default_rng(0).normal(size=len(seen))}, index=seen.index)
    forecaster = auto().fit(seen, X=X, fh=STEPS)
    assert forecaster.history_["train_loss"]
    assert "held-out loss" in forecaster.history_["notes"][-1]


def test_tuned_weights_are_seeded_and_pickled(make, seen):
    one, again = (make(pretrained="auto").fit(seen, fh=STEPS) for _ in range(2))
    pd.testing.assert_frame_equal(one.predict(), again.predict())
    pd.testing.assert_frame_equal(pickle.loads(pickle.dumps(one)).predict(), one.predict())
    before = find_prior("auto", 12).net.state_dict()
    after = one.model_.prior.net.state_dict()
    assert any(not torch.equal(value, before[name]) for name, value in after.items())


def test_an_update_goes_on_from_tuned_weights(seen, panel):
    forecaster = auto().fit(seen, fh=STEPS)
    before = copy.deepcopy(forecaster.model_.prior.net.state_dict())
    forecaster.update(panel.drop(seen.index), update_params=True)
    prior = forecaster.model_.prior
    assert prior.tuned
    packaged = find_prior("auto", 12).net.state_dict()
    for name, value in prior.net.state_dict().items():
        if not torch.equal(before[name], packaged[name]):
            assert (value - before[name]).norm() < (value - packaged[name]).norm()


def test_fit_after_pretrain_takes_tuned_weights_as_they_are(seen):
    one = seen.loc["s0"]
    trained = auto().pretrain(seen, fh=STEPS)
    weights = copy.deepcopy(trained.pretrained_.prior.net.state_dict())
    fitted = trained.fit(one, fh=STEPS)
    assert "tuned_net" in fitted.weights_
    for name, value in fitted.model_.prior.net.state_dict().items():
        torch.testing.assert_close(value, weights[name], rtol=0, atol=0)


def test_rows_hold_what_the_net_sees_and_what_came():
    from skscale.training import Batch

    prior = find_prior("auto", 12)
    net = prior.net
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(3, prior.history_length, 2, generator=generator)
    y = torch.rand(3, net.prediction_length, 2, generator=generator)
    x[2, :, 1] = 0.5  # it does not move
    y_mask = torch.ones(3, net.prediction_length, dtype=torch.bool)
    y_mask[0, 5:] = False
    y_mask[1] = False  # nothing came
    location, scale = torch.tensor([10.0, 20.0]), torch.tensor([2.0, 3.0])
    units = (part.expand(3, 1, 2) for part in (location, scale))
    batch = Batch(x, y, None, y_mask, None, None, *units)
    rows = _fine_tuning._rows(prior, batch)
    assert len(rows) == 3  # both channels of the first, one of the last
    nothing = torch.tensor([1.0, 1.0, 0.0]).reshape(3, 1, 1)
    torch.testing.assert_close(
        _fine_tuning._rows(prior, batch._replace(weight=nothing)), rows[:2], equal_nan=True
    )
    series = (x[0, :, 1] * 3 + 20).double()[None]
    inputs = net.inputs(series, torch.ones_like(series, dtype=torch.bool))
    n, ahead = net.context_length, net.prediction_length
    torch.testing.assert_close(rows[1, :n], inputs.context[0])
    assert (rows[1, n : 2 * n] == 1).all()
    came = (y[0, :5, 1] * 3 + 20 - inputs.location[0]) / inputs.scale[0]
    torch.testing.assert_close(rows[1, -ahead:][:5], came.float())
    assert rows[1, -ahead:][5:].isnan().all()
    quantiles = net.scaled(*inputs[:3])
    torch.testing.assert_close(_fine_tuning._OfRows(net)(rows)[1], quantiles[0])


def test_windows_that_end_in_missing_values_do_not_train():
    """Their histories end before: what came is not what followed."""
    prior = find_prior("seasonal-12", 12)
    horizon = prior.net.prediction_length
    x = 100 + 10 * torch.sin(torch.arange(48.0)).repeat(2, 1).unsqueeze(2)
    y = torch.full((2, horizon, 1), 100.0)
    mask = torch.ones(2, 48, 1, dtype=torch.bool)
    mask[1, -3:] = False
    mask[:, 20] = False
    one = torch.ones(2, 1, 1)
    both = _fine_tuning._rows(prior, Batch(x, y, mask, None, None, None, 0 * one, one))
    first = _fine_tuning._rows(
        prior, Batch(x[:1], y[:1], mask[:1], None, None, None, 0 * one[:1], one[:1])
    )
    assert len(both) == 1
    assert torch.equal(both, first)

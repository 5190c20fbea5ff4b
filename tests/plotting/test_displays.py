"""Displays of what a fit has learned."""

import numpy as np
import pandas as pd
import pytest
import sklearn
import sktime.exceptions
from sktime.forecasting.naive import NaiveForecaster
from sktime.split import ExpandingWindowSplitter

from skscale import (
    DLinearForecaster,
    MultiScaleAutoencoder,
    MultiScaleAutoencoderForecaster,
    NLinearForecaster,
    SigmaForecaster,
    TimeMixerForecaster,
)
from skscale.evaluation import backtest
from skscale.operators import AveragePooling, MovingAverage, all_operators
from skscale.plotting import (
    BacktestDisplay,
    DecompositionDisplay,
    ForecastDisplay,
    OperatorDisplay,
    ScaleDisplay,
    SharesDisplay,
    TrainingDisplay,
)

from .series import fitted, hierarchy, lines, wave


def test_scales_and_kernels_by_distance():
    forecaster = fitted(n_layers=2)
    display = ScaleDisplay.from_estimator(forecaster).plot()
    scales, weights = display.ax_
    for i, (scale, kernel) in enumerate(
        zip(forecaster.network_.scales, forecaster.network_.kernels, strict=True)
    ):
        np.testing.assert_allclose(scales.get_lines()[i].get_ydata(), scale.detach())
        np.testing.assert_allclose(weights.get_lines()[i].get_ydata(), kernel.detach())
    assert list(lines(weights)) == ["block 1", "block 2"]
    assert {scales.get_xlabel(), weights.get_xlabel()} == {"distance"}


def test_a_moving_average_has_weights_but_no_scales():
    display = ScaleDisplay.from_estimator(fitted(scaling="moving_average")).plot()
    assert [len(axis.get_lines()) for axis in display.ax_] == [0, 1]


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (SigmaForecaster, ["smooth", "residual"]),
        (DLinearForecaster, ["trend", "season"]),
        (TimeMixerForecaster, ["scale 1", "scale 2", "scale 4", "scale 8"]),
        (MultiScaleAutoencoderForecaster, ["stage 1", "stage 2", "not reconstructed"]),
    ],
)
def test_parts_of_the_last_window_in_the_units_of_the_series(kind, names):
    display = DecompositionDisplay.from_estimator(fitted(kind)).plot()
    assert list(display.parts) == names
    np.testing.assert_allclose(display.window, wave().iloc[-24:], rtol=1e-5)
    assert list(display.window.index) == list(wave().index[-24:])
    if display.add_up:
        np.testing.assert_allclose(sum(display.parts.values()), display.window, rtol=1e-5)
    else:
        coarse = wave().iloc[-24:].to_numpy().reshape(-1, 4).mean(axis=1)
        np.testing.assert_allclose(display.parts["scale 4"], np.repeat(coarse, 4), rtol=1e-5)
    for axis, (name, part) in zip(display.ax_, display.parts.items(), strict=True):
        np.testing.assert_allclose(lines(axis)[name].get_ydata(), part)


def test_parts_of_a_series_of_a_panel_with_a_gap_and_a_short_one():
    y = hierarchy()
    y.loc[("south", "tea", "2003-05"), "cost"] = np.nan
    figs = y.loc[("north", "tea")].head(5)
    y = pd.concat([y, pd.concat({("north", "figs"): figs}, names=y.index.names)]).sort_index()
    forecaster = SigmaForecaster(pretrained=None, max_epochs=1, context_length=24, random_state=0)
    forecaster.fit(y, fh=[1])
    display = DecompositionDisplay.from_estimator(
        forecaster, series=("south", "tea"), channel="cost"
    )
    known = y.loc[("south", "tea"), "cost"].iloc[-24:]
    np.testing.assert_allclose(display.window, known, rtol=1e-5)
    assert not display.parts["smooth"].isna().any()
    short = DecompositionDisplay.from_estimator(forecaster, series=("north", "figs"))
    assert len(short.window) == len(short.parts["smooth"]) == 5
    with pytest.raises(ValueError, match=r"series must be one of .* got 'west'"):
        DecompositionDisplay.from_estimator(forecaster, series="west")
    with pytest.raises(ValueError, match=r"channel must be one of \['sales', 'cost'\], got 'x'"):
        DecompositionDisplay.from_estimator(forecaster, channel="x")


@pytest.mark.parametrize("shape", [(30, 16), (30, 2, 16)])
def test_stages_of_an_autoencoder_add_up_to_what_it_reconstructs(shape):
    X = 5 + np.random.default_rng(0).normal(size=shape)
    model = MultiScaleAutoencoder(max_epochs=2, latent_size=2, random_state=0).fit(X)
    channel = len(shape) - 2
    display = DecompositionDisplay.from_autoencoder(model, X[3], channel=channel).plot()
    *stages, left = display.parts.values()
    assert list(display.parts) == ["stage 1", "stage 2", "not reconstructed"]
    expected = np.atleast_2d(model.reconstruct(X)[3])[channel]
    np.testing.assert_allclose(sum(stages), expected)
    np.testing.assert_allclose(sum(stages) + left, np.atleast_2d(X[3])[channel])
    with pytest.raises(ValueError, match="channel must be"):
        DecompositionDisplay.from_autoencoder(model, X[3], channel=2)


def test_losses_rates_and_the_epoch_that_was_kept():
    forecaster = fitted(max_epochs=3)
    display = TrainingDisplay.from_estimator(forecaster).plot()
    losses, rates = display.ax_
    found = lines(losses)
    np.testing.assert_allclose(found["training"].get_ydata(), forecaster.history_["train_loss"])
    np.testing.assert_allclose(found["held out"].get_ydata(), forecaster.history_["valid_loss"])
    assert list(found["training"].get_xdata()) == [1, 2, 3]
    kept = forecaster.history_["best_epoch"] + 1
    label = f"kept: epoch {kept}" if kept else "kept: before the first"
    assert list(found[label].get_xdata()) == [kept, kept]
    np.testing.assert_allclose(
        rates.get_lines()[0].get_ydata(), forecaster.history_["learning_rate"]
    )
    X = np.random.default_rng(0).normal(size=(20, 12))
    autoencoder = MultiScaleAutoencoder(max_epochs=2, latent_size=2, random_state=0).fit(X)
    assert len(lines(TrainingDisplay.from_estimator(autoencoder).plot().ax_[0])) == 3


def test_shares_of_every_series_add_up_to_one():
    weights = pd.DataFrame(
        {"ridge": [0.25, 0.5], "net": [0.75, 0.5], "level": [0.0, 0.0]}, index=["a", "b"]
    )
    axis = SharesDisplay(weights).plot().ax_
    bars = {one.get_label(): one for one in axis.containers}
    assert list(bars) == ["ridge", "net"]
    assert [bar.get_width() for bar in bars["net"]] == [0.75, 0.5]
    assert [bar.get_x() for bar in bars["net"]] == [0.25, 0.5]
    assert [text.get_text() for text in axis.get_yticklabels()] == ["a", "b"]
    display = SharesDisplay.from_estimator(fitted())
    assert display.weights.equals(fitted().weights_)
    assert len(SharesDisplay(weights).plot(max_series=1).ax_.get_yticks()) == 1


def test_errors_by_step_cutoff_and_scale():
    cv = ExpandingWindowSplitter(fh=[1, 2, 3], initial_window=48)
    found = backtest(fitted(), wave(), cv, detail=True)
    display = BacktestDisplay.from_backtest({"a": found, "b": found}).plot(metric="mse")
    step, cutoff, scale = display.ax_
    error = (found.forecasts - found.truth)[:, 0, :, 0]
    np.testing.assert_allclose(lines(step)["a"].get_ydata(), (error**2).mean(axis=0))
    np.testing.assert_allclose(lines(cutoff)["b"].get_ydata(), (error**2).mean(axis=1))
    assert list(lines(step)["a"].get_xdata()) == [1, 2, 3]
    assert list(lines(scale)["a"].get_xdata()) == [1, 2]
    coarse = error[:, :2].mean(axis=1)
    np.testing.assert_allclose(lines(scale)["a"].get_ydata()[1], (coarse**2).mean())
    alone = BacktestDisplay.from_backtest(found).plot(by="cutoff").ax_
    assert alone.get_ylabel() == "mean absolute error"
    assert alone.get_legend() is None


def test_a_horizon_with_gaps_has_no_scales():
    cv = ExpandingWindowSplitter(fh=[1, 3], initial_window=57)
    found = backtest(fitted(), wave(), cv, detail=True)
    assert len(BacktestDisplay.from_backtest(found).plot().ax_) == 2


def test_an_operator_at_several_scales():
    x = np.arange(8.0)
    display = OperatorDisplay.from_estimator(AveragePooling(scale=3), x, scales=[2, 4]).plot()
    np.testing.assert_allclose(lines(display.ax_[1])["scale 4"].get_ydata(), [1.5] * 4 + [5.5] * 4)
    np.testing.assert_allclose(lines(display.ax_[0])["series"].get_ydata(), x)


@pytest.mark.parametrize("kind", all_operators(), ids=lambda kind: kind.__name__)
def test_every_operator_is_shown_at_full_length(kind):
    display = OperatorDisplay.from_estimator(kind(), wave(48), scales=[2])
    assert display.scaled[2].shape == (48,)


DISPLAYS = [ForecastDisplay, ScaleDisplay, DecompositionDisplay, TrainingDisplay, SharesDisplay]


@pytest.mark.parametrize("display", DISPLAYS, ids=lambda display: display.__name__)
def test_what_is_not_fitted_is_named(display):
    for unfitted, error in [
        (SigmaForecaster(), sktime.exceptions.NotFittedError),
        (MultiScaleAutoencoder(), sklearn.exceptions.NotFittedError),
    ]:
        with pytest.raises(
            error,
            match=f"This {type(unfitted).__name__} instance is not fitted"
            f"|instance of {type(unfitted).__name__} has not been fitted",
        ):
            display.from_estimator(unfitted)
    with pytest.raises(TypeError, match="got the class SigmaForecaster"):
        display.from_estimator(SigmaForecaster)
    with pytest.raises(TypeError, match="not an estimator"):
        display.from_estimator("SigmaForecaster")


def test_an_autoencoder_that_is_not_fitted_is_named():
    with pytest.raises(sklearn.exceptions.NotFittedError, match="This MultiScaleAutoencoder"):
        DecompositionDisplay.from_autoencoder(MultiScaleAutoencoder(), np.zeros(24))
    with pytest.raises(TypeError, match="SigmaForecaster has no codec_"):
        DecompositionDisplay.from_autoencoder(fitted(), np.zeros(24))


def test_what_a_fitted_estimator_lacks_is_named():
    naive = NaiveForecaster().fit(wave(), fh=[1])
    for display, lacks in [(TrainingDisplay, "history_"), (SharesDisplay, "weights_")]:
        with pytest.raises(TypeError, match=f"NaiveForecaster has no {lacks}"):
            display.from_estimator(naive)
    with pytest.raises(TypeError, match="NaiveForecaster is no forecaster of skscale"):
        DecompositionDisplay.from_estimator(naive)
    with pytest.raises(TypeError, match="the network of NaiveForecaster has no kernels"):
        ScaleDisplay.from_estimator(naive)


def test_bad_input_is_named():
    y = wave()
    with pytest.raises(TypeError, match="the network of NLinearForecaster has no kernels"):
        ScaleDisplay.from_estimator(fitted(NLinearForecaster))
    with pytest.raises(TypeError, match="scaling='sample'"):
        ScaleDisplay.from_estimator(fitted(scaling="sample"))
    with pytest.raises(TypeError, match="the network of NLinearForecaster takes no window apart"):
        DecompositionDisplay.from_estimator(fitted(NLinearForecaster))
    with pytest.raises(ValueError, match="holds no epoch: the network was not trained"):
        TrainingDisplay.from_estimator(fitted(pretrained="auto"))
    with pytest.raises(TypeError, match="found must be a Backtest"):
        BacktestDisplay.from_backtest(pd.DataFrame())
    errors = BacktestDisplay({"": {"step": pd.DataFrame({"mae": [1.0], "mse": [1.0]})}})
    with pytest.raises(ValueError, match=r"by must be one of \['step'\], got 'scale'"):
        errors.plot(by="scale")
    with pytest.raises(ValueError, match=r"metric must be one of \['mae', 'mse'\], got 'mape'"):
        errors.plot(metric="mape")
    with pytest.raises(TypeError, match="estimator must be a scaling operator"):
        OperatorDisplay.from_estimator(MovingAverage, y)
    with pytest.raises(ValueError, match=r"X must be one series, .* got shape \(2, 2\)"):
        OperatorDisplay.from_estimator(MovingAverage(), np.zeros((2, 2)))
    with pytest.raises(ValueError, match="scales must hold at least one scale"):
        OperatorDisplay.from_estimator(MovingAverage(), y, scales=[])

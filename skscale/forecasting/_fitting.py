"""From a panel to a fitted network: split, scale, train, blend."""

from __future__ import annotations

import math
from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import torch
from sklearn.utils import check_random_state

from skscale.forecasting._calendar import Calendar
from skscale.forecasting._checkpoints import checkpoints_of_fit
from skscale.forecasting._columns import Columns
from skscale.forecasting._effects import find_effects
from skscale.forecasting._evidence import Evidence
from skscale.forecasting._fine_tuning import FineTuned, fine_tuned
from skscale.forecasting._fitted import FittedNetwork
from skscale.forecasting._held_out import learn_spread
from skscale.forecasting._intervals import Spread
from skscale.forecasting._layout import choose_layout
from skscale.forecasting._panel import Panel
from skscale.forecasting._prior import Prior, Shares, find_prior
from skscale.forecasting._quantile_network import with_quantile_head
from skscale.forecasting._recipe import fit_correction
from skscale.forecasting._series_scale import SeriesScale
from skscale.forecasting._weights import target_weights
from skscale.forecasting._windows import Layout, Parts, split_in_time
from skscale.nn import ForecastNet
from skscale.ops.threads import threads_for
from skscale.pretrained import for_season
from skscale.training import History, Run, Runtime, TrainingConfig, train

if TYPE_CHECKING:
    from skscale.forecasting._base import NetworkForecaster

__all__ = ["fit_network", "new_model", "run_of", "trained"]

_CPU = torch.device("cpu")


@torch.inference_mode(False)
def fit_network(
    forecaster: NetworkForecaster, panel: Panel, horizon: int, start: FittedNetwork | None
) -> FittedNetwork:
    """Train the network of ``forecaster`` on a panel.

    Parameters
    ----------
    forecaster : NetworkForecaster
        Its parameters are read, nothing is written.
    panel : Panel
    horizon : int
        Longest step that will be asked for; 0 if that is not known.
    start : FittedNetwork or None
        Train on from here, or from scratch.
    """
    # Nothing may depend on the order in which the series of a panel come.
    panel = panel.check_observed(2 if start is None else 1).trimmed().in_order_of_names()
    run = run_of(forecaster)
    checkpoints = checkpoints_of_fit(forecaster, panel, horizon, start, run)
    if checkpoints is not None:
        seed = run.runtime_on(_CPU).agree(checkpoints.seed)
        run = replace(run, seed=seed, checkpoints=checkpoints)
    with run.numbers:
        model = new_model(forecaster, panel, horizon) if start is None else deepcopy(start)
    model, parts = _prepared(forecaster, model, model.check(panel), run)
    evidence = Evidence(panel.values.size, int(panel.lengths.max()))
    model = trained(forecaster, model, parts, evidence, run)
    if checkpoints is not None and run.runtime_on(_CPU).is_first:
        checkpoints.end()
    return model


def run_of(forecaster: NetworkForecaster) -> Run:
    """Run of a fit: its seed, device, precision and processes."""
    runtime = Runtime.of(forecaster.device, forecaster.precision)
    seed = runtime.agree(int(check_random_state(forecaster.random_state).randint(2**31 - 1)))
    return Run(seed, runtime, verbose=forecaster.verbose)


def new_model(forecaster: NetworkForecaster, panel: Panel, horizon: int) -> FittedNetwork:
    """What is to be trained, its sizes and columns as ``panel`` asks for."""
    layout = choose_layout(
        panel,
        horizon,
        forecaster.context_length,
        forecaster.prediction_length,
        forecaster.season_length,
    )
    past_columns = () if isinstance(forecaster.past_columns, str) else forecaster.past_columns
    calendar = Calendar.of(forecaster.time_features, panel)
    columns = Columns.of(panel, calendar, past_columns)
    network = _build(forecaster, layout, len(panel.columns), columns)
    return FittedNetwork(
        network,
        network,
        network,
        layout,
        panel.columns,
        columns,
        panel.step,
        History(),
        bounds=forecaster.bounds,
        scaler=forecaster.scaler,
    )


def _build(
    forecaster: NetworkForecaster, layout: Layout, n_channels: int, columns: Columns
) -> ForecastNet:
    """Build the network with the groups of features that it declares."""
    past, future = forecaster._feature_groups()
    sizes = columns.sizes
    settings = {
        "context_length": layout.context_length,
        "prediction_length": layout.prediction_length,
        "n_channels": n_channels,
        "n_past_features": sum(sizes[group] for group in past),
        "n_future_features": sum(sizes[group] for group in future),
        **forecaster._network_settings(layout),
    }
    network = forecaster._network(**settings)
    network.settings = settings
    return network


def _prepared(
    forecaster: NetworkForecaster, model: FittedNetwork, panel: Panel, run: Run
) -> tuple[FittedNetwork, Parts]:
    """Find what columns add to the series, and bring all of them to the device as windows."""
    layout = model.layout
    weights = target_weights(
        forecaster.horizon_weights, forecaster.series_weights, panel, layout.prediction_length
    )
    split = split_in_time(panel.lengths, layout, forecaster.validation_fraction)
    held_out = panel.lengths - split.train_end
    scale = SeriesScale.of(panel, model.columns.units, held_out, model.scaler)
    if forecaster.linear_base and model.columns.n_ahead:
        season, n_ahead = layout.season_length, model.columns.n_ahead
        effects = find_effects(panel, scale, split.train_end, season, n_ahead)
        model = replace(model, effects=effects)
        scale = scale.with_effect(effects.of_series(panel, scale))
    buffer = replace(model.columns.buffer(panel, scale), weight=weights)
    return model, Parts.of(buffer.to(run.runtime_on(_CPU).device), layout, split)


def trained(
    forecaster: NetworkForecaster,
    model: FittedNetwork,
    parts: Parts,
    evidence: Evidence,
    run: Run,
) -> FittedNetwork:
    """Train the network of ``model`` in place, and return all that forecasts with it."""
    config = forecaster._training_config(len(parts.training))
    run = run.minimising(forecaster._objective(model.network), forecaster.callbacks)
    model.network.to(parts.training.device)
    values = config.batch_size * model.layout.context_length * len(model.channels)
    with threads_for(values):
        if forecaster.linear_base:
            model, held_out = _blended(forecaster, model, evidence, _Training(parts, config, run))
        else:
            history = train(model.network, parts.training, config, parts.validation, run)
            net = model.network
            model = held_out = replace(model, forecast=net, rolled=net, history=history)
        return replace(model, spread=_learn_spread(forecaster, held_out, parts, run))


class _Training(NamedTuple):
    """Windows, settings and run of a training."""

    parts: Parts
    config: TrainingConfig
    run: Run


def _blended(
    forecaster: NetworkForecaster, model: FittedNetwork, evidence: Evidence, training: _Training
) -> tuple[FittedNetwork, FittedNetwork]:
    """Learn what the data can teach, and weigh it against the prior.

    Returns
    -------
    model, held_out : FittedNetwork
        The second as it was before it saw the held-out windows.
    """
    parts, config, run = training
    prior = None if evidence.decide else _prior_of(forecaster, model, parts.training.device)
    # A network that was trained before goes on, and so does one that is to be tuned.
    goes_on = forecaster.fine_tune is True or bool(model.history.train_loss)
    if prior is not None and not (evidence.teach or goes_on):
        note = f"nothing was trained: {evidence.n_values} values teach nothing that weights do not"
        share, history = Shares(0.0, 0.0), History(notes=[note, *_loaded(prior)])
        model = replace(model, prior=prior, share=share, history=history)
        return model, model
    tunes = _tunes(forecaster, prior, evidence, parts)
    # The trained weights are a form of one network, and see no columns.
    instead = tunes and forecaster._like_trained and not any(model.columns.sizes.values())
    learns = evidence.train and not instead
    trains = prior is None or learns or goes_on
    fitted = fit_correction(model.network, parts, model.layout, config, run if trains else None)
    if not trains:
        fitted.history.notes.append(
            f"the network was not trained: {evidence.n_values} values teach a regression, see "
            "pretrained and fine_tune"
        )
    model = replace(
        model,
        forecast=fitted.forecast,
        rolled=fitted.rolled,
        history=fitted.history,
        shares=fitted.shares,
        prior=None,
        share=Shares(1.0, 1.0),
    )
    held_out = replace(model, forecast=fitted.held_out)
    if prior is None:
        return model, held_out
    tuned = fine_tuned(prior, parts, run) if tunes else FineTuned(prior, prior)
    model.history.notes.extend(_loaded(tuned.prior, tuned.loss))
    share = evidence.shares(fitted.held_out, tuned.held_out, parts.validation)
    model, held_out = (replace(one, share=share) for one in (model, held_out))
    return replace(model, prior=tuned.prior), replace(held_out, prior=tuned.held_out)


def _prior_of(
    forecaster: NetworkForecaster, model: FittedNetwork, device: torch.device
) -> Prior | None:
    """Prior that the forecaster asks for; where ``model`` has fine-tuned its net, that one."""
    prior, known = find_prior(forecaster.pretrained, model.layout.season_length), model.prior
    if prior is None:
        return None
    if known is not None and known.tuned and known.season == prior.season:
        prior = known
    return prior.to(device)


def _tunes(
    forecaster: NetworkForecaster, prior: Prior | None, evidence: Evidence, parts: Parts
) -> bool:
    """Whether trained weights are to be fine-tuned."""
    if prior is None or prior.net is None:
        return False
    if forecaster.fine_tune == "auto":
        return evidence.train and len(parts.validation) > 0
    return bool(forecaster.fine_tune)


def _loaded(prior: Prior, loss: float = math.nan) -> list[str]:
    """Say which trained weights forecast, and what fine-tuning did to their held-out loss."""
    if prior.net is None:
        return []
    note = f"forecasts with the trained weights {for_season(prior.net.season)!r}"
    note += ", fine-tuned" if prior.tuned else ""
    if not math.isnan(loss):
        note += f": fine-tuning made their held-out loss {loss:.3f} times as large"
    return [note]


def _learn_spread(
    forecaster: NetworkForecaster, held_out: FittedNetwork, parts: Parts, run: Run
) -> Spread:
    """Learn how far the held-out windows stray from their forecasts."""
    season, validation = held_out.layout.season_length, parts.validation
    unseen = len(validation) > 0
    spread = learn_spread(
        held_out.of_windows, validation if unseen else parts.training, season, not unseen
    )
    if forecaster.intervals == "network":
        spread = with_quantile_head(spread, held_out.of_windows, parts, run)
    return spread.to(parts.training.device)

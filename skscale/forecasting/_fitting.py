"""From a panel to a fitted network: split, scale, train, blend."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from sklearn.utils import check_random_state

from skscale.forecasting._columns import Columns
from skscale.forecasting._effects import find_effects
from skscale.forecasting._fitted import FittedNetwork
from skscale.forecasting._layout import choose_layout, wants_calendar
from skscale.forecasting._panel import Panel
from skscale.forecasting._prior import Evidence, Prior, Shares, find_prior
from skscale.forecasting._recipe import fit_correction
from skscale.forecasting._series_scale import SeriesScale
from skscale.forecasting._windows import Layout, Parts, split_in_time
from skscale.nn import ForecastNet
from skscale.ops.threads import threads_for
from skscale.training import History, Run, Runtime, TrainingConfig, train

if TYPE_CHECKING:
    from skscale.forecasting._base import NetworkForecaster

__all__ = ["fit_network"]


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
    panel = panel.in_order_of_names()
    if start is not None:
        panel = start.check(panel)
    runtime = Runtime.of(forecaster.device, forecaster.precision)
    seed = runtime.agree(int(check_random_state(forecaster.random_state).randint(2**31 - 1)))
    run = Run(seed, runtime, verbose=forecaster.verbose)
    with run.numbers:
        model = _new_model(forecaster, panel, horizon) if start is None else deepcopy(start)
    return _trained(forecaster, model, panel, run.minimising(forecaster._objective(model.network)))


def _new_model(forecaster: NetworkForecaster, panel: Panel, horizon: int) -> FittedNetwork:
    layout = choose_layout(
        panel,
        horizon,
        forecaster.context_length,
        forecaster.prediction_length,
        forecaster.season_length,
    )
    columns = Columns.of(panel, wants_calendar(forecaster.time_features, panel))
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
    )


def _build(
    forecaster: NetworkForecaster, layout: Layout, n_channels: int, columns: Columns
) -> ForecastNet:
    """Build the network with the groups of features that it declares."""
    past, future = forecaster._feature_groups()
    sizes = columns.sizes
    return forecaster._network(
        layout.context_length,
        layout.prediction_length,
        n_channels,
        n_past_features=sum(sizes[group] for group in past),
        n_future_features=sum(sizes[group] for group in future),
        **forecaster._network_settings(layout),
    )


def _trained(
    forecaster: NetworkForecaster, model: FittedNetwork, panel: Panel, run: Run
) -> FittedNetwork:
    """Train the network of ``model`` in place, and return all that forecasts with it."""
    layout = model.layout
    split = split_in_time(panel.lengths, layout, forecaster.validation_fraction)
    scale = SeriesScale.of(panel, model.columns.units, panel.lengths - split.train_end)
    if forecaster.linear_base and model.columns.n_exogenous:
        effects = find_effects(panel, scale, split.train_end, layout.season_length)
        model = replace(model, effects=effects)
        scale = scale.with_effect(effects.of_series(panel, scale))
    device = run.runtime_on(torch.device("cpu")).device
    buffer = model.buffer(panel, scale, scale.standardised(panel)).to(device)
    parts = Parts.of(buffer, layout, split)
    config = forecaster._training_config(len(parts.training))
    model.network.to(device)
    with threads_for(config.batch_size * layout.context_length * len(panel.columns)):
        if forecaster.linear_base:
            evidence = Evidence(panel.values.size, int(panel.lengths.max()))
            prior = find_prior(forecaster.pretrained, layout.season_length)
            return _blended(model, parts, config, run, None if evidence.decide else prior, evidence)
        history = train(model.network, parts.training, config, parts.validation, run)
        return replace(model, forecast=model.network, rolled=model.network, history=history)


def _blended(
    model: FittedNetwork,
    parts: Parts,
    config: TrainingConfig,
    run: Run,
    prior: Prior | None,
    evidence: Evidence,
) -> FittedNetwork:
    """Learn what the data can teach, and weigh it against the prior."""
    if prior is not None and not evidence.teach:
        note = f"nothing was trained: {evidence.n_values} values cannot teach what weights know"
        return replace(model, prior=prior, share=Shares(0.0, 0.0), history=History(notes=[note]))
    # A network that was trained before goes on.
    trains = prior is None or evidence.train or bool(model.history.train_loss)
    fitted = fit_correction(model.network, parts, model.layout, config, run if trains else None)
    model = replace(model, **fitted._asdict())
    if prior is None:
        return replace(model, prior=None, share=Shares(1.0, 1.0))
    share = evidence.shares(model.forecast, prior, parts.validation)
    return replace(model, prior=prior, share=share)

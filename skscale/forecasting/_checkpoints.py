"""Which fit a checkpoint is of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from skscale import __version__
from skscale.forecasting._fitted import FittedNetwork
from skscale.forecasting._panel import Panel
from skscale.saving import Checkpoints, described
from skscale.training import Run

if TYPE_CHECKING:
    from skscale.forecasting._base import NetworkForecaster

__all__ = ["checkpoints_of"]

# Parameters that change no bit, or are described otherwise.
_LEFT_OUT = {"callbacks", "checkpoint_dir", "device", "random_state", "verbose"}


def checkpoints_of(
    forecaster: NetworkForecaster,
    panel: Panel,
    horizon: int,
    start: FittedNetwork | None,
    run: Run,
) -> Checkpoints | None:
    """Where the fit of a forecaster keeps its checkpoints; None if it keeps none.

    A fit whose ``random_state`` is None goes on with the seed of the one that was killed.

    Parameters
    ----------
    forecaster : NetworkForecaster
    panel : Panel
        Data that it is fitted to, sorted.
    horizon : int
    start : FittedNetwork or None
        What is trained further.
    run : Run
        Its seed, device and processes count.
    """
    if forecaster.checkpoint_dir is None:
        return None
    kind, runtime = type(forecaster), run.runtime_on(torch.device("cpu"))
    parameters = forecaster.get_params(deep=False)
    seed = None if forecaster.random_state is None else run.seed
    what = {
        **{name: value for name, value in parameters.items() if name not in _LEFT_OUT},
        "forecaster": f"{kind.__module__}.{kind.__qualname__}",
        "random_state": seed,
        "y": panel.values,
        "X": panel.X,
        "the columns of y": panel.columns,
        "the index": [panel.offsets, panel.keys, panel.times, list(panel.names)],
        "the longest step of fh": horizon,
        "device": runtime.device.type,
        "the number of processes": runtime.n_processes,
        "what is trained further": None if start is None else _weights(start),
        "skscale": __version__,
        "torch": str(torch.__version__),
    }
    fit = {name: described(value, name) for name, value in what.items()}
    name = kind.__name__ if start is None else f"{kind.__name__}-further"
    return Checkpoints(forecaster.checkpoint_dir, name, fit, run.seed)


def _weights(model: FittedNetwork) -> list[dict]:
    networks = (model.network, model.forecast, model.prior)
    return [dict(network.state_dict()) for network in networks if network is not None]

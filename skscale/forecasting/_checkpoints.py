"""Which fit a checkpoint is of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from skscale.forecasting._fitted import FittedNetwork
from skscale.forecasting._panel import Panel
from skscale.saving import Checkpoints, checkpoints_of
from skscale.training import Run

if TYPE_CHECKING:
    from skscale.forecasting._base import NetworkForecaster

__all__ = ["checkpoints_of_fit"]


def checkpoints_of_fit(
    forecaster: NetworkForecaster,
    panel: Panel,
    horizon: int,
    start: FittedNetwork | None,
    run: Run,
) -> Checkpoints | None:
    """Where the fit of a forecaster keeps its checkpoints; None if it keeps none.

    Parameters
    ----------
    forecaster : NetworkForecaster
    panel : Panel
        Data that it is fitted to, sorted.
    horizon : int
    start : FittedNetwork or None
        What is trained further.
    run : Run
    """

    def data() -> dict[str, Any]:
        return {
            "y": panel.values,
            "X": panel.X,
            "the columns of y": panel.columns,
            "the index": [panel.offsets, panel.keys, panel.times.index, list(panel.names)],
            "the longest step of fh": horizon,
            "what is trained further": None if start is None else _weights(start),
        }

    return checkpoints_of(forecaster, data, run, "" if start is None else "-further")


def _weights(model: FittedNetwork) -> list[dict]:
    networks = (model.network, model.forecast, model.prior)
    return [dict(network.state_dict()) for network in networks if network is not None]

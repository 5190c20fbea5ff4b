"""A fit to panels that do not fit in memory together: one of them at a time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
import pandas as pd
import torch

from skscale.forecasting._evidence import Evidence
from skscale.forecasting._fitted import FittedNetwork
from skscale.forecasting._fitting import new_model, run_of, trained
from skscale.forecasting._panel import Panel
from skscale.forecasting._series_scale import SeriesScale
from skscale.forecasting._times import Times
from skscale.forecasting._weights import target_weights
from skscale.forecasting._windows import Parts, Split, split_in_time
from skscale.ops.arrays import from_numpy
from skscale.training import SeriesBuffer, ShardedBuffer
from skscale.training.shards import KeptWindows

if TYPE_CHECKING:
    from skscale.forecasting._base import NetworkForecaster

__all__ = ["Shards", "fit_network_to_shards"]


class Shards(Protocol):
    """Panels of whole series with the same channels and step, read whenever they are asked for."""

    def __len__(self) -> int: ...

    def __getitem__(self, i: int, /) -> Panel: ...


@torch.inference_mode(False)
def fit_network_to_shards(
    forecaster: NetworkForecaster, shards: Shards, horizon: int
) -> FittedNetwork:
    """Train the network of ``forecaster`` on the series of all ``shards``.

    What `fit_network` would make of one panel of all series, but that batches hold series of one
    shard, or two where one ends. The sizes "auto" are those of the shard with the longest series.

    Parameters
    ----------
    forecaster : NetworkForecaster
        Its parameters are read, nothing is written.
    shards : Shards
        Read by another thread; without columns of X.
    horizon : int
        Longest step that will be asked for; 0 if that is not known.
    """
    seen, longest = _survey(shards)
    run = run_of(forecaster)
    with run.numbers:
        model = new_model(forecaster, longest, horizon)
    del longest
    layout, panel = model.layout, seen.outline
    weights = target_weights(
        forecaster.horizon_weights, forecaster.series_weights, panel, layout.prediction_length
    )
    split = split_in_time(panel.lengths, layout, forecaster.validation_fraction)
    device = run.runtime_on(torch.device("cpu")).device
    reader = _Reader(shards, model, seen, split, weights, device)
    first, lengths = (from_numpy(one).to(device) for one in (seen.first, panel.lengths))
    n_channels = len(panel.columns)
    evidence = Evidence(int(panel.lengths.sum()) * n_channels, int(panel.lengths.max()))
    with ShardedBuffer(reader.buffer, first, lengths, n_channels, seen.has_gaps) as buffer:
        parts = Parts.of(buffer, layout, split)
        parts = parts._replace(validation=KeptWindows(parts.validation))
        return trained(forecaster, model, parts, evidence, run)


def _ready(panel: Panel) -> Panel:
    """Series of a shard as a network learns from them, see `fit_network`."""
    return panel.check_observed(2).trimmed().in_order_of_names()


class _Survey(NamedTuple):
    """What one look at all shards tells.

    Attributes
    ----------
    outline : Panel
        All series, without their values and times.
    first : int64 ndarray of shape (n_shards + 1,)
        First series of every shard, and the number of all.
    has_gaps : bool
    """

    outline: Panel
    first: np.ndarray
    has_gaps: bool


def _survey(shards: Shards) -> tuple[_Survey, Panel]:
    """Read all shards, and check them; the other part is that with the longest series."""
    lengths: list[np.ndarray] = []
    keys: list[pd.Index] = []
    longest: Panel | None = None
    has_gaps = False
    for i in range(len(shards)):
        panel = _ready(shards[i])
        assert panel.keys is not None
        lengths.append(panel.lengths)
        keys.append(panel.keys)
        has_gaps |= bool(np.isnan(panel.values).any())
        if longest is None or panel.lengths.max() > longest.lengths.max():
            longest = panel
    assert longest is not None
    outline = replace(
        longest,
        values=np.zeros((0, longest.values.shape[1])),
        offsets=np.append(0, np.concatenate(lengths).cumsum()),
        keys=keys[0].append(keys[1:]),
        times=Times(longest.times[:0].copy()),
    )
    return _Survey(outline, np.cumsum([0, *map(len, lengths)]), has_gaps), longest


@dataclass(frozen=True)
class _Reader:
    """Brings shards to the device; the statistics of their series are gathered once."""

    shards: Shards
    model: FittedNetwork
    seen: _Survey
    split: Split
    weights: torch.Tensor | None
    device: torch.device
    scales: dict[int, SeriesScale] = field(default_factory=dict)

    def buffer(self, i: int) -> SeriesBuffer:
        """Scaled series of shard ``i``, each in the scale of what it trains with."""
        series = slice(*self.seen.first[i : i + 2])
        panel = self.model.check(_ready(self.shards[i]))
        if i not in self.scales:
            held_out = panel.lengths - self.split.train_end[series]
            units, scaler = self.model.columns.units, self.model.scaler
            self.scales[i] = SeriesScale.of(panel, units, held_out, scaler)
        found = self.model.columns.buffer(panel, self.scales[i])
        if self.seen.has_gaps and found.observed is None:
            found = replace(found, observed=torch.ones_like(found.values, dtype=torch.bool))
        if self.weights is not None:
            found = replace(found, weight=self.weights[series])
        return found.to(self.device)

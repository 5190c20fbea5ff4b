"""Tables of the networks that the Sigma paper compares with: errors, costs (Figures 5 and 10)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from examples.paper.efficiency import CHANNELS
from examples.paper.models import MODELS
from examples.paper.published import published
from examples.paper.tables import (
    DASH,
    DATASETS,
    HORIZONS,
    cells,
    markdown,
    number,
    trained_longest,
    with_spread,
)

# Table of the paper, and the network's name there. Variants stand beside the same figures; it does
# not have the other networks.
IN_PAPER = {
    "dlinear": (10, "DLinear"),
    "itransformer": (10, "iTransformer"),
    "patchtst": (10, "PatchTST"),
    "amd": (7, "AMD"),
    "wpmixer": (7, "WPMixer"),
    "timesnet": (7, "TimesNet"),
    "micn": (7, "MICN"),
    "msgnet": (7, "MSGNet"),
    "timemixerpp": (10, "TimeMixer++"),
    "multipatchformer": (7, "MultiPatchFormer"),
    "pyraformer": (7, "Pyraformer"),
    "timefilter": (10, "TimeFilter"),
    "timepro": (10, "TimePro"),
}

ELSEWHERE = ("sigma", "default", "timemixer")  # they have tables of their own


def networks_table(runs: pd.DataFrame) -> str:
    """Every cell at context 96 that was run, ours beside the paper's."""
    rows = [row for name in MODELS if name not in ELSEWHERE for row in _rows(runs, name)]
    if not rows:
        return "No run yet."
    header = ["network", "set", "T", "MSE", "paper", "ratio", "MAE", "paper", "ratio", "seeds"]
    return markdown(header, rows)


def efficiency_table(costs: pd.DataFrame) -> str:
    """Figure 5: every network's step, memory, parameters and test error, fastest first."""
    if costs.empty:
        return "No run yet."
    rows = []
    for _, row in costs.sort_values("ms").iterrows():
        found = not np.isnan(row["mse"])
        horizon = int(row["horizon"]) if found else DASH
        rows.append(
            [
                row["model"],
                f"{row['ms']:.0f}",
                f"{row['megabytes']:.0f}",
                f"{int(row['parameters']):,}",
                number(row["mse"]),
                horizon,
            ]
        )
    return markdown(["network", "step ms", "MB", "parameters", "MSE", "at T"], rows)


def channels_table(costs: pd.DataFrame) -> str:
    """Figure 10: every network's step and memory with many channels, fastest first."""
    if costs.empty:
        return "No run yet."
    wide = costs.pivot(index="model", columns="dataset", values=["ms", "megabytes"])
    datasets = [name for name in CHANNELS if name in set(costs["dataset"])]
    header, columns = ["network"], []
    for name in datasets:
        header += [f"{CHANNELS[name]} channels, s", "GB"]
        columns += [("ms", name), ("megabytes", name)]
    rows = [
        [name, *(DASH if np.isnan(x) else f"{x / 1000:.2f}" for x in row[columns])]
        for name, row in wide.sort_values(("ms", datasets[0])).iterrows()
    ]
    return markdown(header, rows)


def _published_as(name: str) -> tuple[int, str] | None:
    return IN_PAPER.get(name.removesuffix("-official").removesuffix("-tslib"))


def _rows(runs: pd.DataFrame, name: str) -> Iterator[list[object]]:
    paper = _published_as(name)
    own = trained_longest(runs, name)
    found = cells(own)
    shortened = own.groupby(["dataset", "context", "horizon"])["shortened"].first()
    for dataset in DATASETS:
        for horizon in HORIZONS:
            key = (dataset, 96, horizon)
            if key not in found.index:
                continue
            row: list[object] = [name, dataset, horizon]
            for metric in ("mse", "mae"):
                theirs = published(*paper, dataset, metric, horizon=horizon) if paper else np.nan
                ours, spread = found.at[key, metric], found.at[key, f"{metric}_sd"]
                row += [with_spread(ours, spread), number(theirs), number(ours / theirs)]
            seeds, note = int(found.at[key, "seeds"]), shortened.get(key, "")
            yield [*row, f"{seeds}, {note}" if note else seeds]

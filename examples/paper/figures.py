"""Figures of the docs page that come from result tables."""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

from examples.paper.context_length import CONTEXTS, DATASET
from examples.paper.published import published
from examples.paper.tables import HORIZONS, cells, own_settings
from examples.paths import PAPER_RESULTS


def draw_context_length(
    runs: pd.DataFrame, contexts: pd.DataFrame, costs: pd.DataFrame, folder: Path = PAPER_RESULTS
) -> None:
    """Figure 7: MSE over the context, ours solid and the paper's dashed; cost of a step."""
    found = cells(own_settings(pd.concat([runs, contexts]), "sigma"))
    figure, (errors, cost) = plt.subplots(1, 2, figsize=(11, 3.8), layout="constrained")
    for i, horizon in enumerate(HORIZONS):
        keys = {context: (DATASET, context, horizon) for context in CONTEXTS}
        ours = {c: found.at[key, "mse"] for c, key in keys.items() if key in found.index}
        theirs = [
            published(13, "Sigma", DATASET, "mse", context=context, horizon=horizon)
            for context in CONTEXTS
        ]
        errors.plot(list(ours), list(ours.values()), "o-", color=f"C{i}", label=f"T = {horizon}")
        errors.plot(CONTEXTS, theirs, "--", color=f"C{i}", alpha=0.5)
    errors.set(xlabel="context L", ylabel="test MSE", title="ETTh1, dashed: the paper")
    errors.legend(frameon=False, fontsize=8)
    _draw_cost(cost, costs)
    figure.savefig(folder / "figure_7_context_length.png", dpi=110)
    plt.close(figure)


def _draw_cost(axes: plt.Axes, costs: pd.DataFrame) -> None:
    axes.set(xlabel="context L", ylabel="ms", title="one training step")
    if costs.empty:
        return
    memory = axes.twinx()
    memory.set_ylabel("MB (dashed)")
    for i, (horizon, part) in enumerate(costs.groupby("horizon")):
        axes.plot(part["context"], part["ms"], "o-", color=f"C{i}", label=f"T = {horizon}")
        memory.plot(part["context"], part["megabytes"], "--", color=f"C{i}", alpha=0.5)
    axes.legend(frameon=False, fontsize=8)

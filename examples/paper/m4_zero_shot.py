"""M4 as a whole without any fit: trained weights and textbook forecasts, all 100,000 series.

::

    python -m examples.pretraining.train --season 1 --part everything    # also 4, 7, 12, 24 and 52
    python -m examples.paper.m4_zero_shot

Forecasts are those with which `skscale.SigmaForecaster` begins, mixed as
`skscale.pretrained.shares` says. "packed" are the weights that come with the package, which never
saw the series numbered 3 and 7 modulo 10. "everything" are weights of the same recipes for this
table alone, trained on all series of the training files. Nothing was chosen by these scores.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from time import process_time

import numpy as np
import torch
from torch import Tensor

from examples.command_line import add_data_argument, script_parser
from examples.paper.m4 import row_errors, scores
from examples.paper.m4_data import FREQUENCIES, M4, load_m4, owa, pooled
from examples.paper.results import ResultTable, versions_text
from examples.paths import PAPER_RESULTS
from examples.pretraining.choices import trained
from examples.pretraining.recipes import MEMBERS, RECIPES
from examples.pretraining.train import RUNS
from skscale.forecasting._prior import Prior
from skscale.pretrained import TrainedNet, for_season, load
from skscale.training import Batch

KEYS = ("weights", "frequency")
VALUES = ("smape", "mase", "naive2_smape", "naive2_mase", "n_series", "seconds", "versions")
WEIGHTS = ("packed", "everything")
WHOLE = "All"
_AT_ONCE = 2000


def find_net(weights: str, season: int, runs: Path) -> TrainedNet:
    """Networks of a season: those in the package, or those of the runs on all series."""
    if weights == "packed":
        name = for_season(season)
        assert name is not None  # all of M4's seasons are served
        return load(name)
    members = [member._replace(part="everything") for member in MEMBERS[season]]
    nets = [trained(member, season, runs / "everything")[0] for member in members]
    return TrainedNet(nets, season, RECIPES[season].history_length)


def forecast(net: TrainedNet, data: M4) -> np.ndarray:
    """Forecasts (n_series, horizon) from the training points."""
    prior = Prior(data.frequency.season, net)
    found = []
    for first in range(0, len(data.train), _AT_ONCE):
        series, mask = _padded(data.train[first : first + _AT_ONCE], prior.history_length)
        zero = torch.zeros(len(series), 1, 1, dtype=torch.float64)
        batch = Batch(series, series[:, :0], mask, None, None, None, zero, zero + 1)
        found.append(prior(batch, data.frequency.horizon).squeeze(2))
    return torch.cat(found).numpy()


def _padded(rows: list[np.ndarray], length: int) -> tuple[Tensor, Tensor]:
    """The last ``length`` points of every row, and where there are any."""
    recent = [row[-length:] for row in rows]
    series = np.stack([np.pad(row, (length - len(row), 0), mode="edge") for row in recent])
    n_points = torch.tensor([len(row) for row in recent])
    mask = torch.arange(length) >= length - n_points.unsqueeze(1)
    return torch.as_tensor(series).unsqueeze(2), mask


def run(weights: str, name: str, data: Path, runs: Path) -> dict[str, object]:
    """Forecast and score one frequency; the `VALUES` of a row."""
    m4 = load_m4(name, data)
    started = process_time()
    found = forecast(find_net(weights, m4.frequency.season, runs), m4)
    seconds = process_time() - started
    return scores(found, m4) | {"seconds": f"{seconds:.1f}", "versions": versions_text()}


def whole(rows: Iterable[Mapping[str, str]]) -> dict[str, object]:
    """All frequencies together, as the competition does it: means over all series."""
    rows = list(rows)
    counts = [int(row["n_series"]) for row in rows]
    found, naive2 = (pooled([row_errors(row)[i] for row in rows], counts) for i in (0, 1))
    values = (found.smape, found.mase, naive2.smape, naive2.mase)
    columns = {name: f"{value:.4f}" for name, value in zip(VALUES, values, strict=False)}
    seconds = sum(float(row["seconds"]) for row in rows)
    told = {"seconds": f"{seconds:.1f}", "versions": versions_text()}
    return columns | {"n_series": sum(counts)} | told


def finished_runs(
    table: ResultTable, weights: Iterable[str], data: Path, runs: Path
) -> Iterator[dict[str, str]]:
    """Rows of every frequency and of the whole, computed only where the table lacks them."""
    for kind in weights:
        rows = []
        for name in FREQUENCIES:
            key = dict(zip(KEYS, (kind, name), strict=True))
            rows.append(table.row(key, lambda k=kind, n=name: run(k, n, data, runs)))
            yield rows[-1]
        yield table.row({"weights": kind, "frequency": WHOLE}, lambda r=rows: whole(r))


def main(arguments: list[str] | None = None) -> None:
    """Run what is missing and print every row."""
    parser = script_parser(__doc__ or "")
    add_data_argument(parser)
    parser.add_argument("--weights", nargs="+", choices=WEIGHTS, default=list(WEIGHTS))
    parser.add_argument("--runs", type=Path, default=RUNS, help="folder of the training runs")
    parser.add_argument("--out", type=Path, default=PAPER_RESULTS / "m4_zero_shot.csv")
    args = parser.parse_args(arguments)
    table = ResultTable(args.out, KEYS, VALUES)
    for row in finished_runs(table, args.weights, args.data, args.runs):
        found, naive2 = row_errors(row)
        print(
            f"{row['weights']} {row['frequency']}: sMAPE {found.smape:.3f} MASE {found.mase:.3f} "
            f"OWA {owa(found, naive2):.3f}",
            flush=True,
        )


if __name__ == "__main__":
    main()

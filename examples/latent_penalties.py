"""Errors of the autoencoder on unseen series, with and without a penalty of its latent values.

The sets of `examples.paper.autoencoder_series` that are inside sktime, the default form, the same
sizes and epochs. Beside the mean squared error training minimises a weight times

- the mean square of the latent values: "L2" (Ghosh et al. 2020, From variational to
  deterministic autoencoders, ICLR, without the part for the decoder);
- the mean squared correlation of two latent values over a batch: "decorrelated" (as Cogswell
  et al. 2016, Reducing overfitting in deep networks by decorrelating representations, ICLR,
  with correlations in the place of covariances, which smaller values would make small);
- the Kullback-Leibler divergence of a variational form: "variational" (Higgins et al. 2017,
  beta-VAE, ICLR); this weight is `kl_weight`, for the whole divergence of a series over its
  number of values.

::

    python -m examples.latent_penalties
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from examples.benchmarks.measure import printed
from examples.benchmarks.pages import page
from examples.command_line import script_parser
from examples.paper.autoencoder_series import FORMS, SETS, latent_sizes, load, matched_hidden
from examples.paper.tables import markdown
from examples.paths import DATA, RESULTS, ROOT
from skscale.representation import MultiScaleAutoencoder
from skscale.representation._codec import ReconstructionLoss
from skscale.training import Objective

PAGE = ROOT / "docs" / "results" / "index.md"
OUT = RESULTS / "latent_penalties.csv"
FORM = "residual 1/4, 1"
NAMES = ("ItalyPowerDemand", "GunPoint", "ArrowHead", "OSULeaf", "ECG")


class Penalty(NamedTuple):
    """What is added to the reconstruction error, by its name, and its weight."""

    kind: str
    weight: float

    def __str__(self) -> str:
        return f"{self.kind} {self.weight:g}" if self.weight else self.kind


NONE = Penalty("none", 0.0)
PENALTIES = (
    NONE,
    *(Penalty("L2", weight) for weight in (0.001, 0.01, 0.1)),
    *(Penalty("decorrelated", weight) for weight in (0.01, 0.1, 1.0)),
    *(Penalty("variational", weight) for weight in (0.001, 0.01, 0.1)),
)


def mean_square(z: Tensor) -> Tensor:
    """Mean square of latent values (batch, n_latent)."""
    return z.square().mean()


def mean_square_correlation(z: Tensor) -> Tensor:
    """Mean squared correlation of two different latent values over a batch (batch, n_latent)."""
    units = (z - z.mean(0)) / (z.std(0, correction=0) + 1e-6)
    correlation = units.T @ units / len(z)
    n = z.shape[1]
    return (correlation.square().sum() - correlation.diagonal().square().sum()) / (n * (n - 1))


MEASURES = {"L2": mean_square, "decorrelated": mean_square_correlation}


class PenalisedAutoencoder(MultiScaleAutoencoder):
    """An autoencoder trained with a penalty of its latent values."""

    penalty = NONE

    def _objective(self, gaps: bool) -> Objective:
        error, penalty = ReconstructionLoss(self.kl_weight, gaps), self.penalty
        measure = MEASURES[penalty.kind]

        def penalised(net: nn.Module, x: Tensor) -> Tensor:
            return error(net, x) + penalty.weight * measure(net.encode(x).mean)

        return penalised


def autoencoder(penalty: Penalty, **settings: Any) -> MultiScaleAutoencoder:
    """An autoencoder, not fitted, that is trained with the penalty."""
    if penalty.kind in MEASURES:
        model = PenalisedAutoencoder(**settings)
        model.penalty = penalty
        return model
    variational = penalty.kind == "variational"
    kl = {"variational": True, "kl_weight": penalty.weight} if variational else {}
    return MultiScaleAutoencoder(**settings, **kl)


def rows_of(name: str, seeds: list[int]) -> Iterator[dict[str, object]]:
    """Test errors of all penalties on one set."""
    train, test = load(name, DATA)
    latent, hidden, epochs = SETS[name]
    settings = {
        **FORMS[FORM],
        "latent_size": latent_sizes(FORM, latent),
        "hidden_size": matched_hidden(FORM, train.shape[1], latent, hidden),
        "standardize": False,
        "max_epochs": epochs,
        "validation_fraction": 0.0,
        "device": "cpu",
    }
    for penalty in PENALTIES:
        for seed in seeds:
            model = autoencoder(penalty, random_state=seed, **settings).fit(train)
            correlation = mean_square_correlation(torch.from_numpy(model.transform(test)))
            yield {
                "set": name,
                "penalty": str(penalty),
                "seed": seed,
                "test_mse": -model.score(test),
                "correlation": float(correlation) ** 0.5,
            }


def relative(table: pd.DataFrame) -> pd.DataFrame:
    """Test error over that without a penalty and with the same seed."""
    plain = table[table["penalty"] == "none"].set_index(["set", "seed"])["test_mse"]
    base = plain.loc[pd.MultiIndex.from_frame(table[["set", "seed"]])].to_numpy()
    return table.assign(ratio=table["test_mse"] / base)


def filled(text: str) -> str:
    """The page with the stored table."""
    by = relative(pd.read_csv(OUT)).groupby(["penalty", "set"], sort=False)
    means, spread = by["ratio"].mean().unstack("set"), by["ratio"].std().unstack("set")
    names = [name for name in NAMES if name in means]
    correlation = by["correlation"].mean().unstack("set").mean(axis=1)
    lines = []
    for penalty in map(str, PENALTIES):
        ratios = [
            f"{means.loc[penalty, one]:.2f} ± {spread.loc[penalty, one]:.2f}" for one in names
        ]
        mean = np.exp(np.log(means.loc[penalty, names]).mean())
        cells = ["1"] * len(names) if penalty == "none" else ratios
        lines.append([penalty, *cells, f"{mean:.2f}", f"{correlation[penalty]:.2f}"])
    titles = ["penalty", *names, "mean", "correlation"]
    return page(text, {"latent penalties": markdown(titles, lines)})


def main() -> None:
    """Print and store the table."""
    parser = script_parser(__doc__ or "")
    parser.add_argument("--sets", nargs="+", choices=NAMES, default=list(NAMES))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    table = printed(row for name in options.sets for row in rows_of(name, options.seeds))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(options.out, float_format="%.6f", index=False)
    means = relative(table).pivot_table("ratio", "penalty", "set", sort=False)
    print(means.round(3).to_string())
    if options.out == OUT:
        PAGE.write_text(filled(PAGE.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()

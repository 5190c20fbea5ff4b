"""Pictures of `docs/theory.md`: every scaling operator on the same four years of passengers.

::

    python -m examples.theory_pictures
"""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("agg")

from matplotlib import pyplot as plt
from sktime.datasets import load_airline

from examples.command_line import script_parser
from examples.paths import ROOT
from examples.pictures import save
from skscale.operators import all_operators
from skscale.plotting import OperatorDisplay

SCALES = {"WaveletApproximation": (1, 2, 3), "ContinuousScale": (1.5, 2.5, 6.5)}


def main(arguments: list[str] | None = None) -> None:
    """Draw all pictures."""
    parser = script_parser(__doc__ or "")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "assets" / "operators")
    args = parser.parse_args(arguments)
    args.out.mkdir(parents=True, exist_ok=True)
    series = load_airline()[-48:].to_numpy()
    for one in all_operators():
        # Zero edges would draw the ends of a series far from zero, not the operator.
        operator = one(edges="reflect") if "edges" in one().get_params() else one()
        scales = SCALES.get(one.__name__, (2, 4, 8))
        _, axes = plt.subplots(1, 3, figsize=(9, 2.2), sharey=True, layout="constrained")
        OperatorDisplay.from_estimator(operator, series, scales).plot(ax=axes)
        save(args.out / f"{one.__name__}.png")
        plt.close("all")


if __name__ == "__main__":
    main()

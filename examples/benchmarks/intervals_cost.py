"""What intervals cost beside the forecast, and beside the fit.

"predict" and "interval" (80 and 95 %) take turns. "fit" is the whole fit; what it spends on
learning how wide intervals are is timed inside, and "of fit" is the fit over what is left. ::

    python -m examples.benchmarks.intervals_cost --out docs/results/benchmarks
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial, wraps
from pathlib import Path
from statistics import median
from time import perf_counter
from unittest.mock import patch

import pandas as pd
from sktime.datasets import load_airline
from sktime.utils._testing.hierarchical import _make_hierarchical

from examples.benchmarks.measure import parser, report, turns
from examples.paper.protocol import load
from skscale import SigmaForecaster, TimeMixerForecaster
from skscale.forecasting import NetworkForecaster, _fitting

HORIZON = range(1, 25)


def fit_seconds(forecaster: NetworkForecaster, y: pd.DataFrame | pd.Series) -> tuple[float, float]:
    """Seconds of a fit, and of those the ones that intervals take."""
    learn, spent = _fitting._learn_spread, 0.0

    @wraps(learn)
    def timed(*arguments: object) -> object:
        nonlocal spent
        started = perf_counter()
        try:
            return learn(*arguments)
        finally:
            spent += perf_counter() - started

    with patch.object(_fitting, "_learn_spread", timed):
        started = perf_counter()
        forecaster.fit(y, fh=HORIZON)
        return perf_counter() - started, spent


def rows(data: Path, repeats: int) -> Iterator[dict[str, object]]:
    """One series, a panel of 200 and seven long channels, each with two forecasters."""
    panel = _make_hierarchical((200,), min_timepoints=60, max_timepoints=60, random_state=0)
    sets = {"airline": load_airline(), "panel of 200": panel, "ETTh1": load("ETTh1", data).values}
    for kind in (SigmaForecaster, TimeMixerForecaster):
        for name, y in sets.items():
            forecaster = kind(max_epochs=2, random_state=0)
            fits = [fit_seconds(forecaster, y) for _ in range(3)]
            whole, spent = (median(values) for values in zip(*fits, strict=True))
            forms = {
                "predict": forecaster.predict,
                "interval": partial(forecaster.predict_interval, coverage=[0.8, 0.95]),
            }
            times = turns(forms, repeats, warm_up=3)
            yield {
                "forecaster": kind.__name__,
                "data": name,
                **{f"{form} ms": 1e3 * value for form, value in times.items()},
                "of predict": times["interval"] / times["predict"],
                "fit s": whole,
                "of fit": whole / (whole - spent),
            }


def main() -> None:
    """Print and store the table."""
    arguments = parser(__doc__)
    arguments.add_argument("--repeats", type=int, default=20)
    options = arguments.parse_args()
    report("Intervals", list(rows(options.data, options.repeats)), options, "intervals_cost")


if __name__ == "__main__":
    main()

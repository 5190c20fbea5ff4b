"""What `predict` and `import` cost beyond the network and torch.

::

    python -m examples.benchmarks.predict --out docs/results/benchmarks

"net" is the fitted network's forward pass on the last window, "predict" the whole way of sktime
from `fh` to a Series or DataFrame. The panel's forecasts come from one batched pass. Imports are
timed in fresh processes that take turns.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import numpy as np
import torch
from sktime.datasets import load_airline
from sktime.utils._testing.hierarchical import _make_hierarchical

from examples.benchmarks.measure import parser, report, turns
from skscale.forecasting import NetworkForecaster, all_forecasters
from skscale.forecasting._windows import windows_between
from skscale.training import forward

HORIZON = np.arange(1, 13)
IMPORTS = {
    "torch, sklearn": "import torch, sklearn",
    "with skscale": "import torch, sklearn, skscale",
    "with sktime": "import torch, sklearn, sktime.forecasting.base",
    "with torch's compiler": "import torch, sklearn, torch._dynamo",
    "with a forecaster": "import torch, sklearn; from skscale import SigmaForecaster",
}


def network_alone(forecaster: NetworkForecaster) -> Callable[[], object]:
    """Forward pass of the last window of every series."""
    model, buffer = forecaster.model_, forecaster._context.buffer
    lengths = buffer.lengths.numpy()
    last = windows_between(buffer, model.layout, lengths, lengths)
    batch = last.batch(torch.arange(len(lengths)))

    def run() -> object:
        with torch.no_grad():
            return forward(model.forecast, batch)

    return run


def predictions(repeats: int) -> list[dict[str, object]]:
    """One series, and a panel of 200, for each forecaster."""
    panel = _make_hierarchical((200,), min_timepoints=60, max_timepoints=60, random_state=0)
    rows = []
    for estimator in all_forecasters():
        for name, y in {"airline": load_airline(), "panel of 200": panel}.items():
            forecaster = estimator(max_epochs=1, random_state=0).fit(y, fh=HORIZON)
            forms = {"net": network_alone(forecaster), "predict": forecaster.predict}
            times = {k: 1e3 * v for k, v in turns(forms, repeats, warm_up=5).items()}
            rows.append(
                {
                    "forecaster": estimator.__name__,
                    "data": name,
                    **{f"{form} ms": value for form, value in times.items()},
                    "beyond the net ms": times["predict"] - times["net"],
                }
            )
    return rows


def imports(repeats: int) -> list[dict[str, object]]:
    """Seconds of a fresh process for each set of imports."""
    forms = {
        name: lambda code=code: subprocess.run([sys.executable, "-c", code], check=True)
        for name, code in IMPORTS.items()
    }
    times = turns(forms, repeats)
    base = times["torch, sklearn"]
    return [
        {"import": n, "seconds": t, "beyond torch, sklearn": t - base} for n, t in times.items()
    ]


def main() -> None:
    """Print and store both tables."""
    arguments = parser(__doc__)
    arguments.add_argument("--repeats", type=int, default=30)
    options = arguments.parse_args()
    report("Predict", predictions(options.repeats), options, "predict")
    report("Import", imports(max(3, options.repeats // 6)), options, "import")


if __name__ == "__main__":
    main()

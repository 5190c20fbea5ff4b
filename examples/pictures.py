"""Pictures of `docs/plotting.md`: every display, on series that ship inside sktime.

::

    python -m examples.pictures

Seeds are fixed; a minute on one core.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("agg")

from matplotlib import pyplot as plt
from PIL import Image
from sktime.datasets import load_airline, load_hierarchical_sales_toydata, load_longley
from sktime.forecasting.naive import NaiveForecaster
from sktime.split import ExpandingWindowSplitter

from examples.command_line import script_parser
from skscale import MultiScaleAutoencoderForecaster, SigmaForecaster, TimeMixerForecaster, explain
from skscale.evaluation import backtest
from skscale.operators import AveragePooling
from skscale.plotting import (
    BacktestDisplay,
    DecompositionDisplay,
    ForecastDisplay,
    OperatorDisplay,
    ScaleDisplay,
    SharesDisplay,
    TrainingDisplay,
)

OUT = Path(__file__).parents[1] / "docs" / "pictures"
HORIZON = range(1, 25)


@cache
def fitted(kind: type = SigmaForecaster, **parameters: Any) -> Any:
    """A forecaster of the first ten years of the airline's passengers."""
    return kind(random_state=0, **parameters).fit(load_airline().iloc[:-24], fh=HORIZON)


def alone() -> Any:
    """Sigma without a linear base, and as many epochs as its scales need to move."""
    parameters = {"linear_base": False, "context_length": 36, "max_epochs": 60, "patience": 60}
    return fitted(learning_rate=0.02, **parameters)


def forecast() -> Any:
    """Two forecasters beside what came."""
    y = load_airline()
    named = {
        "SigmaForecaster": fitted(),
        "seasonal naive": NaiveForecaster(sp=12).fit(y.iloc[:-24], fh=HORIZON),
    }
    display = ForecastDisplay.from_estimator(named, y=y, coverage=None)
    return display.plot(n_last=72)


def intervals() -> Any:
    """Two coverages."""
    display = ForecastDisplay.from_estimator(fitted(), y=load_airline(), coverage=[0.8, 0.95])
    return display.plot(n_last=72)


def panel() -> Any:
    """Four series of a hierarchy."""
    y = load_hierarchical_sales_toydata()
    return ForecastDisplay.from_estimator(SigmaForecaster(random_state=0).fit(y, fh=HORIZON)).plot()


def scales() -> Any:
    """Learned scales."""
    return ScaleDisplay.from_estimator(alone()).plot()


def sigma_parts() -> Any:
    """Smooth and residual branch."""
    return DecompositionDisplay.from_estimator(alone()).plot()


def timemixer_parts() -> Any:
    """Every scale."""
    return DecompositionDisplay.from_estimator(fitted(TimeMixerForecaster, max_epochs=1)).plot()


def autoencoder_parts() -> Any:
    """Stages."""
    forecaster = fitted(MultiScaleAutoencoderForecaster, linear_base=False, context_length=36)
    return DecompositionDisplay.from_estimator(forecaster).plot()


def training() -> Any:
    """Losses and rates."""
    return TrainingDisplay.from_estimator(alone()).plot()


def shares() -> Any:
    """Who made the forecasts of four series."""
    y = load_hierarchical_sales_toydata()
    return SharesDisplay.from_estimator(SigmaForecaster(random_state=0).fit(y, fh=[1, 2])).plot()


def errors() -> Any:
    """Two forecasters, one of them without trained weights."""
    cv = ExpandingWindowSplitter(fh=range(1, 13), initial_window=72)
    named = {"default": SigmaForecaster(random_state=0)}
    named["pretrained=None"] = SigmaForecaster(pretrained=None, random_state=0)
    found = {name: backtest(one, load_airline(), cv, detail=True) for name, one in named.items()}
    return BacktestDisplay.from_backtest(found).plot()


def operator() -> Any:
    """Blocks."""
    return OperatorDisplay.from_estimator(AveragePooling(), load_airline()).plot()


def parts() -> Any:
    """What every part adds to a forecast, by pandas."""
    y, X = load_longley()
    names = ["GNP", "UNEMP"]
    forecaster = SigmaForecaster(random_state=0)
    forecaster.fit(y.iloc[:-4], X=X[names].iloc[:-4], fh=[1, 2, 3, 4])
    found = explain(forecaster, X=X[names].iloc[-4:]).droplevel("variable", axis=1)
    axis = found.loc[:, found.any()].plot.bar(stacked=True, rot=0)
    axis.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    axis.set_ylabel("contribution")
    return axis


PICTURES: dict[str, Callable[[], Any]] = {
    one.__name__: one
    for one in (
        *(forecast, intervals, panel, scales, sigma_parts, timemixer_parts, autoencoder_parts),
        *(training, shares, errors, operator, parts),
    )
}


def save(path: Path) -> None:
    """Write the current figure with a palette of 128 colours, a third of the size."""
    whole = BytesIO()
    plt.gcf().savefig(whole, dpi=80, bbox_inches="tight")
    with Image.open(whole) as image:
        image.convert("RGB").quantize(128).save(path, optimize=True)


def main(arguments: list[str] | None = None) -> None:
    """Draw all pictures, or those named."""
    parser = script_parser(__doc__ or "")
    parser.add_argument("--only", choices=PICTURES, help="by default all")
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args(arguments)
    args.out.mkdir(parents=True, exist_ok=True)
    for name in [args.only] if args.only else PICTURES:
        PICTURES[name]()
        save(args.out / f"{name}.png")
        plt.close("all")


if __name__ == "__main__":
    main()

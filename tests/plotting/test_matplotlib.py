"""Pictures as they were when someone looked at them; and life without matplotlib."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.testing.compare import compare_images

import skscale
from skscale.plotting import DecompositionDisplay, ForecastDisplay, SharesDisplay

from .series import wave

BASELINES = Path(__file__).parent / "baselines"
# Root mean square of 255; text is left out, since every version of matplotlib draws it otherwise.
TOLERANCE = 12


def forecast():
    y = wave(48)
    ahead = y.iloc[36:] + 1
    columns = pd.MultiIndex.from_product([["sales"], [0.5, 0.9], ["lower", "upper"]])
    ends = ahead.to_numpy()[:, None] + np.array([-1.0, 1.0, -2.0, 2.0])
    intervals = pd.DataFrame(ends, ahead.index, columns)
    return ForecastDisplay.from_predictions(y, {"ours": ahead}, {"ours": intervals})


def decomposition():
    y = wave(36)
    smooth = y.rolling(12, min_periods=1, center=True).mean()
    return DecompositionDisplay(y, {"smooth": smooth, "residual": y - smooth})


def shares():
    return SharesDisplay(pd.DataFrame({"ridge": [0.2, 0.5], "net": [0.8, 0.5]}, index=["a", "b"]))


def without_text(figure):
    for axis in figure.axes:
        axis.set(title="", xlabel="", ylabel="", xticks=[], yticks=[])
        if axis.get_legend() is not None:
            axis.get_legend().remove()
    return figure


@pytest.mark.parametrize("draw", [forecast, decomposition, shares], ids=lambda draw: draw.__name__)
def test_pictures_are_as_they_were(draw, tmp_path):
    with plt.style.context("default"):
        figure = without_text(draw().plot().figure_)
        found = tmp_path / f"{draw.__name__}.png"
        figure.savefig(found, dpi=40)
    difference = compare_images(str(BASELINES / found.name), str(found), tol=TOLERANCE)
    assert difference is None, difference


def test_a_changed_picture_is_seen(tmp_path):
    display = forecast()
    display.forecasts = {"ours": display.forecasts["ours"] + 6}
    found = tmp_path / "forecast.png"
    with plt.style.context("default"):
        without_text(display.plot().figure_).savefig(found, dpi=40)
    assert compare_images(str(BASELINES / "forecast.png"), str(found), tol=TOLERANCE) is not None


def test_displays_are_built_without_matplotlib_and_plot_says_what_is_missing():
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "import pandas as pd\n"
        "from skscale.plotting import SharesDisplay\n"
        "display = SharesDisplay(pd.DataFrame({'net': [1.0]}))\n"
        "try:\n    display.plot()\n"
        "except ImportError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(skscale.__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    message = "plots need matplotlib, which is not installed: pip install skscale[plots]"
    assert done.stdout.strip() == message

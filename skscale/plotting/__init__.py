"""Displays in the manner of scikit-learn: data in the constructor, matplotlib in ``plot``.

Matplotlib is imported by the first ``plot``; it comes with the extra ``plots``.
"""

from skscale.plotting._backtest import BacktestDisplay
from skscale.plotting._decomposition import DecompositionDisplay
from skscale.plotting._forecast import ForecastDisplay
from skscale.plotting._operator import OperatorDisplay
from skscale.plotting._scale import ScaleDisplay
from skscale.plotting._shares import SharesDisplay
from skscale.plotting._training import TrainingDisplay

__all__ = [
    "BacktestDisplay",
    "DecompositionDisplay",
    "ForecastDisplay",
    "OperatorDisplay",
    "ScaleDisplay",
    "SharesDisplay",
    "TrainingDisplay",
]

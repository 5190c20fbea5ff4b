"""Rolling evaluation: every cut-off of a splitter in batched passes."""

from skscale.evaluation._backtest import backtest
from skscale.evaluation._result import Backtest

__all__ = ["Backtest", "backtest"]

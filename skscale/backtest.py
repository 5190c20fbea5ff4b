"""The former place of `skscale.evaluation`."""

from skscale.evaluation import Backtest as Backtest
from skscale.evaluation import backtest as backtest

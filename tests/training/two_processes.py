"""Fits each forecaster on a small panel and saves the weights; run alone or by torchrun."""

import os
import sys

import numpy as np
import pandas as pd
import torch

from skscale.forecasting import MultiScaleAutoencoderForecaster, all_forecasters
from tests.forecasting.conftest import small


def panel():
    """Series of unequal lengths, so that some windows are padded."""
    rng = np.random.default_rng(0)
    index = pd.MultiIndex.from_tuples(
        [(i, t) for i, n in enumerate((60, 75, 20)) for t in range(n)], names=["series", "time"]
    )
    return pd.DataFrame({"y": rng.normal(size=len(index)).cumsum()}, index=index)


if __name__ == "__main__":
    shared = {"context_length": 24, "prediction_length": 4, "max_epochs": 3, "random_state": 3}
    shared |= {"batch_size": 7, "device": "cpu", "steps_per_epoch": None}
    weights = {}
    for estimator in all_forecasters():
        forecaster, y = estimator(**shared, **small(estimator)), panel()
        if estimator is MultiScaleAutoencoderForecaster:
            # Shares are weighted by observed targets; padded contexts, which it reconstructs,
            # would need weights of their own.
            y = y.loc[:1]
        state = forecaster.fit(y).model_.forecast.state_dict()
        weights |= {f"{type(forecaster).__name__}.{name}": value for name, value in state.items()}
    torch.save(weights, f"{sys.argv[1]}_{os.environ.get('RANK', 'alone')}.pt")

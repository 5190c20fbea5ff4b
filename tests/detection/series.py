"""Series that detectors are tested on."""

import numpy as np
import pandas as pd

from skscale.forecasting import NLinearForecaster
from skscale.representation import MultiScaleAutoencoder


def season(n=240, start="2024-01-01", columns="a", seed=0):
    """A day's cycle and a little noise, hourly."""
    index = pd.date_range(start, periods=n, freq="h", name="when")
    wave = np.sin(2 * np.pi * index.hour.to_numpy() / 24)
    noise = np.random.default_rng(seed).normal(0, 0.1, (n, len(columns)))
    return pd.DataFrame(wave[:, None] * np.arange(1, len(columns) + 1) + noise, index, [*columns])


def small(**parameters):
    """Quick models of both kinds, those in ``parameters`` on top."""
    autoencoder = MultiScaleAutoencoder(latent_size=6, hidden_size=32, max_epochs=15)
    forecaster = NLinearForecaster(max_epochs=2, pretrained=None)
    return {
        **{"autoencoder": autoencoder, "forecaster": forecaster, "window_length": 24},
        **{"random_state": 0, **parameters},
    }

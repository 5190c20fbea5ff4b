"""Multi-scale autoencoder, and a forecast from its latent values."""

from skscale.nn.autoencoder.forecast import AutoencoderForecastNet
from skscale.nn.autoencoder.net import Latent, MultiScaleAutoencoderNet

__all__ = ["AutoencoderForecastNet", "Latent", "MultiScaleAutoencoderNet"]

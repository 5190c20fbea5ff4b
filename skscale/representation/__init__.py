"""Representations of series as scikit-learn transformers."""

from skscale.representation._autoencoder import MultiScaleAutoencoder

__all__ = ["MultiScaleAutoencoder"]

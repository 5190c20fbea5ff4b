"""Multi-scale time-series models for scikit-learn and sktime."""

__version__ = "0.1.0.dev0"

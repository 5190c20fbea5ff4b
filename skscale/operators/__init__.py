"""Scaling operators as scikit-learn transformers."""

"""Layers and helpers that the networks share."""

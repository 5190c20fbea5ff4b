"""Trained weights: forecasts of short series without any fit."""

from skscale.pretrained._files import available, card, for_season, load
from skscale.pretrained._loss import pinball
from skscale.pretrained._outliers import outliers
from skscale.pretrained._shares import shares
from skscale.pretrained._trained import TrainedNet

__all__ = [
    "TrainedNet",
    "available",
    "card",
    "for_season",
    "load",
    "outliers",
    "pinball",
    "shares",
]

"""The loss of trained networks."""

import pytest
import torch

from skscale.pretrained import pinball
from skscale.pretrained._net import QUANTILES


def test_pinball_by_hand():
    quantiles = torch.zeros(1, 1, len(QUANTILES))
    levels = torch.tensor(QUANTILES)
    importance = torch.where(levels == 0.5, 4.0, 1.0)
    expected = 2 * (levels * importance).sum() / importance.sum()
    one, half = torch.ones(1, 1), torch.full((1, 1), 0.5)
    assert pinball(quantiles, torch.tensor([[2.0]]), one) == pytest.approx(expected.item())
    assert pinball(quantiles, torch.tensor([[4.0]]), half) == pytest.approx(expected.item())
    assert pinball(quantiles, torch.tensor([[torch.nan]]), one) == 0
    wild = pinball(quantiles, torch.tensor([[1e9]]), one)
    assert wild == pytest.approx(expected.item() * 15)

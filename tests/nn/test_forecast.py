"""The base of the networks, for networks of a user's own."""

import pytest
import torch

from skscale.nn import ForecastNet


class Blind(ForecastNet):
    past_groups = future_groups = ()

    def _forecast(self, x, past_features, future_features, mask):
        return x[:, -1:].expand(-1, self.prediction_length, -1)


class Seeing(ForecastNet):
    """Hands out what it was given."""

    def _forecast(self, x, past_features, future_features, mask):
        return x, past_features, future_features, mask


@pytest.mark.parametrize("part", ["past", "future"])
def test_a_network_without_features_refuses_their_number(part):
    message = f"n_{part}_features must be 0: Blind reads no features of the {part}, got 2"
    with pytest.raises(ValueError, match=message):
        Blind(4, 2, 1, **{f"n_{part}_features": 2})


@pytest.mark.parametrize(
    ("part", "groups"),
    [("past", ("calendar",)), ("future", ("exogenous", "calendar", "static", "past"))],
)
def test_groups_that_are_not_the_first_are_refused(part, groups):
    odd = type("Odd", (Seeing,), {f"{part}_groups": groups})
    with pytest.raises(ValueError, match=f"{part}_groups must be the first of "):
        odd(4, 2, 1)


def test_networks_see_padding_as_zeros_and_features_always():
    x, past = torch.full((1, 4, 1), torch.nan), torch.full((1, 4, 2), torch.nan)
    x[:, 2:], past[:, 2:] = 1.0, 2.0
    mask = torch.tensor([[False, False, True, True]])
    net = Seeing(4, 3, 1, n_past_features=2, n_future_features=1)
    seen = net(x, past, mask=mask)
    assert seen[0].flatten().tolist() == [0, 0, 1, 1]
    assert seen[1].flatten().tolist() == [0, 0, 0, 0, 2, 2, 2, 2]
    assert seen[2].flatten().tolist() == [0, 0, 0]
    assert torch.equal(seen[3], mask.unsqueeze(-1))
    assert Seeing(4, 3, 1)(x, mask=mask)[1:3] == (None, None)


def test_networks_see_filled_holes_and_a_mask_beside_them():
    x = torch.tensor([9.0, 1.0, 9.0, 2.0, 9.0, 9.0]).reshape(1, 6, 1)
    mask = torch.tensor([[False, True, False, True, False, False]])
    seen = Seeing(6, 3, 1)(x, mask=mask)
    assert seen[0].flatten().tolist() == [0, 1, 1.5, 2, 2, 2]
    assert torch.equal(seen[3], mask.unsqueeze(-1))


def test_a_network_must_write_its_forecast():
    with pytest.raises(NotImplementedError, match="ForecastNet must write _forecast"):
        ForecastNet(4, 2, 1)(torch.zeros(1, 4, 1))

"""The head that stretches errors by what a window looks like."""

import pytest
import torch

from skscale.nn import QuantileHead


def trained_head():
    """A head that is not the identity any more."""
    torch.manual_seed(0)
    head = QuantileHead(context_length=6, prediction_length=3, hidden_size=4)
    torch.nn.init.normal_(head.last.weight)
    return head


def test_it_begins_as_the_identity():
    head = QuantileHead(6, 3)
    factors = head(torch.randn(2, 6, 5))
    assert factors.shape == (2, 3, 5, 6)
    errors = torch.linspace(-50, 50, 101)
    found = QuantileHead.stretched(factors, errors)
    torch.testing.assert_close(found, errors.reshape(-1, 1, 1, 1).expand(-1, 2, 3, 5))


def test_the_map_by_hand():
    """Slopes 2, 3, 4 above zero and 5, 6, 7 below, with knots at 0.75 and 2."""
    factors = torch.tensor([5.0, 6.0, 7.0, 2.0, 3.0, 4.0]).reshape(1, 1, 1, 6)
    errors = torch.tensor([-3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0])
    expected = [
        -(0.75 * 5 + 1.25 * 6 + 7),
        -(0.75 * 5 + 0.25 * 6),
        -0.5 * 5,
        0.0,
        0.5 * 2,
        0.75 * 2 + 0.25 * 3,
        0.75 * 2 + 1.25 * 3 + 4,
    ]
    found = QuantileHead.stretched(factors, errors).flatten()
    torch.testing.assert_close(found, torch.tensor(expected))


def test_it_rises_and_shrinking_undoes_it():
    factors = trained_head()(torch.randn(4, 6, 2))
    errors = torch.linspace(-6, 6, 61)
    found = QuantileHead.stretched(factors, errors)
    assert (found.diff(dim=0) > 0).all()
    for error, stretched in zip(errors, found, strict=True):
        back = QuantileHead.shrunk(factors, stretched)
        torch.testing.assert_close(back, error.expand_as(back), rtol=1e-4, atol=1e-5)


def test_padding_does_not_matter():
    head, x = trained_head(), torch.randn(2, 6, 1)
    mask = torch.tensor([[False, False, True, True, True, True]] * 2)
    other = x.clone()
    other[:, :2] = torch.nan
    torch.testing.assert_close(head(x, mask), head(other, mask))


@pytest.mark.parametrize("name", ["context_length", "prediction_length", "hidden_size"])
def test_wrong_sizes_are_named(name):
    sizes = {"context_length": 6, "prediction_length": 3, "hidden_size": 4}
    with pytest.raises(ValueError, match=name):
        QuantileHead(**{**sizes, name: 0})

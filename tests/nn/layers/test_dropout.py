import pytest
import torch

from skscale.nn.layers.dropout import Dropout, drop
from skscale.training.randomness import OwnNumbers


@pytest.mark.parametrize("p", [0.1, 0.3, 0.9])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16], ids=str)
def test_a_share_becomes_zero_and_the_mean_stays(p, dtype):
    torch.manual_seed(0)
    x = torch.ones(1001, 301, dtype=dtype)
    dropped = drop(x, p)
    assert dropped.dtype == dtype
    assert (dropped == 0).double().mean().item() == pytest.approx(p, abs=0.003)
    assert len(dropped.unique()) == 2
    assert dropped.double().mean().item() == pytest.approx(1, abs=0.02)


def test_neighbours_are_independent():
    torch.manual_seed(0)
    kept = (drop(torch.ones(100_000, 4), 0.5) > 0).double()
    assert (torch.corrcoef(kept.T) - torch.eye(4)).abs().max() < 0.02
    assert torch.corrcoef(torch.stack((kept[1:].flatten(), kept[:-1].flatten())))[0, 1].abs() < 0.02


def test_gradients_pass_where_values_do():
    torch.manual_seed(0)
    x = torch.rand(50, 3, dtype=torch.float64, requires_grad=True)
    dropped = drop(x, 0.4)
    dropped.sum().backward()
    torch.testing.assert_close(x.grad * x.detach(), dropped.detach())


def test_nothing_is_dropped_from_forecasts_or_at_zero():
    x = torch.rand(5, 3)
    assert Dropout(0.5).eval()(x) is x
    assert Dropout(0.0).train()(x) is x
    assert drop(torch.zeros(0, 3), 0.5).shape == (0, 3)


@pytest.mark.parametrize("p", [1 - 1e-9, 1e-9])
def test_extreme_shares_stay_finite(p):
    assert drop(torch.ones(100), p).isfinite().all()


def test_draws_from_the_numbers_of_a_run():
    state = torch.get_rng_state()
    results = []
    for _ in range(2):
        with OwnNumbers(3):
            results.append(drop(torch.ones(50), 0.5))
    assert torch.equal(*results)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("p", [1.0, -0.1, "0.5", None])
def test_shares_are_checked(p):
    with pytest.raises(ValueError, match=r"dropout must be in \[0, 1\), got"):
        Dropout(p)

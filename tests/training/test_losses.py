import pytest
import torch

from skscale.training import LOSSES, Batch
from skscale.training.losses import get_loss

X = torch.tensor([[1.0, 2.0, 4.0], [0.0, 5.0, 6.0]]).unsqueeze(-1)
Y = torch.tensor([[5.0, 7.0], [6.0, 9.0]]).unsqueeze(-1)
FORECAST = torch.tensor([[4.0, 9.0], [6.5, 9.0]]).unsqueeze(-1)


def batch(mask=None, y_mask=None, location=0.0, scale=1.0):
    unit = torch.ones(2, 1, 1)
    return Batch(X, Y, mask, y_mask, None, None, location * unit, scale * unit)


HAND = {
    "mse": (1 + 4 + 0.25) / 4,
    "mae": (1 + 2 + 0.5) / 4,
    "huber": (0.5 + 1.5 + 0.125) / 4,
    "smape": 2 * (1 / 9 + 2 / 16 + 0.5 / 12.5) / 4,
    # Mean steps of the contexts are 1.5 and 3.
    "mase": (1 / 1.5 + 2 / 1.5 + 0.5 / 3) / 4,
}


@pytest.mark.parametrize("name", LOSSES)
def test_by_hand(name):
    assert float(get_loss(name)(FORECAST, batch())) == pytest.approx(HAND[name])


@pytest.mark.parametrize("name", LOSSES)
def test_weights_multiply_errors_by_hand(name):
    """Of weights one on average, each target's error counts so many times."""
    weight = torch.tensor([[3.0, 0.0], [0.5, 0.5]]).unsqueeze(-1)
    y_mask = torch.tensor([[True, True], [True, False]])
    of = get_loss(name)
    alone = [
        float(of(FORECAST[i : i + 1, j : j + 1], one))
        for i, j in ((0, 0), (1, 0))
        for one in [Batch(*(None if p is None else p[i : i + 1] for p in batch()))]
        for one in [one._replace(y=Y[i : i + 1, j : j + 1])]
    ]
    found = of(FORECAST, batch(y_mask=y_mask)._replace(weight=weight))
    assert float(found) == pytest.approx((3 * alone[0] + 0.5 * alone[1]) / 3)


def test_smape_is_taken_in_original_units():
    value = get_loss("smape")(FORECAST, batch(location=10.0, scale=2.0))
    expected = 2 * (2 / 38 + 4 / 52 + 1 / 45) / 4
    assert float(value) == pytest.approx(expected)


@pytest.mark.parametrize("name", LOSSES)
def test_targets_behind_the_end_do_not_count(name):
    y_mask = torch.tensor([[True, True], [True, False]])
    wild = FORECAST.clone()
    wild[1, 1] = 1e6
    loss = get_loss(name)
    assert float(loss(wild, batch(y_mask=y_mask))) == pytest.approx(HAND[name] * 4 / 3)


def test_mase_counts_steps_between_observed_points_only():
    mask = torch.tensor([[True, True, True], [False, True, True]])
    padded = batch(mask)._replace(x=X.clone())
    padded.x[1, 0] = 5.0
    # The second context has one step, of 1.
    expected = (1 / 1.5 + 2 / 1.5 + 0.5 / 1) / 4
    assert float(get_loss("mase")(FORECAST, padded)) == pytest.approx(expected)


def test_unknown_name():
    with pytest.raises(ValueError, match=r"loss must be one of \['huber', 'mae'.*got 'rmse'"):
        get_loss("rmse")


@pytest.mark.parametrize("mask", [None, torch.ones(2, 1, dtype=torch.bool)])
def test_mase_of_a_context_of_one_point_counts_it_as_flat(mask):
    one = batch(mask)._replace(x=X[:, :1])
    assert float(get_loss("mase")(FORECAST, one)) == pytest.approx(100 * HAND["mae"])


@pytest.mark.parametrize("name", LOSSES)
def test_missing_targets_do_not_count(name):
    y_mask = torch.tensor([[True, True], [False, True]]).unsqueeze(-1)
    wild = FORECAST.clone()
    wild[1, 0] = 1e6
    others = {"mse": 5 / 3, "mae": 1, "huber": 2 / 3, "smape": 2 * (1 / 9 + 2 / 16) / 3}
    others["mase"] = (1 / 1.5 + 2 / 1.5) / 3
    assert float(get_loss(name)(wild, batch(y_mask=y_mask))) == pytest.approx(others[name])


@pytest.mark.parametrize("name", LOSSES)
def test_without_targets_there_is_no_loss(name):
    nothing = torch.zeros(2, 2, 1, dtype=torch.bool)
    assert float(get_loss(name)(FORECAST, batch(y_mask=nothing))) == 0


def test_mase_steps_from_one_observed_value_to_the_next():
    """The first context steps from 1 to 4, the second from 5 to 6; 1e9 stands in the holes."""
    mask = torch.tensor([[True, False, True], [False, True, True]]).unsqueeze(-1)
    gappy = batch(mask)._replace(x=X.masked_fill(~mask, 1e9))
    expected = (1 / 3 + 2 / 3 + 0.5 / 1) / 4
    assert float(get_loss("mase")(FORECAST, gappy)) == pytest.approx(expected)


def test_a_function_is_a_loss():
    loss = get_loss(lambda forecast, batch: (forecast - batch.y).abs().mean())
    assert float(loss(FORECAST, batch())) == pytest.approx(HAND["mae"])


@pytest.mark.parametrize(("value", "found"), [(0.5, "float"), (torch.ones(2), r"\(2,\)")])
def test_a_function_that_returns_no_number_is_named(value, found):
    loss = get_loss(lambda forecast, batch: value)
    with pytest.raises(TypeError, match=rf"loss must return a Tensor of one number.* got {found}"):
        loss(FORECAST, batch())


def test_a_function_of_other_arguments_is_named():
    for wrong in (lambda forecast: 0.0, lambda *, forecast, batch: 0.0, lambda a, b, c: 0.0):
        with pytest.raises(TypeError, match="loss must take two arguments, a forecast and its"):
            get_loss(wrong)
    get_loss(max)  # does not tell what it takes
    get_loss(lambda forecast, batch, power=2: 0.0)
    get_loss(lambda *both: 0.0)


def test_what_a_function_raises_names_the_loss():
    loss = get_loss(lambda forecast, batch: (forecast[:, :2] - batch.y).abs().mean())
    target = torch.zeros(2, 3, 1)
    with pytest.raises(RuntimeError, match=r"loss raised RuntimeError: .*shape \(2, 3, 1\)"):
        loss(torch.zeros_like(target), batch()._replace(y=target))
    loss = get_loss(lambda forecast, batch: forecast.nothing)
    with pytest.raises(RuntimeError, match=r"loss raised AttributeError: .*nothing"):
        loss(FORECAST, batch())


def test_a_function_without_a_gradient_is_named():
    loss = get_loss(lambda forecast, batch: (forecast.detach() - batch.y).abs().mean())
    with pytest.raises(TypeError, match="loss must have a gradient"):
        loss(FORECAST.clone().requires_grad_(), batch())
    assert float(loss(FORECAST, batch())) == pytest.approx(HAND["mae"])

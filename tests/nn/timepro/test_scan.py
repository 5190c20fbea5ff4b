import pytest
import torch

from skscale.nn.timepro.scan import TwoWayScan, _doubling, _one_by_one

from ..reference_timepro import plain_scan


def draw(*shape, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("length", [1, 2, 3, 4, 7, 8, 9, 33])
@pytest.mark.parametrize("form", [_one_by_one, _doubling])
def test_states_are_those_of_the_recurrence(form, length):
    decay, drive = draw(3, length, 2).sigmoid(), draw(3, length, 2, seed=2)
    inputs = [value.requires_grad_() for value in (decay, drive)]
    results = []
    for states in (form(decay, drive), plain_scan(decay, drive)):
        gradients = torch.autograd.grad(states.sin().sum(), inputs, allow_unused=True)
        results.append([states, *(g for g in gradients if g is not None and g.any())])
    torch.testing.assert_close(*results, rtol=1e-12, atol=1e-12)


def test_steps_start_between_a_thousandth_and_a_tenth():
    torch.manual_seed(0)
    bias = TwoWayScan(n_patches=16, d_model=16, share=0.0).step.bias
    step = torch.nn.functional.softplus(bias)
    assert 0.999e-3 < step.min() < 2e-3
    assert 0.05 < step.max() < 0.1001
    # Evenly in their logarithm.
    assert abs(step.log().mean() - torch.tensor([1e-3, 1e-1]).log().mean()) < 0.2


def test_both_directions_see_all_channels():
    torch.manual_seed(0)
    scan = TwoWayScan(n_patches=3, d_model=4, share=1 / 9).double()
    tokens = draw(1, 5, 12).requires_grad_()
    for channel in (0, 4):
        scan(tokens)[0, channel].sum().backward()
    assert (tokens.grad[0].abs().amax(-1) > 0).all()

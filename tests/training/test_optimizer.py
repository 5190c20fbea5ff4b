import subprocess
import sys

import pytest
import torch
from torch.optim.lr_scheduler import OneCycleLR

from skscale.training.optimizer import Adam, Rates, schedule


def parameters():
    torch.manual_seed(0)
    return [torch.randn(3, 4, requires_grad=True), torch.randn(5, requires_grad=True)]


def set_gradients(weights, step):
    for weight in weights:
        weight.grad = torch.sin(weight.detach() * (step + 1))


@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
def test_steps_equal_torch(weight_decay):
    ours, theirs = parameters(), parameters()
    optimizer = Adam(ours, weight_decay)
    reference = torch.optim.AdamW(theirs, lr=0.01, weight_decay=weight_decay)
    for step in range(5):
        set_gradients(ours, step)
        set_gradients(theirs, step)
        optimizer.step(Rates(0.01))
        reference.step()
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-6)


def test_weights_without_gradient_stay():
    moved, fixed = parameters()
    optimizer = Adam([moved, fixed])
    before = fixed.detach().clone()
    moved.grad = torch.ones_like(moved)
    optimizer.step(Rates(0.1))
    assert torch.equal(fixed, before)
    optimizer.zero_grad()
    assert moved.grad is None
    optimizer.step(Rates(0.1))  # no gradient at all is no error


@pytest.mark.parametrize("total", [10, 37, 200])
def test_one_cycle_equals_torch(total):
    optimizer = torch.optim.Adam(parameters(), lr=1.0)
    reference = OneCycleLR(optimizer, 0.02, total_steps=total, pct_start=0.2)
    rates = schedule("onecycle", 0.02, 1, total)
    for step in range(total):
        group = optimizer.param_groups[0]
        expected = (group["lr"], group["betas"][0])
        assert rates(step) == pytest.approx(expected, rel=1e-9, abs=1e-12)
        optimizer.step()
        if step < total - 1:
            reference.step()


@pytest.mark.parametrize("total", [1, 2, 3, 5])
def test_one_cycle_of_few_steps_trains(total):
    rates = [schedule("onecycle", 1.0, 1, total)(step).learning_rate for step in range(total)]
    assert max(rates) > 0.5
    assert all(0 < rate <= 1 for rate in rates)


def test_a_fit_does_not_import_the_compiler():
    code = (
        "import sys, torch\n"
        "from skscale.training.optimizer import Adam, Rates\n"
        "weight = torch.ones(2, requires_grad=True)\n"
        "optimizer = Adam([weight])\n"
        "weight.sum().backward()\n"
        "optimizer.step(Rates(0.1))\n"
        "assert 'torch._dynamo' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

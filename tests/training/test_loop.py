import copy
import subprocess
import sys

import pytest
import torch
from torch import nn

from skscale.training import (
    NonFiniteLossError,
    Rows,
    Run,
    SeriesBuffer,
    TrainingConfig,
    Windows,
    evaluate,
    forward,
    predict,
    train,
)


class Linear(nn.Module):
    """The least network the loop can train."""

    n_past_features = n_future_features = 0

    def __init__(self, context_length, prediction_length):
        super().__init__()
        self.map = nn.Linear(context_length, prediction_length)

    def forward(self, x, past_features=None, future_features=None, mask=None):
        return self.map(x.transpose(1, 2)).transpose(1, 2)


def windows_of(values, L, T, first, last):
    one = torch.ones(1, 1)
    buffer = SeriesBuffer(values.reshape(-1, 1), torch.tensor([0, len(values)]), 0 * one, one)
    return Windows(buffer, L, T, torch.tensor([first]), torch.tensor([last]))


@pytest.fixture
def sine():
    return torch.sin(torch.arange(200.0) / 5)


def fresh(L=10, T=3):
    torch.manual_seed(0)
    return Linear(L, T)


def plain_training(net, windows, config, seed):
    """The same steps written out: shuffled windows, one Adam step each batch."""
    optimizer = torch.optim.Adam(net.parameters(), lr=config.learning_rate)
    generator = torch.Generator().manual_seed(seed)
    for epoch in range(config.max_epochs):
        for group in optimizer.param_groups:
            group["lr"] = config.learning_rate * 0.5**epoch
        order = torch.randperm(len(windows), generator=generator)
        for index in order.split(config.batch_size):
            batch = windows.batch(index)
            optimizer.zero_grad()
            ((net(batch.x) - batch.y) ** 2).mean().backward()
            optimizer.step()


def test_equals_plain_training(sine):
    windows = windows_of(sine, 10, 3, 10, 197)
    config = TrainingConfig(max_epochs=3, batch_size=16, lr_schedule="halving")
    ours, plain = fresh(), fresh()
    train(ours, windows, config, run=Run(seed=4))
    plain_training(plain, windows, config, 4)
    for a, b in zip(ours.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-6)


def test_learns_and_reports(sine):
    windows = windows_of(sine, 10, 3, 10, 150)
    validation = windows_of(sine, 10, 3, 160, 197)
    net = fresh()
    history = train(net, windows, TrainingConfig(max_epochs=30, learning_rate=0.02), validation)
    assert history.valid_loss[-1] < 0.1 * history.valid_loss[0]
    assert len(history.train_loss) == len(history.seconds) == len(history.learning_rate)
    forecasts = predict(net, validation, batch_size=7)
    targets = validation.batch(torch.arange(len(validation))).y
    assert float(((forecasts - targets) ** 2).mean()) == pytest.approx(
        min(history.valid_loss), rel=1e-4
    )


def test_early_stopping_keeps_the_best(sine):
    windows = windows_of(sine, 10, 3, 10, 150)
    validation = windows_of(sine.roll(5), 10, 3, 10, 150)
    config = TrainingConfig(max_epochs=50, learning_rate=0.3, patience=2)
    net = fresh()
    history = train(net, windows, config, validation)
    assert history.best_epoch == min(
        range(len(history.valid_loss)), key=history.valid_loss.__getitem__
    )
    assert len(history.valid_loss) <= history.best_epoch + 3
    again = predict(net, validation)
    targets = validation.batch(torch.arange(len(validation))).y
    assert float(((again - targets) ** 2).mean()) == pytest.approx(
        history.valid_loss[history.best_epoch], rel=1e-4
    )


def test_weights_before_the_first_step_are_kept_where_training_makes_them_worse(sine):
    """A rate of 10 throws the weights about, with finite losses."""
    windows, validation = windows_of(sine, 10, 3, 10, 150), windows_of(sine, 10, 3, 160, 197)
    net = fresh()
    start = copy.deepcopy(net.state_dict())
    config = TrainingConfig(max_epochs=5, learning_rate=10.0, patience=2)
    before = evaluate(net, validation, config)
    history = train(net, windows, config, validation)
    assert history.best_epoch == -1
    assert min(history.valid_loss) > before
    for name, value in net.state_dict().items():
        assert torch.equal(value, start[name])


def test_patience_counts_epochs_whatever_the_start_was(sine):
    """The start is the best of all; the second epoch is the best of those trained."""
    losses = iter([1.0, 3.0, 2.0, 2.5, 2.6, 2.7])

    def objective(net, batch):
        if net.training:
            return (net(batch.x) - batch.y).square().mean()
        return torch.tensor(next(losses))

    windows, validation = windows_of(sine, 10, 3, 10, 150), windows_of(sine, 10, 3, 160, 197)
    config = TrainingConfig(max_epochs=9, patience=2)
    history = train(fresh(), windows, config, validation, Run(objective=objective))
    assert history.valid_loss == [3.0, 2.0, 2.5, pytest.approx(2.6)]
    assert history.best_epoch == -1


@pytest.mark.parametrize("schedule", ["constant", "halving", "cosine", "onecycle"])
def test_schedules(sine, schedule):
    windows = windows_of(sine, 10, 3, 10, 197)
    config = TrainingConfig(max_epochs=4, learning_rate=0.1, lr_schedule=schedule)
    rates = train(fresh(), windows, config).learning_rate
    expected = {
        "constant": [0.1] * 4,
        "halving": [0.1, 0.05, 0.025, 0.0125],
        "cosine": [0.1, 0.0853553, 0.05, 0.0146447],
    }
    if schedule in expected:
        assert rates == pytest.approx(expected[schedule], rel=1e-4)
    else:
        assert rates[0] < max(rates) > rates[-1]


def test_steps_per_epoch_bounds_the_work(sine):
    windows = windows_of(sine, 10, 3, 10, 197)
    seen = []

    class Counting(Linear):
        def forward(self, x, *features):
            seen.append(len(x))
            return super().forward(x, *features)

    config = TrainingConfig(max_epochs=3, batch_size=8, steps_per_epoch=2)
    train(Counting(10, 3), windows, config)
    assert seen == [8] * 6


def test_gradient_clipping_bounds_the_step(sine):
    windows = windows_of(1e3 * sine, 10, 3, 10, 197)
    free, clipped = fresh(), fresh()
    start = copy.deepcopy(free.state_dict())
    config = TrainingConfig(max_epochs=1, batch_size=1000)
    train(free, windows, config)
    train(clipped, windows, TrainingConfig(max_epochs=1, batch_size=1000, gradient_clip=1e-12))
    moved = [
        max(float((net.state_dict()[k] - v).abs().max()) for k, v in start.items())
        for net in (free, clipped)
    ]
    assert moved[1] < 0.1 * moved[0]


def test_non_finite_loss_names_epoch_and_step(sine):
    values = sine.clone()
    values[100] = float("inf")
    windows = windows_of(values, 10, 3, 10, 197)
    with pytest.raises(NonFiniteLossError, match=r"mse loss became .* in epoch 1, step \d+"):
        train(fresh(), windows, TrainingConfig(batch_size=16))


def test_a_validation_loss_that_is_not_finite_names_the_epoch(sine):
    values = sine.clone()
    values[190] = float("nan")
    windows, validation = windows_of(sine, 10, 3, 10, 150), windows_of(values, 10, 3, 160, 197)
    with pytest.raises(NonFiniteLossError, match="validation loss became nan in epoch 1, step 5;"):
        train(fresh(), windows, TrainingConfig(), validation)


def test_weights_that_are_not_finite_are_named(sine):
    windows = windows_of(sine, 10, 3, 10, 150)
    net = fresh()
    with torch.no_grad():
        net.map.bias[1] = float("nan")
    with pytest.raises(NonFiniteLossError, match=r"map\.bias are not finite before the first step"):
        train(net, windows, TrainingConfig())

    def infinite_gradient(net, batch):
        """A finite loss whose gradient is infinite: the root at zero."""
        return (net.map.weight * 0.0).sum().clamp(min=0.0).sqrt()

    run = Run(objective=infinite_gradient)
    with pytest.raises(
        NonFiniteLossError, match=r"map\.weight became .* in epoch 1, step 1; learn"
    ):
        train(fresh(), windows, TrainingConfig(max_epochs=1, batch_size=200), run=run)


def test_trains_under_inference_mode_and_default_types(sine):
    """The result is the same: neither reaches the loop."""
    found = []
    for dtype in (torch.float32, torch.float64, torch.float16):
        windows, net = windows_of(sine, 10, 3, 10, 150), fresh()
        torch.set_default_dtype(dtype)
        try:
            with torch.inference_mode(dtype == torch.float32):
                train(net, windows, TrainingConfig(max_epochs=2))
        finally:
            torch.set_default_dtype(torch.float32)
        found.append(net.map.weight.detach())
    assert torch.equal(found[0], found[1])
    assert torch.equal(found[0], found[2])


def test_future_features_by_need(sine):
    windows = windows_of(sine, 10, 3, 10, 20)
    batch = windows.batch(torch.arange(2))._replace(future_features=torch.ones(2, 3, 5))
    seen = []

    class Knows(Linear):
        def forward(self, x, past_features=None, future_features=None, mask=None):
            seen.append(future_features)
            return super().forward(x)

    net = Knows(10, 3)
    net.n_future_features = 2
    forward(net, batch)
    assert seen[0].shape == (2, 3, 2)
    net.n_future_features = 0
    forward(net, batch)
    assert seen[1] is None


def test_another_objective_over_rows():
    values = torch.randn(40, 6, generator=torch.Generator().manual_seed(0))
    modes = []

    def reconstruction(net, batch):
        modes.append(net.training)
        return (net(batch) - batch).square().mean()

    torch.manual_seed(0)
    net = nn.Linear(6, 6)
    config = TrainingConfig(max_epochs=30, batch_size=16, learning_rate=0.05, patience=30)
    run = Run(objective=reconstruction)
    history = train(net, Rows(values[:32]), config, Rows(values[32:]), run)
    assert history.valid_loss[-1] < 0.1 * history.valid_loss[0]
    # Validation comes before the first step, and after the two steps of every epoch.
    assert modes[:5] == [False, True, True, False, True]
    assert evaluate(net, Rows(values[32:]), config, run) == pytest.approx(
        float((net(values[32:]) - values[32:]).square().mean().detach()), rel=1e-5
    )


def test_a_progress_bar_is_shown_where_asked_for(sine, capsys):
    windows = windows_of(sine, 10, 3, 10, 60)
    config = TrainingConfig(max_epochs=2)
    train(fresh(), windows, config, run=Run(verbose=0))
    assert capsys.readouterr() == ("", "")
    train(fresh(), windows, config, run=Run(verbose=1))
    assert "4/4" in capsys.readouterr().err


def test_no_bar_is_imported_before_it_is_shown():
    """In a notebook without widgets, tqdm's import warns."""
    code = "import sys, skscale.training; assert 'tqdm.auto' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)

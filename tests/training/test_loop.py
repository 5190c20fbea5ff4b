import copy

import pytest
import torch
from torch import nn

from skscale.training import (
    NonFiniteLossError,
    Rows,
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

    n_future_features = 0

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
    train(ours, windows, config, generator=torch.Generator().manual_seed(4))
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
    # Validation on the mirrored series: what training learns makes it worse.
    validation = windows_of(-sine, 10, 3, 10, 150)
    validation.buffer.values.copy_(sine.roll(5).reshape(-1, 1))
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


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("loss", "rmse"),
        ("lr_schedule", "linear"),
        ("max_epochs", 0),
        ("batch_size", True),
        ("patience", 1.5),
        ("steps_per_epoch", 0),
        ("learning_rate", 0.0),
        ("learning_rate", float("inf")),
        ("weight_decay", -1.0),
        ("gradient_clip", -0.1),
    ],
)
def test_bad_settings_are_named(name, value):
    with pytest.raises(ValueError, match=rf"{name} must .*got {value!r}"):
        TrainingConfig(**{name: value})


def test_another_objective_over_rows():
    values = torch.randn(40, 6, generator=torch.Generator().manual_seed(0))
    modes = []

    def reconstruction(net, batch):
        modes.append(net.training)
        return (net(batch) - batch).square().mean()

    torch.manual_seed(0)
    net = nn.Linear(6, 6)
    config = TrainingConfig(max_epochs=30, batch_size=16, learning_rate=0.05, patience=30)
    history = train(net, Rows(values[:32]), config, Rows(values[32:]), objective=reconstruction)
    assert history.valid_loss[-1] < 0.1 * history.valid_loss[0]
    assert modes[:4] == [True, True, False, True]  # two steps an epoch, then validation
    assert evaluate(net, Rows(values[32:]), config, objective=reconstruction) == pytest.approx(
        float((net(values[32:]) - values[32:]).square().mean().detach()), rel=1e-5
    )

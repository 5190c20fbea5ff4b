"""Callbacks and the clock: what they are told, and how they stop training."""

import math

import pytest
import torch

from skscale.training import Callback, Rows, Run, TrainingConfig, callbacks, train

VALUES = Rows(torch.randn(64, 3, generator=torch.Generator().manual_seed(0)))
SETTINGS = {"max_epochs": 4, "batch_size": 8}


def objective(net, x):
    return (net(x) - x.sum(1, keepdim=True)).square().mean()


def trained(*looking, net=None, validation=None, **settings):
    torch.manual_seed(0)
    net = net or torch.nn.Linear(3, 1)
    run = Run(seed=0, objective=objective, callbacks=looking)
    config = TrainingConfig(**{**SETTINGS, **settings})
    return net, train(net, VALUES, config, validation, run)


class Diary(Callback):
    def __init__(self, stop_after=None):
        self.lines, self.stop_after = [], stop_after

    def on_fit_begin(self, progress):
        self.lines.append(("begin", progress.epoch, len(progress.history.train_loss)))

    def on_epoch_end(self, progress):
        self.lines.append(("epoch", progress.epoch, len(progress.history.valid_loss)))
        return progress.epoch == self.stop_after

    def on_fit_end(self, progress):
        self.lines.append(("end", progress.epoch, progress.history.best_epoch))


def test_they_are_told_of_every_epoch():
    diary = Diary()
    _, history = trained(diary, validation=VALUES)
    epochs = [("epoch", n, n) for n in (1, 2, 3, 4)]
    assert diary.lines == [("begin", 0, 0), *epochs, ("end", 4, history.best_epoch)]
    assert history.notes == []


def test_looking_on_changes_nothing():
    alone, _ = trained()
    watched, _ = trained(Diary())
    assert torch.equal(alone.weight, watched.weight)


def test_one_of_them_stops_and_all_are_told():
    first, second = Diary(stop_after=2), Diary()
    net, history = trained(first, second)
    assert first.lines[1:] == second.lines[1:]
    assert len(history.train_loss) == 2
    assert history.notes == ["stopped by Diary after epoch 2"]
    again, _ = trained(max_epochs=4, patience=1)
    assert not torch.equal(net.weight, again.weight)


def test_after_the_last_epoch_there_is_nothing_to_stop():
    _, history = trained(Diary(stop_after=4))
    assert history.notes == []


def test_the_best_weights_are_kept():
    kept = {}

    class Keeps(Callback):
        def on_epoch_end(self, progress):
            kept[progress.epoch] = progress.net.weight.clone()
            return progress.epoch == 3

        def on_fit_end(self, progress):
            kept["end"] = progress.net.weight.clone()

    net, history = trained(Keeps(), validation=VALUES, learning_rate=0.5)
    assert len(history.valid_loss) == 3
    assert torch.equal(kept["end"], kept[history.best_epoch + 1])
    assert torch.equal(net.weight, kept["end"])


def test_an_error_is_not_swallowed_and_nothing_ends():
    class Fails(Diary):
        def on_epoch_end(self, progress):
            raise RuntimeError("mine")

    diary = Fails()
    with pytest.raises(RuntimeError, match="mine"):
        trained(diary)
    assert [line[0] for line in diary.lines] == ["begin"]


@pytest.fixture
def clock(monkeypatch):
    """A clock that goes on by one second each time that it is looked at."""
    seconds = iter(range(10**6))
    monkeypatch.setattr(callbacks, "perf_counter", lambda: float(next(seconds)))


def test_the_time_ends_training_within_an_epoch(clock):
    counted = []

    def counting(net, x):
        counted.append(len(x))
        return objective(net, x)

    net = torch.nn.Linear(3, 1)
    config = TrainingConfig(max_time=3.5, **SETTINGS)
    history = train(net, VALUES, config, None, Run(objective=counting))
    # The clock is set at 0, and looked at before every step but the first.
    assert len(counted) == 4
    assert len(history.train_loss) == 1
    assert math.isfinite(history.train_loss[0])
    assert history.notes == ["stopped by max_time=3.5 after epoch 1"]


def test_one_step_is_taken_whatever_the_time(clock):
    _, history = trained(max_time=1e-9, validation=VALUES)
    assert len(history.train_loss) == len(history.valid_loss) == 1


def test_time_enough_changes_nothing():
    bounded, history = trained(max_time=1e6)
    free, _ = trained()
    assert torch.equal(bounded.weight, free.weight)
    assert history.notes == []

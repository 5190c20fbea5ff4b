"""A training that goes on from a checkpoint ends with the bits of one that never stopped."""

import copy

import pytest
import torch

from skscale.training import Callback, Rows, Run, TrainingConfig, callbacks, train

VALUES = Rows(torch.randn(64, 3, generator=torch.Generator().manual_seed(0)))
HELD_OUT = Rows(torch.randn(16, 3, generator=torch.Generator().manual_seed(1)))


class Memory:
    """A checkpoint that is no file."""

    def __init__(self):
        self.states = []

    def read(self, like):
        if not self.states:
            return None
        assert self.states[-1].keys() == like.keys()
        return copy.deepcopy(self.states[-1])

    def write(self, state):
        self.states.append(copy.deepcopy(state))


class Killed(Exception):
    pass


class Kills(Callback):
    """Ends the process, so to say, after an epoch that no checkpoint knows yet."""

    def __init__(self, epoch):
        self.epoch = epoch

    def on_epoch_end(self, progress):
        if progress.epoch == self.epoch:
            raise Killed


def network():
    """Dropout draws numbers, and statistics of batches are no parameters."""
    torch.manual_seed(0)
    layers = torch.nn
    return layers.Sequential(
        layers.Linear(3, 8), layers.BatchNorm1d(8), layers.Dropout(0.3), layers.Linear(8, 1)
    )


def trained(memory=None, *looking, validation=HELD_OUT, objective=None, **settings):
    net = network()

    def squares(net, x):
        return (net(x) - x.sum(1, keepdim=True)).square().mean()

    checkpoints = None if memory is None else lambda name: memory
    run = Run(3, None, objective or squares, callbacks=looking, checkpoints=checkpoints)
    config = TrainingConfig(**{"max_epochs": 5, "batch_size": 8, "learning_rate": 0.05} | settings)
    history = train(net, VALUES, config, validation, run)
    drawn = run.numbers.generator(torch.device("cpu")).get_state()
    return net, history, (drawn, run.batches.get_state())


def check_same(one, other):
    for name, values in one[0].state_dict().items():
        assert torch.equal(values, other[0].state_dict()[name]), name
    losses = [
        (h.train_loss, h.valid_loss, h.learning_rate, h.best_epoch) for _, h, _ in (one, other)
    ]
    assert losses[0] == losses[1]
    assert all(map(torch.equal, one[2], other[2]))  # what is drawn next


@pytest.mark.parametrize("validation", [HELD_OUT, None], ids=["validated", "not validated"])
@pytest.mark.parametrize("schedule", ["onecycle", "halving"])
@pytest.mark.parametrize("epoch", [1, 2, 4, 5])
def test_the_same_bits(epoch, schedule, validation):
    memory, settings = Memory(), {"lr_schedule": schedule, "validation": validation}
    with pytest.raises(Killed):
        trained(memory, Kills(epoch), **settings)
    assert len(memory.states) == epoch - 1
    check_same(trained(memory, **settings), trained(**settings))
    assert len(memory.states) == 5


def test_killed_again_and_again():
    memory = Memory()
    for epoch in (2, 3, 5):
        with pytest.raises(Killed):
            trained(memory, Kills(epoch))
    check_same(trained(memory), trained())


def test_keeping_changes_nothing():
    check_same(trained(Memory()), trained())


def test_what_was_over_is_not_trained_further():
    memory, settings = Memory(), {"patience": 1, "learning_rate": 1.0, "max_epochs": 30}
    whole = trained(memory, **settings)
    assert len(whole[1].train_loss) < 30

    def never(net, x):
        assert not net.training
        return net(x).mean()

    again = trained(memory, objective=never, **settings)
    check_same(again, whole)


@pytest.mark.parametrize("validation", [HELD_OUT, None], ids=["validated", "not validated"])
@pytest.mark.parametrize("schedule", ["constant", "halving"])
def test_more_epochs_go_on_behind_the_last(schedule, validation):
    memory, settings = Memory(), {"lr_schedule": schedule, "validation": validation}
    for epochs in (1, 2, 5):
        _, history, _ = trained(memory, max_epochs=epochs, **settings)
        assert len(history.train_loss) == epochs
    assert len(memory.states) == 5
    check_same(trained(memory, **settings), trained(**settings))


def test_callbacks_are_told_where_training_stands():
    seen = []

    class Diary(Callback):
        def on_fit_begin(self, progress):
            seen.append(("begin", progress.epoch, len(progress.history.valid_loss)))

        def on_epoch_end(self, progress):
            seen.append(("epoch", progress.epoch, len(progress.history.valid_loss)))

    memory = Memory()
    with pytest.raises(Killed):
        trained(memory, Kills(4))
    trained(memory, Diary())
    assert seen == [("begin", 3, 3), ("epoch", 4, 4), ("epoch", 5, 5)]


def test_the_time_before_counts(monkeypatch):
    seconds = iter(range(10**6))
    monkeypatch.setattr(callbacks, "perf_counter", lambda: float(next(seconds)))
    memory = Memory()
    with pytest.raises(Killed):
        trained(memory, Kills(2), max_time=100)
    elapsed = memory.states[0]["elapsed"]
    assert elapsed > 8  # it was looked at before every step
    _, history, _ = trained(memory, max_time=elapsed + 1)
    assert history.notes == [f"stopped by max_time={float(elapsed + 1)} after epoch 2"]


def test_notes_are_not_repeated(monkeypatch):
    def refuses(net, mode):
        def fails(*inputs):
            raise RuntimeError("no compiler")

        return fails

    monkeypatch.setattr(torch, "compile", refuses)
    memory = Memory()
    with pytest.raises(Killed):
        trained(memory, Kills(3), compile=True)
    resumed, whole = trained(memory, compile=True), trained(compile=True)
    check_same(resumed, whole)
    assert resumed[1].notes == whole[1].notes == ["not compiled: RuntimeError: no compiler"]


def test_a_folder_that_one_process_does_not_see(monkeypatch):
    from skscale.training import Runtime

    monkeypatch.setattr(Runtime, "agree", lambda self, number: 1)
    with pytest.raises(ValueError, match="checkpoint_dir must be a folder that all processes see"):
        trained(Memory())

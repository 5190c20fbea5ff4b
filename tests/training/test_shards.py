import threading
from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from torch import nn

from skscale.training import (
    Run,
    SeriesBuffer,
    ShardedBuffer,
    TrainingConfig,
    Windows,
    evaluate,
    fit_linear_maps,
    train,
)
from skscale.training.shards import KeptWindows

LENGTHS = torch.tensor([9, 3, 14, 6, 12])
FIRST = torch.tensor([0, 2, 3, 5])  # two series, one, two
L, T = 4, 2


class Linear(nn.Module):
    n_past_features = n_future_features = 0

    def __init__(self):
        super().__init__()
        self.map = nn.Linear(L, T)

    def forward(self, x, past_features=None, future_features=None, mask=None):
        return self.map(x.transpose(1, 2)).transpose(1, 2)


def whole(gaps=False):
    """All series in memory, with all that a buffer may have."""
    generator = torch.Generator().manual_seed(0)
    offsets = torch.tensor([0, *LENGTHS.cumsum(0).tolist()])
    values = torch.randn(44, 2, generator=generator)
    observed = torch.rand(44, 2, generator=generator) > 0.2 if gaps else None
    size = torch.arange(10.0).reshape(5, 2)
    weight = torch.arange(10.0).reshape(5, 2) + 1
    return SeriesBuffer(values, offsets, size, size + 1, values[:, :1] + 7, observed, weight)


def shard_of(buffer, i):
    first, last = FIRST[i : i + 2].tolist()
    start, stop = buffer.offsets[[first, last]].tolist()
    points = {name: getattr(buffer, name) for name in ("values", "features", "observed")}
    points = {name: None if v is None else v[start:stop] for name, v in points.items()}
    series = {name: getattr(buffer, name)[first:last] for name in ("location", "scale", "weight")}
    return replace(buffer, offsets=buffer.offsets[first : last + 1] - start, **points, **series)


def sharded(buffer, reads=None):
    """The same series, a shard at a time; ``reads`` hears of every one that is read."""

    def read(i):
        if reads is not None:
            reads.append(i)
        return shard_of(buffer, i)

    return ShardedBuffer(read, FIRST, LENGTHS, 2, buffer.has_gaps)


def windows_of(buffer):
    return Windows(buffer, L, T, torch.tensor([2, 1, 4, 4, 4]), LENGTHS - 1)


def shards_of(windows, index):
    return (torch.searchsorted(FIRST, windows.series_of(index), right=True) - 1).tolist()


def equal(one, other):
    for a, b in zip(one, other, strict=True):
        assert (a is None) == (b is None)
        assert a is None or torch.equal(a, b)


def threads():
    return [one for one in threading.enumerate() if one.name.startswith("skscale-shards")]


@pytest.mark.parametrize("gaps", [False, True])
def test_windows_are_those_of_all_series_in_memory(gaps):
    buffer = whole(gaps)
    plain = windows_of(buffer)
    shuffled = torch.randperm(len(plain), generator=torch.Generator().manual_seed(1))
    with sharded(buffer) as parts:
        windows = windows_of(parts)
        assert len(windows) == len(plain)
        for index in (torch.arange(len(plain)), shuffled, shuffled[:1], torch.tensor([20, 20, 0])):
            equal(windows.batch(index), plain.batch(index))
            assert torch.equal(windows.observed(index), plain.observed(index))


def test_an_ascending_pass_reads_every_shard_once_and_ahead():
    reads = []
    with sharded(whole(), reads) as buffer:
        windows = windows_of(buffer)
        for index in torch.arange(len(windows)).split(5):
            windows.batch(index)
    assert reads[:3] == [0, 1, 2]
    assert reads[3:] in ([], [0])  # the next pass would begin where this one did


def test_all_windows_come_shard_by_shard_each_in_random_order():
    with sharded(whole()) as buffer:
        windows, generator = windows_of(buffer), torch.Generator().manual_seed(3)
        first, second = (list(windows.drawn(10**6, generator)) for _ in range(2))
    for pieces in (first, second):
        assert sorted(torch.cat(pieces).tolist()) == list(range(len(windows)))
        assert all(len(set(shards_of(windows, piece))) == 1 for piece in pieces)
        assert len({shards_of(windows, piece)[0] for piece in pieces}) == 3
        assert any(piece.tolist() != sorted(piece.tolist()) for piece in pieces)
    assert torch.cat(first).tolist() != torch.cat(second).tolist()


def test_fewer_are_the_draw_of_memory_those_of_a_shard_together():
    buffer = whole()
    drawn = torch.cat(list(windows_of(buffer).drawn(12, torch.Generator().manual_seed(3))))
    with sharded(buffer) as parts:
        windows = windows_of(parts)
        found = torch.cat(list(windows.drawn(12, torch.Generator().manual_seed(3))))
    by_shard = {}
    for i, shard in zip(drawn.tolist(), shards_of(windows, drawn), strict=True):
        by_shard.setdefault(shard, []).append(i)
    assert len(by_shard) > 1
    assert found.tolist() == [i for some in by_shard.values() for i in some]


def trained(windows, validation, steps=None):
    torch.manual_seed(0)
    net, config = Linear(), TrainingConfig("mae", max_epochs=3, batch_size=5, steps_per_epoch=steps)
    history = train(net, windows, config, validation, Run(seed=1))
    return net.map.weight, history


@pytest.mark.parametrize("steps", [None, 2], ids=["all windows", "some"])
@pytest.mark.parametrize("gaps", [False, True])
def test_the_network_is_that_of_memory_where_the_order_is_the_same(monkeypatch, steps, gaps):
    buffer = whole(gaps)
    with sharded(buffer) as parts:
        windows = windows_of(parts)
        found, history = trained(windows, windows, steps)
    with sharded(buffer) as parts:
        monkeypatch.setattr(SeriesBuffer, "drawn", lambda self, *given: parts.drawn(*given))
        windows = windows_of(buffer)
        expected, expected_history = trained(windows, windows, steps)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6)
    assert history.train_loss == pytest.approx(expected_history.train_loss, rel=1e-5)
    assert history.valid_loss == pytest.approx(expected_history.valid_loss, rel=1e-5)


def test_an_epoch_reads_every_shard_once():
    reads = []
    with sharded(whole(), reads) as buffer:
        trained(windows_of(buffer), None)
    epochs = 3
    # Which shard comes first, no one knows before the epoch begins: one may be read in vain.
    assert 3 * epochs <= len(reads) <= 4 * epochs + 1


def test_the_regression_is_gathered_in_one_pass():
    buffer, reads, prior = whole(gaps=True), [], torch.zeros(T, L)
    expected = fit_linear_maps(windows_of(buffer), prior, [0.1, 1.0])
    with sharded(buffer, reads) as parts:
        found = fit_linear_maps(windows_of(parts), prior, [0.1, 1.0])
    assert all(torch.equal(a, b) for a, b in zip(found, expected, strict=True))
    assert reads[:3] == [0, 1, 2]
    assert reads[3:] in ([], [0])


def test_kept_windows_are_read_once(monkeypatch):
    reads, net, config = [], Linear(), TrainingConfig("mae")
    with sharded(whole(), reads) as buffer:
        windows = KeptWindows(windows_of(buffer))
        first = evaluate(net, windows, config)
        n = len(reads)
        assert evaluate(net, windows, config) == first
        assert len(reads) == n
        monkeypatch.setattr(windows, "_room", 0)
        evaluate(net, windows, replace(config, validation_windows=10))
        assert len(reads) > n  # there was no room for another choice of windows


def test_an_error_while_reading_is_that_of_the_batch_and_ends_the_thread():
    def read(i):
        if i == 2:
            raise OSError("no such file")
        return shard_of(whole(), i)

    def run():
        with ShardedBuffer(read, FIRST, LENGTHS, 2) as buffer:
            windows = windows_of(buffer)
            for index in torch.arange(len(windows)).split(5):
                windows.batch(index)

    with pytest.raises(OSError, match="no such file"):
        run()
    assert not threads()


def test_what_stops_the_training_stops_the_thread():
    def run():
        with sharded(whole()) as buffer:
            windows_of(buffer).batch(torch.tensor([0]))
            assert threads()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run()
    assert not threads()


def test_one_shard_is_drawn_as_memory_is():
    buffer = whole()
    with ShardedBuffer(lambda i: buffer, torch.tensor([0, 5]), LENGTHS, 2) as parts:
        for n in (7, 10**6):
            found, expected = (
                list(windows_of(one).drawn(n, torch.Generator().manual_seed(0)))
                for one in (parts, buffer)
            )
            equal(found, expected)


def test_shards_hold_whole_series_in_order():
    """The fixture is what it says: the shards together are the buffer."""
    buffer = whole()
    found = [shard_of(buffer, i) for i in range(3)]
    assert torch.equal(torch.cat([one.values for one in found]), buffer.values)
    assert [len(one.lengths) for one in found] == [b - a for a, b in pairwise(FIRST.tolist())]

from dataclasses import replace

import numpy as np
import pytest
import torch

from skscale.training import SeriesBuffer, Windows

LENGTHS = [9, 3, 14]


@pytest.fixture
def buffer():
    offsets = torch.tensor([0, *np.cumsum(LENGTHS)])
    values = torch.arange(26.0).reshape(26, 1) * torch.tensor([1.0, -1.0])
    features = torch.arange(26.0).reshape(26, 1) + 100
    size = torch.arange(6.0).reshape(3, 2)
    return SeriesBuffer(values, offsets, size, size + 1, features)


def plain(buffer, L, T, first, last):
    """Every window by slicing, as the definition has it."""
    for i, start in enumerate(buffer.offsets[:-1].tolist()):
        series = buffer.values[start : int(buffer.offsets[i + 1])]
        for cut in range(first[i], last[i] + 1):
            past = series[max(0, cut - L) : cut]
            future = series[cut : cut + T]
            mask = torch.arange(L) >= L - len(past)
            padding = series[:1].expand(L - len(past), -1)
            yield i, cut, torch.cat((padding, past)), mask, future


@pytest.mark.parametrize(
    ("first", "last"),
    [([4, 4, 4], [7, 2, 12]), ([1, 1, 1], [7, 2, 12]), ([1, 1, 4], [8, 2, 13])],
    ids=["whole", "padded contexts", "cut targets too"],
)
def test_windows_equal_slices(buffer, first, last):
    L, T = 4, 2
    windows = Windows(buffer, L, T, torch.tensor(first), torch.tensor(last))
    expected = list(plain(buffer, L, T, first, last))
    assert len(windows) == len(expected)
    batch = windows.batch(torch.arange(len(windows)))
    for row, (series, cut, past, mask, future) in enumerate(expected):
        assert torch.equal(batch.x[row], past)
        assert torch.equal(batch.y[row][: len(future)], future)
        if batch.mask is None:
            assert mask.all()
        else:
            assert torch.equal(batch.mask[row], mask)
        if batch.y_mask is None:
            assert len(future) == T
        else:
            assert batch.y_mask[row].tolist() == [True] * len(future) + [False] * (T - len(future))
        assert torch.equal(batch.location[row, 0], buffer.location[series])
        start = int(buffer.offsets[series])
        assert batch.past_features[row, -1, 0] == 100 + start + cut - 1


def test_order_of_the_index_does_not_matter(buffer):
    windows = Windows(buffer, 3, 2, torch.tensor([3, 1, 3]), torch.tensor([7, 1, 12]))
    order = torch.randperm(len(windows))
    shuffled, straight = windows.batch(order), windows.batch(torch.arange(len(windows)))
    assert torch.equal(shuffled.x, straight.x[order])
    assert torch.equal(shuffled.y, straight.y[order])


def test_one_draw_per_series(buffer):
    windows = Windows(buffer, 3, 2, torch.tensor([3, 3, 3]), torch.tensor([7, 1, 12]))
    assert windows.n_series == 2
    lowest = windows.per_series(torch.zeros(1, 3))
    highest = windows.per_series(torch.full((1, 3), 1 - 1e-9))
    assert lowest.tolist() == [[0, 5]]
    assert highest.tolist() == [[4, len(windows) - 1]]


def test_memory_does_not_grow_with_the_number_of_windows():
    n = 100_000
    one = torch.ones(1, 1)
    buffer = SeriesBuffer(torch.zeros(n, 1), torch.tensor([0, n]), one, one)
    windows = Windows(buffer, 720, 96, torch.tensor([720]), torch.tensor([n - 96]))
    held = sum(v.numel() for v in vars(windows).values() if isinstance(v, torch.Tensor))
    assert len(windows) == n - 720 - 96 + 1
    assert held < 1000


@pytest.fixture
def gappy(buffer):
    observed = torch.from_numpy(np.random.default_rng(0).random((26, 2)) > 0.4)
    observed[12:20, 1] = False  # the last series begins in its second channel at 8 only
    observed[12:14, 0] = True
    observed[14:22, 0] = False  # more than a context
    return replace(buffer, observed=observed)


def test_masks_of_values_equal_slices(gappy, buffer):
    L, T, first, last = 4, 2, [1, 1, 1], [8, 2, 13]
    windows = Windows(gappy, L, T, torch.tensor(first), torch.tensor(last))
    whole = Windows(buffer, L, T, torch.tensor(first), torch.tensor(last))
    every = torch.arange(len(windows))
    batch, plain_batch = windows.batch(every), whole.batch(every)
    for row, (series, cut, past, mask, _) in enumerate(plain(buffer, L, T, first, last)):
        start, end = (int(o) for o in buffer.offsets[series : series + 2])
        seen = gappy.observed[start:end]
        shown = torch.zeros(L, 2, dtype=torch.bool)
        shown[mask] = seen[max(0, cut - L) : cut]
        x = torch.where(shown, past, 0.0)
        for c in range(2):
            before = np.flatnonzero(seen[:cut, c])
            if not shown[:, c].any() and len(before):  # the last value before the window
                x[-1, c], shown[-1, c] = buffer.values[start + before[-1], c], True
        targets = torch.zeros(T, 2, dtype=torch.bool)
        targets[: len(seen[cut : cut + T])] = seen[cut : cut + T]
        targets &= shown.any(0)
        assert torch.equal(batch.mask[row], shown)
        assert torch.equal(batch.x[row], x)
        assert torch.equal(batch.y_mask[row], targets)
        assert torch.equal(batch.y[row][targets], plain_batch.y[row][targets])
        assert windows.observed(torch.tensor([row])) == targets.sum()
        assert windows.steps_to_end(torch.tensor([row])) == whole.observed(torch.tensor([row]))


def test_what_stands_in_a_hole_does_not_matter(gappy):
    cuts = torch.tensor([1, 1, 1]), torch.tensor([8, 2, 13])
    expected = Windows(gappy, 4, 2, *cuts).batch(torch.arange(23))
    for junk in (1e9, float("nan")):
        other = replace(gappy, values=gappy.values.masked_fill(~gappy.observed, junk))
        found = Windows(other, 4, 2, *cuts).batch(torch.arange(23))
        for one, two in zip(found, expected, strict=True):
            assert one is two is None or torch.equal(one, two)

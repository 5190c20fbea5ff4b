import numpy as np
import pytest
import torch

from skscale import ops

LENGTH = 24


def draw(share=0.4, batch=6, channels=2, seed=0):
    rng = np.random.default_rng(seed)
    x = torch.from_numpy(rng.normal(size=(batch, LENGTH, channels)).cumsum(axis=1))
    mask = torch.from_numpy(rng.random((batch, LENGTH, channels)) > share)
    mask[0] = False
    mask[1] = True
    mask[2, :5] = False
    mask[3, -7:] = False
    mask[4, 3:] = False
    return x, mask


def plain_filled(x, mask):
    """Every window and channel by NumPy's interpolation, from its first observed value on."""
    filled = x.clone()
    for i, _, c in np.ndindex(len(x), 1, x.shape[2]):
        known = np.flatnonzero(mask[i, :, c])
        if len(known):
            place = np.arange(known[0], x.shape[1])
            filled[i, known[0] :, c] = torch.from_numpy(np.interp(place, known, x[i, known, c]))
    return filled


def test_holes_take_the_straight_line_and_ends_the_last_value():
    x, mask = draw()
    torch.testing.assert_close(ops.fill_holes(x, mask), plain_filled(x, mask))


def test_one_flag_for_each_point_is_that_of_all_channels():
    x, mask = draw()
    points = mask[..., 0]
    values = points.unsqueeze(-1).expand_as(x)
    for season in (1, 4):
        expected = ops.fill_window(x, values, season)
        torch.testing.assert_close(ops.fill_window(x, points, season), expected, rtol=0, atol=0)


@pytest.mark.parametrize("season", [1, 4])
@pytest.mark.parametrize("fill", [ops.fill_holes, ops.fill_window, ops.fill_in_proportion])
def test_what_stands_in_a_hole_does_not_matter(fill, season):
    x, mask = draw()
    hole = ops.begun(mask) & ~mask
    for junk in (1e9, torch.nan, torch.inf):
        found = fill(x.masked_fill(hole, junk), mask, season)
        torch.testing.assert_close(found, fill(x, mask, season), rtol=0, atol=0)
        assert torch.equal(found[mask], x[mask])


def test_a_season_is_filled_by_its_profile():
    """A missing half year of a strict season on a slope is what it would have been, nearly."""
    t = torch.arange(48.0, dtype=torch.float64)
    x = (0.1 * t + torch.tensor([0.0, 5.0, -2.0, 1.0]).double().repeat(12)).reshape(1, 48, 1)
    mask = torch.ones(1, 48, dtype=torch.bool)
    mask[:, 20:27] = False
    beside, straight = (ops.fill_holes(x, mask, season) - x for season in (4, 1))
    assert beside.abs().max() < 0.6
    assert straight.abs().max() > 2
    assert (beside[mask] == 0).all()


def test_growth_and_season_in_proportion_are_filled_in_proportion():
    """A year of a doubling series with seasonal factors is what it would have been, nearly."""
    t = torch.arange(48, dtype=torch.float64)
    season = torch.tensor([1.0, 1.5, 0.8, 1.2], dtype=torch.float64).repeat(12)
    x = (100 * 2 ** (t / 16) * season).reshape(1, 48, 1)
    mask = torch.ones(1, 48, 1, dtype=torch.bool)
    mask[:, 20:32] = False
    relative = [
        (fill(x, mask, 4) / x - 1).abs().max() for fill in (ops.fill_in_proportion, ops.fill_holes)
    ]
    assert relative[0] < 0.15
    assert relative[1] > 1.5 * relative[0]
    torch.testing.assert_close(
        ops.fill_in_proportion(1000 * x, mask, 4), 1000 * ops.fill_in_proportion(x, mask, 4)
    )


def test_values_around_zero_are_filled_as_they_are():
    """So are those where the largest is more than fifty times the smallest."""
    x, mask = draw()
    assert torch.equal(ops.fill_in_proportion(x, mask, 4), ops.fill_holes(x, mask, 4))
    x = torch.tensor([1.0, 0.0, 51.0]).reshape(1, 3, 1)
    assert ops.fill_in_proportion(x, x > 0)[0, 1] == 26


def test_windows_end_in_their_last_value():
    x, mask = draw()
    moved, shown, behind = ops.ending_in_values(x, mask)
    for i, _, c in np.ndindex(len(x), 1, x.shape[2]):
        known = np.flatnonzero(mask[i, :, c])
        n_behind = LENGTH - 1 - known[-1] if len(known) else 0
        assert behind[i, 0, c] == n_behind
        kept = slice(None, LENGTH - n_behind)
        assert torch.equal(moved[i, n_behind:, c], x[i, kept, c])
        assert torch.equal(shown[i, n_behind:, c], mask[i, kept, c])
        assert not shown[i, :n_behind, c].any()


def test_filled_windows_move_with_shift_and_scale():
    x, mask = draw()
    x, mask = x[1:], mask[1:]
    moved = ops.fill_window(1000 * x + 5, mask, 4)
    torch.testing.assert_close(moved, 1000 * ops.fill_window(x, mask, 4) + 5)


def test_padding_alone_is_filled_as_ever():
    x, _ = draw()
    mask = torch.arange(LENGTH) >= torch.tensor([0, 1, 5, 9, 20, 23]).unsqueeze(1)
    assert not ops.has_holes(mask)
    assert torch.equal(ops.fill_window(x, mask, 4), ops.fill_padding(x, mask, 4))


def test_holes_are_told_from_padding():
    flags = torch.tensor([[False, False, True, True], [True, False, True, False]])
    assert ops.begun(flags).tolist() == [[False, False, True, True], [True] * 4]
    assert not ops.has_holes(flags[:1])
    assert ops.has_holes(flags[1:])


def test_means_count_what_is_observed():
    x, mask = draw()
    hidden = torch.where(mask, x, torch.nan)
    over_time = np.nanmean(np.where(mask.any(1, keepdim=True), hidden, 0.0), axis=1, keepdims=True)
    np.testing.assert_allclose(ops.masked_mean(hidden, mask), over_time)
    np.testing.assert_allclose(ops.masked_mean(hidden, mask, dim=None), np.nanmean(hidden))
    points = mask[..., 0]
    expected = x[points].mean()
    torch.testing.assert_close(ops.masked_mean(x, points, dim=None), expected)
    assert torch.equal(ops.masked_mean(x, None), x.mean(1, keepdim=True))


def test_gradients_pass_by_the_holes():
    x, mask = draw()
    x = x.masked_fill(~mask, torch.nan).requires_grad_()
    ops.fill_holes(x, mask, 4)[ops.begun(mask)].sum().backward()
    assert x.grad.isfinite().all()
    assert (x.grad[~mask] == 0).all()

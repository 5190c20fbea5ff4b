import torch

from skscale.nn.layers.periods import group_by_period, strongest_periods


def wave(period, length=24):
    t = torch.arange(length, dtype=torch.float64)
    return torch.sin(2 * torch.pi * t / period)


def test_periods_are_those_of_the_largest_amplitudes():
    x = torch.stack((wave(4) + 2 * wave(12), 3 * wave(24) + wave(2.4))).unsqueeze(2) + 100
    periods, amplitudes = strongest_periods(x, 2)
    assert periods.tolist() == [[12, 4], [24, 2]]
    expected = torch.tensor([[24.0, 12.0], [36.0, 12.0]], dtype=torch.float64)
    torch.testing.assert_close(amplitudes, expected)


def test_amplitudes_are_means_over_the_features():
    x = torch.stack((wave(4), 3 * wave(12)), dim=1).unsqueeze(0)
    periods, amplitudes = strongest_periods(x, 2)
    assert periods.tolist() == [[12, 4]]
    expected = torch.tensor([[18.0, 6.0]], dtype=torch.float64)
    torch.testing.assert_close(amplitudes, expected)


def test_the_frequency_zero_is_never_chosen():
    for length in (2, 3, 9):
        periods, _ = strongest_periods(torch.ones(1, length, 1), length // 2)
        assert sorted(periods[0].tolist()) == sorted(length // f for f in range(1, length // 2 + 1))


def test_a_single_point_is_its_own_period():
    periods, amplitudes = strongest_periods(torch.tensor([[[-3.0, 1.0]]]), 1)
    assert periods.tolist() == [[1]]
    assert amplitudes.tolist() == [[2.0]]


def test_half_precision_is_read_in_full():
    x = wave(6).reshape(1, -1, 1)
    periods, amplitudes = strongest_periods(x.bfloat16(), 1)
    assert periods.tolist() == [[6]]
    assert amplitudes.dtype == torch.float32


def test_groups_hold_every_window_once_for_each_of_its_periods():
    periods = torch.tensor([[4, 2, 4], [2, 4, 3]])
    weights = torch.tensor([[0.5, 0.25, 0.25], [0.5, 0.3, 0.2]])
    found, sizes, members, weight = group_by_period(periods, weights)
    assert found == [2, 3, 4]
    assert sizes == [2, 1, 2]
    assert members.tolist() == [0, 1, 1, 0, 1]
    torch.testing.assert_close(weight, torch.tensor([0.25, 0.5, 0.2, 0.75, 0.3]))


def test_weights_below_a_rounding_are_left_out():
    for dtype, small in ((torch.float32, 1e-7), (torch.float64, 1e-16)):
        weights = torch.tensor([[1.0, small], [1.0, 1e3 * small]], dtype=dtype)
        groups = group_by_period(torch.tensor([[5, 2], [5, 3]]), weights)
        assert groups.periods == [3, 5]
        assert groups.members.tolist() == [1, 0, 1]


def test_what_is_no_number_is_not_left_out():
    weights = torch.tensor([[1.0, 0.0], [torch.nan, torch.nan]])
    groups = group_by_period(torch.tensor([[5, 2], [5, 3]]), weights)
    assert groups.periods == [3, 5]
    assert groups.weights.isnan().tolist() == [True, False, True]


def test_weights_pass_gradients():
    weights = torch.tensor([[0.5, 0.25, 0.25]], requires_grad=True)
    group_by_period(torch.tensor([[4, 2, 4]]), weights).weights.square().sum().backward()
    torch.testing.assert_close(weights.grad, torch.tensor([[1.5, 0.5, 1.5]]))

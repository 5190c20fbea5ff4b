import pytest

from skscale.forecasting import TimeMixerPPForecaster

SMALL = {"max_epochs": 1, "d_model": 4, "d_ff": 4, "n_kernels": 1, "linear_base": False}


def fitted(y, **settings):
    return TimeMixerPPForecaster(**SMALL | settings).fit(y, fh=[1]).network_


# Lengths of the scales, heads and periods.
SIZES = {32: ([32, 16, 8, 4], 4, 2), 9: ([9, 4, 2], 2, 1), 3: ([3], 3, 1), 1: ([1], 1, 1)}


@pytest.mark.parametrize("context", SIZES)
def test_short_contexts_have_fewer_scales_and_periods(context, series):
    network = fitted(series, context_length=context)
    lengths, n_heads, top_k = SIZES[context]
    assert network.lengths == lengths
    assert network.channel_attention.n_heads == n_heads
    assert network.blocks[0].top_k == top_k


def test_sizes_that_are_given_stay(series):
    given = {"n_heads": 2, "top_k": 1, "down_sampling_layers": 1}
    network = fitted(series, context_length=32, **given)
    assert network.lengths == [32, 16]
    assert network.channel_attention.n_heads == 2
    assert network.blocks[0].top_k == 1


def test_scales_without_points_are_refused(series):
    with pytest.raises(
        ValueError, match=r"down_sampling_layers=3 .* at least 8 time points, got 7"
    ):
        fitted(series, context_length=7, down_sampling_layers=3)

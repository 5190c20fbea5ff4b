import numpy as np
import pandas as pd
import pytest

from skscale.forecasting import MSGNetForecaster


def fitted(y, **settings):
    small = {"max_epochs": 1, "d_ff": 4, "skip_channels": 2, "linear_base": False}
    return MSGNetForecaster(**small | settings).fit(y, fh=[1]).network_


PERIODS = {8: 3, 5: 2, 3: 1, 1: 1}


@pytest.mark.parametrize("context", PERIODS)
def test_short_contexts_have_fewer_periods(context, series):
    network = fitted(series, context_length=context)
    assert len(network.blocks[0].graphs) == PERIODS[context]


def test_all_channels_have_room():
    y = pd.DataFrame(np.random.default_rng(0).normal(size=(20, 33)))
    network = fitted(y, context_length=4)
    assert network.embedding.weight.shape[0] == 33
    with pytest.raises(ValueError, match="d_model must be at least n_channels=33, got 8"):
        fitted(y, context_length=4, d_model=8)


@pytest.mark.parametrize(
    ("settings", "heads"), [({}, 8), ({"d_model": 12}, 4), ({"d_model": 12, "n_heads": 5}, 5)]
)
def test_heads(settings, heads, series):
    network = fitted(series, context_length=4, **settings)
    assert network.blocks[0].encoder.attention.n_heads == heads


def test_the_space_of_a_search_leaves_sizes_open_that_are_automatic():
    space = MSGNetForecaster.param_space("full")
    assert "d_model" not in space
    assert space["d_ff"] == [32, 64, 128]

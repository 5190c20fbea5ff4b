import pytest

from skscale.forecasting import PyraformerForecaster
from skscale.forecasting._windows import Layout
from skscale.nn.pyraformer.pyramid import level_sizes

# Points of a context, and nodes of the levels above them and the point behind.
LEVELS = {
    1: [2],
    3: [4, 1],
    14: [15, 3],
    62: [63, 15, 3],
    63: [64, 16, 4, 1],
    254: [255, 63, 15, 3],
    255: [256, 64, 16, 4, 1],
    720: [721, 180, 45, 11, 2],
}


@pytest.mark.parametrize("context", LEVELS)
def test_open_windows_end_with_a_few_nodes(context):
    settings = PyraformerForecaster()._network_settings(Layout(context, 8, 4))
    assert level_sizes(context + 1, settings["windows"]) == LEVELS[context]
    assert settings["windows"] == (4,) * max(1, len(LEVELS[context]) - 1)


def test_heads_that_are_open_divide_the_features():
    settings = PyraformerForecaster(d_model=6)._network_settings(Layout(8, 2, 4))
    assert settings["n_heads"] == 2

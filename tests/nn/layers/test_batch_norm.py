import pytest
import torch
from torch import nn

from skscale.nn.layers.batch_norm import BatchNorm


def pair():
    torch.manual_seed(0)
    ours, torchs = BatchNorm(3).double(), nn.BatchNorm1d(3).double()
    for name, value in ours.state_dict().items():
        value.copy_(torch.rand(3) + 0.5)
        torchs.state_dict()[name].copy_(value)
    return ours, torchs


@pytest.mark.parametrize("shape", [(5, 3), (4, 3, 6), (1, 3, 2)])
@pytest.mark.parametrize("training", [True, False])
def test_is_torchs_where_a_feature_has_several_values(shape, training):
    x = torch.randn(shape, dtype=torch.float64)
    ours, torchs = (norm.train(training) for norm in pair())
    torch.testing.assert_close(ours(x), torchs(x))
    torch.testing.assert_close(ours.running_mean, torchs.running_mean)
    torch.testing.assert_close(ours.running_var, torchs.running_var)


@pytest.mark.parametrize("shape", [(1, 3), (1, 3, 1)])
def test_one_value_is_normalised_by_the_running_statistics_which_stay(shape):
    norm, _ = pair()
    x = torch.randn(shape, dtype=torch.float64)
    before = {name: value.clone() for name, value in norm.state_dict().items()}
    found, expected = norm.train()(x), norm.eval()(x)
    assert torch.equal(found, expected)
    torch.testing.assert_close(norm.state_dict(), before, rtol=0, atol=0)

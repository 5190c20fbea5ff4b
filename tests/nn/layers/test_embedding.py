import pytest
import torch
from torch import nn

from skscale.nn import CircularEmbedding


@pytest.mark.parametrize("length", [1, 2, 3, 17])
@pytest.mark.parametrize("in_channels", [1, 4])
def test_embedding_is_the_circular_convolution(in_channels, length):
    embedding = CircularEmbedding(in_channels, 5).double()
    conv = nn.Conv1d(in_channels, 5, 3, padding=1, padding_mode="circular", bias=False).double()
    conv.weight.data = embedding.weight.data
    x = torch.randn(2, in_channels, length, dtype=torch.float64)
    torch.testing.assert_close(embedding(x), conv(x))

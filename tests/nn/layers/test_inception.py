import pytest
import torch

from skscale.nn.layers.inception import Inception


def draw(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def test_an_inception_layer_is_the_mean_of_its_kernels():
    torch.manual_seed(0)
    layer = Inception(2, 3, n_kernels=3).double()
    layer.biases.data.normal_()
    x = draw(2, 2, 9, 7)
    kernels = list(zip(layer.weights, layer.biases, strict=True))
    parts = [torch.conv2d(x, w, b, padding=w.shape[-1] // 2) for w, b in kernels]
    merged = torch.conv2d(x, *layer.merged(), padding=2)
    torch.testing.assert_close(merged, torch.stack(parts).mean(0))


def test_weights_start_as_published():
    torch.manual_seed(0)
    layer = Inception(32, 64, n_kernels=4)
    for i, weight in enumerate(layer.weights):
        size = 2 * i + 1
        assert weight.shape == (64, 32, size, size)
        assert weight.std().item() == pytest.approx((2 / (64 * size**2)) ** 0.5, rel=0.1)
    assert not layer.biases.any()

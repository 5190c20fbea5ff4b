"""Scales of a window as images, one row for each period, and what mixes them."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, conv_transpose2d, gelu, linear, pad

from skscale.nn.layers.attend import attend_short
from skscale.nn.layers.dense import dense
from skscale.nn.layers.inception import Inception, Kernel, within_reach

__all__ = ["ImageAttention", "ScaleConvolution", "Step", "as_images"]

Step = Callable[[Tensor, int], Tensor]  # an image, and the rows of the one that is made of it


def as_images(scales: list[Tensor], period: int, window: int) -> list[Tensor]:
    """Fold scales (rows, length_i, features) by a period: (rows, n_periods_i, period, features).

    A coarser scale has as many rows as a step of ``window`` over those of the finer one needs,
    which may be more than it fills: zeros are behind it.
    """
    images, n_periods = [], -(-scales[0].shape[1] // period)
    for scale in scales:
        behind = n_periods * period - scale.shape[1]
        images.append(pad(scale, (0, 0, 0, behind)).unflatten(1, (n_periods, period)))
        n_periods = -(-n_periods // window)
    return images


class ImageAttention(nn.Module):
    """An image and, by a factor that starts at zero, attention along its rows.

    Scores are not scaled. Queries and keys are never computed: what they add up to is one square
    map of the features that ask, since softmax cancels all that is the same for those that answer.
    Values are mapped behind their mean.

    Parameters
    ----------
    d_model, d_ff : int
        Features of the image, and of queries and keys.
    """

    def __init__(self, d_model: int, d_ff: int):
        super().__init__()
        self.gamma = nn.Parameter(torch.zeros(1, dtype=torch.float32))
        self.query = dense(d_model, d_ff)
        self.key = dense(d_model, d_ff, bias=False)  # one would cancel
        self.value = dense(d_model, d_model)

    def forward(self, image: Tensor) -> Tensor:
        """Map (batch, rows, columns, features) to the same shape; a row sees itself alone."""
        unscaled = image.shape[-1] ** 0.5 * self.key.weight.t()
        q = linear(image, unscaled @ self.query.weight, unscaled @ self.query.bias)
        found = attend_short(q, image, image, None, 0.0)
        return image + self.gamma * self.value(found)


class ScaleConvolution(nn.Module):
    """Two inception layers, the first of which takes rows of an image from one scale to another.

    Parameters
    ----------
    d_model, d_ff, n_kernels : int
        Features of the image and between the layers; sizes of kernels.
    window : int
        Factor between the scales.
    upwards : bool
        From a coarse scale to a finer one, by a transposed convolution.
    """

    def __init__(self, d_model: int, d_ff: int, n_kernels: int, window: int, upwards: bool):
        super().__init__()
        self.window, self.upwards = window, upwards
        self.first = Inception(d_model, d_ff, n_kernels, transposed=upwards)
        self.second = Inception(d_ff, d_model, n_kernels)

    def merged(self) -> Step:
        """Return what maps an image (batch, rows, columns, features) to another scale."""
        first, second = self.first.merged(), self.second.merged()

        def apply(image: Tensor, n_rows: int) -> Tensor:
            if self.upwards:
                hidden = _spread(image, first, self.window, n_rows)
            else:
                hidden = _convolve(image, first, self.window)
            return _convolve(gelu(hidden), second, 1)

        return apply


def _convolve(image: Tensor, kernel: Kernel, step: int) -> Tensor:
    """Convolve by every ``step``-th row."""
    weight, reach = within_reach(kernel[0], image)
    found = conv2d(image.permute(0, 3, 1, 2), weight, kernel[1], stride=(step, 1), padding=reach)
    return found.permute(0, 2, 3, 1)


def _spread(image: Tensor, kernel: Kernel, step: int, n_rows: int) -> Tensor:
    """Transposed convolution, each row to ``step`` of them, ``n_rows`` in all."""
    last = (image.shape[1] - 1) * step
    weight, reach = within_reach(
        kernel[0], image.new_empty(()).expand(1, n_rows, image.shape[2], 1)
    )
    found = conv_transpose2d(
        image.permute(0, 3, 1, 2),
        weight,
        kernel[1],
        stride=(step, 1),
        padding=reach,
        output_padding=(n_rows - 1 - last, 0),
    )
    return found.permute(0, 2, 3, 1)

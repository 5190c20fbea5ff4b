"""N-HiTS as the paper writes it, row by row of window and channel; and as public code runs it."""

import torch
from torch.nn import functional as F

from skscale.nn.nhits.block import ACTIVATIONS


def pooled(row, size, pooling):
    """Groups from the first value on; the last may be short."""
    groups = row.split(size)
    return torch.stack([g.max() if pooling == "max" else g.mean() for g in groups])


def interpolated(knots, n_points, method):
    """Torch's own, of images where it is cubic."""
    row = knots[None, None]
    if method == "cubic":
        return F.interpolate(row[:, :, None], (1, n_points), mode="bicubic")[0, 0, 0]
    return F.interpolate(row, n_points, mode=method)[0, 0]


def plain(net, x, past_features=None, future_features=None):
    """Forecast of a network that does not normalise."""
    return torch.stack(
        [
            torch.stack([of_row(net, row, *features) for row in window.T], dim=1)
            for window, *features in zip(
                x,
                [None] * len(x) if past_features is None else past_features,
                [None] * len(x) if future_features is None else future_features,
                strict=True,
            )
        ]
    )


def of_row(net, row, past, future):
    """Forecast of one channel."""
    forecast, rest = row[-1:].expand(net.prediction_length), row.flip(0)
    for _, block in net.blocks():
        sizes = block.sizes
        parts = [pooled(rest, block.pool_size, sizes.pooling)]
        parts += [] if past is None else [past.flip(0).T.flatten()]
        parts += [] if future is None else [future.T.flatten()]
        h = torch.cat(parts)
        for layer in block.layers:
            h = ACTIVATIONS[sizes.activation](layer(h))
        backcast, knots = block.head(h).tensor_split([len(row)])
        rest = rest - backcast
        forecast = forecast + interpolated(knots, net.prediction_length, sizes.interpolation)
    return forecast


def batched(net, x):
    """All rows at once by torch's own pooling and interpolation, without features."""
    rows = x.transpose(1, 2).flatten(0, 1)
    forecast, rest = rows[:, -1:], rows.flip(1)
    for _, block in net.blocks():
        h = F.max_pool1d(rest[:, None], block.pool_size, ceil_mode=True)[:, 0]
        for layer in block.layers:
            h = F.relu(layer(h))
        backcast, knots = block.head(h).tensor_split([x.shape[1]], dim=1)
        rest = rest - backcast
        forecast = (
            forecast + F.interpolate(knots[:, None], net.prediction_length, mode="linear")[:, 0]
        )
    return forecast.view(len(x), x.shape[2], -1).transpose(1, 2)

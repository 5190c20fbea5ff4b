"""Deformable sampling: what stands at learned places of an image, in learned shares."""

from __future__ import annotations

from itertools import product

import torch
from torch import Tensor, nn
from torch.nn.functional import grid_sample

from skscale.nn.layers.autocast import without_autocast
from skscale.nn.timepro.pair import PairOfMaps
from skscale.ops.tracing import transformed

__all__ = ["N_TAPS", "DeformableSampling", "sample"]

N_TAPS = 9  # three by three neighbours
_LARGEST_GROUP = 16  # features that are read at the same places
_REACH = 0.5  # points from one tap to the next, and of an offset of one


class DeformableSampling(nn.Module):
    """Every point becomes a sum over nine places near it, chosen and weighed by itself.

    The operator of DCNv4 (kernel 3, stride 1, offset scale 1/2), for two directions at once.
    Offsets and shares start at zero, as published: at first nothing comes through, and nothing but
    the shares learns.

    Parameters
    ----------
    d_model : int
        Features of a point. Groups of 16 have places of their own, or of the largest number
        below that divides (the published operator takes multiples of 16 alone).
    share : float, default=0.0
        What shares start with.
    """

    taps: Tensor

    def __init__(self, d_model: int, share: float = 0.0):
        super().__init__()
        sizes = range(min(_LARGEST_GROUP, d_model), 0, -1)
        self.n_groups = d_model // next(size for size in sizes if d_model % size == 0)
        self.value = PairOfMaps(d_model, d_model)
        self.places = PairOfMaps(d_model, 3 * N_TAPS * self.n_groups)
        self.out = PairOfMaps(d_model, d_model, bias=False)
        for layer in (self.value, self.out):
            bound = (3 / d_model) ** 0.5  # Xavier's for a square map
            nn.init.uniform_(layer.weight, -bound, bound)
        for start in (self.value.bias, self.places.weight, self.places.bias):
            nn.init.zeros_(start)
        with torch.no_grad():
            self.places.bias.unflatten(1, (-1, 3 * N_TAPS))[..., 2 * N_TAPS :].fill_(share)
        steps = torch.arange(-1, 2, dtype=torch.float32)
        self.register_buffer("taps", torch.cartesian_prod(steps, steps), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """Map ``images`` of shape (2, batch, n_columns, n_rows, d_model)."""
        points = images.flatten(1, 3)
        with without_autocast(points):  # half a precision is none for places
            points = points.to(self.places.weight.dtype)
            columns = torch.arange(images.shape[2], device=images.device, dtype=points.dtype)
            rows = torch.arange(images.shape[3], device=images.device, dtype=points.dtype)
            values = self._by_group(self.value(points), images.shape)
            offsets, shares = self._by_group(self.places(points), images.shape).split(
                (2 * N_TAPS, N_TAPS), dim=-1
            )
            moved = _REACH * (self.taps + offsets.unflatten(-1, (N_TAPS, 2)))
            here = torch.stack(torch.meshgrid(columns, rows, indexing="ij"), dim=-1)
            places = here.unsqueeze(2) + moved
            found = sample(values.permute(0, 3, 1, 2), places.flatten(1, 2))
            summed = (found * shares.flatten(1, 2).unsqueeze(1)).sum(dim=-1)
            summed = summed.unflatten(0, (2, -1, self.n_groups)).permute(0, 1, 4, 2, 3)
            return self.out(summed.reshape(points.shape)).view(images.shape)

    def _by_group(self, points: Tensor, shape: torch.Size) -> Tensor:
        """Images group by group, (2 * batch * n_groups, n_columns, n_rows, n)."""
        grouped = points.unflatten(1, shape[1:4]).unflatten(-1, (self.n_groups, -1))
        return grouped.permute(0, 1, 4, 2, 3, 5).flatten(0, 2)


def sample(images: Tensor, places: Tensor) -> Tensor:
    """Values of images between their points, bilinear, zero outside.

    Parameters
    ----------
    images : Tensor of shape (n_images, n_features, n_columns, n_rows)
    places : Tensor of shape (n_images, n_points, n_taps, 2)
        Column and row, in points.

    Returns
    -------
    Tensor of shape (n_images, n_features, n_points, n_taps)

    Examples
    --------
    >>> import torch
    >>> from skscale.nn.timepro.sampling import sample
    >>> image = torch.tensor([[0.0, 1.0, 2.0], [10.0, 11.0, 12.0]]).reshape(1, 1, 2, 3)
    >>> sample(image, torch.tensor([[0.5, 1.0], [0.0, 1.5], [1.0, 2.5]]).reshape(1, 1, 3, 2))
    tensor([[[[6.0000, 1.5000, 6.0000]]]])
    """
    columns, rows = places.unbind(dim=-1)
    if transformed():  # torch's operator has no forward derivative
        return _gathered(images, columns, rows)
    n_columns, n_rows = images.shape[2:]
    # From -1 to 1 between the outer edges; sizes of one point have such edges, too.
    grid = torch.stack(((2 * rows + 1) / n_rows - 1, (2 * columns + 1) / n_columns - 1), dim=-1)
    return grid_sample(images, grid, padding_mode="zeros", align_corners=False)


def _gathered(images: Tensor, columns: Tensor, rows: Tensor) -> Tensor:
    """`sample` as four look-ups."""
    n_columns, n_rows = images.shape[2:]
    points, shape = images.flatten(2), columns.shape[1:]
    first_column, first_row = columns.floor(), rows.floor()
    total = images.new_zeros(())
    for right, down in product((0, 1), (0, 1)):
        column, row = first_column + right, first_row + down
        weight = (columns - first_column) if right else (1 - columns + first_column)
        weight = weight * ((rows - first_row) if down else (1 - rows + first_row))
        inside = (column >= 0) & (column < n_columns) & (row >= 0) & (row < n_rows)
        place = column.clamp(0, n_columns - 1) * n_rows + row.clamp(0, n_rows - 1)
        index = place.long().flatten(1).unsqueeze(1).expand(-1, images.shape[1], -1)
        found = points.gather(2, index).unflatten(2, shape)
        total = total + (weight * inside).unsqueeze(1) * found
    return total

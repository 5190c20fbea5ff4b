"""N-HiTS: forecasting by stacks of several scales."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn

from skscale.nn.forecast import ForecastNet
from skscale.nn.layers.checks import (
    check_choice,
    check_flag,
    check_integers,
    check_share,
)
from skscale.nn.layers.normalisation import RevIN
from skscale.nn.nhits.block import ACTIVATIONS, POOLINGS, Block, BlockSizes
from skscale.ops import begun
from skscale.ops.interpolation import INTERPOLATIONS

__all__ = ["NHiTSNet"]


class NHiTSNet(ForecastNet):
    """N-HiTS: every stack sees the window pooled, and forecasts few points that it interpolates.

    The forecast starts as the last value. Block after block, an MLP sees what is left of the
    window, takes a backcast from it, and adds a forecast: stacks with long pools and few knots
    say what moves slowly, the others the rest. All channels share the weights. The parts of
    the forecast are those of the stacks, and add up to it with the last value.

    Parameters
    ----------
    context_length : int
        Points of the input window.
    prediction_length : int
        Points of the forecast.
    n_channels : int
        Channels of the series.
    pool_sizes : sequence of int, default=(8, 4, 1)
        Points of the window in a pooled one, a number for each stack, counted from the newest;
        beyond ``context_length`` they count as that.
    downsampling : sequence of int, default=(24, 12, 1)
        Points of the horizon to a knot, a number for each stack; one knot at least.
    n_blocks : sequence of int, default=(1, 1, 1)
        Blocks of every stack.
    shared_weights : bool, default=False
        Blocks of a stack are one and the same.
    hidden_sizes : sequence of int, default=(256, 256)
        Units of the hidden layers of each block; (512, 512) in the paper's runs.
    pooling : {"max", "average"}, default="max"
        What stands for a group of points.
    interpolation : {"linear", "nearest", "cubic"}, default="linear"
        From knots to points, see `skscale.ops.interpolation_matrix`.
    activation : str, default="relu"
        ``"relu"``, ``"softplus"``, ``"tanh"``, ``"selu"``, ``"leaky_relu"`` or ``"sigmoid"``.
    normalize : bool, default=True
        Normalise every window by its own mean and standard deviation, so that forecasts move
        with shift and scale. The published network does not.
    dropout : float, default=0.0
        While training, behind every hidden layer.
    n_past_features, n_future_features : int, default=0
        Features of context and horizon. The first layer of every block reads all their points.

    Raises
    ------
    ValueError
        If a parameter is out of its range, or not all have a number for each stack; names it.

    Notes
    -----
    Numbers equal the paper's code, where the following differs. There, padding enters the first
    block, and every pool as zeros (here it takes no part, and a group of padding alone is zero);
    the cubic interpolation resizes to a square and keeps a row of it, six hundred times the cost,
    and always in float32. The last block's backcast has no effect, here as there.

    References
    ----------
    Challu et al. (2023), N-HiTS: neural hierarchical interpolation for time series forecasting,
    AAAI, arXiv 2201.12886.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn import NHiTSNet
    >>> net = NHiTSNet(context_length=96, prediction_length=24, n_channels=7)
    >>> x = torch.randn(8, 96, 7)
    >>> net(x).shape
    torch.Size([8, 24, 7])
    >>> list(net.forecast_parts(x))
    ['last value', 'stack 1', 'stack 2', 'stack 3']
    """

    def __init__(
        self,
        context_length: int,
        prediction_length: int,
        n_channels: int,
        *,
        pool_sizes: Sequence[int] = (8, 4, 1),
        downsampling: Sequence[int] = (24, 12, 1),
        n_blocks: Sequence[int] = (1, 1, 1),
        shared_weights: bool = False,
        hidden_sizes: Sequence[int] = (256, 256),
        pooling: str = "max",
        interpolation: str = "linear",
        activation: str = "relu",
        normalize: bool = True,
        dropout: float = 0.0,
        n_past_features: int = 0,
        n_future_features: int = 0,
    ):
        super().__init__(
            context_length,
            prediction_length,
            n_channels,
            n_past_features=n_past_features,
            n_future_features=n_future_features,
        )
        length, horizon = self.context_length, self.prediction_length
        sizes = BlockSizes(
            context_length=length,
            prediction_length=horizon,
            n_features=self.n_past_features * length + self.n_future_features * horizon,
            hidden_sizes=check_integers("hidden_sizes", hidden_sizes, 1),
            pooling=check_choice("pooling", pooling, POOLINGS),
            interpolation=check_choice("interpolation", interpolation, INTERPOLATIONS),
            activation=check_choice("activation", activation, list(ACTIVATIONS)),
            dropout=check_share("dropout", dropout),
        )
        pool_sizes = check_integers("pool_sizes", pool_sizes, 1)
        n_stacks = len(pool_sizes)
        downsampling = _for_each("downsampling", downsampling, n_stacks)
        self.n_blocks = _for_each("n_blocks", n_blocks, n_stacks)
        self.shared_weights = check_flag("shared_weights", shared_weights)
        self.norm = RevIN(self.n_channels, affine=False, normalize=normalize)
        self.stacks = nn.ModuleList(
            nn.ModuleList(Block(pool, down, sizes) for _ in range(1 if self.shared_weights else n))
            for pool, down, n in zip(pool_sizes, downsampling, self.n_blocks, strict=True)
        )

    def blocks(self) -> Iterator[tuple[int, Block]]:
        """Every block in order, with the number of its stack; shared ones as often as they run."""
        stacks = cast(list[nn.ModuleList], list(self.stacks))
        for i, (stack, n) in enumerate(zip(stacks, self.n_blocks, strict=True)):
            for j in range(n):
                yield i, cast(Block, stack[0 if self.shared_weights else j])

    def _forecast(
        self,
        x: Tensor,
        past_features: Tensor | None,
        future_features: Tensor | None,
        mask: Tensor | None,
    ) -> Tensor:
        z, state = self.norm(x, mask)
        y = z[:, -1:]
        for _, _, forecast in self._walk(z, past_features, future_features, mask):
            y = y + forecast
        return self.norm.inverse(y, state)

    def _window_parts(
        self, x: Tensor, past_features: Tensor | None, mask: Tensor | None
    ) -> dict[str, Tensor]:
        """What every stack takes from the window, the last all that is left."""
        z, state = self.norm(x, mask)
        found: dict[int, Tensor] = {}
        for i, rest, _ in self._walk(z, past_features, self._ahead(x, None), mask):
            found.setdefault(i, rest.transpose(1, 2).flip(1))
        seen = list(found.values())
        taken = [one - after for one, after in pairwise(seen)] + seen[-1:]
        factor, offset = self.norm.inverse_coefficients(state)
        parts = [factor * one for one in taken]
        return _named([parts[0] + offset, *parts[1:]])

    def _forecast_parts(
        self,
        x: Tensor,
        past_features: Tensor | None,
        future_features: Tensor | None,
        mask: Tensor | None,
    ) -> dict[str, Tensor]:
        """Distance of the last value from the location, and what every stack adds."""
        z, state = self.norm(x, mask)
        found: dict[int, Tensor] = {}
        for i, _, forecast in self._walk(z, past_features, future_features, mask):
            found[i] = found[i] + forecast if i in found else forecast
        factor, _ = self.norm.inverse_coefficients(state)
        last = (factor * z[:, -1:]).expand_as(found[0])
        return {"last value": last, **_named([factor * one for one in found.values()])}

    def _walk(
        self, z: Tensor, past: Tensor | None, future: Tensor | None, mask: Tensor | None
    ) -> Iterator[tuple[int, Tensor, Tensor]]:
        """Stack, what it sees of the window (backwards), and forecast, block after block."""
        rest = hidden = z.flip(1).transpose(1, 2)
        before: Block | None = None
        shown = None if mask is None else begun(mask).flip(1).transpose(1, 2)
        features = _flat(past, future)
        for i, block in self.blocks():
            if before is not None:
                rest = rest - before.backcast(hidden)
                rest = rest if shown is None else rest.masked_fill(~shown, 0.0)
            hidden = block(rest, features, shown)
            yield i, rest, block.forecast(hidden).transpose(1, 2)
            before = block


def _flat(past: Tensor | None, future: Tensor | None) -> Tensor | None:
    """Features as a row for each window, column after column, those of the past backwards."""
    parts = [] if past is None else [past.flip(1)]
    parts += [] if future is None else [future]
    return torch.cat([part.transpose(1, 2).flatten(1) for part in parts], dim=1) if parts else None


def _named(stacks: list[Tensor]) -> dict[str, Tensor]:
    return {f"stack {i}": part for i, part in enumerate(stacks, start=1)}


def _for_each(name: str, value: object, n_stacks: int) -> tuple[int, ...]:
    numbers = check_integers(name, value, 1)
    if len(numbers) != n_stacks:
        raise ValueError(
            f"{name} must have a number for each of the {n_stacks} stacks of pool_sizes, got "
            f"{value!r}"
        )
    return numbers

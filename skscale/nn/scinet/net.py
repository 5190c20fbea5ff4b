"""SCINet: forecasting by a tree of even and odd points."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from skscale.nn.forecast import ForecastNet
from skscale.nn.layers.checks import (
    check_choice,
    check_flag,
    check_integer,
    check_number,
    check_share,
)
from skscale.nn.layers.constant import Constant
from skscale.nn.layers.dense import dense, zero_map
from skscale.nn.layers.normalisation import RevIN, RevINState
from skscale.nn.scinet.tree import Tree, TreeSizes

__all__ = ["SCINetNet"]

VARIANTS = ("official", "tslib")
_MOST_LEVELS = 10
_MOST_HIDDEN = 2**24


class SCINetNet(ForecastNet):
    """SCINet: the window is halved into even and odd points again and again, which learn in pairs.

    Each half scales the other by what convolutions make of it, and then shifts it. The leaves of
    the tree, in order again and with the window added, are mapped along time. A second stack runs
    such a tree over the end of the window and the forecast of the first.

    Parameters
    ----------
    context_length : int
        Points of the input window.
    prediction_length : int
        Points of the forecast.
    n_channels : int
        Channels of the series. They are mixed, unless ``groups`` is their number.
    hidden_size : float, default=1
        Hidden channels of a convolution, as a multiple of ``n_channels``, rounded down, one at
        least; 0.5 to 8 in the paper's runs. Weights grow with the square of the channels.
    kernel_size : int, default=5
        Points of the first convolution of each pair.
    n_levels : int, default=3
        Levels of the tree, at most 10; 3 to 5 in the paper's runs. Any length will do: one that is
        odd repeats its last point.
    n_stacks : int, default=1
        One or two.
    concat_length : int, default=0
        Last points of the window that the second stack sees; 0 for all.
    groups : int, default=1
        Groups of the convolutions; a divisor of channels and hidden channels.
    modified : bool, default=True
        Scale and shift, as in the paper; else shift alone, as in a lifting scheme.
    positions : bool, default=False
        Add sines and cosines of the place to the window.
    variant : {"official", "tslib"}, default="official"
        In the paper's code the second convolution of each pair has three points, and positions
        are added before the normalisation; in the Time-Series-Library's it has ``kernel_size``,
        and they are added behind. Its own settings are four levels and ``positions=True``, without
        ``affine``.
    normalize : bool, default=True
        Normalise every window. The paper's runs on ETT do not.
    affine : bool, default=True
        Learn a weight and a bias for every channel in the normalisation.
    dropout : float, default=0.0
        While training, between the convolutions; 0.25 or 0.5 in the paper's runs.
    n_past_features, n_future_features : int, default=0
        Features of context and horizon. Linear maps that start at zero add the first to the window,
        the second to the forecast; published code has none.

    Raises
    ------
    ValueError
        If a parameter is out of its range; names it.

    Notes
    -----
    Numbers equal the public modules', except where these fail: lengths that 2**n_levels does not
    divide, or short ones, crash there; positions change the caller's batch; dropout and kernel of
    the Time-Series-Library are not those asked for, and most of its output is zeros that are cut
    off. A forecast is one tensor; `first_forecast` gives that of the first of two stacks.

    All sequences of a level are convolved at once, in groups.

    References
    ----------
    Liu et al. (2022), SCINet: time series modeling and forecasting with sample convolution and
    interaction, NeurIPS, arXiv 2106.09305.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn import SCINetNet
    >>> net = SCINetNet(context_length=96, prediction_length=24, n_channels=7)
    >>> net(torch.randn(8, 96, 7)).shape
    torch.Size([8, 24, 7])
    """

    def __init__(
        self,
        context_length: int,
        prediction_length: int,
        n_channels: int,
        *,
        hidden_size: float = 1.0,
        kernel_size: int = 5,
        n_levels: int = 3,
        n_stacks: int = 1,
        concat_length: int = 0,
        groups: int = 1,
        modified: bool = True,
        positions: bool = False,
        variant: str = "official",
        normalize: bool = True,
        affine: bool = True,
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
        length, horizon, n_channels = self.context_length, self.prediction_length, self.n_channels
        kernel_size = check_integer("kernel_size", kernel_size, 1)
        self.variant = check_choice("variant", variant, VARIANTS)
        n_hidden = _n_hidden(n_channels, hidden_size)
        sizes = TreeSizes(
            n_channels=n_channels,
            n_hidden=n_hidden,
            kernels=(kernel_size, 3 if variant == "official" else kernel_size),
            n_levels=check_integer("n_levels", n_levels, 1, _MOST_LEVELS),
            groups=_check_groups(groups, n_channels, n_hidden),
            modified=check_flag("modified", modified),
            dropout=check_share("dropout", dropout),
        )
        self.norm = RevIN(n_channels, affine=affine, normalize=normalize)
        table = _position_table(length, n_channels)
        self.positions = Constant(table) if check_flag("positions", positions) else None
        self.past_projection = zero_map(self.n_past_features, n_channels)
        self.future_projection = zero_map(self.n_future_features)
        n_stacks = check_integer("n_stacks", n_stacks, 1, 2)
        self.concat_length = check_integer("concat_length", concat_length, 0, length) or length
        self.tree = Tree(length, sizes)
        self.projection = dense(length, horizon, bias=False)
        self.second: Tree | None = None
        if n_stacks == 2:
            self.second = Tree(self.concat_length + horizon, sizes)
            self.second_projection = dense(self.concat_length + horizon, horizon, bias=False)

    def _forecast(
        self,
        x: Tensor,
        past_features: Tensor | None,
        future_features: Tensor | None,
        mask: Tensor | None,
    ) -> Tensor:
        z, state = self._normalised(x, past_features, mask)
        y = self.projection(self.tree(z))
        if self.second is not None:
            seen = torch.cat([z[..., -self.concat_length :], y], dim=2)
            y = self.second_projection(self.second(seen))
        return self._undone(y, future_features, state)

    def first_forecast(
        self,
        x: Tensor,
        past_features: Tensor | None = None,
        future_features: Tensor | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        """Forecast of the first stack; arguments and shape as those of a forecast."""
        x, past_features, mask = self._context(x, past_features, mask)
        z, state = self._normalised(x, past_features, mask)
        return self._undone(self.projection(self.tree(z)), self._ahead(x, future_features), state)

    def _normalised(
        self, x: Tensor, past_features: Tensor | None, mask: Tensor | None
    ) -> tuple[Tensor, RevINState]:
        """Window (batch, n_channels, context_length) as the trees read it."""
        before = self.variant == "official"
        if self.positions is not None and before:
            x = x + self.positions()
        z, state = self.norm(x, mask)
        if self.positions is not None and not before:
            z = z + self.positions()
        if self.past_projection is not None:
            z = z + self.past_projection(past_features)
        return z.transpose(1, 2), state

    def _undone(self, y: Tensor, future_features: Tensor | None, state: RevINState) -> Tensor:
        y = y.transpose(1, 2)
        if self.future_projection is not None:
            y = y + self.future_projection(future_features)
        return self.norm.inverse(y, state)


def _n_hidden(n_channels: int, hidden_size: float) -> int:
    """Hidden channels of a convolution."""
    factor = check_number("hidden_size", hidden_size, 0.0)
    if not 0 < factor <= _MOST_HIDDEN:
        raise ValueError(f"hidden_size must be above 0 and at most {_MOST_HIDDEN}, got {factor:g}")
    return max(1, int(n_channels * factor))


def _check_groups(groups: int, n_channels: int, n_hidden: int) -> int:
    groups = check_integer("groups", groups, 1)
    if n_channels % groups or n_hidden % groups:
        raise ValueError(
            f"groups must divide n_channels={n_channels} and the {n_hidden} hidden channels, got "
            f"{groups}"
        )
    return groups


def _position_table(length: int, n_channels: int) -> Tensor:
    """Sines of all frequencies, then cosines, (length, n_channels); frequencies as in float32."""
    half = -(-n_channels // 2)
    step = math.log(10000.0) / max(half - 1, 1)
    frequency = (torch.arange(half, dtype=torch.float32) * -step).exp().double()
    angle = torch.outer(torch.arange(length, dtype=torch.float64), frequency)
    return torch.cat([angle.sin(), angle.cos()], dim=1)[:, :n_channels]

"""The protocol of a forecasting network."""

from __future__ import annotations

from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn

from skscale.nn.layers.checks import check_integer, check_shape, check_tensor
from skscale.nn.layers.masking import hide
from skscale.ops import beside_values, fill_holes, has_holes

__all__ = ["FEATURE_GROUPS", "ForecastNet"]

FEATURE_GROUPS = ("exogenous", "calendar", "static", "past")


class ForecastNet(nn.Module):
    """Base of the networks that forecast a window: sizes, checks, padding, missing values.

    A network subclasses it, calls this constructor and writes `_forecast`. It says with two
    class attributes which groups of feature columns it reads; callers count these columns,
    give their numbers to the constructor and the columns to every call.

    Parameters
    ----------
    context_length : int
        Points of the input window.
    prediction_length : int
        Points of the forecast.
    n_channels : int
        Channels of the series, all of them forecast.
    n_past_features : int, default=0
        Columns of the groups in ``past_groups``.
    n_future_features : int, default=0
        Columns of the groups in ``future_groups``.

    Attributes
    ----------
    past_groups, future_groups : tuple of str
        Feature groups the network reads over the context and over the horizon: the first few of
        ``FEATURE_GROUPS``, in whose order the columns of a feature tensor stand. These are
        ``"exogenous"`` columns known ahead, the ``"calendar"``, ``"static"`` columns of a
        series, and exogenous columns known of the ``"past"`` only. The last never reach the
        horizon. By default all that there are; ``()`` for none.
    parts_add_up : bool
        Whether `window_parts` add up to the window, the first holding its level; else each of them
        is a version of all of it.
    any_channels : bool
        Whether windows may have any number of channels: weights of public code that belong to no
        channel do not say how many there were. False by default.
    past_features_as_given : bool
        Whether a call may give any number of past features, or none: weights of public code that
        do not say whether they were trained with a calendar. False by default.
    settings : dict or None
        Arguments it was built with, where the builder keeps them here: a saved network is built
        from them again. None by default.

    Raises
    ------
    ValueError
        If a size is not an integer in range, or features are announced to a network that reads
        none; names the parameter.

    Examples
    --------
    A network that repeats the last value, and reads no features:

    >>> import torch
    >>> from skscale.nn import ForecastNet
    >>> class LastValue(ForecastNet):
    ...     past_groups = future_groups = ()
    ...
    ...     def _forecast(self, x, past_features, future_features, mask):
    ...         return x[:, -1:].expand(-1, self.prediction_length, -1)
    >>> net = LastValue(context_length=4, prediction_length=3, n_channels=1)
    >>> net(torch.tensor([1.0, 5.0, 2.0, 6.0]).reshape(1, 4, 1)).flatten()
    tensor([6., 6., 6.])
    """

    past_groups: tuple[str, ...] = FEATURE_GROUPS
    future_groups: tuple[str, ...] = FEATURE_GROUPS[:3]
    parts_add_up: bool = True
    any_channels: bool = False
    past_features_as_given: bool = False
    settings: dict[str, Any] | None = None

    def __init__(
        self,
        context_length: int,
        prediction_length: int,
        n_channels: int,
        *,
        n_past_features: int = 0,
        n_future_features: int = 0,
    ):
        super().__init__()
        self.context_length = check_integer("context_length", context_length, 1)
        self.prediction_length = check_integer("prediction_length", prediction_length, 1)
        self.n_channels = check_integer("n_channels", n_channels, 1)
        self.n_past_features = self._n_columns("past", n_past_features)
        self.n_future_features = self._n_columns("future", n_future_features)

    def forward(
        self,
        x: Tensor,
        past_features: Tensor | None = None,
        future_features: Tensor | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        """Forecast.

        Parameters
        ----------
        x : Tensor of shape (batch, context_length, n_channels)
            Windows, in the floating-point type of the network.
        past_features : Tensor of shape (batch, context_length, n_past_features), optional
            Standardised features of the context. Left out, they count as zeros, their mean.
        future_features : Tensor of shape (batch, prediction_length, n_future_features), optional
            Those of the horizon, likewise.
        mask : bool Tensor of shape (batch, context_length), optional
            False where no value was observed; or (batch, context_length, n_channels), a flag for
            each value. What stands there in ``x``, even nan, does not matter: between observed
            values it becomes the straight line, behind the last one that value. What is before the
            first value of a window and channel is padding. Features do not matter where
            all channels are padding.

        Returns
        -------
        Tensor of shape (batch, prediction_length, n_channels)

        Raises
        ------
        TypeError
            If an input is no tensor of the right type; names it.
        ValueError
            If the shape of an input does not fit, or features are given to a network that has
            none; names it.
        """
        x, past_features, mask = self._context(x, past_features, mask)
        future_features = self._ahead(x, future_features)
        return self._forecast(x, past_features, future_features, mask)

    def window_parts(
        self, x: Tensor, past_features: Tensor | None = None, mask: Tensor | None = None
    ) -> dict[str, Tensor]:
        """What the network takes a window apart into; arguments as for a forecast.

        Returns
        -------
        dict of str to Tensor of shape (batch, context_length, n_channels)
            Parts or scales of the window in its own units; a coarse one repeats its values, nan
            where it has none. Empty for a network that takes nothing apart.
        """
        x, past_features, mask = self._context(x, past_features, mask)
        return self._window_parts(x, past_features, mask)

    def forecast_parts(
        self,
        x: Tensor,
        past_features: Tensor | None = None,
        future_features: Tensor | None = None,
        mask: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """What the branches of the network add to a forecast; arguments as for a forecast.

        Returns
        -------
        dict of str to Tensor of shape (batch, prediction_length, n_channels)
            What is left of the forecast belongs to no branch: the level of the window, biases,
            features ahead that are a term of their own. Empty for a network whose forecast is no
            sum of branches.
        """
        x, past_features, mask = self._context(x, past_features, mask)
        future_features = self._ahead(x, future_features)
        return self._forecast_parts(x, past_features, future_features, mask)

    def _forecast(
        self,
        x: Tensor,
        past_features: Tensor | None,
        future_features: Tensor | None,
        mask: Tensor | None,
    ) -> Tensor:
        """Forecast (batch, prediction_length, n_channels) of checked inputs.

        ``x`` has been filled and its padding is zero, as that of ``past_features``. ``mask`` is
        None or goes with ``x``, (batch, context_length, 1 or n_channels): statistics weigh by
        it. Features are None if and only if the network was built for none.
        """
        raise NotImplementedError(f"{type(self).__name__} must write _forecast")

    def _window_parts(
        self, x: Tensor, past_features: Tensor | None, mask: Tensor | None
    ) -> dict[str, Tensor]:
        """Parts of checked windows, see `window_parts`."""
        return {}

    def _forecast_parts(
        self,
        x: Tensor,
        past_features: Tensor | None,
        future_features: Tensor | None,
        mask: Tensor | None,
    ) -> dict[str, Tensor]:
        """Branches of the forecast of checked windows, see `forecast_parts`."""
        return {}

    def _context(
        self, x: Tensor, past_features: Tensor | None, mask: Tensor | None
    ) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """Windows without gaps, their features and mask: checked, filled, padding hidden."""
        check_tensor("x", x)
        self._check_type(x)
        n_channels = "n_channels" if self.any_channels else self.n_channels
        check_shape("x", x, ("batch", self.context_length, n_channels))
        n_features = self.n_past_features
        if self.past_features_as_given:
            n_features = past_features.shape[-1] if isinstance(past_features, Tensor) else 0
        past_features = self._columns(
            "past_features", past_features, x, self.context_length, n_features
        )
        if mask is None:
            return x, past_features, None
        mask = self._checked_mask(mask, x)
        x = hide(x, mask)
        if has_holes(mask):
            x = fill_holes(x, mask)
        if past_features is not None:
            past_features = hide(past_features, mask.any(dim=-1))
        return x, past_features, mask

    def _checked_mask(self, mask: Tensor, x: Tensor) -> Tensor:
        """Mask beside ``x``, (batch, context_length, 1 or n_channels)."""
        if not isinstance(mask, Tensor) or mask.dtype != torch.bool:
            found = mask.dtype if isinstance(mask, Tensor) else type(mask).__name__
            raise TypeError(f"mask must be a boolean Tensor, got {found}")
        shape, whole = tuple(mask.shape), tuple(x.shape)
        if shape not in (whole, whole[:2]):
            raise ValueError(f"mask must have shape {whole[:2]} or {whole}, got {shape}")
        return beside_values(mask)

    def _check_type(self, x: Tensor) -> None:
        """Raise TypeError unless ``x`` has the type of the weights, or autocast sees to it."""
        tensors = chain(self.parameters(), self.buffers())
        weights = next((value for value in tensors if value.is_floating_point()), x)
        if weights.dtype != x.dtype and not torch.is_autocast_enabled(x.device.type):
            raise TypeError(
                f"x must have the type of the network, {weights.dtype}, got {x.dtype}; move "
                f"either to the other's with .to(dtype)"
            )

    def _columns(
        self, name: str, features: Tensor | None, x: Tensor, length: int, n_columns: int
    ) -> Tensor | None:
        """Features as the network reads them: checked, zeros for those left out."""
        if features is None:
            return x.new_zeros(x.shape[0], length, n_columns) if n_columns else None
        if not n_columns:
            raise ValueError(f"{type(self).__name__} was built with n_{name}=0 and takes no {name}")
        check_tensor(name, features)
        check_shape(name, features, (x.shape[0], length, n_columns))
        if features.dtype != x.dtype:
            raise TypeError(f"{name} must have the type of x, {x.dtype}, got {features.dtype}")
        return features

    def _ahead(self, x: Tensor, features: Tensor | None) -> Tensor | None:
        """Features of the horizon, checked."""
        length, n_columns = self.prediction_length, self.n_future_features
        return self._columns("future_features", features, x, length, n_columns)

    def _n_columns(self, part: str, value: int) -> int:
        """Check a number of features against the groups of this part of the window."""
        groups = getattr(self, f"{part}_groups")
        known = FEATURE_GROUPS if part == "past" else FEATURE_GROUPS[:3]
        if groups != known[: len(groups)]:
            raise ValueError(f"{part}_groups must be the first of {known}, got {groups!r}")
        name = f"n_{part}_features"
        if check_integer(name, value, 0) and not groups:
            raise ValueError(
                f"{name} must be 0: {type(self).__name__} reads no features of the {part}, "
                f"got {value!r}"
            )
        return int(value)

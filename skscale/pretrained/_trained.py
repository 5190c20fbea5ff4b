"""Forecasts of trained networks in the units of a series, as far ahead as wanted."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from skscale.ops.classical import textbook_lines
from skscale.ops.masking import running_maximum
from skscale.ops.tracing import read
from skscale.pretrained._net import QUANTILES, Inputs, QuantileNet, scaled_inputs
from skscale.pretrained._outliers import outliers

__all__ = ["TrainedNet"]

_MEDIAN = QUANTILES.index(0.5)


class TrainedNet(nn.Module):
    """Average of trained networks for series with one season; `load` makes it.

    Parameters
    ----------
    members : sequence of QuantileNet
        Networks whose quantiles are averaged; all have the same ``prediction_length``.
    season : int
        Points of the season that they were trained for.
    history_length : int
        Points that the textbook forecasts see; nothing before them is read.

    Attributes
    ----------
    quantile_levels : tuple of float
        Levels of what `quantiles` returns; 0.5 is the forecast.
    context_length : int
        Points that the longest network sees.
    prediction_length : int
        Steps that the networks forecast at once.

    Examples
    --------
    >>> import torch
    >>> from skscale.pretrained import load
    >>> net = load("seasonal-12")
    >>> net.quantiles(torch.arange(48.0)[None], steps=6).shape
    torch.Size([1, 6, 13])
    """

    quantile_levels = QUANTILES

    def __init__(self, members: Sequence[QuantileNet], season: int, history_length: int):
        super().__init__()
        self.members = nn.ModuleList(members)
        self.season = season
        self.history_length = history_length
        self.context_length = max(member.context_length for member in members)
        self.prediction_length = members[0].prediction_length

    def forward(self, series: Tensor, mask: Tensor, textbook: Tensor | None = None) -> Tensor:
        """Quantiles of the next ``prediction_length`` values, with gradients.

        Parameters
        ----------
        series : Tensor of shape (batch, length)
            At least ``context_length`` values; float64 where the device has it.
        mask : bool Tensor of shape (batch, length)
            False marks left padding.
        textbook : Tensor of shape (batch, 2, prediction_length), optional
            Theta line and damped line of these series, where they are known already.

        Returns
        -------
        Tensor of shape (batch, prediction_length, n_quantiles)
        """
        if textbook is None:
            textbook = textbook_lines(series, mask, self.season, self.prediction_length)
        inputs = scaled_inputs(series, mask, self.season, self.context_length, textbook)
        scaled = self.scaled(*inputs[:3]).to(series.dtype)
        return inputs.location.unsqueeze(2) + inputs.scale.unsqueeze(2) * scaled

    def scaled(self, context: Tensor, observed: Tensor, textbook: Tensor) -> Tensor:
        """Quantiles as `forward` gives them, with gradients, in the units of the `inputs`."""
        found = [member(context, observed, textbook) for member in self.members]
        return torch.stack(found).mean(0)

    @torch.no_grad()
    def inputs(self, context: Tensor, mask: Tensor) -> Inputs:
        """What the networks see of contexts and masks of any length, as `quantiles` takes them."""
        series, mask = self._history(context, mask)
        textbook = textbook_lines(series, mask, self.season, self.prediction_length)
        return scaled_inputs(series, mask, self.season, self.context_length, textbook)

    @torch.no_grad()
    def quantiles(
        self, context: Tensor, mask: Tensor | None = None, steps: int | None = None
    ) -> Tensor:
        """Quantiles of the next values, in the units of the context.

        Beyond ``prediction_length`` the median goes on as the damped line does, shifted by what
        the networks' last season differs from it, and the intervals widen with the root of the
        steps. A median is never further from the last value than the furthest value of the
        history, plus as much again for each length of the history ahead.

        Parameters
        ----------
        context : Tensor of shape (batch, length)
            Series, the newest value last, of any length: what is longer than
            ``history_length`` is cut, what is shorter is padded. A value more than ten times the
            range of the others away from them counts as not observed, if usual ones follow.
        mask : bool Tensor of shape (batch, length), optional
            False marks values that are not observed: left padding, or holes, which repeat the
            value before. Everything is observed where left out.
        steps : int, optional
            Steps ahead, ``prediction_length`` where left out.

        Returns
        -------
        Tensor of shape (batch, steps, n_quantiles)
            Never crossing, finite, in the dtype of the context. A constant is forecast as
            itself.

        Raises
        ------
        ValueError
            If shapes do not fit, a row has no observed value, an observed value is not finite,
            or ``steps`` is below 1.

        Examples
        --------
        >>> import torch
        >>> from skscale.pretrained import load
        >>> months = torch.arange(60.0)
        >>> sales = 100 + months + 10 * torch.sin(months * torch.pi / 6)
        >>> load("seasonal-12").quantiles(sales[None], steps=24).shape
        torch.Size([1, 24, 13])
        """
        return self.beside_line(context, mask, steps)[0]

    @torch.no_grad()
    def beside_line(
        self, context: Tensor, mask: Tensor | None = None, steps: int | None = None
    ) -> tuple[Tensor, Tensor]:
        """Quantiles, as `quantiles` gives them, and the damped line, (batch, steps).

        The networks see that line: whoever wants both has it smoothed once.
        """
        if not isinstance(context, Tensor):
            raise TypeError(f"context must be a Tensor, got {type(context).__name__}")
        mask = torch.ones_like(context, dtype=torch.bool) if mask is None else mask
        steps = self.prediction_length if steps is None else steps
        _check(context, mask, steps)
        series, mask = self._history(context, mask)
        # Over the largest value, so that no difference leaves the range of numbers.
        unit = series.abs().amax(1, keepdim=True)
        unit = torch.where(unit > 0, unit, 1.0)
        series, limits = series / unit, torch.finfo(context.dtype)
        longest = max(steps, self.prediction_length)
        lines = textbook_lines(series, mask, self.season, longest)
        found = self._ahead(series, mask, lines, steps) * unit.unsqueeze(2)
        both = (found, lines[:, 1, :steps] * unit)
        found, line = (one.clamp(limits.min, limits.max).to(context.dtype) for one in both)
        return found, line

    def _history(self, context: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Last points, holes filled, padded on the left to at least the context length."""
        dtype = torch.float32 if context.device.type == "mps" else torch.float64
        series, mask = context[:, -self.history_length :].to(dtype), mask[:, -self.history_length :]
        mask = mask & ~outliers(series, mask)
        n_missing = max(self.context_length - series.shape[1], 0)
        series = nn.functional.pad(series, (n_missing, 0))
        mask = nn.functional.pad(mask, (n_missing, 0))
        places = torch.arange(series.shape[1], device=series.device)
        newest = running_maximum(torch.where(mask, places, -1))
        begun = newest >= 0
        filled = series.gather(1, newest.clamp(min=0))
        return torch.where(begun, filled, 0.0), begun

    def _ahead(self, series: Tensor, mask: Tensor, lines: Tensor, steps: int) -> Tensor:
        found = self(series, mask, lines[:, :, : self.prediction_length])
        median = found[..., _MEDIAN]
        offsets = found - median.unsqueeze(2)
        if steps > self.prediction_length:
            median, offsets = self._continued(lines[:, 1], median, offsets)
        last, n_intervals = series[:, -1:], (mask.sum(1, keepdim=True) - 1).clamp(min=1)
        furthest = torch.where(mask, (series - last).abs(), 0.0).amax(1, keepdim=True)
        ahead = torch.arange(1, median.shape[1] + 1, device=series.device)
        most = furthest * (1 + ahead / n_intervals)
        median = median.clamp(last - most, last + most)
        return (median.unsqueeze(2) + offsets)[:, :steps]

    def _continued(self, line: Tensor, median: Tensor, offsets: Tensor) -> tuple[Tensor, Tensor]:
        """Median and offsets for all steps of a damped line, corrected as in the last season.

        Nothing that was forecast is forecast from, so nothing can grow.
        """
        horizon = self.prediction_length
        correction = median - line[:, :horizon]
        ahead = torch.arange(horizon, line.shape[1], device=line.device)
        if self.season > horizon:
            later = correction.mean(1, keepdim=True)
        else:
            later = correction[:, horizon - self.season + (ahead - horizon) % self.season]
        median = torch.cat((median, line[:, horizon:] + later), 1)
        growth = ((ahead + 1) / horizon).sqrt().to(line.dtype)
        return median, torch.cat((offsets, offsets[:, -1:] * growth.unsqueeze(1)), 1)


def _check(context: Tensor, mask: Tensor, steps: int) -> None:
    if context.ndim != 2 or not context.is_floating_point():
        raise ValueError(
            f"context must be a floating tensor of shape (batch, length), got {context.dtype} "
            f"of shape {tuple(context.shape)}"
        )
    if mask.shape != context.shape or mask.dtype != torch.bool:
        raise ValueError(
            f"mask must be a bool tensor of shape {tuple(context.shape)}, got {mask.dtype} of "
            f"shape {tuple(mask.shape)}"
        )
    if steps < 1:
        raise ValueError(f"steps must be at least 1, got {steps}")
    if read(mask.any(1).all()) is None:
        return
    empty = torch.nonzero(~mask.any(1))
    if len(empty):
        raise ValueError(f"row {int(empty[0])} of the context has no observed value")
    wrong = torch.nonzero(mask & ~context.isfinite())
    if len(wrong):
        row, place = wrong[0].tolist()
        raise ValueError(
            f"context must be finite where observed, got {context[row, place].item()} at "
            f"[{row}, {place}]; mark missing values in the mask"
        )

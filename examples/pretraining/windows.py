"""Windows to train on, and to choose with: drawn once for a season, kept in a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Generator, Tensor

from examples.pretraining import priors
from examples.pretraining.data import FREQUENCIES, Frequency, Part, Series, load, load_part
from examples.pretraining.recipes import Recipe, Source
from skscale.ops.classical import textbook_lines
from skscale.pretrained._net import Inputs, scaled_inputs, seasonal_scale

SHORTENED = 0.3  # share of windows cut to a random shorter context
LEAST = 3  # points of the shortest context
_BLOCK = 1000


class Windows(NamedTuple):
    """Inputs of a network, what followed in the same units, and how much each window counts.

    What follows is NaN beyond the end of a series.
    """

    inputs: Inputs
    target: Tensor
    weight: Tensor

    def map(self, change: Callable[[Tensor], Tensor]) -> Windows:
        """The same with every tensor changed."""
        inputs = Inputs(*map(change, self.inputs))
        return Windows(inputs, change(self.target), change(self.weight))

    def without_textbook(self) -> Windows:
        """The same with zeros for textbook forecasts: the last value."""
        none = torch.zeros_like(self.inputs.textbook)
        return self._replace(inputs=self.inputs._replace(textbook=none))


def training_windows(recipe: Recipe, data: Path, folder: Path, part: Part = "training") -> Windows:
    """Draw the windows of a recipe, or read them where they were drawn before.

    "blind" ones do not reach into the last horizon of any series. Many series of M4 end at the same
    date, and what other series did at the time of a choice series' target is worth something.
    """
    name = f"windows-{recipe.season}"
    path = folder / (f"{name}.pt" if part == "training" else f"{name}-{part}.pt")
    if path.is_file():
        return _joined([torch.load(path, weights_only=True)])
    generator = torch.Generator().manual_seed(recipe.season)
    parts = [block for s in recipe.sources for block in _source(recipe, s, data, generator, part)]
    n_prior = round(recipe.n_windows * (1 - sum(s.share for s in recipe.sources)))
    parts += _prior(recipe, n_prior, generator)
    whole = _joined(parts)
    moving = torch.nonzero(whole.inputs.scale.squeeze(1) > 0).squeeze(1)  # constants teach nothing
    whole = whole.map(lambda tensor: tensor[moving])
    torch.save([*whole.inputs, whole.target, whole.weight], path)
    return whole


def choice_windows(recipe: Recipe, frequency: Frequency, data: Path) -> tuple[Windows, Series]:
    """Windows whose target is the last horizon of each choice series, and those series."""
    _, series = load(frequency.name, data)
    series = series.select(series.lengths >= frequency.horizon + LEAST)
    which = torch.arange(len(series.lengths))
    cuts = torch.as_tensor(series.lengths) - frequency.horizon
    blocks = [
        _windows(recipe, *_gather(recipe, series, i, c))
        for i, c in zip(which.split(_BLOCK), cuts.split(_BLOCK), strict=True)
    ]
    windows = _joined(blocks)
    return windows._replace(target=windows.target[:, : frequency.horizon]), series


def _source(
    recipe: Recipe, source: Source, data: Path, generator: Generator, part: Part
) -> Iterator[list[Tensor]]:
    series = load_part(source.frequency, data, part)
    if source.season != recipe.season:
        series = _stretched(series, recipe, source)
    horizon = min(FREQUENCIES[source.frequency].horizon, recipe.prediction_length)
    series = series.select(series.lengths >= horizon + LEAST)
    lengths = torch.as_tensor(series.lengths)
    for _ in range(round(recipe.n_windows * source.share) // _BLOCK):
        i = torch.randint(len(lengths), (_BLOCK,), generator=generator)
        last = lengths[i] - horizon
        span = recipe.n_cuts * recipe.prediction_length
        first = torch.minimum((lengths[i] - span).clamp(min=LEAST), last)
        spot = torch.rand(_BLOCK, generator=generator)
        cuts = first + (spot * (last - first + 1)).long()
        yield _shortened(recipe, *_gather(recipe, series, i, cuts), generator)


def _prior(recipe: Recipe, n_windows: int, generator: Generator) -> Iterator[list[Tensor]]:
    length = recipe.history_length
    for _ in range(n_windows // _BLOCK):
        total = length + recipe.prediction_length
        y = priors.draw(_BLOCK, total, recipe.season, generator)
        n = LEAST + (torch.rand(_BLOCK, 1, generator=generator) * (length - LEAST + 1)).long()
        mask = torch.arange(length) >= length - n
        yield _shortened(recipe, y[:, :length], mask, y[:, length:], generator)


def _gather(
    recipe: Recipe, series: Series, which: Tensor, cuts: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """History, mask and future of series cut after ``cuts`` points; NaN beyond their end."""
    all_values = torch.as_tensor(series.values)
    starts, lengths = (torch.as_tensor(x)[which, None] for x in (series.starts, series.lengths))
    before = cuts.unsqueeze(1) + torch.arange(-recipe.history_length, 0)
    ahead = cuts.unsqueeze(1) + torch.arange(recipe.prediction_length)
    target = all_values[starts + torch.minimum(ahead, lengths - 1)]
    target = torch.where(ahead < lengths, target, torch.nan)
    return all_values[starts + before.clamp(min=0)], before >= 0, target


def _shortened(
    recipe: Recipe, values: Tensor, mask: Tensor, target: Tensor, generator: Generator
) -> list[Tensor]:
    """Windows, some of them with all but a few points hidden.

    What is short counts in the units that the whole series shows, or the few points whose scale
    is much too small would teach more than all others.
    """
    n_rows, length = mask.shape
    short = torch.rand(n_rows, 1, generator=generator) < SHORTENED
    share = torch.rand(n_rows, 1, generator=generator)
    # Evenly in the logarithm: each point more matters most where there are few.
    keep = (LEAST * ((recipe.context_length + 1) / LEAST) ** share).long()
    seen = mask & (~short | (torch.arange(length) >= length - keep))
    *inputs, found, _ = _windows(recipe, values, seen, target)
    whole = seasonal_scale(values, mask, recipe.season)
    weight = (inputs[-1] / torch.where(whole > 0, whole, 1.0)).clamp(max=1)
    return [*inputs, found, weight.float()]


def _windows(recipe: Recipe, values: Tensor, mask: Tensor, target: Tensor) -> list[Tensor]:
    textbook = textbook_lines(values, mask, recipe.season, recipe.prediction_length)
    inputs = scaled_inputs(values, mask, recipe.season, recipe.context_length, textbook)
    divisor = torch.where(inputs.scale > 0, inputs.scale, 1.0)
    return [*inputs, ((target - inputs.location) / divisor).float(), torch.ones(len(values), 1)]


def _joined(blocks: list[list[Tensor]]) -> Windows:
    *inputs, target, weight = (torch.cat(tensors) for tensors in zip(*blocks, strict=True))
    return Windows(Inputs(*inputs), target, weight)


def _stretched(series: Series, recipe: Recipe, source: Source) -> Series:
    """Series whose season became that of the recipe, read between their points."""
    step = source.season / recipe.season
    longest = (recipe.history_length + recipe.n_cuts * recipe.prediction_length) * step
    rows = [row[-int(longest) - 2 :] for row in series.rows()]
    read = [np.interp(np.arange(0, len(row) - 1, step), np.arange(len(row)), row) for row in rows]
    return Series.of([int(number) for number in series.numbers], read)

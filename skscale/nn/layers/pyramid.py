"""Down-sampled copies of a window, finest first."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from skscale.nn.layers.checks import check_choice, check_integer
from skscale.nn.layers.masking import fill, hide
from skscale.ops import begun

__all__ = ["Pyramid", "scale_lengths"]

METHODS = ("avg", "max", "conv")


class Pyramid(nn.Module):
    """Scales of a window by average or maximum pooling or by a trained convolution.

    Parameters
    ----------
    lengths : list of int
        Length of every scale, finest first.
    window : int
        Factor between neighbouring scales. Points that do not fill a window are left out.
    method : {"avg", "max", "conv"}
        ``"conv"`` is a circular convolution of three taps, the same at every step. It belongs to
        the module and is trained (the published one is drawn anew in every call).
    n_mixed : int
        Channels that the convolution mixes: all of them, or 1 to filter each by itself.
    """

    def __init__(self, lengths: Sequence[int], window: int, method: str, n_mixed: int):
        super().__init__()
        check_choice("down_sampling_method", method, METHODS)
        self.lengths = list(lengths)
        self.window = window
        self.method = method
        self.n_mixed = n_mixed
        if method == "conv":
            self.filter = nn.Conv1d(
                n_mixed, n_mixed, kernel_size=3, stride=window, bias=False, dtype=torch.float32
            )

    def forward(self, x: Tensor, mask: Tensor | None) -> list[tuple[Tensor, Tensor | None]]:
        """Build the scales of filled x (batch, length, n_channels), each with its mask.

        Masks are (batch, length, 1) or of the shape of their scale. A pooled value is observed if
        one of its group is.
        """
        scales = [(x, mask)]
        for length in self.lengths[1:]:
            x, mask = self._coarser(x, mask, length)
            scales.append((x, mask))
        return scales

    def repeated(self, x: Tensor, mask: Tensor | None) -> list[Tensor]:
        """Scales of the length of x, values repeated over their groups; nan behind the last one."""
        found = []
        for i, (scale, _) in enumerate(self(x, mask)):
            whole = scale.repeat_interleave(self.window**i, dim=1)
            missing = whole.new_full(
                (x.shape[0], x.shape[1] - whole.shape[1], x.shape[2]), torch.nan
            )
            found.append(torch.cat((whole, missing), dim=1))
        return found

    def _coarser(self, x: Tensor, mask: Tensor | None, length: int) -> tuple[Tensor, Tensor | None]:
        groups = x[:, : length * self.window].unflatten(1, (length, self.window))
        if mask is None:
            return self._pool(x, groups, length), None
        observed, shown = (
            m[:, : length * self.window].unflatten(1, (length, self.window))
            for m in (mask, begun(mask))
        )
        coarse_mask = observed.any(2)
        if self.method == "avg":
            coarse = (groups * shown).sum(2) / shown.sum(2).clamp(min=1)
        elif self.method == "max":
            coarse = groups.masked_fill(~shown, -torch.inf).amax(2)
        else:
            # A filter needs a value everywhere: the mean of what was observed is the neutral one.
            coarse = self._convolve(fill(x, mask), length)
        return hide(coarse, coarse_mask), coarse_mask

    def _pool(self, x: Tensor, groups: Tensor, length: int) -> Tensor:
        if self.method == "avg":
            return groups.mean(2)
        return groups.amax(2) if self.method == "max" else self._convolve(x, length)

    def _convolve(self, x: Tensor, length: int) -> Tensor:
        batch, _, n_channels = x.shape
        series = x.transpose(1, 2).reshape(-1, self.n_mixed, x.shape[1])
        coarse = self.filter(F.pad(series, (1, 1), mode="circular"))[..., :length]
        return coarse.reshape(batch, n_channels, length).transpose(1, 2)


def scale_lengths(seq_len: int, down_sampling_window: int, down_sampling_layers: int) -> list[int]:
    """Length of every scale, finest first: ``seq_len // down_sampling_window**i``.

    Raises
    ------
    ValueError
        If an argument is not a positive integer (``down_sampling_layers`` may be zero) or the
        coarsest scale would be empty.
    """
    length = check_integer("seq_len", seq_len, 1)
    window = check_integer("down_sampling_window", down_sampling_window, 1)
    n_steps = check_integer("down_sampling_layers", down_sampling_layers, 0, maximum=1000)
    lengths = [length // window**i for i in range(n_steps + 1)]
    if lengths[-1] == 0:
        raise ValueError(
            f"down_sampling_layers={n_steps} with down_sampling_window={window} needs at least "
            f"{window**n_steps} time points, got {length}"
        )
    return lengths

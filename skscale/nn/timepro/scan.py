"""Selective scan over the channels, in both directions."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import silu, softplus

from skscale.nn.timepro.pair import PairOfMaps, PairOfNorms
from skscale.nn.timepro.sampling import DeformableSampling

__all__ = ["TwoWayScan", "scan"]

_FEATURES_PER_RANK = 16
_STEPS = (1e-3, 1e-1)  # between which the steps of the features start
_SHORTEST_STEP = 1e-4


class TwoWayScan(nn.Module):
    """What channels tell each other: from the first to the last, and back.

    Each feature has a state that decays from channel to channel, by a step that the channel
    chooses, and takes the channel's value in. The states, an image of channels and patches, are
    sampled anew before they are read. Both directions are one batch.

    Parameters
    ----------
    n_patches, d_model : int
        Patches of a channel, and features of each.
    share : float
        See `DeformableSampling`.
    """

    def __init__(self, n_patches: int, d_model: int, share: float):
        super().__init__()
        self.shape = (n_patches, d_model)
        width = n_patches * d_model
        self.rank = math.ceil(width / _FEATURES_PER_RANK)
        self.inner = PairOfMaps(width, 2 * width, bias=False)
        self.selection = PairOfMaps(width, self.rank + 2, bias=False)
        self.step = PairOfMaps(self.rank, width)
        with torch.no_grad():
            low, high = map(math.log, _STEPS)
            step = self.step.bias.uniform_(low, high).exp_().clamp_(min=_SHORTEST_STEP)
            self.step.bias.copy_(step + (-torch.expm1(-step)).log())  # what softplus undoes
        self.log_rate = nn.Parameter(torch.zeros(2, width, dtype=torch.float32))
        self.skip = nn.Parameter(torch.ones(2, width, dtype=torch.float32))
        self.sampling = DeformableSampling(d_model, share)
        self.norm = PairOfNorms(width)

    def forward(self, tokens: Tensor) -> Tensor:
        """Map tokens of shape (batch, n_channels, n_patches * d_model)."""
        both = torch.stack((tokens, tokens.flip(1)))
        value, gate = self.inner(both.flatten(1, 2)).chunk(2, dim=-1)
        low, into, out_of = self.selection(value).split((self.rank, 1, 1), dim=-1)
        step = softplus(self.step(low))
        decay = (-self.log_rate.exp().unsqueeze(1) * step).exp()
        states = scan(decay.view(both.shape), (step * into * value).view(both.shape))
        images = states.unflatten(-1, self.shape)
        read = self.sampling(images).reshape(value.shape)
        found = read * out_of + value * self.skip.unsqueeze(1)
        there, back = (self.norm(found) * silu(gate)).view(both.shape).unbind()
        return there + back.flip(1)


def scan(decay: Tensor, drive: Tensor) -> Tensor:
    """States ``h[j] = decay[j] * h[j - 1] + drive[j]`` along the last axis but one, from zero.

    On a CPU one after the other. Elsewhere in as many doublings as it takes: each adds what came
    from so many places before.

    Parameters
    ----------
    decay, drive : Tensor of shape (..., length, n_features)

    Returns
    -------
    Tensor of the same shape

    Examples
    --------
    >>> import torch
    >>> from skscale.nn.timepro.scan import scan
    >>> scan(torch.full((4, 1), 0.5), torch.ones(4, 1)).flatten()
    tensor([1.0000, 1.5000, 1.7500, 1.8750])
    """
    return _one_by_one(decay, drive) if drive.device.type == "cpu" else _doubling(decay, drive)


def _one_by_one(decay: Tensor, drive: Tensor) -> Tensor:
    _, *decays = decay.unbind(-2)
    first, *drives = drive.unbind(-2)
    states = [first]
    for factor, added in zip(decays, drives, strict=True):
        states.append(torch.addcmul(added, factor, states[-1]))
    return torch.stack(states, dim=-2)


def _doubling(decay: Tensor, drive: Tensor) -> Tensor:
    length, reach = drive.shape[-2], 1
    while reach < length:
        ends = (reach, length - reach)
        early, late = drive.split(ends, dim=-2)
        first, rest = decay.split(ends, dim=-2)
        drive = torch.cat((early, torch.addcmul(late, rest, drive[..., :-reach, :])), dim=-2)
        decay = torch.cat((first, rest * decay[..., :-reach, :]), dim=-2)
        reach *= 2
    return drive

"""A trained autoencoder with the scaling of its data: series to latent values and back."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from skscale.nn import MultiScaleAutoencoderNet
from skscale.ops import masked_mean

__all__ = ["Codec", "ReconstructionLoss", "channel_statistics", "channels_last", "mask_of"]


@dataclass
class Codec:
    """A trained autoencoder with the scaling of its data.

    Series come as (n_samples, n_timepoints) or (n_samples, n_channels, n_timepoints) in any
    floating-point type, and are encoded and decoded in this type.

    Attributes
    ----------
    network : MultiScaleAutoencoderNet
        Stays on the device it was trained on; pickles and copies hold it on the CPU.
    location, scale : float64 Tensor of shape (n_channels,)
        On the CPU.
    flat : bool
        Series have no axis of channels.
    gaps : bool, default=False
        Series may hold nan, which is not encoded.
    """

    network: MultiScaleAutoencoderNet
    location: Tensor
    scale: Tensor
    flat: bool
    gaps: bool = False

    def encode(self, x: Tensor) -> Tensor:
        """Latent values (n_samples, n_latent) of series, on the device of ``x``."""
        net = self._network_in(x.dtype)
        series = (channels_last(x) - self.location.to(x)) / self.scale.to(x)
        series = series.to(_device_of(net))
        return net.encode(series, mask=mask_of(series, self.gaps)).mean.to(x.device)

    def decode(self, z: Tensor) -> Tensor:
        """Series of latent values (n_samples, n_latent), on the device of ``z``."""
        net = self._network_in(z.dtype)
        series = net.decode(z.to(_device_of(net))).to(z.device)
        return self._channels_first(series * self.scale.to(z) + self.location.to(z))

    def stages(self, z: Tensor) -> list[Tensor]:
        """What every decoder adds to the series of latent values, the first with their location."""
        net = self._network_in(z.dtype)
        found = [part.to(z.device) * self.scale.to(z) for part in net.stages(z.to(_device_of(net)))]
        found[0] = found[0] + self.location.to(z)
        return [self._channels_first(part) for part in found]

    def _channels_first(self, series: Tensor) -> Tensor:
        return series.squeeze(2) if self.flat else series.transpose(1, 2)

    def _network_in(self, dtype: torch.dtype) -> MultiScaleAutoencoderNet:
        if next(self.network.parameters()).dtype == dtype:
            return self.network
        return deepcopy(self.network).to(dtype)

    def __getstate__(self) -> dict[str, Any]:
        """Hold the network on the CPU, so that a copy loads on a machine without a GPU."""
        state = dict(self.__dict__)
        if _device_of(self.network).type != "cpu":
            state["network"] = deepcopy(self.network).cpu()
        return state


class ReconstructionLoss:
    """Mean squared error of the reconstruction, and the divergence of what is variational.

    With ``gaps`` only observed values count, and the divergence is shared out among them.
    """

    def __init__(self, kl_weight: float, gaps: bool = False):
        self.kl_weight = kl_weight
        self.gaps = gaps

    def __call__(self, net: nn.Module, x: Tensor) -> Tensor:
        """Loss of a batch of series (batch, length, n_channels)."""
        mask = mask_of(x, self.gaps)
        reconstruction, latent = net(x, mask=mask)
        # Not masked afterwards: nan times a gradient of zero is nan.
        target = x if mask is None else torch.where(mask, x, 0.0)
        loss = masked_mean((reconstruction - target).square(), mask, dim=None)
        if latent.log_variance is None:
            return loss
        n_values = x[0].numel() if mask is None else mask.sum().clamp(min=1) / len(x)
        return loss + self.kl_weight * latent.divergence().mean() / n_values


def channels_last(x: Tensor) -> Tensor:
    """Series as the network takes them, (n_samples, n_timepoints, n_channels)."""
    return x.unsqueeze(2) if x.dim() == 2 else x.transpose(1, 2)


def channel_statistics(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of every channel, in float64 on the CPU; one for a constant.

    Missing values do not count; a channel without any value is a ValueError.
    """
    values = channels_last(x).double().flatten(0, 1)
    if bool(torch.isnan(values).any()):
        empty = torch.isnan(values).all(0).nonzero().flatten().tolist()
        if empty:
            raise ValueError(f"X holds no value in channel(s) {empty}")
        location = values.nanmean(0)
        scale = (values - location).square().nanmean(0).sqrt()
    else:
        scale, location = torch.std_mean(values, dim=0, correction=0)
    return location.cpu(), torch.where(scale > 0, scale, 1.0).cpu()


def mask_of(x: Tensor, gaps: bool) -> Tensor | None:
    """Return where values were observed, None if all were."""
    return ~torch.isnan(x) if gaps else None


def _device_of(net: nn.Module) -> torch.device:
    return next(net.parameters()).device

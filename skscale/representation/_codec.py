"""A trained autoencoder with the scaling of its data: series to latent values and back."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from skscale.nn import MultiScaleAutoencoderNet

__all__ = ["Codec", "ReconstructionLoss", "channel_statistics", "channels_last"]


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
    """

    network: MultiScaleAutoencoderNet
    location: Tensor
    scale: Tensor
    flat: bool

    def encode(self, x: Tensor) -> Tensor:
        """Latent values (n_samples, n_latent) of series, on the device of ``x``."""
        net = self._network_in(x.dtype)
        series = (channels_last(x) - self.location.to(x)) / self.scale.to(x)
        return net.encode(series.to(_device_of(net))).mean.to(x.device)

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
    """Mean squared error of the reconstruction, and the divergence of what is variational."""

    def __init__(self, kl_weight: float):
        self.kl_weight = kl_weight

    def __call__(self, net: nn.Module, x: Tensor) -> Tensor:
        """Loss of a batch of series (batch, length, n_channels)."""
        reconstruction, latent = net(x)
        loss = (reconstruction - x).square().mean()
        if latent.log_variance is None:
            return loss
        return loss + self.kl_weight * latent.divergence().mean() / x[0].numel()


def channels_last(x: Tensor) -> Tensor:
    """Series as the network takes them, (n_samples, n_timepoints, n_channels)."""
    return x.unsqueeze(2) if x.dim() == 2 else x.transpose(1, 2)


def channel_statistics(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of every channel, in float64 on the CPU; one for a constant."""
    scale, location = torch.std_mean(channels_last(x).double(), dim=(0, 1), correction=0)
    return location.cpu(), torch.where(scale > 0, scale, 1.0).cpu()


def _device_of(net: nn.Module) -> torch.device:
    return next(net.parameters()).device

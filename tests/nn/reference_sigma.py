"""The plain form of Sigma: Algorithms 1 to 3 as written, every feature carried to the end.

Written without the package, so that both can only agree by being right. Its Bessel weights
come from SciPy on the host. It is the reference for values, gradients and cost.
"""

import numpy as np
import torch
from scipy import special
from torch import nn
from torch.nn import functional as F


class ScaledBessel(torch.autograd.Function):
    """``exp(-s) I_d(s)`` for the distances ``d`` along the last dimension (Algorithms 2 and 3)."""

    @staticmethod
    def forward(ctx, scales):
        ctx.save_for_backward(scales)
        s = scales.detach().cpu().numpy()
        return torch.from_numpy(special.ive(np.arange(s.shape[-1]), s)).to(scales)

    @staticmethod
    def backward(ctx, grad):
        (scales,) = ctx.saved_tensors
        s = scales.detach().cpu().numpy()
        d = np.arange(s.shape[-1])
        below, above = special.ive(np.abs(d - 1), s), special.ive(d + 1, s)
        return grad * torch.from_numpy((below + above) / 2 - special.ive(d, s)).to(scales)


class Kernel(nn.Module):
    """Smoothing matrices (length, length), or (rows, length, length) for sample-wise scales."""

    def __init__(self, length, scaling):
        super().__init__()
        self.length, self.scaling = length, scaling
        distance = (torch.arange(length)[:, None] - torch.arange(length)).abs()
        self.register_buffer("distance", distance, persistent=False)
        if scaling in ("distance", "shared"):
            self.theta = nn.Parameter(torch.zeros(length if scaling == "distance" else 1))
        if scaling == "convolution":
            self.weights = nn.Parameter(torch.randn(length) / length)
        if scaling == "sample":
            self.scale_mlp = two_layers(length, length, length)

    def forward(self, windows):
        return self.by_distance(windows)[..., self.distance]

    def by_distance(self, windows):
        if self.scaling == "none":
            return torch.eye(self.length).to(windows)[0]
        if self.scaling == "moving_average":
            return (torch.arange(self.length) <= 12).to(windows) / 25
        if self.scaling == "convolution":
            return self.weights
        theta = self.scale_mlp(windows) if self.scaling == "sample" else self.theta
        return ScaledBessel.apply(F.softplus(theta).expand(*theta.shape[:-1], self.length))


class TimeMLP(nn.Module):
    """The MLP along time, over each branch or over both jointly."""

    def __init__(self, length, scale_independence):
        super().__init__()
        self.scale_independence = scale_independence
        width = length if scale_independence else 2 * length
        self.inner, self.outer = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, smooth, residual):
        if self.scale_independence:
            return self.along_time(smooth), self.along_time(residual)
        return self.along_time(torch.cat((smooth, residual), dim=1)).chunk(2, dim=1)

    def along_time(self, h):
        return self.outer(F.gelu(self.inner(h.transpose(1, 2)))).transpose(1, 2)


class TrendSeason(nn.Module):
    """TimeMixer's mixing of two branches: season to the coarse, trend to the fine one."""

    def __init__(self, length):
        super().__init__()
        self.season, self.trend = two_layers(length, length, length), two_layers(*[length] * 3)

    def forward(self, smooth, residual):
        coarse, fine = smooth.transpose(1, 2), residual.transpose(1, 2)
        coarse_trend, fine_trend = moving_average(coarse), moving_average(fine)
        coarse_season, fine_season = coarse - coarse_trend, fine - fine_trend
        coarse_season = coarse_season + self.season(fine_season)
        fine_trend = fine_trend + self.trend(coarse_trend)
        return (coarse_season + coarse_trend).transpose(1, 2), (fine_season + fine_trend).transpose(
            1, 2
        )


class Block(nn.Module):
    def __init__(self, length, d_model, d_ff, options):
        super().__init__()
        self.kernel = Kernel(length, options["scaling"])
        if options["mixing"] == "mlp":
            self.mixer = TimeMLP(length, options["scale_independence"])
        else:
            self.mixer = TrendSeason(length)
        transform = options["feature_transformation"]
        self.mixer.feature_mlp = two_layers(d_model, d_ff, d_model) if transform else None

    def forward(self, h, windows):
        smooth = self.kernel(windows) @ h
        residual = h - smooth
        updates = self.mixer(smooth, residual)
        if self.mixer.feature_mlp is not None:
            updates = [self.mixer.feature_mlp(u) for u in updates]
        return smooth + updates[0], residual + updates[1]


class PlainSigma(nn.Module):
    """Algorithm 1; arguments as of `skscale.nn.SigmaNet`, features last as in the paper."""

    def __init__(
        self,
        context_length,
        prediction_length,
        n_channels,
        *,
        d_model=32,
        d_ff=16,
        n_layers=1,
        dropout=0.0,
        scale_independence=True,
        feature_transformation=True,
        scaling="distance",
        mixing="mlp",
        block_input="sum",
        normalize=True,
        n_past_features=0,
        n_future_features=0,
    ):
        super().__init__()
        self.dropout, self.block_input, self.normalize = dropout, block_input, normalize
        self.affine_weight = nn.Parameter(torch.ones(n_channels))
        self.affine_bias = nn.Parameter(torch.zeros(n_channels))
        self.embedding = nn.Conv1d(1, d_model, 3, padding=1, padding_mode="circular", bias=False)
        if n_past_features:
            self.past_embedding = nn.Linear(n_past_features, d_model, bias=False)
        if n_future_features:
            self.future_projection = nn.Linear(n_future_features, 1, bias=False)
        options = {
            "scaling": scaling,
            "mixing": mixing,
            "scale_independence": scale_independence,
            "feature_transformation": feature_transformation,
        }
        self.blocks = nn.ModuleList(
            Block(context_length, d_model, d_ff, options) for _ in range(n_layers)
        )
        self.smooth_head = nn.Linear(context_length, prediction_length)
        self.residual_head = nn.Linear(context_length, prediction_length)
        self.projection = nn.Linear(d_model, 1)

    def forward(self, x, past_features=None, future_features=None, mask=None):
        batch, length, n_channels = x.shape
        x, mean, deviation = self.norm(x, mask)
        windows = x.transpose(1, 2).reshape(batch * n_channels, length)
        h = self.embedding(windows.unsqueeze(1)).transpose(1, 2)
        if past_features is not None:
            h = h + self.past_embedding(past_features).repeat_interleave(n_channels, dim=0)
        if self.dropout and self.training:
            # Drawn with the features outermost, the order in which the package holds them.
            h = F.dropout(h.permute(2, 0, 1).contiguous(), self.dropout).permute(1, 2, 0)
        for block in self.blocks:
            smooth, residual = block(h, windows)
            h = smooth + residual if self.block_input == "sum" else smooth
        y = 0
        for branch, head in ((smooth, self.smooth_head), (residual, self.residual_head)):
            y = y + self.projection(head(branch.transpose(1, 2)).transpose(1, 2))
        y = y.reshape(batch, n_channels, -1).transpose(1, 2)
        if future_features is not None:
            y = y + self.future_projection(future_features)
        if self.normalize:
            y = (y - self.affine_bias) / (self.affine_weight + 1e-10) * deviation + mean
        return y

    def norm(self, x, mask):
        seen = torch.ones_like(x) if mask is None else mask.unsqueeze(-1).expand_as(x).to(x)
        count = seen.sum(1, keepdim=True)
        mean = (x * seen).sum(1, keepdim=True) / count
        deviation = ((((x - mean) ** 2) * seen).sum(1, keepdim=True) / count + 1e-5).sqrt()
        if self.normalize:
            x = (x - mean) / deviation * self.affine_weight + self.affine_bias
        return x * seen, mean, deviation


def two_layers(n_in, n_hidden, n_out):
    return nn.Sequential(nn.Linear(n_in, n_hidden), nn.GELU(), nn.Linear(n_hidden, n_out))


def moving_average(x, window=25):
    padded = F.pad(x, (window // 2, window // 2), mode="replicate")
    return padded.unfold(-1, window, 1).mean(-1)


def to_plain(values):
    """State of a `SigmaNet` under the names of `PlainSigma`."""
    plain = {}
    for name, value in values.items():
        if name == "head.weight":
            plain["smooth_head.weight"], plain["residual_head.weight"] = value.chunk(2, dim=1)
        elif name == "head.bias":
            plain["smooth_head.bias"], plain["residual_head.bias"] = value / 4, value * 3 / 4
        elif name == "projection.bias":
            plain[name] = value / 2
        else:
            plain[_plain_name(name)] = value
    return plain


def to_plain_gradients(gradients):
    """Gradients of a `SigmaNet` as those of `PlainSigma`, which adds its biases per branch."""
    plain = {}
    for name, value in gradients.items():
        if name == "head.weight":
            plain["smooth_head.weight"], plain["residual_head.weight"] = value.chunk(2, dim=1)
        elif name == "head.bias":
            plain["smooth_head.bias"] = plain["residual_head.bias"] = value
        elif name == "projection.bias":
            plain[name] = 2 * value
        else:
            plain[_plain_name(name)] = value
    return plain


def _plain_name(name):
    """Name for name, but for the normalisation and the two layers of the feature MLP."""
    name = name.replace("norm.", "affine_", 1) if name.startswith("norm.") else name
    return name.replace("feature_mlp.inner", "feature_mlp.0").replace(
        "feature_mlp.outer", "feature_mlp.2"
    )

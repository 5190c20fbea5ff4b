"""WPMixer as public modules write it: convolutions for the transform, one layout after another.

Functions of a `WPMixerNet`, whose parameters they read.
"""

import torch
from torch.nn.functional import batch_norm, conv1d, conv_transpose1d, dropout, gelu, linear, pad

from skscale.ops import filter_bank


def forecast(net, x, wavelet, level):
    bank = filter_bank(wavelet)
    z, undo = revin(net.norm, x.transpose(1, 2))
    details = []
    for _ in range(level):
        z, detail = (analyse(z, taps) for taps in bank.decomposition)
        details.append(detail)
    y, *details = [
        branch_forecast(branch, part)
        for branch, part in zip(net.branches, [z, *details], strict=True)
    ]
    for detail in reversed(details):
        y = y[..., : detail.shape[-1]]
        y = sum(map(synthesise, (y, detail), bank.reconstruction))
    return undo(y[..., -net.prediction_length :]).transpose(1, 2)


def analyse(x, taps):
    filters = taps.flip(0).to(x.dtype).view(1, 1, -1)
    n_taps, n = len(taps), x.shape[-1]
    n_out = (n + n_taps - 1) // 2
    x = pad(x, (n_taps - 2, 2 * n_out - n))
    return conv1d(x.reshape(-1, 1, x.shape[-1]), filters, stride=2).view(*x.shape[:2], n_out)


def synthesise(y, taps):
    filters = taps.to(y.dtype).view(1, 1, -1)
    rows = y.reshape(-1, 1, y.shape[-1])
    rows = conv_transpose1d(rows, filters, stride=2, padding=len(taps) - 2)
    return rows.view(*y.shape[:2], -1)


def revin(norm, x):
    """Normalise ``x`` (batch, channel, time); also what undoes it."""
    if norm is None:
        return x, lambda y: y
    mean = x.mean(-1, keepdim=True).detach()
    scale = (x.var(-1, correction=0, keepdim=True) + norm.eps).sqrt().detach()
    weight, bias = 1.0, 0.0
    if norm.weight is not None:
        weight, bias = norm.weight[:, None], norm.bias[:, None]
    z = (x - mean) / scale * weight + bias
    return z, lambda y: (y - bias) / (weight + 1e-10) * scale + mean


def by_channel(norm, x):
    mean, var = norm.running_mean.clone(), norm.running_var.clone()
    return batch_norm(x, mean, var, norm.weight, norm.bias, norm.training)


def branch_forecast(branch, x):
    x, undo = revin(branch.norm, x)
    x = torch.cat([x] + [x[..., -1:]] * branch.stride, -1)
    x = x.unfold(-1, branch.patch_length, branch.stride)
    x = branch.embedding(by_channel(branch.patch_norm, x))
    x = dropout(x, branch.dropout.p, branch.training)
    first = mixed(branch.mixers[0], x)
    x = by_channel(branch.head_norm, first + mixed(branch.mixers[1], first))
    return undo(branch.head(x.flatten(2)))


def mixed(mixer, x):
    x = by_channel(mixer.token_norm, x).transpose(2, 3)
    x = by_channel(mixer.feature_norm, two_layers(mixer.tokens, x).transpose(2, 3))
    return x + two_layers(mixer.features, x)


def two_layers(layer, x):
    p, training = layer.dropout.p, layer.training
    hidden = dropout(gelu(linear(x, layer.first.weight, layer.first.bias)), p, training)
    return dropout(linear(hidden, layer.second.weight, layer.second.bias), p, training)

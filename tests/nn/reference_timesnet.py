"""TimesNet as published: every kernel, period and window as written, nothing merged.

A function of a state dict under official names. ``common`` takes the periods of the mean spectrum
of the batch, as public code does, instead of those of every window.
"""

import torch
from torch.nn.functional import conv1d, conv2d, gelu, layer_norm, linear, pad

from skscale.nn.layers.positions import sinusoid
from skscale.nn.timesnet.official import timesnet_places


def timesnet(values, config, x, x_mark=None, common=False):
    """Forecast (batch, pred_len, channels)."""
    centre = x.mean(1, keepdim=True)
    scale = (x.var(1, correction=0, keepdim=True) + 1e-5).sqrt()
    z = ((x - centre) / scale).transpose(1, 2)
    embedding = values["enc_embedding.value_embedding.tokenConv.weight"]
    h = conv1d(pad(z, (1, 1), mode="circular"), embedding).transpose(1, 2)
    h = h + sinusoid(x.shape[1], len(embedding)).to(x)
    if x_mark is not None:
        h = h + linear(x_mark, values["enc_embedding.temporal_embedding.embed.weight"])
    weight, bias = values["predict_linear.weight"], values["predict_linear.bias"]
    h = linear(h.transpose(1, 2), weight, bias).transpose(1, 2)
    norm = values["layer_norm.weight"], values["layer_norm.bias"]
    for i in range(config["e_layers"]):
        if common:
            h = block(values, config, i, h, frequencies(h, config["top_k"]))
        else:
            alone = h.split(1)
            own = [block(values, config, i, a, frequencies(a, config["top_k"])) for a in alone]
            h = torch.cat(own)
        h = layer_norm(h, norm[0].shape, *norm)
    y = linear(h, values["projection.weight"], values["projection.bias"])
    return (y * scale + centre)[:, -config["pred_len"] :]


def amplitudes(h):
    return torch.fft.rfft(h, dim=1).abs().mean(-1)


def frequencies(h, top_k):
    """The strongest of the mean spectrum."""
    spectrum = amplitudes(h).mean(0).detach()
    spectrum[0] = 0
    return spectrum.topk(top_k).indices.tolist()


def block(values, config, i, h, found):
    n = h.shape[1]
    weights = amplitudes(h)[:, found].softmax(1)
    total = h
    for j, frequency in enumerate(found):
        period = n // frequency
        rows = -(-n // period)
        grid = pad(h, (0, 0, 0, rows * period - n)).transpose(1, 2)
        grid = grid.reshape(len(h), -1, rows, period)
        grid = gelu(inception(values, config, f"model.{i}.conv.0", grid))
        grid = inception(values, config, f"model.{i}.conv.2", grid)
        seen = grid.flatten(2).transpose(1, 2)[:, :n]
        total = total + weights[:, j].reshape(-1, 1, 1) * seen
    return total


def inception(values, config, name, grid):
    parts = [
        conv2d(grid, values[f"{name}.kernels.{j}.weight"], values[f"{name}.kernels.{j}.bias"], 1, j)
        for j in range(config["num_kernels"])
    ]
    return torch.stack(parts).mean(0)


def plain(net, x, x_mark=None, common=False):
    """Forecast of the published form with the weights of a `TimesNet`, which get gradients."""
    return timesnet(dict(timesnet_places(net)), config_of(net), x, x_mark, common)


def config_of(net):
    block = net.blocks[0]
    return {
        "pred_len": net.prediction_length,
        "e_layers": len(net.blocks),
        "top_k": block.top_k,
        "num_kernels": len(block.first.weights),
    }

"""MICN as published: every convolution as one, nothing merged or left out.

A function of a state dict under official names, with dropout left out. Weights of the paper's
code have biases in the embedding and ReLU in the feed-forward, those of the Time-Series-Library
neither.
"""

import torch
from torch.nn.functional import (
    avg_pool1d,
    conv1d,
    conv2d,
    conv_transpose1d,
    layer_norm,
    linear,
    pad,
    relu,
)

from skscale.nn.layers.positions import sinusoid
from skscale.nn.micn.official import micn_places


def micn(values, config, x, marks=None):
    """Forecast (batch, pred_len, channels); marks are those of context and horizon."""
    horizon, kernels = config["pred_len"], config["conv_kernel"]
    trend = torch.stack([average(x, kernel) for kernel in kernels]).mean(0)
    embedding = values["dec_embedding.value_embedding.tokenConv.weight"]
    u = pad(x - trend, (0, 0, 0, horizon)).transpose(1, 2)
    bias = values.get("dec_embedding.value_embedding.tokenConv.bias")
    h = conv1d(pad(u, (1, 1), mode="circular"), embedding, bias).transpose(1, 2)
    h = h + sinusoid(h.shape[1], h.shape[2]).to(x)
    if marks is not None:
        calendar = "dec_embedding.temporal_embedding.embed"
        h = h + linear(marks, values[f"{calendar}.weight"], values.get(f"{calendar}.bias"))
    for i in range(config["d_layers"]):
        name = f"conv_trans.mic.{i}."
        own = {k.removeprefix(name): v for k, v in values.items() if k.startswith(name)}
        h = layer(own, kernels, h)
    y = linear(h, *pair(values, "conv_trans.projection"))[:, -horizon:]
    if config.get("mode", "regre") == "mean":
        return y + x.mean(1, keepdim=True)
    return y + linear(trend.transpose(1, 2), *pair(values, "regression")).transpose(1, 2)


def pair(values, name):
    return values[f"{name}.weight"], values[f"{name}.bias"]


def normed(values, name, h):
    return layer_norm(h, h.shape[-1:], *pair(values, name))


def average(x, kernel):
    """Moving average, ends repeated."""
    window = kernel + 1 if kernel % 2 == 0 else kernel
    wide = pad(x.transpose(1, 2), (window // 2, window // 2), mode="replicate")
    return avg_pool1d(wide, window, stride=1).transpose(1, 2)


def layer(values, kernels, h):
    n = h.shape[1]
    outputs = []
    for j, k in enumerate(kernels):
        season = (h - average(h, k)).transpose(1, 2)
        weight, bias = pair(values, f"conv.{j}")
        near = conv1d(season, weight, bias, stride=k, padding=k // 2).tanh()
        wide = pad(near, (near.shape[2] - 1, 0))
        far = conv1d(wide, *pair(values, f"isometric_conv.{j}")).tanh()
        tokens = normed(values, "norm", (far + near).transpose(1, 2)).transpose(1, 2)
        points = conv_transpose1d(tokens, *pair(values, f"conv_trans.{j}"), stride=k).tanh()
        outputs.append(normed(values, "norm", (points[..., :n] + season).transpose(1, 2)))
    stacked = torch.stack(outputs, dim=1).permute(0, 3, 1, 2)
    m = conv2d(stacked, *pair(values, "merge")).squeeze(2).transpose(1, 2)
    if "fnn.layer1.weight" in values:
        hidden = relu(linear(m, *pair(values, "fnn.layer1")))
        return normed(values, "fnn_norm", m + linear(hidden, *pair(values, "fnn.layer2")))
    y = normed(values, "norm1", m).transpose(1, 2)
    y = conv1d(conv1d(y, *pair(values, "conv1")), *pair(values, "conv2"))
    return normed(values, "norm2", m + y.transpose(1, 2))


def plain(net, x, marks=None):
    """Forecast of the published form with the weights of a `MICNNet`, which get gradients."""
    config = {
        "pred_len": net.prediction_length,
        "conv_kernel": [scale.local.kernel for scale in net.layers[0].scales],
        "d_layers": len(net.layers),
        "mode": "mean" if net.regression is None else "regre",
    }
    values = {name: value.contiguous() for name, value in micn_places(net)}
    return micn(values, config, x, marks)

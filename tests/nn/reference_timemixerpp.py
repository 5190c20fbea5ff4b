"""TimeMixer++ as the public derivatives have it: every kernel, period and window as written.

A function of a state dict under PyPOTS' names. Images get as many rows as ours. ``common`` takes
the periods of the mean spectrum of the batch instead of those of every window.
"""

import torch
from torch.nn.functional import conv1d, conv2d, conv_transpose2d, gelu, layer_norm, linear, pad

from skscale.nn.timemixerpp.official import timemixerpp_places

EPS = 1e-9


def timemixerpp(values, config, x, common=False):
    """Forecast (batch, n_pred_steps, channels)."""
    if not common:
        windows = x.split(1)
        return torch.cat([timemixerpp(values, config, one, True) for one in windows])
    n, independent = x.shape[2], config["channel_independence"]
    scales = [x]
    for _ in range(config["downsampling_layers"]):
        scales.append(coarser(values, config, scales[-1]))
    centre = x.mean(1, keepdim=True)
    scale = (x.var(1, correction=0, keepdim=True) + EPS).sqrt()
    scales = [normalised(values, i, z) for i, z in enumerate(scales)]
    if config["channel_mixing"]:
        scales[-1] = mixed_channels(values, config, scales[-1])
    if independent:
        scales = [z.transpose(1, 2).reshape(-1, z.shape[1], 1) for z in scales]
    kernel = values["enc_embedding.value_embedding.tokenConv.weight"]
    h = [conv1d(pad(z.transpose(1, 2), (1, 1), mode="circular"), kernel).mT for z in scales]
    for i in range(config["n_layers"]):
        h = block(values, config, f"encoder_model.{i}", h)
    heads = []
    for i, one in enumerate(h):
        name = f"predict_layers.{i}"
        if f"{name}.weight" not in values:
            continue  # not read
        y = linear(one.mT, values[f"{name}.weight"], values[f"{name}.bias"]).mT
        y = linear(y, values["projection_layer.weight"], values["projection_layer.bias"])
        heads.append(y.reshape(-1, n, y.shape[1]).mT if independent else y)
    first, last = heads[0], heads[-1]
    total = sum(heads)
    found = {"sum": total, "mean": total / len(heads), "finest": first, "coarsest": last}
    y = found[config["head"]] - values["revin_layers.0.affine_bias"]
    return y / (values["revin_layers.0.affine_weight"] + EPS) * scale + centre


def coarser(values, config, z):
    window, method = config["downsampling_window"], config["downsampling_method"]
    n = z.shape[1] // window
    if method == "conv":
        series = z.transpose(1, 2)
        if config["channel_independence"]:
            series = series.reshape(-1, 1, z.shape[1])
        series = pad(series, (1, 1), mode="circular")
        found = conv1d(series, values["down_pool.weight"], stride=window)[..., :n]
        return found.reshape(len(z), z.shape[2], n).transpose(1, 2)
    groups = z[:, : n * window].unflatten(1, (n, window))
    return groups.mean(2) if method == "avg" else groups.amax(2)


def normalised(values, i, z):
    known = z.detach()  # statistics pass no gradient
    z = (z - known.mean(1, keepdim=True)) / (known.var(1, correction=0, keepdim=True) + EPS).sqrt()
    name = f"revin_layers.{i}.affine"
    return z * values[f"{name}_weight"] + values[f"{name}_bias"]


def mixed_channels(values, config, z):
    tokens, heads = z.transpose(1, 2), config["n_heads"]
    name = "channel_mixing_attention"
    q, k, v = (
        linear(tokens, values[f"{name}.{part}.weight"]).unflatten(2, (heads, -1)).transpose(1, 2)
        for part in ("w_qs", "w_ks", "w_vs")
    )
    found = (q @ k.mT / q.shape[3] ** 0.5).softmax(3) @ v
    found = linear(found.transpose(1, 2).flatten(2), values[f"{name}.fc.weight"])
    return (tokens + found).transpose(1, 2)


def block(values, config, name, scales):
    """Scales (rows, length, features), all rows by the periods of their mean."""
    length = scales[-1].shape[1]
    spectrum = torch.fft.rfft(scales[-1], dim=1).abs().mean(-1)
    mean = spectrum.mean(0).detach()
    mean[0] = 0
    found = mean.topk(config["top_k"]).indices.tolist() if length > 1 else [0]
    weights = spectrum[:, found].softmax(1)
    totals = list(scales)
    for j, frequency in enumerate(found):
        period = length // max(frequency, 1)
        for i, z in enumerate(mixed(values, config, name, scales, period)):
            totals[i] = totals[i] + weights[:, j].reshape(-1, 1, 1) * z
    norm = [values[f"{name}.layer_norm.{kind}"] for kind in ("weight", "bias")]
    return [layer_norm(h, norm[0].shape, *norm) for h in totals]


def mixed(values, config, name, scales, period):
    window, n = config["downsampling_window"], config["n_kernels"]
    images, rows = [], -(-scales[0].shape[1] // period)
    for h in scales:
        image = pad(h.mT, (0, rows * period - h.shape[1])).unflatten(2, (rows, period))
        images.append(image)  # (rows, features, periods, points)
        rows = -(-rows // window)
    seasons = [attention(values, f"{name}.col_attn_2d_season", z.mT).mT for z in images]
    trends = [attention(values, f"{name}.row_attn_2d_trend", z) for z in images]
    season = f"{name}.multi_scale_season_conv.cross_conv_season"
    trend = f"{name}.multi_scale_trend_conv.cross_trans_conv_season"
    # Convolutions between scales that no head reads have no weights.
    for i in range(1, len(images)) if f"{season}.0.kernels.0.weight" in values else ():
        hidden = inception(values, f"{season}.0", seasons[i - 1], n, window)
        seasons[i] = seasons[i] + inception(values, f"{season}.2", gelu(hidden), n, 1)
    for i in reversed(range(len(images) - 1)) if f"{trend}.kernels.0.weight" in values else ():
        hidden = spread(values, trend, trends[i + 1], n, window, trends[i].shape[2])
        trends[i] = trends[i] + inception(values, f"{trend}_restore.1", gelu(hidden), n, 1)
    both = zip(seasons, trends, scales, strict=True)
    return [(s + t).flatten(2).mT[:, : h.shape[1]] for s, t, h in both]


def attention(values, name, image):
    """Along the last axis of (rows, features, a, b)."""
    x = image.permute(0, 2, 3, 1)
    bias = values.get(f"{name}.key_conv.bias", 0.0)
    q = linear(x, values[f"{name}.query_conv.weight"].flatten(1), values[f"{name}.query_conv.bias"])
    k = linear(x, values[f"{name}.key_conv.weight"].flatten(1)) + bias
    v = linear(x, values[f"{name}.value_conv.weight"].flatten(1), values[f"{name}.value_conv.bias"])
    found = (q @ k.mT).softmax(3) @ v
    return values[f"{name}.gamma"] * found.permute(0, 3, 1, 2) + image


def inception(values, name, image, n_kernels, step):
    parts = [
        conv2d(image, *kernel(values, name, j), stride=(step, 1), padding=j)
        for j in range(n_kernels)
    ]
    return torch.stack(parts).mean(0)


def spread(values, name, image, n_kernels, step, rows):
    behind = rows - 1 - (image.shape[2] - 1) * step
    sizes = {"stride": (step, 1), "output_padding": (behind, 0)}
    parts = [
        conv_transpose2d(image, *kernel(values, name, j), padding=j, **sizes)
        for j in range(n_kernels)
    ]
    return torch.stack(parts).mean(0)


def kernel(values, name, j):
    return values[f"{name}.kernels.{j}.weight"], values[f"{name}.kernels.{j}.bias"]


def plain(net, x, common=False):
    """Forecast of this form with the weights of a `TimeMixerPPNet`, which get gradients."""
    return timemixerpp(dict(timemixerpp_places(net)), config_of(net), x, common)


def config_of(net):
    block = net.blocks[0]
    mixing = net.channel_attention
    step = block.downwards or block.upwards
    return {
        "n_layers": len(net.blocks),
        "top_k": block.top_k,
        "n_kernels": len(step.first.weights) if step else 1,
        "n_heads": mixing.n_heads if mixing else 1,
        "channel_mixing": mixing is not None,
        "channel_independence": net.channel_independent,
        "downsampling_layers": len(net.lengths) - 1,
        "downsampling_window": net.window,
        "downsampling_method": net.pyramid.method,
        "head": net.head,
    }

"""MSGNet as published: every convolution, hop and segment as written, nothing folded.

A function of a state dict under official names. ``common`` takes the periods of the mean spectrum
of the batch, as public code does, instead of those of every window.
"""

import torch
from torch.nn.functional import conv1d, gelu, layer_norm, linear, pad

from skscale.nn.layers.positions import sinusoid
from skscale.nn.msgnet.official import msgnet_places


def msgnet(values, config, x, x_mark=None, common=False):
    """Forecast (batch, pred_len, channels)."""
    centre = x.mean(1, keepdim=True)
    scale = (x.var(1, correction=0, keepdim=True) + 1e-5).sqrt()
    z = ((x - centre) / scale).transpose(1, 2)
    embedding = values["enc_embedding.value_embedding.tokenConv.weight"]
    h = conv1d(pad(z, (1, 1), mode="circular"), embedding).transpose(1, 2)
    h = h + sinusoid(x.shape[1], len(embedding)).to(x)
    if x_mark is not None:
        h = h + linear(x_mark, values["enc_embedding.temporal_embedding.embed.weight"])
    for i in range(config["e_layers"]):
        if common:
            h = block(values, config, i, h)
        else:
            h = torch.cat([block(values, config, i, window) for window in h.split(1)])
        h = normalised(values, "layer_norm", h)
    y = linear(h, values["projection.weight"], values["projection.bias"]).transpose(1, 2)
    if config["individual"]:
        names = [f"seq2pred.seq2pred.{n}" for n in range(x.shape[2])]
        rows = zip(y.unbind(1), names, strict=True)
        y = torch.stack([map_by(values, name, row) for row, name in rows], 1)
    else:
        y = map_by(values, "seq2pred.seq2pred", y)
    return y.transpose(1, 2) * scale + centre


def map_by(values, name, h):
    return linear(h, values[f"{name}.weight"].flatten(1), values[f"{name}.bias"])


def normalised(values, name, h):
    weight = values[f"{name}.weight"]
    return layer_norm(h, weight.shape, weight, values[f"{name}.bias"])


def block(values, config, i, h):
    length = h.shape[1]
    spectrum = torch.fft.rfft(h, dim=1).abs().mean(-1)
    mean = spectrum.mean(0).detach()
    mean[0] = 0
    found = mean.topk(config["top_k"]).indices.tolist() if length > 1 else [0]
    weights = spectrum[:, found].softmax(1)
    seen = []
    for j, frequency in enumerate(found):
        h = graph(values, config, f"model.{i}.gconv.{j}", h)
        period = length // max(frequency, 1)
        n = -(-length // period)
        segments = pad(h, (0, 0, 0, n * period - length)).reshape(-1, period, h.shape[2])
        out = normalised(values, f"model.{i}.norm", encoder(values, config, i, segments))
        seen.append(gelu(out).reshape(len(h), -1, h.shape[2])[:, :length])
    return h + sum(weights[:, j].reshape(-1, 1, 1) * part for j, part in enumerate(seen))


def graph(values, config, name, h):
    """Nodes (batch, conv_channel, node, time) read features, hear and answer."""
    n = len(values[f"{name}.nodevec1"])
    adjacency = (values[f"{name}.nodevec1"] @ values[f"{name}.nodevec2"]).relu().softmax(1)
    adjacency = adjacency + torch.eye(n).to(h)
    adjacency = adjacency / adjacency.sum(1, keepdim=True)
    start = values[f"{name}.start_conv.weight"].flatten(1)
    windows = h.unfold(2, start.shape[1], 1)  # (batch, time, node, width)
    read = linear(windows, start, values[f"{name}.start_conv.bias"]).permute(0, 3, 2, 1)
    hops = [read]
    alpha = config["propalpha"]
    for _ in range(config["gcn_depth"]):
        heard = torch.einsum("nm,bcmt->bcnt", adjacency, hops[-1])
        hops.append(alpha * read + (1 - alpha) * heard)
    known = torch.cat(hops, 1).transpose(1, 3)
    known = gelu(map_by(values, f"{name}.gconv1.mlp.mlp", known)).transpose(1, 3)
    end = values[f"{name}.end_conv.weight"].squeeze(2)
    points = torch.einsum("psl,bsnl->bpn", end, known)
    points = points + values[f"{name}.end_conv.bias"].unsqueeze(1)
    return normalised(values, f"{name}.norm", h + map_by(values, f"{name}.linear", points))


def encoder(values, config, i, h):
    name, heads = f"model.{i}.att0", config["n_heads"]
    q, k, v = (
        map_by(values, f"{name}.attention.{part}_projection", h)
        .unflatten(2, (heads, -1))
        .transpose(1, 2)
        for part in ("query", "key", "value")
    )
    scores = q @ k.transpose(2, 3) / q.shape[3] ** 0.5
    if config.get("causal", True):
        later = torch.ones(scores.shape[2:], dtype=torch.bool, device=h.device).triu(1)
        scores = scores.masked_fill(later, -torch.inf)
    attended = (scores.softmax(3) @ v).transpose(1, 2).flatten(2)
    h = h + map_by(values, f"{name}.attention.out_projection", attended)
    h = normalised(values, f"{name}.norm1", h)
    hidden = gelu(map_by(values, f"{name}.conv1", h))
    return normalised(values, f"{name}.norm2", h + map_by(values, f"{name}.conv2", hidden))


def plain(net, x, x_mark=None, common=False):
    """Forecast of the published form with the weights of a `MSGNet`, which get gradients."""
    return msgnet(dict(msgnet_places(net)), config_of(net), x, x_mark, common)


def config_of(net):
    block = net.blocks[0]
    return {
        "pred_len": net.prediction_length,
        "e_layers": len(net.blocks),
        "top_k": len(block.graphs),
        "n_heads": block.encoder.attention.n_heads,
        "gcn_depth": block.graphs[0].depth,
        "propalpha": block.graphs[0].alpha,
        "individual": net.time_map.weight.dim() == 3,
        "causal": block.causal,
    }

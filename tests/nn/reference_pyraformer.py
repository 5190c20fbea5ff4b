"""Pyraformer as published: every node of every layer, under a mask of all pairs.

A function of a state dict under official names, with dropout left out. The names tell the
paper's network from the Time-Series-Library's.
"""

import torch
from torch.nn.functional import (
    avg_pool1d,
    batch_norm,
    conv1d,
    elu,
    gelu,
    layer_norm,
    linear,
    max_pool1d,
    pad,
)

from skscale.nn.layers.positions import sinusoid
from skscale.nn.pyraformer.official import pyraformer_places

POOLS = {"max": max_pool1d, "average": avg_pool1d}


def sizes_of(length, windows):
    """Nodes of every level."""
    sizes = [length]
    for window in windows:
        sizes.append(sizes[-1] // window)
    return sizes


def parent_of(node, level, sizes, windows):
    """Place of the parent on the next level."""
    return min(node // windows[level], sizes[level + 1] - 1)


def pairs(length, windows, reach):
    """Who sees whom, (n_nodes, n_nodes)."""
    sizes = sizes_of(length, windows)
    starts = [sum(sizes[:level]) for level in range(len(sizes))]
    sees = torch.zeros(sum(sizes), sum(sizes), dtype=torch.bool)
    for level, (size, start) in enumerate(zip(sizes, starts, strict=True)):
        for i in range(size):
            near = slice(start + max(i - reach, 0), start + min(i + reach + 1, size))
            sees[start + i, near] = True
            if level + 1 < len(sizes):
                parent = starts[level + 1] + parent_of(i, level, sizes, windows)
                sees[start + i, parent] = sees[parent, start + i] = True
    return sees


def head_nodes(length, windows):
    """The last point and its ancestors."""
    sizes = sizes_of(length, windows)
    nodes, place = [length - 1], length - 1
    for level in range(len(windows)):
        place = parent_of(place, level, sizes, windows)
        nodes.append(sum(sizes[: level + 1]) + place)
    return nodes


def pyraformer(
    values, x, past, future, *, windows, reach, n_heads, construction, training, truncate=False
):
    """Forecast (batch, n_outputs) of windows as they are, before the outputs are arranged."""
    paper = "predictor.linear.weight" in values
    attends = "decoder.layers.0.pos_ffn.w_1.weight" in values
    if paper and not attends:
        x = pad(x, (0, 0, 0, 1))
        past = None if past is None else torch.cat([past, future[:, :1]], dim=1)
    h = embed(values, "encoder.enc_embedding.", x, past)
    nodes = with_coarse_nodes(values, h, windows, construction, training)
    sees = pairs(x.shape[1], windows, reach)
    in_encoder = [name for name in values if name.startswith("encoder.layers.")]
    for i in range(sum(name.endswith("pos_ffn.w_1.weight") for name in in_encoder)):
        nodes = layer(values, f"encoder.layers.{i}.", nodes, nodes, sees, n_heads)
    if attends:
        return decode(values, nodes[:, : x.shape[1]] if truncate else nodes, future, n_heads)
    features = nodes[:, head_nodes(x.shape[1], windows)].flatten(1)
    head = "predictor.linear" if paper else "projection"
    return linear(features, values[f"{head}.weight"], values.get(f"{head}.bias"))


def decode(values, nodes, future, n_heads):
    """Steps of the horizon ask the nodes, then these and the steps before."""
    name = "decoder.dec_embedding."
    weight = values[f"{name}value_embedding.tokenConv.weight"]
    steps = embed(values, name, future.new_zeros(*future.shape[:2], weight.shape[1]), future)
    n_nodes, n_steps = nodes.shape[1], future.shape[1]
    all_nodes = torch.ones(n_steps, n_nodes, dtype=torch.bool)
    steps = layer(values, "decoder.layers.0.", steps, nodes, all_nodes, n_heads)
    both = torch.cat([nodes, steps], dim=1)
    sees = torch.ones(n_steps, n_nodes + n_steps, dtype=torch.bool).tril(n_nodes)
    steps = layer(values, "decoder.layers.1.", steps, both, sees, n_heads)
    return linear(steps, values["predictor.linear.weight"]).flatten(1)


def embed(values, name, x, marks):
    tokens = f"{name}value_embedding.tokenConv"
    wide = pad(x.transpose(1, 2), (1, 1), mode="circular")
    h = conv1d(wide, values[f"{tokens}.weight"], values.get(f"{tokens}.bias")).transpose(1, 2)
    h = h + sinusoid(h.shape[1], h.shape[2]).to(x)
    if marks is not None:
        calendar = f"{name}temporal_embedding.embed"
        h = h + linear(marks, values[f"{calendar}.weight"], values[f"{calendar}.bias"])
    return h


def with_coarse_nodes(values, h, windows, construction, training):
    name = "encoder.conv_layers."
    own = {k.removeprefix(name): v for k, v in values.items() if k.startswith(name)}
    bottleneck = construction == "bottleneck"
    level = linear(h, own["down.weight"], own["down.bias"]) if bottleneck else h
    level, levels = level.transpose(1, 2), []
    for i, window in enumerate(windows):
        if construction in POOLS:
            level = POOLS[construction](level, window)
        else:
            level = condense(own, f"conv_layers.{i}", level, window, training)
        levels.append(level)
    coarse = torch.cat(levels, dim=2).transpose(1, 2)
    if bottleneck:
        coarse = linear(coarse, own["up.weight"], own["up.bias"])
    nodes = torch.cat([h, coarse], dim=1)
    return layer_norm(nodes, nodes.shape[-1:], own["norm.weight"], own["norm.bias"])


def condense(own, name, level, window, training):
    conv = own[f"{name}.downConv.weight"], own[f"{name}.downConv.bias"]
    mean, var = (own[f"{name}.norm.running_{kind}"].clone() for kind in ("mean", "var"))
    weight, bias = own[f"{name}.norm.weight"], own[f"{name}.norm.bias"]
    wide = conv1d(level, *conv, stride=window)
    return elu(batch_norm(wide, mean, var, weight, bias, training=training))


def layer(values, name, seers, nodes, sees, n_heads):
    own = {k.removeprefix(name): v for k, v in values.items() if k.startswith(name)}
    sees = sees.repeat(len(nodes), 1, 1, 1)
    paper = "slf_attn.w_qs.weight" in own
    q, k, v = ("w_qs", "w_ks", "w_vs") if paper else (f"{n}_projection" for n in PARTS[:3])
    out = "fc" if paper else "out_projection"
    q, k, v = (
        project(own, f"slf_attn.{part}", tokens).unflatten(2, (n_heads, -1))
        for part, tokens in ((q, seers), (k, nodes), (v, nodes))
    )
    scores = torch.einsum("bqhe,bkhe->bhqk", q, k) / q.shape[-1] ** 0.5
    weights = scores.masked_fill(~sees, -torch.inf).softmax(-1)
    found = project(own, f"slf_attn.{out}", torch.einsum("bhqk,bkhe->bqhe", weights, v).flatten(2))
    if paper:
        found = normed(own, "slf_attn.layer_norm", found + seers)
    wide = gelu(project(own, "pos_ffn.w_1", found))
    return normed(own, "pos_ffn.layer_norm", found + project(own, "pos_ffn.w_2", wide))


PARTS = ("query", "key", "value")


def project(own, name, x):
    return linear(x, own[f"{name}.weight"], own.get(f"{name}.bias"))


def normed(own, name, x):
    return layer_norm(x, x.shape[-1:], own[f"{name}.weight"], own[f"{name}.bias"], eps=1e-6)


def plain(net, x, past=None, future=None, *, windows, reach, construction="bottleneck"):
    """Forecast of a network that does not normalise, without its term of the future."""
    values = dict(pyraformer_places(net))
    zeros = torch.zeros_like(net.node_norm.bias)
    for name in ("encoder.enc_embedding", "decoder.dec_embedding"):
        # Embeddings have one bias, not two.
        if f"{name}.temporal_embedding.embed.weight" in values:
            values[f"{name}.temporal_embedding.embed.bias"] = zeros
    tokens = "value_embedding.tokenConv.weight"
    values[f"decoder.dec_embedding.{tokens}"] = values[f"encoder.enc_embedding.{tokens}"]
    n_heads = net.layers[0].attention.n_heads
    options = {"windows": windows, "reach": reach, "n_heads": n_heads}
    options |= {"construction": construction, "training": net.training}
    options["truncate"] = net.counts[-1] == net.context_length
    y = pyraformer(values, x, past, future, **options)
    return y.view(len(x), net.prediction_length, net.n_channels)

"""MultiPatchFormer as published: every map on its own, the forecast part by part.

A function of a state dict under official names, with dropout left out. The names tell the
paper's network from the Time-Series-Library's.
"""

import math

import torch
from torch.nn.functional import conv1d, gelu, layer_norm, linear, pad

from skscale.nn.multipatchformer.official import multipatchformer_places

PUBLISHED = ((8, 8, 0), (16, 8, 8), (24, 7, 7), (32, 6, 6))
OF_PAPER = ("W_q", "W_k", "W_v", "W_o")
OF_LIBRARY = ("query_projection", "key_projection", "value_projection", "out_projection")


def position(place, column, d_model):
    """Entry of the table of positions."""
    angle = place / 10000 ** (2 * (column - column % 2) / d_model)
    return math.cos(angle) if column % 2 else math.sin(angle)


def positions(n_tokens, d_model):
    rows = [[position(i, j, d_model) for j in range(d_model)] for i in range(n_tokens)]
    return torch.tensor(rows, dtype=torch.float32)


def multipatchformer(values, x, n_heads, patches=PUBLISHED):
    """Forecast (batch, horizon, channels); ``patches`` are length, stride and padding."""
    mean = x.mean(1, keepdim=True)
    std = torch.sqrt(x.var(1, keepdim=True, unbiased=False) + 1e-5)
    affine = values.get("revin.affine_weight"), values.get("revin.affine_bias")
    z = (x - mean) / std
    if affine[0] is not None:
        z = z * affine[0] + affine[1]
    tokens = embed(values, z.transpose(1, 2).flatten(0, 1), patches)
    past = torch.ones(tokens.shape[1], tokens.shape[1], dtype=torch.bool).tril()
    n_layers = sum(name.endswith("layerNormal_1.weight") for name in values) - 1
    for i in range(n_layers):
        tokens = layer(values, "", i, tokens, tokens, past, n_heads)
    rows = conv1d(tokens.flatten(1).unsqueeze(2), *own(values, "embedding_channel")).squeeze(2)
    channels = rows.unflatten(0, (len(x), -1))
    of_paper = "shared_MHA_ch.0.conv.weight" in values
    conv = own(values, "shared_MHA_ch.0.conv" if of_paper else "encoder_list_ch.0.conv")
    context = conv1d(channels.transpose(1, 2), *conv).transpose(1, 2)
    before = None if of_paper else torch.ones(x.shape[2], x.shape[2], dtype=torch.bool).tril()
    channels = layer(values, "_ch", 0, channels, context, before, n_heads)
    y = parts(values, channels).transpose(1, 2)
    if affine[0] is not None:
        y = (y - affine[1]) / (affine[0] + 1e-10)
    return y * std + mean


def own(values, name):
    return values[f"{name}.weight"], values[f"{name}.bias"]


def embed(values, rows, patches):
    found = []
    for i, (_, stride, padding) in enumerate(patches):
        wide = pad(rows.unsqueeze(1), (0, padding), mode="replicate") if padding else rows[:, None]
        found.append(conv1d(wide, *own(values, f"embedding_patch_{i + 1}"), stride=stride))
    tokens = torch.cat(found, dim=1).transpose(1, 2)
    return tokens + positions(*tokens.shape[1:]).to(tokens)


def layer(values, kind, i, x, context, mask, n_heads):
    of_paper = "shared_MHA.0.W_q.weight" in values
    maps = [
        own(values, f"shared_MHA{kind}.{i}.{n}") for n in (OF_PAPER if of_paper else OF_LIBRARY)
    ]
    q, k, v = (
        linear(tokens, *one).unflatten(2, (n_heads, -1))
        for tokens, one in zip((x, context, context), maps[:3], strict=True)
    )
    scores = torch.einsum("bqhe,bkhe->bhqk", q, k) / q.shape[-1] ** 0.5
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf)
    heads = torch.einsum("bhqk,bkhe->bqhe", scores.softmax(-1), v)
    joined = (heads.transpose(2, 3) if of_paper else heads).flatten(2)
    name = f"encoder_list{kind}.{i}"
    x = normed(values, f"{name}.layerNormal_1", x + linear(joined, *maps[3]))
    wide = gelu(linear(x, *own(values, f"{name}.feedforward.linear_1")))
    wide = linear(wide, *own(values, f"{name}.feedforward.linear_2"))
    return normed(values, f"{name}.layerNormal_2", x + wide)


def normed(values, name, x):
    return layer_norm(x, x.shape[-1:], *own(values, name))


def parts(values, x):
    """Each part of the horizon from the features and the parts before."""
    seen, i = x, 1
    while f"out_linear_{i}.weight" in values:
        seen = torch.cat([seen, linear(seen, *own(values, f"out_linear_{i}"))], dim=-1)
        i += 1
    return seen[..., x.shape[-1] :]


def plain(net, x):
    """Forecast of a network without features."""
    n_heads = net.channel_layer.attention.n_heads
    patches = [one[:3] for one in net.embedding.patches]
    return multipatchformer(dict(multipatchformer_places(net)), x, n_heads, patches)

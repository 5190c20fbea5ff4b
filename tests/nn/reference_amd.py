"""AMD as the paper has it: loops over channels, patches and experts, nothing shared or folded.

Functions of an `AMDNet`, whose parameters they read.
"""

import torch
from torch.nn.functional import avg_pool1d, batch_norm, dropout, gelu, linear, softmax, softplus


def forecast(net, x, noise=None):
    """Forecast, and shares of experts (batch, channel, expert)."""
    mean, scale = 0.0, 1.0
    if net.norm is not None:
        mean = x.mean(1, keepdim=True)
        scale = (x.var(1, correction=0, keepdim=True) + 1e-5).sqrt()
        x = (x - mean).div(scale) * net.norm.weight + net.norm.bias
    rows = x.transpose(1, 2)
    mixed = mix(net, rows)
    for block in net.blocks:
        rows = interact(block, rows)
    own = net.experts
    experts = zip(own.first, own.first_bias, own.second, own.second_bias, strict=True)
    experts, outputs, shares = list(experts), [], []
    for channel in range(x.shape[2]):
        share = gate(net, mixed[:, channel], None if noise is None else noise[:, channel])
        result = 0.0
        for i, expert in enumerate(experts):
            result = result + share[:, i, None] * apply(own, expert, rows[:, channel])
        outputs.append(result)
        shares.append(share)
    y = torch.stack(outputs, 2)
    if net.norm is not None:
        y = (y - net.norm.bias) / (net.norm.weight + 1e-10) * scale + mean
    return y, torch.stack(shares, 1)


def normalised(x, norm, training):
    if norm is None:
        return x
    flat = x.reshape(len(x), -1)
    mean, var = norm.running_mean.clone(), norm.running_var.clone()
    return batch_norm(flat, mean, var, norm.weight, norm.bias, training).view(x.shape)


def mix(net, rows):
    rows = normalised(rows, net.scales.norm, net.training)
    pooled = [rows] + [avg_pool1d(rows, scale) for scale in net.scales.scales[1:]]
    mixed = pooled.pop()
    for layer in reversed(net.scales.layers):
        mixed = pooled.pop() + layer.second(gelu(layer.first(mixed)))
    return mixed


def interact(block, rows):
    rows = normalised(rows, block.norm, block.training)
    size = block.patch_map.in_features
    done = rows[..., : size + rows.shape[-1] % size].clone()
    while (start := done.shape[-1]) < rows.shape[-1]:
        before = normalised(done[..., -size:], block.patch_norm, block.training)
        moved = dropout(gelu(block.patch_map(before)), block.dropout.p, block.training)
        patch = rows[..., start : start + size] + moved
        if block.alpha:
            mixed = normalised(patch, block.channel_norm, block.training).transpose(1, 2)
            mixed = dropout(gelu(block.inner(mixed)), block.dropout.p, block.training)
            mixed = dropout(gelu(block.outer(mixed)), block.dropout.p, block.training)
            patch = patch + block.alpha * mixed.transpose(1, 2)
        done = torch.cat((done, patch), -1)
    return done


def gate(net, row, noise):
    logits = net.gate.logits(row)
    if noise is not None:
        logits = logits + noise * (softplus(logits @ net.gate.noise) + 1e-5)
    share = softmax(logits, -1)
    ranked = logits.sort(descending=True).values
    first = logits >= ranked[:, net.gate.top_k - 1, None]
    pushed = torch.where(first, 10 * (share.exp() - 1), 10 * (share + 1).log())
    return softmax(pushed, -1)


def apply(own, expert, row):
    first, first_bias, second, second_bias = expert
    hidden = dropout(gelu(linear(row, first, first_bias)), own.dropout.p, own.training)
    return linear(hidden, second, second_bias)

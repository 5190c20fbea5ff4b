"""TimePro step by step: each direction, channel, tap and corner on its own."""

import torch
from torch.nn.functional import layer_norm, linear, silu, softplus

from skscale.nn.layers.patches import unfold_patches


def own(layer, direction):
    """Weight and bias of one direction."""
    return layer.weight[direction], None if layer.bias is None else layer.bias[direction]


def plain_scan(decay, drive):
    """States (batch, length, n_features), one after the other, from zero."""
    state, states = torch.zeros_like(drive[:, 0]), []
    for j in range(drive.shape[1]):
        state = decay[:, j] * state + drive[:, j]
        states.append(state)
    return torch.stack(states, dim=1)


def look_up(images, column, row):
    """Points of images (batch, n_columns, n_rows, n) at whole places (batch, ...), zero outside."""
    n_columns, n_rows = images.shape[1:3]
    inside = (column >= 0) & (column < n_columns) & (row >= 0) & (row < n_rows)
    batch = torch.arange(len(images)).reshape(-1, *[1] * (column.dim() - 1))
    found = images[batch, column.clamp(0, n_columns - 1).long(), row.clamp(0, n_rows - 1).long()]
    return found * inside.unsqueeze(-1)


def bilinear(images, column, row):
    """Points of images between the whole places."""
    left, top = column.floor(), row.floor()
    right, bottom = (column - left).unsqueeze(-1), (row - top).unsqueeze(-1)
    return (
        look_up(images, left, top) * (1 - right) * (1 - bottom)
        + look_up(images, left, top + 1) * (1 - right) * bottom
        + look_up(images, left + 1, top) * right * (1 - bottom)
        + look_up(images, left + 1, top + 1) * right * bottom
    )


def plain_sampling(sampling, direction, images):
    """Deformable step of one direction, images (batch, n_columns, n_rows, d_model)."""
    n_columns, n_rows = images.shape[1:3]
    column = torch.arange(n_columns, device=images.device).unsqueeze(1)
    row = torch.arange(n_rows, device=images.device)
    values = linear(images, *own(sampling.value, direction)).chunk(sampling.n_groups, dim=-1)
    places = linear(images, *own(sampling.places, direction)).chunk(sampling.n_groups, dim=-1)
    groups = []
    for value, place in zip(values, places, strict=True):
        total = 0
        for k in range(9):
            at_column = column + 0.5 * (k // 3 - 1 + place[..., 2 * k])
            at_row = row + 0.5 * (k % 3 - 1 + place[..., 2 * k + 1])
            total = total + bilinear(value, at_column, at_row) * place[..., 18 + k, None]
        groups.append(total)
    return linear(torch.cat(groups, dim=-1), sampling.out.weight[direction])


def plain_direction(scan, direction, tokens):
    """One direction of the scan, tokens (batch, n_channels, width)."""
    value, gate = linear(tokens, scan.inner.weight[direction]).chunk(2, dim=-1)
    chosen = linear(value, scan.selection.weight[direction])
    low, into, out_of = chosen[..., :-2], chosen[..., -2:-1], chosen[..., -1:]
    step = softplus(linear(low, *own(scan.step, direction)))
    states = plain_scan((-scan.log_rate[direction].exp() * step).exp(), step * into * value)
    images = states.unflatten(-1, scan.shape)
    read = plain_sampling(scan.sampling, direction, images).flatten(2)
    found = read * out_of + value * scan.skip[direction]
    return layer_norm(found, found.shape[-1:], *own(scan.norm, direction)) * silu(gate)


def plain(net, x):
    """Forecast without features."""
    mean, deviation = x.mean(1, keepdim=True), (x.var(1, correction=0, keepdim=True) + 1e-5).sqrt()
    z = (x - mean) / deviation if net.norm.normalize else x
    patches = unfold_patches(z.transpose(1, 2), net.patch_length, net.stride, net.stride)
    tokens = net.embedding(patches).flatten(2)
    for layer in net.layers:
        there = plain_direction(layer.scan, 0, tokens)
        back = plain_direction(layer.scan, 1, tokens.flip(1)).flip(1)
        tokens = tokens + there + back
        forward = layer.feed_forward
        hidden = forward.first(layer.norm(tokens))
        tokens = tokens + forward.second(torch.nn.functional.gelu(hidden))
    y = net.head(net.final_norm(tokens)).transpose(1, 2)
    return y * deviation + mean if net.norm.normalize else y

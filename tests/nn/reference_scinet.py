"""SCINet as the paper writes it: one node after the other, down the tree and back."""

import torch
from torch.nn.functional import conv1d, leaky_relu, pad


def branch(layers, i, x):
    """Two convolutions of sequence ``i``, x (batch, n_channels, length)."""
    for layer, activation in ((layers.first, leaky_relu), (layers.second, torch.tanh)):
        weight, bias = (p.chunk(layers.n_sequences)[i] for p in (layer.weight, layer.bias))
        if layer is layers.first:
            x = pad(x, layers.edges, mode="replicate")
        x = activation(conv1d(x, weight, bias, groups=layer.groups // layers.n_sequences))
    return x


def interact(level, i, even, odd):
    """What two halves of node ``i`` become."""
    if not level.modified:
        odd = odd - branch(level.of_even, i, even)
        return even + branch(level.of_odd, i, odd), odd
    d = odd * branch(level.scale, 2 * i, even).exp()
    c = even * branch(level.scale, 2 * i + 1, odd).exp()
    return c + branch(level.shift, 2 * i + 1, d), d - branch(level.shift, 2 * i, c)


def node(levels, i, x):
    """One sequence through all levels below it."""
    if not levels:
        return x
    length, (level, *below) = x.shape[2], levels
    if length % 2:
        x = torch.cat([x, x[..., -1:]], dim=2)
    even, odd = interact(level, i, x[..., ::2], x[..., 1::2])
    odd = odd[..., : length // 2]
    result = x.new_empty(*x.shape[:2], length)
    result[..., ::2] = node(below, 2 * i, even)
    result[..., 1::2] = node(below, 2 * i + 1, odd) if odd.shape[2] else odd
    return result


def plain(net, x):
    """Forecast without normalisation, features and positions."""
    z = x.transpose(1, 2)
    y = net.projection(node(list(net.tree.levels), 0, z) + z)
    if net.second is not None:
        seen = torch.cat([z[..., -net.concat_length :], y], dim=2)
        y = net.second_projection(node(list(net.second.levels), 0, seen) + seen)
    return y.transpose(1, 2)

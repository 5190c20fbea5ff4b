"""TimeFilter as published: whole masks of every kind of edge, multiplied and summed."""

import torch
from torch.nn.functional import gelu, linear, normalize, softplus


def kinds_of(net):
    """Masks (3, n_nodes, n_nodes) of the kinds of edges, by what they say."""
    n_nodes = net.kinds.shape[0]
    n_positions = n_nodes // net.n_channels
    masks = torch.zeros(3, n_nodes, n_nodes, device=net.kinds.device)
    node = torch.arange(n_nodes, device=net.kinds.device)
    channel, position = node // n_positions, node % n_positions
    same_channel = channel[:, None] == channel
    same_position = position[:, None] == position
    masks[0] = same_position & ~same_channel
    masks[1] = same_channel & ~same_position
    masks[2] = ~same_channel & ~same_position
    return masks


def route(router, scores):
    """Probabilities, and which kinds are kept as zeros and ones."""
    logits = linear(scores, router.gate.weight)
    if router.training:
        noise = torch.randn(logits.shape, dtype=logits.dtype, device=logits.device)
        logits = logits + noise * (softplus(linear(scores, router.noise.weight)) + 0.01)
    probabilities = logits.softmax(-1)
    best, place = probabilities.sort(-1, descending=True)
    total = best.cumsum(-1)
    kept = torch.zeros_like(best)
    kept[..., 0] = 1.0
    kept[..., 1:] = (total[..., :-1] <= router.top_p).to(best.dtype)
    return probabilities, torch.zeros_like(kept).scatter(-1, place, kept)


def plain_graph(graph, x, masks):
    """Filter with scores of zero."""
    heads = x.unflatten(-1, (graph.n_heads, -1)).transpose(1, 2)
    scores = gelu(graph.first(heads) @ graph.second(heads).transpose(-2, -1))
    if graph.n_smallest:
        place = scores.topk(graph.n_smallest, largest=False).indices
        scores = scores * torch.ones_like(scores).scatter(-1, place, 0.0)
    itself, routing = torch.eye(x.shape[1], dtype=x.dtype, device=x.device), None
    if graph.router is None:
        scores = scores * itself
    else:
        routing = route(graph.router, scores)
        kept = torch.einsum("bhnk,knm->bhnm", routing[1], masks.to(x.dtype)) + itself
        scores = scores * kept
    weights = torch.dropout(scores.softmax(-1), graph.dropout, graph.training)
    weights = normalize(weights, p=1, dim=-1)
    value = graph.value(x).unflatten(-1, (graph.n_heads, -1)).transpose(1, 2)
    return (weights @ value).transpose(1, 2).flatten(2), routing


def plain_loss(routings):
    """The published routing loss."""
    losses = []
    for probabilities, kept in routings:
        probabilities, kept = probabilities.flatten(0, 1), kept.flatten(0, 1)
        load = (probabilities * kept).sort(-1, descending=True).values.sum(0)
        entropy = -(probabilities * torch.log(probabilities + 1e-10)).sum(1).mean()
        losses.append(load.var() / load.mean() ** 2 + 0.1 * entropy)
    return sum(losses) / len(losses)


def plain(net, x):
    """Forecast without features, and the routing loss or None."""
    mean, deviation = x.mean(1, keepdim=True), (x.var(1, correction=0, keepdim=True) + 1e-5).sqrt()
    z = ((x - mean) / deviation)[:, net.context_length % net.patch_length :]
    nodes = net.embedding(z.transpose(1, 2).unfold(-1, net.patch_length, net.patch_length))
    nodes = nodes.flatten(1, 2)
    nodes = nodes if net.positions is None else nodes + net.positions
    masks, routings = kinds_of(net), []
    for block in net.blocks:
        mixed, routing = plain_graph(block.graph, block.graph_norm(nodes), masks)
        routings.append(routing)
        nodes = nodes + mixed
        nodes = nodes + block.second(block.dropout(gelu(block.first(block.norm(nodes)))))
    y = net.head(nodes.unflatten(1, (net.n_channels, -1)).flatten(2)).transpose(1, 2)
    loss = None if routings[0] is None else plain_loss(routings)
    return y * deviation + mean, loss

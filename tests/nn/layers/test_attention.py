"""Attention, written out head by head, and what dropout does to its weights."""

import pytest
import torch

from skscale.nn.layers.attention import MultiHeadAttention


def draw(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def by_hand(net, x, context=None, mask=None, before=None):
    """Every head on its own: result and scores (rows, heads, queries, keys)."""
    context = x if context is None else context
    weights = net.qkv.weight.split(net.widths)
    biases = [0.0] * 3 if net.qkv.bias is None else net.qkv.bias.split(net.widths)
    q, k, v = (
        tokens @ weight.T + bias
        for tokens, weight, bias in zip((x, context, context), weights, biases, strict=True)
    )
    heads, all_scores = [], []
    for head in range(net.n_heads):
        part = slice(head * net.head_size, (head + 1) * net.head_size)
        answer = slice(*(place * v.shape[-1] // net.n_heads for place in (head, head + 1)))
        scores = torch.einsum("rqd,rkd->rqk", q[..., part], k[..., part]) / net.head_size**0.5
        if before is not None:
            scores = scores + before[:, head]
        all_scores.append(scores)
        seen = scores if mask is None else scores.masked_fill(~mask, -torch.inf)
        heads.append(seen.softmax(-1) @ v[..., answer])
    return net.out(torch.cat(heads, -1)), torch.stack(all_scores, 1)


@pytest.mark.parametrize(
    "options", [{}, {"head_size": 5}, {"head_size": 4, "value_size": 3}, {"bias": False}], ids=str
)
@pytest.mark.parametrize("n_tokens", [1, 2, 7])
def test_attention_by_hand(options, n_tokens):
    net = MultiHeadAttention(6, 3, **options).double()
    x, context = draw(4, n_tokens, 6), draw(4, 5, 6)
    past = torch.ones(n_tokens, n_tokens, dtype=torch.bool).tril()
    torch.testing.assert_close(net(x), by_hand(net, x)[0])
    torch.testing.assert_close(net(x, context), by_hand(net, x, context)[0])
    torch.testing.assert_close(net(x, context[:, :1]), by_hand(net, x, context[:, :1])[0])
    torch.testing.assert_close(net(x, mask=past), by_hand(net, x, mask=past)[0])


def test_interleaved_heads_are_the_same_with_the_last_map_in_their_order():
    net, x = MultiHeadAttention(6, 3, value_size=4).double(), draw(4, 7, 6)
    other = MultiHeadAttention(6, 3, value_size=4, interleaved=True).double()
    other.load_state_dict(net.state_dict())
    with torch.no_grad():
        other.out.weight.copy_(net.out.weight.unflatten(1, (3, 4)).transpose(1, 2).flatten(1))
    torch.testing.assert_close(other(x), net(x))
    assert not torch.equal(other.out.weight, net.out.weight)


def test_scores_add_up_over_layers():
    net, x = MultiHeadAttention(6, 3).double(), draw(4, 7, 6)
    found, scores = net.with_scores(x)
    expected, first = by_hand(net, x)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(scores, first.flatten(0, 1).transpose(1, 2))
    found, scores = net.with_scores(x, scores)
    expected, second = by_hand(net, x, before=first)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(scores, second.flatten(0, 1).transpose(1, 2))


def test_one_token_that_answers_leaves_queries_and_keys_without_gradient():
    net, x = MultiHeadAttention(6, 3).double(), draw(4, 1, 6)
    net(x).square().sum().backward()
    asked, answered = net.qkv.weight.grad.split([12, 6])
    assert (asked == 0).all()
    assert (answered != 0).any()


@pytest.mark.parametrize("n_keys", [1, 5])
@pytest.mark.parametrize("masked", [False, True])
def test_dropped_weights_have_the_mean_of_all(n_keys, masked):
    net = MultiHeadAttention(6, 3, dropout=0.5).double()
    x, context = draw(1, 2, 6), draw(1, n_keys, 6)
    mask = torch.ones(2, n_keys, dtype=torch.bool) if masked else None
    torch.manual_seed(0)
    many = net(x.expand(20_000, -1, -1), context.expand(20_000, -1, -1), mask).detach()
    assert many.std(0).min() > 0.01
    expected = net.eval()(x, context, mask)[0]
    torch.testing.assert_close(many.mean(0), expected, rtol=0, atol=0.02)


def test_scores_know_of_dropout_in_training_alone():
    net, x = MultiHeadAttention(6, 3, dropout=0.5).double(), draw(4, 7, 6)
    whole, _ = net.eval().with_scores(x)
    dropped, _ = net.train().with_scores(x)
    torch.testing.assert_close(whole, by_hand(net, x)[0])
    assert not torch.allclose(dropped, whole)


def test_heads_must_divide_the_features():
    with pytest.raises(ValueError, match="n_heads must divide d_model=16, got 3"):
        MultiHeadAttention(16, 3)


def test_a_large_score_is_no_overflow():
    net, x = MultiHeadAttention(6, 3), 1e6 * draw(4, 7, 6).float()
    for result in (net(x), net.with_scores(x)[0]):
        assert result.isfinite().all()

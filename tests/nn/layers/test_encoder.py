import pytest
import torch

from skscale.nn.layers.attention import MultiHeadAttention
from skscale.nn.layers.encoder import EncoderLayer


def draw(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def test_the_first_tokens_alone_are_those_of_all():
    layer, x = EncoderLayer(6, 3, 5).double(), draw(4, 7, 6)
    for n_queries in (1, 3, 7):
        torch.testing.assert_close(layer(x, n_queries=n_queries), layer(x)[:, :n_queries])


def test_a_token_sees_what_a_mask_shows():
    layer, x = EncoderLayer(6, 3, 5).double(), draw(4, 7, 6)
    past = torch.ones(7, 7, dtype=torch.bool).tril()
    torch.testing.assert_close(layer(x, past)[:, :4], layer(x[:, :4], past[:4, :4]))


def test_a_layer_may_have_another_attention_and_see_other_tokens():
    attention = MultiHeadAttention(6, 2, head_size=5)
    layer = EncoderLayer(6, 2, 5, attention=attention).double()
    assert layer.attention is attention
    x, other = draw(4, 7, 6), draw(4, 3, 6)
    torch.testing.assert_close(layer(x, context=x), layer(x))
    torch.testing.assert_close(layer(x, context=other)[:, :2], layer(x[:, :2], context=other))
    assert not torch.allclose(layer(x, context=other), layer(x))


def test_layers_without_scores_before_them_are_alike():
    layer, x = EncoderLayer(6, 3, 5, activation="relu").double(), draw(4, 7, 6)
    torch.testing.assert_close(layer.with_scores(x)[0], layer(x))


@pytest.mark.parametrize(("norm", "over"), [("layer", 2), ("batch", (0, 1))])
def test_norms_are_over_the_features_or_over_the_batch(norm, over):
    result = EncoderLayer(6, 3, 5, norm=norm).double()(draw(4, 7, 6))
    torch.testing.assert_close(result.mean(over), torch.zeros_like(result.mean(over)))
    torch.testing.assert_close(result.var(over, correction=0).mean().item(), 1.0, rtol=0, atol=1e-2)


@pytest.mark.parametrize("option", ["dropout", "attention_dropout"])
def test_dropout_is_for_training(option):
    layer, x = EncoderLayer(6, 3, 5, **{option: 0.5}).double(), draw(4, 7, 6)
    assert not torch.equal(layer(x), layer(x))
    assert torch.equal(layer.eval()(x), layer(x))


@pytest.mark.parametrize("name", ["norm", "activation"])
def test_words_are_checked(name):
    with pytest.raises(ValueError, match=f"{name} must be one of"):
        EncoderLayer(6, 3, 5, **{name: "nonsense"})

"""Own random numbers are those of torch's global generators, which stay as they are."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from skscale.nn import MultiScaleAutoencoderNet, SigmaNet, TimeMixerNet
from skscale.training.randomness import OwnNumbers, StepNumbers, seeded_globally

X = torch.linspace(-1, 1, 24).reshape(1, 4, 6)
DRAWS = {
    "rand": lambda: torch.rand(3),
    "randn": lambda: torch.randn(3, 2),
    "randint": lambda: torch.randint(9, (4,)),
    "randperm": lambda: torch.randperm(9),
    "normal": lambda: torch.normal(torch.zeros(4), 1.0),
    "bernoulli": lambda: torch.bernoulli(torch.full((9,), 0.5)),
    "rand_like": lambda: torch.rand_like(X),
    "randn_like": lambda: torch.randn_like(X),
    "in place": lambda: torch.empty(5).uniform_(-1, 1),
    "trunc_normal": lambda: nn.init.trunc_normal_(torch.empty(5, 5)),
    "orthogonal": lambda: nn.init.orthogonal_(torch.empty(5, 5)),
    "dropout": lambda: F.dropout(X, 0.3),
    "dropout in place": lambda: F.dropout(X.clone(), 0.3, inplace=True),
    "module": lambda: nn.Dropout(0.3)(X),
    "dropout1d": lambda: F.dropout1d(X, 0.5),
    "alpha_dropout": lambda: F.alpha_dropout(X, 0.5, training=True),
    "attention": lambda: F.scaled_dot_product_attention(X, X, X, dropout_p=0.3),
    "rrelu": lambda: F.rrelu(X, training=True),
    "recurrent": lambda: nn.LSTM(6, 3, 2, dropout=0.5)(X)[0],
}
NETS = {
    "sigma": lambda: SigmaNet(24, 6, 2),
    "timemixer": lambda: TimeMixerNet(24, 6, 2),
    "autoencoder": lambda: MultiScaleAutoencoderNet(24, 2, variational=True),
}


@pytest.fixture
def unmoved():
    """torch's global generator must be where it was."""
    state = torch.get_rng_state()
    yield
    assert torch.equal(torch.get_rng_state(), state)


def seeded(draw, seed=5):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return draw()


@pytest.mark.parametrize("name", DRAWS)
def test_draws_are_those_of_the_seed(name, unmoved):
    with OwnNumbers(5) as numbers:
        found = DRAWS[name]()
    assert numbers.used
    assert torch.equal(found, seeded(DRAWS[name]))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16])
@pytest.mark.parametrize("name", NETS)
def test_weights_are_those_of_the_seed_whatever_the_default_type(name, dtype, unmoved):
    expected = seeded(NETS[name]).state_dict()
    torch.set_default_dtype(dtype)
    try:
        with OwnNumbers(5):
            found = NETS[name]().state_dict()
    finally:
        torch.set_default_dtype(torch.float32)
    for key, value in expected.items():
        torch.testing.assert_close(found[key].to(torch.float32), value, rtol=0, atol=0)


def test_what_draws_nothing_uses_nothing():
    with OwnNumbers(5) as numbers:
        F.dropout(X, 0.3, training=False)
        assert not F.dropout(X, p=1.0).any()
        F.scaled_dot_product_attention(X, X, X)
        torch.zeros(3) + 1
    assert not numbers.used


def test_threads_draw_at_once(unmoved):
    def draw(seed):
        with OwnNumbers(seed):
            return [float(F.rrelu(X, training=True).sum() + torch.rand(1)) for _ in range(100)]

    alone = [draw(seed) for seed in range(8)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(draw, range(8))) == alone


def test_an_error_leaves_the_global_generator(unmoved):
    with pytest.raises(ValueError, match="probability"), OwnNumbers(5):
        F.alpha_dropout(X, 2.0)


def test_streams_go_on():
    numbers = OwnNumbers(5)
    with numbers:
        first = torch.rand(2)
    with numbers:
        second = torch.rand(2)
    assert torch.equal(torch.cat((first, second)), seeded(lambda: torch.rand(4)))


def test_steps_after_one_that_drew_nothing_are_left_alone():
    steps = StepNumbers(OwnNumbers(5))
    drawn = []
    for draw in (torch.rand, torch.rand, torch.zeros, torch.rand):
        with steps.step():
            drawn.append(draw(2))
    assert torch.equal(torch.cat(drawn[:2]), seeded(lambda: torch.rand(4)))
    # The last step is torch's own: its next own draw would be the fifth of the seed.
    assert not torch.equal(drawn[3], seeded(lambda: torch.rand(6))[4:])


def test_compiled_code_gets_the_global_generator_for_a_while(unmoved):
    with seeded_globally(5, torch.device("cpu")):
        found = torch.rand(3)
    assert torch.equal(found, seeded(lambda: torch.rand(3)))

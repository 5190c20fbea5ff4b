from concurrent.futures import ThreadPoolExecutor

import torch
from torch import nn
from torch.nn import functional as F

from skscale.training import Rows, Run, TrainingConfig, train

VALUES = torch.randn(64, 6, generator=torch.Generator().manual_seed(0))


def reconstruction(net, batch):
    return (net(F.dropout(batch, 0.2, net.training)) - batch).square().mean()


def trained(seed):
    run = Run(seed, objective=reconstruction)
    with run.numbers:
        net = nn.Linear(6, 6)
    train(net, Rows(VALUES), TrainingConfig(max_epochs=3, batch_size=16), run=run)
    return net.weight.detach()


def plainly_trained(seed):
    """Weights and dropout from torch's global generator, batches from one of their own."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        batches = torch.Generator().manual_seed(seed)
        net = nn.Linear(6, 6)
        optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=0.0)
        for _ in range(3):
            for index in torch.randperm(64, generator=batches).split(16):
                optimizer.zero_grad()
                reconstruction(net, VALUES[index]).backward()
                optimizer.step()
    return net.weight.detach()


def test_a_seed_decides_weights_dropout_and_batches():
    torch.testing.assert_close(trained(3), plainly_trained(3), rtol=1e-5, atol=1e-6)
    assert not torch.allclose(trained(3), trained(4), atol=1e-3)


def test_threads_train_at_once_and_the_global_generator_stays():
    state = torch.get_rng_state()
    alone = [trained(seed) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(trained, range(4)))
    for one, other in zip(alone, together, strict=True):
        assert torch.equal(one, other)
    assert torch.equal(torch.get_rng_state(), state)


def test_another_objective_goes_on_with_the_same_numbers():
    run = Run(3)
    with run.numbers:
        first = torch.rand(2)
    other = run.minimising(reconstruction)
    with other.numbers:
        second = torch.rand(2)
    assert torch.equal(torch.cat((first, second)), torch.rand(4, generator=run.batches))
    assert (other.objective, other.seed, run.objective) == (reconstruction, 3, None)
    assert other.batches is run.batches

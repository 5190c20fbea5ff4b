"""What only a GPU can show; skipped without one."""

import pytest
import torch

from skscale.nn import SigmaNet, TimeMixerNet
from skscale.saving import Checkpoints
from skscale.training import Callback, Run, SeriesBuffer, TrainingConfig, Windows, train
from skscale.training import loop as training_loop
from skscale.training.capture import CapturedWork
from skscale.training.randomness import OwnNumbers
from tests.cuda import CUDA

pytestmark = CUDA

NETS = [
    lambda: SigmaNet(48, 24, 3),
    lambda: SigmaNet(48, 24, 3, dropout=0.1),
    lambda: TimeMixerNet(48, 24, 3, dropout=0.0),
    lambda: TimeMixerNet(48, 24, 3, dropout=0.1),
]


def windows():
    values = torch.randn(400, 3, generator=torch.Generator().manual_seed(0)).cumsum(0)
    one = torch.ones(1, 3)
    buffer = SeriesBuffer(values / 20, torch.tensor([0, 400]), 0 * one, one).to("cuda")
    return Windows(buffer, 48, 24, torch.tensor([48]).cuda(), torch.tensor([376]).cuda())


@pytest.mark.parametrize("build", NETS)
def test_no_synchronisation_inside_an_epoch(build, monkeypatch):
    epoch = training_loop._train_epoch

    def watched(*arguments):
        torch.cuda.set_sync_debug_mode("error")
        try:
            return epoch(*arguments)
        finally:
            torch.cuda.set_sync_debug_mode("default")

    monkeypatch.setattr(training_loop, "_train_epoch", watched)
    torch.manual_seed(0)
    config = TrainingConfig(max_epochs=2, gradient_clip=1.0, lr_schedule="onecycle")
    net = build().cuda()
    net(torch.zeros(1, 48, 3, device="cuda"))  # constants go to a card once in a process
    history = train(net, windows(), config)
    assert len(history.train_loss) == 2
    assert history.notes == []


@pytest.mark.parametrize("build", NETS)
def test_captured_steps_are_the_others(build, monkeypatch):
    def trained():
        torch.manual_seed(0)
        net, run = build().cuda(), Run(seed=1)
        config = TrainingConfig(max_epochs=3, gradient_clip=1.0, lr_schedule="onecycle")
        history = train(net, windows(), config, run=run)
        drawn = run.numbers.generator(torch.device("cuda", 0)).get_state()
        return history, list(net.parameters()), drawn

    replay, replays = CapturedWork._replay, []
    monkeypatch.setattr(CapturedWork, "_replay", lambda *given: replays.append(1) or replay(*given))
    found = trained()
    assert len(replays) > 10
    assert found[0].notes == []
    monkeypatch.setattr(training_loop, "CapturedWork", lambda work, *rest: work)
    expected = trained()
    torch.testing.assert_close(found[0].train_loss, expected[0].train_loss, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(found[1], expected[1], rtol=1e-3, atol=1e-4)
    assert torch.equal(found[2], expected[2])


@pytest.mark.parametrize("build", NETS)
@pytest.mark.parametrize("change", [{"precision": "bf16"}, {"compile": True}])
def test_options_train(build, change):
    torch.manual_seed(0)
    config = TrainingConfig(max_epochs=5, learning_rate=3e-3, **change)
    history = train(build().cuda(), windows(), config)
    assert history.train_loss[-1] < history.train_loss[0]
    assert history.notes == []


@pytest.mark.parametrize("build", NETS)
def test_a_captured_step_replays(build):
    """A CUDA graph takes forward and backward pass: nothing in them depends on the host."""
    net, x = build().cuda().train(), torch.randn(8, 48, 3, device="cuda")
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            net(x).square().mean().backward()
    torch.cuda.current_stream().wait_stream(side)
    net.zero_grad(set_to_none=True)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        loss = net(x).square().mean()
        loss.backward()
    graph.replay()
    assert loss.isfinite()
    assert all(p.grad.isfinite().all() for p in net.parameters() if p.grad is not None)


@pytest.mark.parametrize("draw", [torch.nn.Dropout(0.3), torch.rand_like, torch.bernoulli])
def test_draws_are_those_of_the_seed(draw):
    x = torch.full((64, 33), 0.5, device="cuda")
    torch.cuda.manual_seed(5)
    expected = draw(x)
    state = torch.cuda.get_rng_state()
    with OwnNumbers(5):
        assert torch.equal(draw(x), expected)
    assert torch.equal(torch.cuda.get_rng_state(), state)


def test_a_seed_decides_dropout():
    found = []
    for _ in range(2):
        run = Run(seed=3)
        with run.numbers:
            net = TimeMixerNet(48, 24, 3, dropout=0.3).cuda()
        train(net, windows(), TrainingConfig(max_epochs=2), run=run)
        found.append(torch.cat([p.detach().flatten() for p in net.parameters()]))
        torch.rand(5, device="cuda")
    torch.testing.assert_close(found[0], found[1], rtol=1e-4, atol=1e-5)


class Stops(Callback):
    def on_epoch_end(self, progress):
        if progress.epoch == 2:
            raise KeyboardInterrupt


@pytest.mark.parametrize("build", NETS)
def test_training_goes_on_from_a_checkpoint(build, tmp_path):
    """Moments and generators of the device come back, through a file, as they were."""

    def trained(folder, *callbacks):
        checkpoints = Checkpoints(folder, "net", {}, 0)
        run = Run(seed=0, callbacks=callbacks, checkpoints=checkpoints)
        with run.numbers:
            net = build().cuda()
        config = TrainingConfig(max_epochs=4, lr_schedule="onecycle")
        history = train(net, windows(), config, windows(), run)
        drawn = run.numbers.generator(torch.device("cuda", 0)).get_state()
        return history.train_loss, list(net.parameters()), drawn

    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path / "stopped", Stops())
    resumed, whole = trained(tmp_path / "stopped"), trained(tmp_path / "whole")
    assert len(resumed[0]) == len(whole[0]) == 4
    torch.testing.assert_close(resumed[:2], whole[:2])
    assert torch.equal(resumed[2], whole[2])

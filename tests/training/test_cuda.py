"""What only a GPU can show; skipped without one."""

import pytest
import torch

from skscale.nn import SigmaNet, TimeMixerNet
from skscale.training import SeriesBuffer, TrainingConfig, Windows, train
from skscale.training import loop as training_loop

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")

NETS = [lambda: SigmaNet(48, 24, 3), lambda: TimeMixerNet(48, 24, 3)]


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
    assert len(train(build().cuda(), windows(), config).train_loss) == 2


@pytest.mark.parametrize("build", NETS)
@pytest.mark.parametrize("change", [{"precision": "bf16"}, {"compile": True}])
def test_options_train(build, change):
    torch.manual_seed(0)
    config = TrainingConfig(max_epochs=5, learning_rate=3e-3, **change)
    history = train(build().cuda(), windows(), config)
    assert history.train_loss[-1] < history.train_loss[0]
    assert history.notes == []

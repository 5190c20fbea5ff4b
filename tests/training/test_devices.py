"""Training on other devices than the CPU, as far as a machine without one can tell."""

import pytest
import torch

from skscale.nn import AutoencoderForecastNet, DLinearNet, SigmaNet, TimeMixerNet, reference_maps
from skscale.training import Run, SeriesBuffer, TrainingConfig, Windows, linear
from skscale.training import loop as training_loop
from skscale.training.config import History
from skscale.training.evaluation import evaluate, series_errors
from skscale.training.losses import LOSSES
from skscale.training.progress import progress_bar
from skscale.training.randomness import StepNumbers
from tests.elsewhere import elsewhere, moved

CONTEXT, HORIZON, CHANNELS = 16, 5, 2
SIZES = (CONTEXT, HORIZON, CHANNELS)
META = torch.device("meta")
NETS = {
    "Sigma": lambda: SigmaNet(*SIZES, d_model=4, d_ff=4, dropout=0.1),
    "TimeMixer": lambda: TimeMixerNet(*SIZES, d_model=4, d_ff=6, dropout=0.1),
    "Autoencoder": lambda: AutoencoderForecastNet(*SIZES, latent_size=4, hidden_size=8),
    "DLinear": lambda: DLinearNet(*SIZES),
}


def windows(observed=None):
    values = torch.randn(60, CHANNELS, generator=torch.Generator().manual_seed(0)).cumsum(0)
    ones = torch.ones(2, CHANNELS)
    buffer = SeriesBuffer(values, torch.tensor([0, 25, 60]), 0 * ones, ones, observed=observed)
    return Windows(buffer, CONTEXT, HORIZON, torch.tensor([4, 4]), torch.tensor([25, 35]))


def gappy():
    return windows(torch.rand(60, CHANNELS, generator=torch.Generator().manual_seed(1)) > 0.2)


every_window = pytest.mark.parametrize("source", [windows, gappy])


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("name", NETS)
@every_window
def test_an_epoch_touches_one_device_and_never_waits(source, name, loss):
    config = TrainingConfig(loss=loss, max_epochs=1, batch_size=8, gradient_clip=1.0)
    there = moved(source())
    net = moved(NETS[name]())
    step = training_loop._prepare(net, there, config, Run(), History())
    # The meta device has no generator.
    step = step._replace(numbers=StepNumbers(None))
    order = tuple(torch.arange(16, device=META).split(8))
    rates = [training_loop.Rates(0.01)] * 2
    bar = progress_bar(2, False)
    training_loop._train_epoch(step, order, rates, bar)
    with elsewhere():
        losses = training_loop._train_epoch(step, order, rates, bar)
    assert losses.shape == (2,)


@every_window
def test_normal_equations_never_wait(source):
    there = moved(source())
    prior = reference_maps(CONTEXT, HORIZON, 4)["level"].to(META, torch.float64)
    index = torch.arange(len(there), device=META)
    with elsewhere():
        whole = there.steps_to_end(index) >= HORIZON
        x, residual, weight = linear._centred_rows(there.batch(index), whole, prior, 4)
    assert x.shape == (len(there) * CHANNELS, CONTEXT)
    assert residual.shape == (len(there) * CHANNELS, HORIZON)
    assert weight.shape == (len(there) * CHANNELS, 1)


def test_held_out_errors_never_wait():
    there, net = moved(windows()), moved(NETS["Sigma"]())
    series_errors(net, there, TrainingConfig())
    with elsewhere():
        errors, counts = series_errors(net, there, TrainingConfig())
    assert errors.shape == counts.shape == (2, CHANNELS)


def test_a_held_out_loss_is_read_once():
    there, net = moved(windows()), moved(NETS["DLinear"]())
    config = TrainingConfig(batch_size=4)
    evaluated = []
    with elsewhere(), pytest.raises(AssertionError, match="waits for the device"):
        evaluated.append(evaluate(net, there, config, Run(objective=counted(evaluated))))
    assert len(evaluated) == 1  # all windows in one pass, then the number


def counted(calls):
    def objective(net, batch):
        calls.append(len(batch.x))
        return (net(batch.x, None, None, batch.mask) - batch.y).abs().mean()

    return objective

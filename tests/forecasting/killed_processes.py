"""Fits a forecaster that keeps checkpoints; run alone or by torchrun, and perhaps killed."""

import os
import signal
import sys

import torch

from skscale import SigmaForecaster
from skscale.training import Callback
from tests.forecasting.conftest import wave

# Dropout, on batches that two processes do not share evenly: each draws other numbers.
PARAMETERS = {
    "max_epochs": 4,
    "batch_size": 7,
    "dropout": 0.3,
    "random_state": 0,
    "pretrained": None,
    "device": "cpu",
}


class Dies(Callback):
    def on_epoch_end(self, progress):
        if progress.epoch == 3:
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    folder, ends, out = sys.argv[1:]
    callbacks = [Dies()] if ends == "dies" else []
    forecaster = SigmaForecaster(checkpoint_dir=folder or None, callbacks=callbacks, **PARAMETERS)
    weights = forecaster.fit(wave(), fh=[1, 2, 3]).model_.forecast.state_dict()
    torch.save(weights, f"{out}_{os.environ.get('RANK', '0')}.pt")

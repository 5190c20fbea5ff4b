"""Callbacks of a forecaster: they see its network train, and nothing else."""

import pytest

from skscale.training import Callback


class Epochs(Callback):
    seen: list

    def __init__(self):
        self.seen = []

    def on_epoch_end(self, progress):
        self.seen.append(progress.epoch)
        return progress.epoch == 2


def test_they_see_the_network_and_not_the_quantile_head(make, series):
    epochs = Epochs()
    forecaster = make(callbacks=[epochs], max_epochs=5, intervals="network").fit(series)
    assert epochs.seen == [1, 2]
    assert len(forecaster.history_["train_loss"]) == 2
    assert forecaster.history_["notes"] == ["stopped by Epochs after epoch 2"]


def test_what_is_none_is_named(make, series):
    for wrong in ([print], Epochs(), "Epochs", [Epochs]):
        with pytest.raises(ValueError, match=r"callbacks must be a list of .*Callback"):
            make(callbacks=wrong).fit(series)


def test_an_error_leaves_the_forecaster_as_it_was(make, series):
    class Fails(Callback):
        def on_epoch_end(self, progress):
            raise RuntimeError("mine")

    forecaster = make(callbacks=[Fails()])
    with pytest.raises(RuntimeError, match="mine"):
        forecaster.fit(series)
    assert not forecaster.is_fitted


def test_time(make, series):
    forecaster = make(max_time=1e-6, max_epochs=9).fit(series)
    assert len(forecaster.history_["train_loss"]) == 1
    assert "max_time" in forecaster.history_["notes"][0]

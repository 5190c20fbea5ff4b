"""A fit that was killed goes on, and ends with the bits of one that was not."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from skscale import SigmaForecaster
from skscale.forecasting import _fine_tuning
from skscale.saving import UnreadableFileError, _container
from skscale.training import Callback

QUICK = {"max_epochs": 4, "random_state": 0, "pretrained": None, "steps_per_epoch": 3}

FH = [1, 2, 30]


class Killed(BaseException):
    pass


class Kills(Callback):
    """Stops the fit in an epoch, before the checkpoint of that epoch."""

    def __init__(self, epoch=2):
        self.epoch = epoch

    def on_epoch_end(self, progress):
        if progress.epoch == self.epoch:
            raise Killed


def kill(forecaster, *data, epoch=2, verb="fit", **more):
    """Begin a fit that does not come to its end."""
    with pytest.raises(Killed):
        getattr(forecaster.clone().set_params(callbacks=[Kills(epoch)]), verb)(*data, **more)


def check_same(one, other, X=None):
    for forecasts in (one.predict, one.predict_interval):
        again = getattr(other, forecasts.__name__)(FH, X)
        assert np.array_equal(forecasts(FH, X).to_numpy(), again.to_numpy())
    for name in ("train_loss", "valid_loss", "learning_rate", "best_epoch", "notes"):
        assert one.history_[name] == other.history_[name]


def sigma(folder, **parameters):
    return SigmaForecaster(checkpoint_dir=folder, **{**QUICK, **parameters})


def test_every_forecaster(make, series, tmp_path):
    parameters = {"max_epochs": 3, "dropout": 0.2} if "dropout" in make().get_params() else {}
    forecaster = make(checkpoint_dir=tmp_path, **parameters)
    kill(forecaster, series)
    assert len(os.listdir(tmp_path)) == 1
    check_same(forecaster.fit(series), make(**parameters).fit(series))
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    "parameters",
    [
        {"linear_base": False},
        {"validation_fraction": 0},
        {"batch_size": 2, "steps_per_epoch": None, "dropout": 0.5},
        {"loss": "smape", "patience": 1},
    ],
    ids=str,
)
def test_other_parameters(panel, tmp_path, parameters):
    kill(sigma(tmp_path, **parameters), panel)
    check_same(sigma(tmp_path, **parameters).fit(panel), sigma(None, **parameters).fit(panel))


def test_columns(series, tmp_path):
    X = pd.DataFrame({"a": np.arange(90.0) % 7, "b": ["u", "v", "w"] * 30})
    X.index = pd.period_range("2000-01", periods=90, freq="M")
    kill(sigma(tmp_path), series, X=X[:60])
    one, other = sigma(tmp_path).fit(series, X=X[:60]), sigma(None).fit(series, X=X[:60])
    check_same(one, other, X=X[60:])


def test_without_a_seed(series, tmp_path):
    """The numbers that the killed fit drew go on, whatever they were."""
    parameters = {"random_state": None, "dropout": 0.3}
    np.random.seed(1)  # noqa: NPY002  (scikit-learn's None is this)
    whole = sigma(None, **parameters).fit(series)
    np.random.seed(1)  # noqa: NPY002
    kill(sigma(tmp_path, **parameters), series)
    check_same(sigma(tmp_path, **parameters).fit(series), whole)


def test_killed_while_the_quantiles_train(series, tmp_path, monkeypatch):
    from skscale.forecasting import _quantile_network

    forecaster = sigma(tmp_path, intervals="network", dropout=0.3)
    train = _quantile_network.train

    def killed(net, windows, config, validation, run):
        return train(
            net, windows, config, validation, run.minimising(run.objective, [Kills()], run.name)
        )

    with monkeypatch.context() as patch:
        patch.setattr(_quantile_network, "train", killed)
        with pytest.raises(Killed):
            forecaster.clone().fit(series)
    found = ["SigmaForecaster.network.zip", "SigmaForecaster.quantile_head.zip"]
    assert sorted(os.listdir(tmp_path)) == found
    epochs = []

    class Counts(Callback):
        def on_epoch_end(self, progress):
            epochs.append(progress.epoch)

    forecaster.set_params(callbacks=[Counts()]).fit(series)
    assert epochs == []  # the network had been trained
    check_same(forecaster, sigma(None, intervals="network", dropout=0.3).fit(series))
    assert os.listdir(tmp_path) == []


def test_killed_while_trained_weights_are_tuned(series, tmp_path, monkeypatch):
    """Windows are drawn for them before anything trains: the seed, too, must be the same."""
    tuning = {"pretrained": "auto", "fine_tune": True, "random_state": None}
    train, trained = _fine_tuning.train, []
    np.random.seed(1)  # noqa: NPY002
    whole = sigma(None, **tuning).fit(series)

    def killed(net, rows, config, validation, run):
        trained.append(run.name)
        run = run.minimising(run.objective, [Kills()], run.name)
        return train(net, rows, config, validation, run)

    np.random.seed(1)  # noqa: NPY002
    with monkeypatch.context() as patch:
        patch.setattr(_fine_tuning, "train", killed)
        with pytest.raises(Killed):
            sigma(tmp_path, **tuning).fit(series)
    assert trained == ["trained_weights"]
    check_same(sigma(tmp_path, **tuning).fit(series), whole)
    assert os.listdir(tmp_path) == []


def test_pretraining_and_fine_tuning(series, panel, tmp_path):
    a = panel[["a"]]
    forecaster, whole = sigma(tmp_path, fine_tune=True), sigma(None, fine_tune=True)
    kill(forecaster, a, verb="pretrain")
    forecaster.pretrain(a)
    whole.pretrain(a)
    y = series.to_frame("a").set_axis(pd.date_range("2022", periods=60, freq="D"))
    forecaster.callbacks = [Kills()]
    with pytest.raises(Killed):
        forecaster.fit(y)
    assert os.listdir(tmp_path) == ["SigmaForecaster-further.network.zip"]
    other = sigma(tmp_path, fine_tune=True, random_state=0).pretrain(2 * a + np.sin(2 * a))
    with pytest.raises(ValueError, match=r"zip: what is trained further differs\."):
        other.fit(y)
    forecaster.callbacks = []
    check_same(forecaster.fit(y), whole.fit(y))
    assert os.listdir(tmp_path) == []


def test_updates(series, tmp_path):
    forecaster, whole = (sigma(folder).fit(series[:40]) for folder in (tmp_path, None))
    forecaster.callbacks = [Kills()]
    with pytest.raises(Killed):
        forecaster.update(series[40:])
    forecaster.callbacks = []
    check_same(forecaster.update(series[40:]), whole.update(series[40:]))
    assert os.listdir(tmp_path) == []


def loss(forecast, batch):
    return (forecast - batch.y).square().mean()


def test_another_fit_is_told_what_differs(series, tmp_path):
    kill(sigma(tmp_path), series, fh=[1, 2])
    for change, data, message in [
        ({"max_epochs": 5}, series, "zip: max_epochs was 4 and is 5; the longest step of fh was"),
        (
            {"d_model": 9, "loss": loss},
            series,
            r'd_model was 8 and is 9; loss was "mae" and is .*\.loss',
        ),
        ({"random_state": 1}, series, "random_state was "),
        ({}, series + 1, "; y differs"),
        ({}, series[1:], "the index differs; .*; y differs"),
        ({}, series.rename("z").to_frame(), "the columns of y differs"),
    ]:
        forecaster = sigma(tmp_path, **change)
        with pytest.raises(ValueError, match=message):
            forecaster.fit(data)
        assert not forecaster.is_fitted
    assert len(os.listdir(tmp_path)) == 1
    # What changes no bit may change.
    quiet = sigma(tmp_path, verbose=0, callbacks=[Callback()])
    check_same(quiet.fit(series, fh=[1, 2]), sigma(None).fit(series, fh=[1, 2]))


def test_the_order_of_a_panel_is_no_difference(panel, tmp_path):
    kill(sigma(tmp_path), panel)
    turned = pd.concat([panel.loc[[name]] for name in "rqp"])
    check_same(sigma(tmp_path).fit(turned), sigma(None).fit(turned))


def test_two_estimators_in_one_folder(make, series, tmp_path):
    """Of other classes: each has its files. Of one class: the second is told."""

    class OtherForecaster(SigmaForecaster):
        pass

    other = OtherForecaster(checkpoint_dir=tmp_path, **QUICK)
    forecaster = make(checkpoint_dir=tmp_path)
    kill(other, series, epoch=3)
    kill(forecaster, series)
    assert len(os.listdir(tmp_path)) == 2
    check_same(forecaster.fit(series), make().fit(series))
    check_same(other.fit(series), OtherForecaster(**QUICK).fit(series))


def test_a_damaged_file_and_a_full_disk(series, tmp_path, monkeypatch):
    kill(sigma(tmp_path), series)
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[:-9])
    forecaster = sigma(tmp_path)
    with pytest.raises(UnreadableFileError, match="remove it to begin anew"):
        forecaster.fit(series)
    file.write_bytes(whole)

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(_container.os, "fsync", full)
        with pytest.raises(OSError, match="checkpoint_dir: No space left on device"):
            forecaster.fit(series)
    assert not forecaster.is_fitted
    assert file.read_bytes() == whole
    check_same(forecaster.fit(series), sigma(None).fit(series))


def test_a_folder_that_is_none(series, tmp_path):
    (tmp_path / "file").write_text("")
    for wrong in (tmp_path / "file", b"folder", 3, ""):
        with pytest.raises(ValueError, match="checkpoint_dir must be a"):
            sigma(wrong).fit(series)


def test_it_is_not_saved(series, tmp_path):
    forecaster = sigma(tmp_path / "checkpoint").fit(series)
    forecaster.save(tmp_path / "saved")
    again = SigmaForecaster.load(tmp_path / "saved")
    assert again.checkpoint_dir is None
    check_same(again, forecaster)


ROOT = Path(__file__).parents[2]
TORCHRUN = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs a signal that kills")
@pytest.mark.slow
@pytest.mark.parametrize("start", [[], TORCHRUN], ids=["one", "two"])
def test_processes_that_are_killed(tmp_path, start):
    if start:
        pytest.importorskip("lightning_fabric")
    folder = tmp_path / "folder"
    script = str(Path(__file__).with_name("killed_processes.py"))

    def run(folder, ends, out):
        command = [sys.executable, *start, script, str(folder), ends, str(tmp_path / out)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.run(command, env=environment, timeout=300, capture_output=True).returncode

    assert run(folder, "dies", "killed") != 0
    assert os.listdir(folder) == ["SigmaForecaster.network.zip"]
    assert run(folder, "well", "resumed") == 0
    assert os.listdir(folder) == []
    assert run("", "well", "whole") == 0
    for process in range(2 if start else 1):
        resumed, whole = (
            torch.load(tmp_path / f"{one}_{process}.pt") for one in ("resumed", "whole")
        )
        assert resumed.keys() == whole.keys()
        assert all(torch.equal(resumed[name], whole[name]) for name in whole)
    assert not list(tmp_path.glob("killed*"))

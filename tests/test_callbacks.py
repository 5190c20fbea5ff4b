"""Callbacks for TensorBoard, MLflow and Optuna."""

import copy
import pickle
import sys
from types import SimpleNamespace

import pytest
import torch

from skscale import SigmaForecaster
from skscale.callbacks import MLflowLogger, OptunaPruning, TensorBoardLogger
from skscale.training import Callback, Rows, Run, TrainingConfig, train
from tests.forecasting.conftest import wave

VALUES = Rows(torch.randn(64, 3, generator=torch.Generator().manual_seed(0)))
NAMES = ["train_loss", "valid_loss", "learning_rate", "seconds"]


def trained(callback, epochs=3, validation=VALUES):
    torch.manual_seed(0)

    def objective(net, x):
        return (net(x) - x.sum(1, keepdim=True)).square().mean()

    run = Run(objective=objective, callbacks=[callback])
    config = TrainingConfig(max_epochs=epochs, batch_size=8)
    return train(torch.nn.Linear(3, 1), VALUES, config, validation, run)


@pytest.mark.parametrize(
    ("module", "build"),
    [
        ("tensorboard", lambda: TensorBoardLogger("runs")),
        ("mlflow", lambda: MLflowLogger()),
        ("optuna", lambda: OptunaPruning(None)),
    ],
)
def test_what_is_missing_is_named_with_its_extra(module, build, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=rf"needs {module}: pip install 'skscale\[{module}\]'"):
        build()


def scalars(folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(str(folder))
    found.Reload()
    return {
        name: [(one.step, one.value) for one in found.Scalars(name)]
        for name in found.Tags()["scalars"]
    }


def test_tensorboard_reads_every_epoch(tmp_path):
    pytest.importorskip("tensorboard")
    logger = TensorBoardLogger(tmp_path)
    history = trained(logger)
    found = scalars(tmp_path)
    assert sorted(found) == sorted(NAMES)
    for name in NAMES:
        assert [step for step, _ in found[name]] == [1, 2, 3]
        assert [value for _, value in found[name]] == pytest.approx(getattr(history, name))
    assert logger._writer is None


def test_tensorboard_is_copied_while_it_writes(tmp_path):
    pytest.importorskip("tensorboard")
    logger = TensorBoardLogger(tmp_path)
    logger.on_fit_begin(SimpleNamespace(epoch=0))
    for one in (copy.deepcopy(logger), pickle.loads(pickle.dumps(logger))):
        assert one.log_dir == tmp_path
        assert one._writer is None
    logger.on_fit_end(None)


def test_tensorboard_goes_on_with_a_fit_that_does(tmp_path):
    pytest.importorskip("tensorboard")

    class FailsLate(Callback):
        def on_epoch_end(self, progress):
            if progress.epoch == 2:
                raise RuntimeError("mine")

    parameters = {"max_epochs": 3, "pretrained": None, "random_state": 0}
    parameters["checkpoint_dir"] = tmp_path / "checkpoint"
    y = wave()
    for more in ([FailsLate()], []):
        callbacks = [TensorBoardLogger(tmp_path / "log"), *more]
        forecaster = SigmaForecaster(callbacks=callbacks, **parameters)
        if more:
            with pytest.raises(RuntimeError, match="mine"):
                forecaster.fit(y)
        else:
            forecaster.fit(y)
    found = scalars(tmp_path / "log")["train_loss"]
    assert [step for step, _ in found] == [1, 2, 3]
    assert [value for _, value in found] == pytest.approx(forecaster.history_["train_loss"])


class FakeMLflow:
    """The calls of MLflow that log to a run."""

    def __init__(self):
        self.active, self.metrics, self.ended = None, [], []

    def active_run(self):
        return self.active

    def start_run(self):
        assert self.active is None
        self.active = SimpleNamespace(info=SimpleNamespace(run_id=f"run{len(self.ended)}"))
        return self.active

    def log_metrics(self, metrics, step=None):
        self.metrics.append((self.active.info.run_id, step, metrics))

    def end_run(self, status="FINISHED"):
        self.ended.append((self.active.info.run_id, status))
        self.active = None


@pytest.fixture
def mlflow(monkeypatch):
    fake = FakeMLflow()
    monkeypatch.setitem(sys.modules, "mlflow", fake)
    return fake


def test_mlflow_gets_a_run_of_its_own(mlflow):
    history = trained(MLflowLogger())
    epochs = [
        ("run0", n + 1, {name: getattr(history, name)[n] for name in NAMES}) for n in range(3)
    ]
    assert mlflow.metrics == [*epochs, ("run0", 3, {"best_epoch": history.best_epoch + 1})]
    assert mlflow.ended == [("run0", "FINISHED")]


def test_mlflow_logs_to_the_run_that_is_active(mlflow):
    mine = mlflow.start_run()
    trained(MLflowLogger("mine."), epochs=1)
    assert mlflow.active is mine
    assert set(mlflow.metrics[0][2]) == {f"mine.{name}" for name in NAMES}


def test_mlflow_ends_a_run_that_failed_when_the_next_begins(mlflow):
    logger = MLflowLogger()
    logger.on_fit_begin(SimpleNamespace(epoch=0))
    trained(logger, epochs=1)
    assert mlflow.ended == [("run0", "FAILED"), ("run1", "FINISHED")]
    assert copy.deepcopy(logger).prefix == ""


class Prunes:
    """A pruner that ends every trial but the first at its second epoch."""

    def prune(self, study, trial):
        return trial.number > 0 and trial.last_step == 1


@pytest.fixture
def optuna():
    found = pytest.importorskip("optuna")
    found.logging.set_verbosity(found.logging.ERROR)
    return found


def test_optuna_prunes(optuna):
    study = optuna.create_study(pruner=Prunes())
    study.optimize(lambda trial: min(trained(OptunaPruning(trial)).valid_loss), n_trials=2)
    first, second = study.trials
    assert first.state is optuna.trial.TrialState.COMPLETE
    assert second.state is optuna.trial.TrialState.PRUNED
    history = trained(Callback())
    assert first.intermediate_values == dict(enumerate(history.valid_loss))
    assert second.intermediate_values == dict(enumerate(history.valid_loss[:2]))


def test_optuna_prunes_the_fit_of_a_copy(optuna):
    def objective(trial):
        callbacks = [OptunaPruning(trial)]
        forecaster = SigmaForecaster(max_epochs=3, pretrained=None, callbacks=callbacks).clone()
        try:
            return forecaster.fit(wave()).history_["valid_loss"][0]
        finally:
            fitted.append(forecaster.is_fitted)

    fitted = []
    study = optuna.create_study(pruner=Prunes())
    study.optimize(objective, n_trials=2)
    assert fitted == [True, False]
    assert [len(trial.intermediate_values) for trial in study.trials] == [3, 2]


def test_optuna_needs_a_loss_to_minimise(optuna):
    study = optuna.create_study(direction="maximize")
    with pytest.raises(ValueError, match="direction='minimize', not 'maximize'"):
        OptunaPruning(study.ask())
    callback = OptunaPruning(optuna.create_study().ask())
    with pytest.raises(ValueError, match="validation_fraction must be above 0"):
        trained(callback, validation=None)

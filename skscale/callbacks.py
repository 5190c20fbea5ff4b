"""Callbacks for experiment trackers and hyper-parameter search.

Each imports its library when it is built. A callback of your own is a subclass of
`skscale.training.Callback`.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from skscale.training import Callback, History, Progress

__all__ = ["MLflowLogger", "OptunaPruning", "TensorBoardLogger"]


class TensorBoardLogger(Callback):
    """Writes the losses of every epoch for TensorBoard.

    Scalars ``train_loss``, ``valid_loss`` (where a part of the data is held out),
    ``learning_rate`` and ``seconds``, by the number of the epoch, from 1. Needs the extra
    ``tensorboard``.

    Parameters
    ----------
    log_dir : str or Path
        Folder of one fit; TensorBoard draws each folder as a curve. A fit that goes on from its
        checkpoint goes on here, too.

    Raises
    ------
    ImportError
        If TensorBoard is missing.

    Examples
    --------
    >>> from skscale import SigmaForecaster
    >>> from skscale.callbacks import TensorBoardLogger
    >>> forecaster = SigmaForecaster(callbacks=[TensorBoardLogger("runs/first")])
    """

    def __init__(self, log_dir: str | os.PathLike):
        _imported("tensorboard", self)
        self.log_dir = log_dir
        self._writer: Any = None

    def on_fit_begin(self, progress: Progress) -> None:
        """Open the file; what an earlier fit wrote of epochs to come does not count."""
        from torch.utils.tensorboard import SummaryWriter

        self._close()
        goes_on = progress.epoch + 1 if progress.epoch else None
        self._writer = SummaryWriter(os.fspath(self.log_dir), purge_step=goes_on)

    def on_epoch_end(self, progress: Progress) -> None:
        """Write the numbers of the epoch, at once."""
        for name, value in _latest(progress.history).items():
            self._writer.add_scalar(name, value, progress.epoch)
        self._writer.flush()

    def on_fit_end(self, progress: Progress) -> None:
        """Close the file."""
        self._close()

    def _close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._writer = None

    def __getstate__(self) -> dict[str, Any]:
        """What copies and pickles hold: not the open file."""
        return {**vars(self), "_writer": None}


class MLflowLogger(Callback):
    """Logs the losses of every epoch to MLflow.

    Metrics ``train_loss``, ``valid_loss`` (where a part of the data is held out),
    ``learning_rate`` and ``seconds``, by the number of the epoch, from 1; at the end
    ``best_epoch``, or 0 where the weights before the first step were kept. They belong to the run
    that is active, or else to one that begins and ends with training; its status is ``FAILED``
    where a fit did not come to its end, as soon as the next begins. Needs the extra ``mlflow``.

    Parameters
    ----------
    prefix : str, default=""
        Goes before the names of the metrics, to tell several fits of a run apart.

    Raises
    ------
    ImportError
        If MLflow is missing.

    Examples
    --------
    >>> import mlflow  # doctest: +SKIP
    >>> from sktime.datasets import load_airline
    >>> from skscale import SigmaForecaster
    >>> from skscale.callbacks import MLflowLogger
    >>> with mlflow.start_run():  # doctest: +SKIP
    ...     SigmaForecaster(callbacks=[MLflowLogger()], pretrained=None).fit(load_airline())
    """

    def __init__(self, prefix: str = ""):
        _imported("mlflow", self)
        self.prefix = prefix
        self._run_id: str | None = None  # of a run that began here

    def on_fit_begin(self, progress: Progress) -> None:
        """Begin a run where none is active."""
        active = self._mlflow.active_run()
        if active is not None and active.info.run_id == self._run_id:
            self._mlflow.end_run("FAILED")
            active = None
        self._run_id = None if active is not None else self._mlflow.start_run().info.run_id

    def on_epoch_end(self, progress: Progress) -> None:
        """Log the numbers of the epoch."""
        self._log(_latest(progress.history), progress.epoch)

    def on_fit_end(self, progress: Progress) -> None:
        """Log which epoch was kept, and end the run that began here."""
        self._log({"best_epoch": progress.history.best_epoch + 1.0}, progress.epoch)
        if self._run_id is not None:
            self._mlflow.end_run()
        self._run_id = None

    def _log(self, numbers: dict[str, float], epoch: int) -> None:
        named = {f"{self.prefix}{name}": value for name, value in numbers.items()}
        self._mlflow.log_metrics(named, step=epoch)

    @property
    def _mlflow(self) -> Any:
        return import_module("mlflow")  # a module in an attribute could not be copied


class OptunaPruning(Callback):
    """Ends an Optuna trial whose validation loss falls behind that of other trials.

    Reports the validation loss of every epoch, epochs counted from 0 as Optuna does, and raises
    ``optuna.TrialPruned`` where the study's pruner says so: the fit then has not happened, and
    ``study.optimize`` goes on with the next trial. One fit for each trial. Needs the extra
    ``optuna``.

    Parameters
    ----------
    trial : optuna.trial.Trial
        Of a study that minimises.

    Raises
    ------
    ImportError
        If Optuna is missing.
    ValueError
        If the study maximises; from ``fit``, if no part of the data is held out.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from skscale import SigmaForecaster
    >>> from skscale.callbacks import OptunaPruning
    >>> def objective(trial):
    ...     forecaster = SigmaForecaster(
    ...         d_model=trial.suggest_int("d_model", 4, 32, log=True),
    ...         callbacks=[OptunaPruning(trial)],
    ...         pretrained=None,
    ...         random_state=0,
    ...     )
    ...     return min(forecaster.fit(load_airline()).history_["valid_loss"])
    """

    def __init__(self, trial: Any):
        optuna = _imported("optuna", self)
        study = getattr(trial, "study", None)  # fixed trials have none
        if study is not None and study.direction != optuna.study.StudyDirection.MINIMIZE:
            raise ValueError(
                "OptunaPruning reports a loss: the study must be made with direction='minimize', "
                f"not {study.direction.name.lower()!r}"
            )
        self.trial = trial

    def on_epoch_end(self, progress: Progress) -> None:
        """Report the validation loss; raise where the trial is to end."""
        if not progress.history.valid_loss:
            raise ValueError(
                "OptunaPruning needs a validation loss, but no part of the data is held out: "
                "validation_fraction must be above 0, and the series long enough"
            )
        self.trial.report(progress.history.valid_loss[-1], progress.epoch - 1)
        if self.trial.should_prune():
            pruned = import_module("optuna").TrialPruned
            raise pruned(f"pruned after epoch {progress.epoch}")

    def __deepcopy__(self, memo: dict) -> OptunaPruning:
        """Copies of a forecaster report to the same trial, not to a copy of its study."""
        return type(self)(self.trial)


def _latest(history: History) -> dict[str, float]:
    """Numbers of the epoch that is done."""
    names = ("train_loss", "valid_loss", "learning_rate", "seconds")
    return {name: getattr(history, name)[-1] for name in names if getattr(history, name)}


def _imported(name: str, callback: Callback) -> Any:
    """Import a library that has an extra of its name."""
    try:
        return import_module(name)
    except ImportError as error:
        raise ImportError(
            f"{type(callback).__name__} needs {name}: pip install 'skscale[{name}]'"
        ) from error

"""The code of docs/callbacks.md runs as it stands."""

import os
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "callbacks.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


@pytest.fixture
def names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = {}
    for block in BLOCKS[:2]:
        exec(compile(block, str(PAGE), "exec"), found)
    return found


def test_the_first_fits_run(names, tmp_path):
    assert len(BLOCKS) == 3
    assert os.listdir(tmp_path / "checkpoints") == []
    (note,) = names["forecaster"].history_["notes"]
    assert note.startswith("stopped by Plateau after epoch ")


def test_the_loggers_run(names, tmp_path, monkeypatch):
    pytest.importorskip("tensorboard")
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    logged = []
    mlflow = MLflow(logged)
    monkeypatch.setitem(sys.modules, "mlflow", mlflow)
    block = BLOCKS[2].replace("n_trials=50", "n_trials=2").replace("SigmaForecaster(", "sigma(")
    forecaster = names["SigmaForecaster"]

    def sigma(**parameters):
        return forecaster(**{**parameters, "max_epochs": 1, "pretrained": None})

    exec(block, {**names, "optuna": optuna, "mlflow": mlflow, "sigma": sigma})
    assert len(os.listdir(tmp_path / "runs" / "first")) == 1
    assert [sorted(numbers)[0] for numbers in logged] == ["learning_rate", "best_epoch"]


class MLflow:
    """The calls of MLflow that the page makes, and those within."""

    def __init__(self, logged):
        self.logged = logged

    def start_run(self):
        return self

    def __enter__(self):
        self.info = SimpleNamespace(run_id="1")

    def __exit__(self, *error):
        pass

    def active_run(self):
        return self

    def log_metrics(self, metrics, step):
        self.logged.append(metrics)

"""Grid search and evaluate on local clusters, through sktime's back ends."""

import pytest
import torch
from sktime.datasets import load_airline
from sktime.forecasting.base import BaseForecaster
from sktime.forecasting.model_evaluation import evaluate
from sktime.forecasting.model_selection import ForecastingGridSearchCV
from sktime.split import ExpandingWindowSplitter

from skscale.forecasting import SigmaForecaster

pytestmark = pytest.mark.slow

METRIC = "test_MeanAbsolutePercentageError"
CV = ExpandingWindowSplitter(fh=[1, 2, 3], initial_window=130, step_length=6)


def forecaster():
    return SigmaForecaster(
        context_length=12, d_model=4, d_ff=4, max_epochs=2, steps_per_epoch=5, random_state=0
    )


class ThreadCount(BaseForecaster):
    """Forecasts a number: that of the threads torch would use where it is fitted."""

    _tags = {"requires-fh-in-fit": False}

    def __init__(self, number=None):
        self.number = number
        super().__init__()

    def _fit(self, y, X, fh):
        number = torch.get_num_threads() if self.number is None else self.number
        self.template_ = y.iloc[:1] * 0 + number
        return self

    def _predict(self, fh, X):
        index = fh.to_absolute_index(self.cutoff)
        return self.template_.iloc[[0] * len(index)].set_axis(index)


@pytest.fixture(scope="module", params=["dask", "ray"])
def backend(request, tmp_path_factory):
    """Name and parameters of a back end whose cluster of two workers runs."""
    if request.param == "dask":
        distributed = pytest.importorskip("distributed")
        cluster = distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            dashboard_address=None,
            local_directory=str(tmp_path_factory.mktemp("dask")),
        )
        with cluster, distributed.Client(cluster):
            yield "dask", {}
    else:
        ray = pytest.importorskip("ray")
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
        yield "ray", {"shutdown_ray": False}
        ray.shutdown()


def test_evaluate_equals_one_process(backend):
    name, parameters = backend
    y = load_airline()
    alone = evaluate(forecaster(), CV, y)
    spread = evaluate(forecaster(), CV, y, backend=name, backend_params=parameters)
    assert list(spread[METRIC]) == pytest.approx(list(alone[METRIC]), rel=1e-5)


def test_grid_search_equals_one_process(backend):
    name, parameters = backend
    y, grid = load_airline(), {"learning_rate": [1e-3, 1e-2]}
    alone = ForecastingGridSearchCV(forecaster(), CV, grid).fit(y)
    spread = ForecastingGridSearchCV(
        forecaster(), CV, grid, backend=name, backend_params=parameters
    ).fit(y)
    assert spread.best_params_ == alone.best_params_
    assert spread.best_score_ == pytest.approx(alone.best_score_, rel=1e-5)


def test_workers_do_not_oversubscribe(backend):
    """Every worker has one core: a fit must use one thread there."""
    name, parameters = backend
    y = load_airline()
    found = evaluate(ThreadCount(), CV, y, backend=name, backend_params=parameters)
    one, two = (list(evaluate(ThreadCount(n), CV, y)[METRIC]) for n in (1, 2))
    assert list(found[METRIC]) == pytest.approx(one)
    assert list(found[METRIC]) != pytest.approx(two)

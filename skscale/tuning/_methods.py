"""Which candidates are tried, and how far."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import ParameterGrid, ParameterSampler
from sklearn.utils import check_random_state

from skscale.evaluation._pipelines import network_forecaster
from skscale.forecasting._parameters import is_one_of
from skscale.tuning._trials import Trials

__all__ = ["candidates_of", "halved", "proposed", "space_of"]


def space_of(forecaster: Any, param_grid: Any) -> Any:
    """Return ``param_grid``, or the default space of the forecaster inside pipelines."""
    if not is_one_of(param_grid, ("light", "full")):
        return param_grid
    inner, prefix = network_forecaster(forecaster), ""
    while forecaster is not inner:
        last = forecaster.forecaster_
        prefix += next(name for name, step in forecaster.steps_ if step is last) + "__"
        forecaster = last
    space = inner.param_space(param_grid)
    return {prefix + name: values for name, values in space.items()}


def candidates_of(space: Any, n_iter: int | None, random_state: Any) -> list[dict[str, Any]]:
    """All points of a grid, or ``n_iter`` that are drawn from lists and distributions.

    Raises
    ------
    TypeError, ValueError
        If ``space`` is none.
    """
    try:
        if n_iter is None:
            return list(ParameterGrid(space))
        return list(ParameterSampler(space, n_iter, random_state=random_state))
    except (TypeError, ValueError) as error:
        raise type(error)(
            'param_grid must be "light", "full" or a space of scikit-learn, with distributions for '
            f'method="random" or n_iter candidates alone, got {space!r}: {error}'
        ) from error


def halved(
    trials: Trials, candidates: list[dict], resource: str, factor: int, lower_is_better: bool
) -> pd.DataFrame:
    """Successive halving (Jamieson and Talwalkar 2016): the best go on with more of a resource.

    Where that is the number of epochs, their training goes on too.

    Returns
    -------
    DataFrame
        Rows of every round, ``iter`` and ``n_resources`` beside them.
    """
    most, rounds = trials.forecaster.get_params()[resource], []
    is_epochs = resource.rpartition("__")[2] == "max_epochs"
    last, left = 0, list(range(len(candidates)))
    while factor ** (last + 1) <= len(candidates):
        last += 1
    with TemporaryDirectory() as folder:
        for iteration in range(last + 1):
            given = max(1, most // factor ** (last - iteration))
            tried = [{**candidates[i], resource: given} for i in left]
            folders = [Path(folder, str(i)) for i in left] if is_epochs else None
            rows = pd.DataFrame(trials.rows(tried, folders))
            rows["params"] = [candidates[i] for i in left]
            rounds.append(rows.assign(iter=iteration, n_resources=given))
            order = rows.iloc[:, 0].sort_values(ascending=lower_is_better, kind="stable").index
            left = [left[place] for place in order[: ceil(len(left) / factor)]]
    return pd.concat(rounds, ignore_index=True)


def proposed(
    trials: Trials, space: Any, n_iter: int, random_state: Any, lower_is_better: bool
) -> pd.DataFrame:
    """Candidates that Optuna proposes one after the other, by its default sampler."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    seed = int(check_random_state(random_state).randint(2**31 - 1))
    study = optuna.create_study(
        sampler=optuna.samplers.TPESampler(seed=seed),
        direction="minimize" if lower_is_better else "maximize",
    )
    distributions = dict(_distributions(space, optuna))
    rows = []
    for _ in range(n_iter):
        trial = study.ask(distributions)
        row = trials.rows([trial.params])[0]
        score = next(iter(row.values()))
        failed = not np.isfinite(score)
        study.tell(
            trial, None if failed else score, state=optuna.trial.TrialState.FAIL if failed else None
        )
        rows.append(row)
    return pd.DataFrame(rows)


def _distributions(space: Any, optuna: Any) -> Iterator[tuple[str, Any]]:
    """Optuna's own distributions as they are, lists as choices."""
    if not isinstance(space, Mapping):
        if len(space) != 1:
            raise ValueError("param_grid must be one dict for method='optuna', got several")
        space = space[0]
    for name, values in space.items():
        own = isinstance(values, optuna.distributions.BaseDistribution)
        yield name, values if own else optuna.distributions.CategoricalDistribution(list(values))

"""Whole fits on ETTh1 (7 channels, L = 96, T = 96) against the ways users have today.

::

    python -m examples.benchmarks.fit --out docs/results/benchmarks

"papers' loop" is the plain network of the tests, trained as the papers' code trains: a Dataset
of windows, a DataLoader, Adam, a validation pass. "neuralforecast" is its TimeMixer with its own
trainer, logging off (optional: ``pip install neuralforecast``). "bare step" is forward, backward
and Adam on one fixed batch, as often as the fit steps. All forms take turns in one process, and
all do the same number of steps; validation passes are equal where there is one.
"""

from __future__ import annotations

import importlib.util
import logging
import warnings
from collections.abc import Callable
from time import perf_counter

import numpy as np
import torch
from torch.nn.functional import mse_loss
from torch.utils.data import DataLoader, Dataset, RandomSampler

from examples.benchmarks.measure import parser, report, turns
from examples.benchmarks.network_forms import FORMS, Case
from examples.benchmarks.training_step import training_step
from examples.paper.protocol import Benchmark, load
from skscale.forecasting import SigmaForecaster, TimeMixerForecaster

CONTEXT = HORIZON = 96
FORECASTERS = {"Sigma": SigmaForecaster, "TimeMixer": TimeMixerForecaster}
CASES = {
    "Sigma": Case("Sigma", 7, HORIZON, {"d_model": 32, "d_ff": 16}),
    "TimeMixer": Case("TimeMixer", 7, HORIZON, {"d_model": 16, "d_ff": 32}),
}
BATCH = 32


class Slices(Dataset):
    """Windows of an array, one at a time, as the papers' data sets give them."""

    def __init__(self, values: np.ndarray):
        self.values = values

    def __len__(self) -> int:
        return len(self.values) - CONTEXT - HORIZON + 1

    def __getitem__(self, i: int) -> tuple[np.ndarray, np.ndarray]:
        end = i + CONTEXT
        return self.values[i:end], self.values[end : end + HORIZON]


def papers_loop(case: Case, data: Benchmark, steps: int, device: str = "cpu") -> Callable[[], None]:
    """Train the plain form through a DataLoader, then validate once."""
    values = data.values.to_numpy(np.float32)
    train = Slices(values[: data.train_end])
    valid = Slices(values[data.train_end - CONTEXT : data.valid_end])

    def run() -> None:
        torch.manual_seed(0)
        plain, _ = FORMS[case.model](case, 0.0)
        plain.to(device)
        optimizer = torch.optim.Adam(plain.parameters(), lr=1e-3)
        sampler = RandomSampler(train, num_samples=steps * BATCH)
        for x, y in DataLoader(train, BATCH, sampler=sampler):
            optimizer.zero_grad()
            mse_loss(plain(x.to(device)), y.to(device)).backward()
            optimizer.step()
        with torch.no_grad():
            for x, y in DataLoader(valid, BATCH):
                mse_loss(plain(x.to(device)), y.to(device))

    return run


def our_fit(
    case: Case, data: Benchmark, steps: int, validate: bool = True, device: str = "cpu"
) -> Callable[[], None]:
    """`fit` of the forecaster, from the DataFrame on."""

    def run() -> None:
        forecaster = FORECASTERS[case.model](
            context_length=CONTEXT,
            prediction_length=HORIZON,
            linear_base=False,
            loss="mse",
            batch_size=BATCH,
            max_epochs=1,
            steps_per_epoch=steps,
            lr_schedule="constant",
            gradient_clip=0.0,
            validation_fraction=data.validation_fraction if validate else 0,
            random_state=0,
            device=device,
            **case.options,
        )
        forecaster.fit(data.known)

    return run


def bare_steps(case: Case, steps: int) -> Callable[[], None]:
    """As many steps on one batch, and nothing around them."""
    torch.manual_seed(0)
    _, fast = FORMS[case.model](case, 0.0)
    step = training_step(fast, case, "cpu")

    def run() -> None:
        for _ in range(steps):
            step()

    return run


def neuralforecast_fit(case: Case, data: Benchmark, steps: int) -> Callable[[], None]:
    """TimeMixer of neuralforecast, its own trainer without logging."""
    from neuralforecast import NeuralForecast
    from neuralforecast.losses.pytorch import MSE
    from neuralforecast.models import TimeMixer

    for name in ("pytorch_lightning", "lightning_fabric", "lightning.pytorch"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore")
    long = data.known.melt(ignore_index=False, var_name="unique_id", value_name="y")
    long = long.rename_axis("ds").reset_index()

    def run() -> None:
        model = TimeMixer(
            h=HORIZON,
            input_size=CONTEXT,
            n_series=7,
            d_model=case.options["d_model"],
            d_ff=case.options["d_ff"],
            e_layers=2,
            down_sampling_layers=3,
            channel_independence=1,
            dropout=0.0,
            loss=MSE(),
            learning_rate=1e-3,
            max_steps=steps,
            batch_size=7,
            windows_batch_size=BATCH,
            scaler_type="identity",
            random_seed=0,
            logger=False,
            enable_progress_bar=False,
            enable_checkpointing=False,
            enable_model_summary=False,
        )
        NeuralForecast(models=[model], freq="h").fit(long)

    return run


def forms_of(case: Case, data: Benchmark, steps: int) -> dict[str, Callable[[], None]]:
    """All ways to train one model."""
    forms = {
        "skscale": our_fit(case, data, steps),
        "papers' loop": papers_loop(case, data, steps),
        "skscale, no validation": our_fit(case, data, steps, validate=False),
        "bare steps": bare_steps(case, steps),
    }
    if case.model == "TimeMixer" and importlib.util.find_spec("neuralforecast"):
        forms["neuralforecast"] = neuralforecast_fit(case, data, steps)
    return forms


def main() -> None:
    """Print and store the table."""
    arguments = parser(__doc__)
    arguments.add_argument("--steps", type=int, default=60)
    arguments.add_argument("--repeats", type=int, default=3)
    options = arguments.parse_args()
    data, rows = load("ETTh1", options.data), []
    for name, case in CASES.items():
        started = perf_counter()
        found = turns(forms_of(case, data, options.steps), options.repeats)
        rows.append(
            {
                "model": name,
                "steps": options.steps,
                **{f"{form} s": seconds for form, seconds in found.items()},
                "faster than papers' loop": found["papers' loop"] / found["skscale"],
                "faster than neuralforecast": found.get("neuralforecast", np.nan)
                / found["skscale, no validation"],
                "over bare steps": found["skscale, no validation"] / found["bare steps"] - 1,
            }
        )
        print(f"{name}: {perf_counter() - started:.0f} s")
    report("Fit on ETTh1", rows, options, "fit")


if __name__ == "__main__":
    main()

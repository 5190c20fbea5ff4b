"""Sigma's future work: every change starts as Sigma, learns, and has a row in the table."""

import math

import numpy as np
import pandas as pd
import pytest
import torch
from torch.nn.functional import gelu, softplus

from examples.paper import future_work
from examples.paper import runs as paper_runs
from examples.paper.future_work_nets import (
    ChannelMixingNet,
    FoundScaleForecaster,
    FoundScaleNet,
    ScaleBankNet,
    WindowScalesNet,
    most_forecastable_scale,
)
from examples.paper.future_work_table import future_work_table
from examples.paper.models import sigma_settings
from examples.paper.results import settings_text
from skscale.nn import SigmaNet
from skscale.ops import discrete_gaussian, forecastability, toeplitz
from tests.examples.series import walk

SIGMAS_START = math.log(2)


class EqualBankNet(ScaleBankNet):
    starts = (SIGMAS_START,) * 3


def build(network, n_channels=2, **options):
    torch.manual_seed(0)
    return network(24, 12, n_channels, d_model=4, d_ff=4, **options)


def windows(n_channels=2, seed=1):
    return torch.randn(5, 24, n_channels, generator=torch.Generator().manual_seed(seed))


STARTS = [
    (WindowScalesNet, {}, "blocks.0.kernel.move.weight"),
    (ChannelMixingNet, {}, "mix"),
    (FoundScaleNet, {"scaling": SIGMAS_START}, "blocks.0.kernel.theta"),
    (EqualBankNet, {}, "blocks.2.kernel.theta"),
]


@pytest.mark.parametrize("scale_independence", [True, False])
@pytest.mark.parametrize(("network", "options", "added"), STARTS)
def test_a_change_starts_as_sigma_with_the_same_seed_and_learns(
    network, options, added, scale_independence
):
    sigma = build(SigmaNet, scale_independence=scale_independence)
    changed = build(network, scale_independence=scale_independence, **options)
    x = windows()
    torch.testing.assert_close(changed(x), sigma(x), rtol=0, atol=1e-6)
    changed(x).square().mean().backward()
    gradient = dict(changed.named_parameters())[added].grad
    assert gradient.isfinite().all()
    assert gradient.abs().max() > 1e-9


def test_every_window_has_scales_of_its_own():
    net = build(WindowScalesNet, n_channels=1, normalize=False)
    kernel = net.blocks[0].kernel
    torch.nn.init.normal_(kernel.move.weight)
    x = windows(n_channels=1)
    plain = build(SigmaNet, n_channels=1, normalize=False)
    for window, forecast in zip(x, net(x), strict=True):
        hidden = gelu(kernel.inner.weight @ window[:, 0] + kernel.inner.bias)
        plain.blocks[0].kernel.theta = torch.nn.Parameter(
            kernel.theta + kernel.move.weight @ hidden
        )
        torch.testing.assert_close(plain(window[None])[0], forecast, rtol=0, atol=1e-5)


def test_a_bank_starts_as_the_mean_of_sigmas_of_each_scale():
    bank = build(ScaleBankNet)
    assert [scales.mean().item() for scales in bank.scales] == pytest.approx([1, 4, 16, 64])
    each = [build(FoundScaleNet, scaling=scale) for scale in ScaleBankNet.starts]
    x = windows()
    torch.testing.assert_close(bank(x), torch.stack([net(x) for net in each]).mean(0))
    parts = [net.forecast_parts(x) for net in each]
    for name, found in bank.forecast_parts(x).items():
        torch.testing.assert_close(found, torch.stack([one[name] for one in parts]).mean(0))


def test_a_bank_stands_in_the_place_of_one_block():
    with pytest.raises(ValueError, match="n_layers must be 1, got 2"):
        build(ScaleBankNet, n_layers=2)


def test_channels_are_mixed_before_all_else():
    net, sigma = (build(network, normalize=False) for network in (ChannelMixingNet, SigmaNet))
    torch.nn.init.normal_(net.mix)
    x = windows()
    mixed = x + torch.einsum("btc,cd->btd", x, net.mix)
    torch.testing.assert_close(net(x), sigma(mixed), rtol=0, atol=1e-5)


def plain_value(window, scale):
    """Forecastability of both parts of a window, weighed by their variances."""
    window = window - window.mean()
    smooth = toeplitz(discrete_gaussian(scale, len(window)).double()) @ window
    parts = [smooth, window - smooth]
    total = sum(part.var() for part in parts)
    return float(sum(part.var() / total * forecastability(part) for part in parts))


def test_no_other_scale_makes_the_parts_more_forecastable():
    noise = np.random.default_rng(0).normal(size=96)
    series = np.sin(2 * np.pi * np.arange(96) / 24) + 0.3 * noise
    found = most_forecastable_scale(series[:, None], 96)
    assert 0.25 < found < 64
    window = torch.from_numpy(series)
    others = [plain_value(window, scale) for scale in np.geomspace(0.25, 64, 200)]
    assert plain_value(window, found) >= max(others) - 1e-5


def test_the_scale_depends_on_no_level_unit_or_constant_channel():
    series = walk(200).to_numpy()
    found = most_forecastable_scale(series, 20)
    other = np.column_stack((1000 * series - 5e4, np.ones(200)))
    assert most_forecastable_scale(other, 20) == found


def test_the_scale_is_found_on_the_training_rows_alone():
    y = walk(120)
    changed = y.copy()
    changed.iloc[90:] = np.random.default_rng(1).normal(size=(30, 2))
    sizes = {"context_length": 10, "prediction_length": 4, "max_epochs": 1}
    options = {**sizes, "validation_fraction": 0.25, "linear_base": False}
    fitted = [FoundScaleForecaster(**options).fit(rows) for rows in (y, changed)]
    starts = [one.start_ for one in fitted]
    assert starts[0] == starts[1] == most_forecastable_scale(y.to_numpy()[:90], 10)
    theta = fitted[0].network_.blocks[0].kernel.theta.detach()
    assert float(softplus(theta).mean()) == pytest.approx(starts[0], rel=0.1)


def test_every_change_is_run_once(tiny_exchange, tmp_path, monkeypatch, capsys):
    estimators = []
    run = paper_runs.run

    def counted(estimator, *rest):
        estimators.append(estimator)
        return run(estimator, *rest)

    monkeypatch.setattr(paper_runs, "run", counted)
    for _ in range(2):
        future_work.main([*tiny_exchange, "--seeds", "0", "--max-epochs", "1"])
    assert estimators == list(future_work.VARIANTS.values())
    found = pd.read_csv(tmp_path / "out.csv")
    assert list(found["model"]) == list(future_work.VARIANTS)
    assert set(found["windows"]) == {40 - 3}
    assert "mixing of channels Exchange 8 4 mean of 1: MSE" in capsys.readouterr().out


def runs(model, errors, dataset="ETTh1", settings=None):
    settings = settings or settings_text(sigma_settings(dataset))
    columns = ["model", "dataset", "context", "horizon", "settings", "seed", "mse", "mae"]
    rows = [(model, dataset, 96, 96, settings, seed, e, 2 * e) for seed, e in enumerate(errors)]
    return pd.DataFrame(rows, columns=columns)


def test_a_change_is_compared_over_the_seeds_that_both_have():
    sigma = pd.concat([runs("sigma", (0.39, 0.41)), runs("sigma", (9.0,), settings="{}")])
    changed = pd.concat(
        [
            runs("four Gaussians", (0.37, 0.39, 0.41)),
            runs("scales of each window", (0.36, 0.38)),
            runs("mixing of channels", (0.5,)),
            runs("mixing of channels", (9.0, 9.0), settings="{}"),
            runs("scale by forecastability", (0.42, 0.44)),
        ]
    )
    text = future_work_table(sigma, changed)
    # Both deviations over two seeds are 0.02 / sqrt(2).
    assert "| ETTh1 | 96 | Sigma | 0.400 ± 0.014 | – | 0.800 ± 0.028 | – | 2 |" in text
    assert "| scales of each window | 0.370 ± 0.014 | -2.1 | 0.740 ± 0.028 | -2.1 | 2 |" in text
    # Of three seeds, the first two are compared: 0.38 with 0.40.
    assert "| four Gaussians | 0.390 ± 0.020 | -1.4 | 0.780 ± 0.040 | -1.4 | 3 |" in text
    assert "| mixing of channels | 0.500 | – | 1.000 | – | 1 |" in text
    assert "| Weather | 720 | Sigma | – | – | – | – | 0 |" in text
    lower = "MSE lower than Sigma's by more than the deviation in"
    # Logarithms of 37/39 and 39/41, of 42/39 and 44/41.
    pairs = "over 2 pairs of runs with one seed"
    found = f"- four Gaussians: {lower} 1 of 1 cells, higher in 0; {pairs} -5.1 % ± 0.1 %"
    assert f"{found}, lower in 2." in text
    found = f"- scale by forecastability: {lower} 0 of 1 cells, higher in 1; {pairs} +7.2 % ± 0.2 %"
    assert f"{found}, lower in 0." in text
    assert f"- mixing of channels: {lower} 0 of 0 cells, higher in 0." in text


def test_without_a_run_there_is_no_table():
    assert future_work_table(runs("sigma", (0.4,)), pd.DataFrame()) == "No run yet."

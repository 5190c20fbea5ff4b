"""Ablation, context length and case study on small slices."""

import numpy as np
import pandas as pd
import pytest

from examples.paper import ablation, case_study, context_cost, context_length, models
from examples.paper.protocol import ETT_HOURS, split
from skscale import SigmaForecaster
from tests.examples.series import walk


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """ETTh1 by name, a random walk by content."""
    path = tmp_path_factory.mktemp("data")
    (path / "ett").mkdir()
    walk(ETT_HOURS[-1]).rename(columns={"c1": "OT"}).to_csv(path / "ett" / "ETTh1.csv")
    return path


@pytest.fixture
def quick(monkeypatch):
    """Paper settings, but for few and narrow batches."""
    small = {"steps_per_epoch": 2, "d_model": 4, "d_ff": 4}
    monkeypatch.setattr(models, "SIGMA_COMMON", models.SIGMA_COMMON | small)
    rows = {name: (4, 4, *row[2:]) for name, row in models.SIGMA_ROWS.items()}
    monkeypatch.setattr(models, "SIGMA_ROWS", rows)


def test_every_variant_is_run_on_all_windows(folder, tmp_path, quick):
    flags = ["--data", str(folder), "--out", str(tmp_path / "out.csv"), "--seeds", "0"]
    ablation.main([*flags, "--context", "8", "--horizon", "4", "--max-epochs", "1"])
    found = pd.read_csv(tmp_path / "out.csv")
    assert list(found["model"]) == list(ablation.VARIANTS)
    assert set(found["windows"]) == {2_880 - 3}


def test_every_variant_is_a_network_of_its_own():
    data = split(walk(60), (30, 40, 60))
    sizes = {"context_length": 8, "prediction_length": 4, "max_epochs": 1}
    blocks = [
        SigmaForecaster(**sizes, **changes).fit(data.known).network_.blocks[0]
        for changes in ablation.VARIANTS.values()
    ]
    parts = {(type(block.mixer).__name__, block.kernel.scaling) for block in blocks}
    assert len(parts) == len(blocks)
    assert ("TrendSeasonMixing", "distance") in parts
    assert ("BranchMLP", "distance") not in parts


def test_contexts_go_through_the_long_term_runs(folder, tmp_path, quick):
    flags = ["--data", str(folder), "--out", str(tmp_path / "out.csv"), "--seeds", "0"]
    context_length.main([*flags, "--context", "8", "16", "--horizon", "4"])
    assert list(pd.read_csv(tmp_path / "out.csv")["context"]) == [8, 16]


def test_the_cost_of_a_step_grows_with_the_context(tmp_path):
    out = tmp_path / "cost.csv"
    flags = ["--context", "24", "192", "--horizon", "96", "--repeats", "3", "--out", str(out)]
    context_cost.main(flags)
    short, long = pd.read_csv(out).to_dict("records")
    assert long["megabytes"] > short["megabytes"] > 0
    assert long["ms"] > 0


def test_the_case_study_splits_a_window_and_draws_it(folder, tmp_path, quick, capsys):
    flags = ["--data", str(folder), "--out", str(tmp_path), "--horizon", "8", "--max-epochs", "1"]
    case_study.main(flags)
    scales = pd.read_csv(tmp_path / "figure_6_scales.csv")
    assert len(scales) == 96
    assert (scales["scale"] > 0).all()
    drawn = (tmp_path / "figure_6_case_study.png").read_bytes()
    case_study.main(flags)
    assert (tmp_path / "figure_6_case_study.png").read_bytes() == drawn
    assert "there already" in capsys.readouterr().out


def test_smooth_part_is_the_kernel_applied_to_the_window():
    data = split(walk(60).rename(columns={"c0": "OT"}), (30, 40, 60))
    sizes = {"context_length": 8, "prediction_length": 4, "max_epochs": 1}
    fitted = models.SigmaForecaster(**sizes, random_state=0).fit(data.known)
    found = case_study.case(fitted, data, 45)
    context = data.values["OT"].to_numpy()[37:45]
    distance = np.abs(np.subtract.outer(np.arange(8), np.arange(8)))
    smooth = found.weights[distance] @ (context - context.mean()) + context.mean()
    np.testing.assert_allclose(found.context, context)
    np.testing.assert_allclose(found.smooth, smooth, rtol=1e-5)
    np.testing.assert_allclose(found.target, data.values["OT"].to_numpy()[45:49])

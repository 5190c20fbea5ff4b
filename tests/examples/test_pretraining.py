"""Pretraining: which series may be seen, what a window holds, runs that go on, and packing."""

import csv
import json
import lzma
import shutil
from typing import get_args

import numpy as np
import pandas as pd
import pytest
import torch

from examples.paper import m4_zero_shot
from examples.paths import RESULTS
from examples.pretraining import (
    data,
    elsewhere,
    fine_tuned,
    pack,
    page,
    picture,
    priors,
    recipes,
    shares,
    tried,
    windows,
)
from examples.pretraining import train as train_script
from examples.pretraining.choices import Choice
from examples.pretraining.data import FREQUENCIES
from examples.pretraining.recipes import MEMBERS, RECIPES, Member, Recipe, Source
from examples.pretraining.train import train
from skscale import SigmaForecaster
from skscale.pretrained._net import QUANTILES

N_SERIES = 40
PARTS = get_args(data.Part)
TINY = Recipe(4, 12, 8, 30, 3, 2000, (Source("Quarterly", 4, 0.5),))


def values_of(number):
    """A series that tells its number: the integer part of every value."""
    n = 40 + number
    season = np.array([0.1, 0.4, 0.2, 0.3])[np.arange(n) % 4]
    return number + season + 0.001 * np.arange(n) * (number % 2)


@pytest.fixture
def m4(tmp_path):
    """M4's quarterly training file with 40 series; there are no test files to read."""
    (tmp_path / "m4").mkdir()
    series = {f"Q{i}": values_of(i) for i in range(1, N_SERIES + 1)}
    longest = max(map(len, series.values()))
    with lzma.open(tmp_path / "m4" / "Quarterly-train.csv.xz", "wt") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow([f"V{i}" for i in range(longest + 1)])
        for key, row in series.items():
            writer.writerow([key, *row, *[""] * (longest - len(row))])
    return tmp_path


def test_sevens_are_never_loaded_and_threes_never_train(m4):
    training, choice = data.load("Quarterly", m4)
    assert choice.numbers.tolist() == [3, 13, 23, 33]
    expected = [i for i in range(1, N_SERIES + 1) if i % 10 not in (3, 7)]
    assert training.numbers.tolist() == expected
    for part in (training, choice):
        for number, row in zip(part.numbers, part.rows(), strict=True):
            np.testing.assert_array_equal(row, values_of(number))


def test_windows_come_from_training_series_alone(m4, tmp_path, monkeypatch):
    recipe = TINY._replace(sources=(Source("Quarterly", 4, 1.0),))
    found = windows.training_windows(recipe, m4, tmp_path)
    numbers = np.unique(np.floor(found.inputs.location.numpy()))
    training, _ = data.load("Quarterly", m4)
    assert set(numbers) <= set(training.numbers)
    assert len(numbers) > 25


def test_only_the_part_everything_has_all_series(m4, tmp_path):
    numbers = {part: data.load_part("Quarterly", m4, part).numbers for part in PARTS}
    assert numbers["everything"].tolist() == list(range(1, N_SERIES + 1))
    for part in ("training", "blind"):
        assert not set(numbers[part] % 10) & {3, 7}
    recipe = TINY._replace(sources=(Source("Quarterly", 4, 1.0),))
    found = windows.training_windows(recipe, m4, tmp_path, "everything")
    assert set(np.floor(found.inputs.location.numpy()).ravel() % 10) == set(range(10))


def test_weights_of_everything_lie_apart_and_are_not_what_is_packed(m4, tmp_path, monkeypatch):
    monkeypatch.setitem(RECIPES, 4, TINY)
    monkeypatch.setitem(MEMBERS, 4, (Member("mlp", 8, 12, 2),))
    flags = ["--season", "4", "--data", str(m4), "--runs", str(tmp_path / "runs")]
    train_script.main([*flags, "--part", "everything"])
    assert not list((tmp_path / "runs").glob("*.pt"))
    written = {path.stem for path in (tmp_path / "runs" / "everything").glob("*.pt")}
    assert written == {"windows-4-everything", "4-mlp8-context12-steps2-seed0-everything"}
    assert not written & {member.name(4) for member in MEMBERS[4]}
    net = m4_zero_shot.find_net("everything", 4, tmp_path / "runs")
    assert (net.season, net.context_length, net.history_length) == (4, 12, 30)


def test_the_recipes_read_training_files_alone():
    for recipe in RECIPES.values():
        assert {s.frequency for s in recipe.sources} <= data.FREQUENCIES.keys()
        assert 0 < sum(s.share for s in recipe.sources) <= 1
    assert RECIPES.keys() == MEMBERS.keys() == {1, 4, 5, 7, 12, 24, 48, 52}


def test_targets_follow_the_context(m4, tmp_path):
    recipe = TINY._replace(sources=(Source("Quarterly", 4, 1.0),))
    inputs, target, _ = windows.training_windows(recipe, m4, tmp_path)
    value = inputs.location + inputs.scale * target
    last = inputs.location
    number = last.floor()
    # Undo the slow slope of odd series; what is left is the season, a step further each time.
    phase = torch.tensor([0.1, 0.4, 0.2, 0.3], dtype=torch.float64)
    even = (number % 2 == 0).squeeze(1)
    place = ((last - number)[even] - phase).abs().argmin(1, keepdim=True)
    expected = number[even] + phase[(place + torch.arange(1, 9)) % 4]
    torch.testing.assert_close(value[even], expected, rtol=0, atol=1e-4)


def test_a_longer_horizon_than_the_frequency_s_ends_with_the_series(m4, tmp_path):
    recipe = TINY._replace(prediction_length=12, sources=(Source("Quarterly", 4, 1.0),))
    target = windows.training_windows(recipe, m4, tmp_path).target
    assert target[:, :8].isfinite().all()
    assert 0 < target[:, 8:].isnan().double().mean() < 0.5
    choice, series = windows.choice_windows(recipe, data.FREQUENCIES["Quarterly"], m4)
    assert choice.target.shape == (len(series.numbers), 8)


def test_blind_windows_do_not_reach_into_the_last_horizon(m4, tmp_path):
    recipe = TINY._replace(sources=(Source("Quarterly", 4, 1.0),))
    numbers, _ = data.load("Quarterly", m4)
    ends = {int(n): values_of(n)[-9:] for n in numbers.numbers if n % 2}
    inputs, target, _ = windows.training_windows(recipe, m4, tmp_path, "blind")
    newest = (inputs.location + inputs.scale * target)[:, -1]
    for value in newest[newest.floor() % 2 == 1][:200].tolist():
        # A slope makes every value of an odd series its own, to a thousandth.
        assert np.abs(ends[int(value)][1:] - value).min() > 5e-4


def test_contexts_are_shortened_to_at_least_three_points(m4, tmp_path):
    found = windows.training_windows(TINY, m4, tmp_path).inputs.observed.sum(1)
    assert found.min() == 3
    assert 0.5 < (found == 12).double().mean() < 0.9


def test_windows_are_drawn_once(m4, tmp_path):
    first = windows.training_windows(TINY, m4, tmp_path)
    again = windows.training_windows(TINY, tmp_path / "no data", tmp_path)
    torch.testing.assert_close(first.target, again.target, rtol=0, atol=0)


def test_a_stretched_series_has_the_wanted_season():
    t = np.arange(240)
    series = data.Series.of([1], [np.sin(2 * np.pi * t / 12)])
    recipe = TINY._replace(season=5, history_length=60)
    (row,) = windows._stretched(series, recipe, Source("Monthly", 12, 1.0)).rows()
    assert np.abs(row[5:] - row[:-5]).max() < 0.02
    assert np.abs(row[2:] - row[:-2]).max() > 1.0


def test_priors_are_finite_and_differ():
    y = priors.draw(50, 60, 7, torch.Generator().manual_seed(0))
    assert y.shape == (50, 60)
    assert y.isfinite().all()
    assert (y.std(1) > 0).double().mean() > 0.9


def test_short_windows_count_in_units_of_the_whole_series():
    line = torch.arange(38.0, dtype=torch.float64).expand(500, -1)
    mask = torch.ones(500, 30, dtype=torch.bool)
    generator = torch.Generator().manual_seed(0)
    drawn = windows._shortened(TINY, line[:, :30], mask, line[:, 30:], generator)
    found = windows._joined([drawn])
    # Points four apart differ by 4; of four points or less, only neighbours are seen.
    few = found.inputs.observed.sum(1) <= 4
    assert few.any()
    assert (found.weight[few] == 0.25).all()
    assert (found.weight[~few] == 1).all()
    assert (found.target[:, 0] == torch.where(few, 1.0, 0.25)).all()


def test_a_run_goes_on_where_it_stopped(m4, tmp_path, monkeypatch):
    drawn = windows.training_windows(TINY, m4, tmp_path)
    member = Member("mlp", 8, 12, 6)
    whole = train(TINY, member, drawn, tmp_path / "whole.pt", "cpu")

    monkeypatch.setattr("examples.pretraining.train._SAVE_EVERY", 2)

    def killed(*_, **__):
        raise KeyboardInterrupt

    path = tmp_path / "broken.pt"
    with monkeypatch.context() as patch:
        patch.setattr("builtins.print", killed)  # after the third save would have begun
        with pytest.raises(KeyboardInterrupt):
            train(TINY, member, drawn, path, "cpu")
    train(TINY, member, drawn, path, "cpu")
    again = train(TINY, member, drawn, path, "cpu")
    assert again.step == 6
    for a, b in zip(whole.net.parameters(), again.net.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0)


def test_packed_weights_are_loaded_as_they_were_scored(m4, tmp_path, monkeypatch):
    monkeypatch.setattr(pack, "WEIGHTS", tmp_path / "weights")
    monkeypatch.setitem(RECIPES, 4, TINY)
    member = Member("mlp", 8, 12, 150)
    monkeypatch.setitem(MEMBERS, 4, (member,))
    drawn = windows.training_windows(TINY, m4, tmp_path)
    train(TINY, member, drawn, tmp_path / f"{member.name(4)}.pt", "cpu")
    pack.pack(TINY, m4, tmp_path)
    card = json.loads((tmp_path / "weights" / "seasonal-4.json").read_text())
    monkeypatch.setattr("skscale.pretrained._files._folder", lambda: tmp_path / "weights")
    from skscale.pretrained import load

    net, choice = load("seasonal-4"), Choice.load("Quarterly", m4)
    rows = [torch.tensor(values_of(number)[:-8])[None] for number in choice.numbers]
    found = torch.cat([net.quantiles(row, steps=8)[..., 6] for row in rows])
    errors = choice.errors(choice.scaled(found.numpy()))
    (scores,) = card["scores"].values()
    assert scores["mase"] == pytest.approx(errors.mean().item(), abs=1e-3)
    assert scores["n_series"] == len(choice.numbers)


def test_a_run_is_known_by_its_name(tmp_path):
    members = (
        Member("mlp", 8, 12, 4, 3),
        Member("sigma", 16, 40, 500, textbook=False, part="blind"),
    )
    for member in members:
        found = tried.member_of(tmp_path / f"{member.name(4)}.pt")
        assert found == member
    with pytest.raises(ValueError, match="is not the name of a run"):
        tried.member_of(tmp_path / "windows-4.pt")


def test_members_of_a_season_see_no_more_than_its_recipe():
    for season, members in recipes.MEMBERS.items():
        assert max(m.context_length for m in members) == RECIPES[season].context_length


def test_the_table_of_what_was_tried_by_hand(m4, tmp_path, monkeypatch):
    monkeypatch.setitem(RECIPES, 4, TINY)
    member = Member("mlp", 8, 12, 4)
    monkeypatch.setitem(MEMBERS, 4, (member,))
    drawn = windows.training_windows(TINY, m4, tmp_path)
    path = tmp_path / f"{member.name(4)}.pt"
    train(TINY, member, drawn, path, "cpu")
    shutil.copy(path, tmp_path / f"{member._replace(seed=1).name(4)}.pt")
    choice = Choice.load("Quarterly", m4)
    seen = choice.numbers[[0, 2]]
    rows = {number: values_of(number) for number in choice.numbers}
    baseline = np.stack([rows[number][-8:] + 1 for number in seen])
    costs = {"t_ets": 0.5, "t_theta": 0.25}
    np.savez(tmp_path / "baselines-Quarterly.npz", ids=seen, ets=baseline, theta=baseline, **costs)
    table = {row["candidate"]: row for row in tried.rows(choice, tmp_path)}

    befores = [row[:-8] for row in rows.values()]
    scales = np.array([np.abs(b[4:] - b[:-4]).mean() for b in befores])
    moves = np.array([np.abs(row[-8:] - row[-9]).mean() for row in rows.values()])
    errors = moves / scales
    assert float(table["last value"]["mase"]) == pytest.approx(errors.mean(), rel=1e-3)
    assert float(table["last value"]["mase_some"]) == pytest.approx(errors[[0, 2]].mean(), rel=1e-3)
    # A forecast one too high everywhere.
    expected = (1 / scales[[0, 2]]).mean()
    assert float(table["AutoETS"]["mase_some"]) == pytest.approx(expected, rel=1e-3)
    assert table["AutoETS"]["mase"] == ""
    assert table["AutoETS"]["milliseconds_a_series"] == "500.00"
    # Two alike make an average like either.
    mean = f"{member.name(4).removeprefix('4-')}, mean of 2 seeds"
    assert table[mean]["mase"] == table["packed"]["mase"]
    assert table[f"{mean}, shares"]["mase"] == table["packed, shares"]["mase"]
    assert table["packed"]["mase"] == table[member.name(4).removeprefix("4-")]["mase"]


def test_cuts_elsewhere_are_followed_by_their_targets():
    values = np.arange(900.0)[:, None] + np.array([0.0, 1e4])
    context, target = elsewhere.windows(values, 5)
    assert context.shape == (2 * elsewhere.N_CUTS, 450)
    np.testing.assert_array_equal(target[:, 0], context[:, -1] + 1)
    np.testing.assert_array_equal(elsewhere.averaged(values, 4)[0], [1.5, 1e4 + 1.5])


def test_best_shares_are_found_on_the_grid():
    grid = shares._grid(["net", "damped"])
    assert len(grid) == 11
    some = shares.Cut(torch.zeros(1, 3), torch.full((1, 2), 0.3), torch.ones(1))
    found = {"net": torch.ones(1, 2), "damped": torch.zeros(1, 2)}
    best = min(grid, key=lambda told: some.mixed(found, told))
    assert best == {"net": 0.3, "damped": 0.7}
    assert some.mase(found["net"]) == pytest.approx(0.7)


def test_the_error_of_a_fit_for_many_series_by_hand():
    rows = [np.r_[np.arange(20.0) * k, np.full(6, 19.0 * k)] for k in (1, 2)]
    fit = fine_tuned.of_m4(rows, FREQUENCIES["Yearly"], "auto")
    y = pd.concat({f"{i:06d}": pd.DataFrame({"y": row[:20]}) for i, row in enumerate(rows)})
    forecaster = SigmaForecaster(season_length=1, random_state=0).fit(y, fh=range(1, 7))
    forecasts = forecaster.predict()["y"].to_numpy().reshape(2, 6)
    expected = np.mean([np.abs(forecasts[0] - 19), np.abs(forecasts[1] - 38) / 2])
    assert fit.error == pytest.approx(expected)
    assert fit.held_out_loss == ""  # too few values to fine-tune
    line = fine_tuned.row("two", 2, 40, {"as they came": fit, "auto": fit._replace(error=0.5)})
    assert (line["auto"], line["n_values"]) == ("0.5000", 40)
    assert set(line) == set(fine_tuned.COLUMNS)


def test_the_page_shows_the_tables_of_the_scripts():
    text = page.PAGE.read_text("utf-8")
    assert page.page(text, RESULTS / "pretraining") == text


def test_the_picture_has_the_quantiles_of_the_last_points(tmp_path):
    y = pd.Series(100 + np.arange(60.0))
    found = picture.zero_shot(y, 12, 6)
    assert list(found) == list(QUANTILES)
    np.testing.assert_allclose(found[0.5], 160 + np.arange(6.0), atol=3)
    assert (found[0.025] <= found[0.975]).all()
    with pytest.raises(ValueError, match="season must be one that weights serve, got 11"):
        picture.zero_shot(y, 11, 6)
    picture.main(["--out", str(tmp_path / "picture.svg")])
    assert "<svg" in (tmp_path / "picture.svg").read_text()

"""Tables of the docs page: what counts as a cell, ratios, and the page they go into."""

import pandas as pd
import pytest

from examples.paper import ablation, baselines, figures, m4_tables, page, tables
from examples.paper.m4_recipes import RECIPES
from examples.paper.models import MODELS, sigma_settings
from examples.paper.published import published
from examples.paper.results import settings_text

OWN = settings_text(sigma_settings("ETTh1"))


def runs(*rows):
    columns = ["model", "dataset", "context", "horizon", "seed", "settings", "mse", "mae"]
    return pd.DataFrame(rows, columns=columns)


SIGMA = runs(
    ("sigma", "ETTh1", 96, 96, 0, OWN, 0.370, 0.39),
    ("sigma", "ETTh1", 96, 96, 1, OWN, 0.380, 0.41),
    ("sigma", "ETTh1", 96, 192, 0, OWN, 0.473, 0.43),
    ("sigma", "ETTh1", 96, 96, 0, "{}", 9.0, 9.0),
    ("sigma", "ETTh1", 336, 96, 0, OWN, 0.360, 0.38),
    ("timemixer", "ETTh1", 96, 96, 0, "{}", 9.0, 9.0),
)


@pytest.mark.parametrize(
    ("arguments", "options", "expected"),
    [
        ((7, "Sigma", "Weather", "mse"), {"horizon": 96}, 0.160),
        ((7, "TimeMixer", "ETTm2", "mae"), {"horizon": 720}, 0.402),
        ((10, "DLinear", "Exchange", "mse"), {"horizon": 336}, 0.328),
        ((13, "Sigma", "ETTh1", "mse"), {"context": 336, "horizon": 720}, 0.459),
        ((8, "Sigma", "ETTh1", "mse_sd"), {"horizon": "mean"}, 0.004),
        ((8, "Sigma", "Weather", "mae"), {"horizon": "mean"}, 0.273),
        ((9, "Sigma", "Average", "owa"), {"context": ""}, 0.868),
        ((4, "convolution", "ETTh1", "mse"), {"horizon": 720}, 0.524),
    ],
)
def test_published_numbers(arguments, options, expected):
    assert published(*arguments, **options) == expected


def test_published_averages_are_the_means_of_their_cells():
    for dataset in tables.DATASETS:
        average = published(8, "Sigma", dataset, "mse", horizon="mean")
        cells = [published(7, "Sigma", dataset, "mse", horizon=h) for h in tables.HORIZONS]
        assert sum(cells) / 4 == pytest.approx(average, abs=6e-4)


def test_a_number_the_paper_has_not_is_refused():
    with pytest.raises(KeyError):
        published(7, "Sigma", "ETTh1", "mse", horizon=24)


def test_cells_are_means_over_seeds_of_runs_with_the_papers_settings():
    found = tables.cells(tables.own_settings(SIGMA, "sigma"))
    cell = found.loc[("ETTh1", 96, 96)]
    assert cell["mse"] == pytest.approx(0.375)
    assert cell["mse_sd"] == pytest.approx(0.01 / 2**0.5)
    assert cell["seeds"] == 2
    assert len(found) == 3


def test_a_shortened_run_stands_in_and_says_so():
    def short(epochs):
        return settings_text(sigma_settings("ETTh1") | {"max_epochs": epochs})

    extra = runs(
        ("sigma", "ETTh1", 96, 96, 0, short(2), 9.0, 9.0),
        ("sigma", "ETTh1", 96, 336, 0, short(1), 9.0, 9.0),
        ("sigma", "ETTh1", 96, 336, 0, short(3), 0.5, 0.5),
    )
    found = tables.trained_longest(pd.concat([SIGMA, extra]), "sigma")
    assert len(found) == 5
    text = tables.long_term_table(pd.concat([SIGMA, extra]), "sigma", "Sigma")
    assert "| ETTh1 | 96 | 0.375 ± 0.007 |" in text
    assert "| ETTh1 | 336 | 0.500 | 0.481 | 1.040 |" in text
    assert "| 1, 3 of 10 epochs |" in text


def test_a_smaller_network_stands_in_and_says_so():
    own = MODELS["micn"].settings_at("ETTh1", 96)
    assert own["d_model"] == 512

    def row(seed, mse, **changes):
        return ("micn", "ETTh1", 96, 96, seed, settings_text(own | changes), mse, mse)

    found = runs(
        row(0, 0.5, d_model=64, max_epochs=2),
        row(0, 0.4, d_model=64),
        row(0, 0.3, d_model=32),
        row(0, 0.2, d_model=1024),
        row(0, 0.1, learning_rate=1.0),
    )
    kept = tables.trained_longest(found, "micn")
    assert kept["mse"].tolist() == [0.4]
    assert kept["shortened"].tolist() == ["64 of 512 features"]
    whole = pd.concat([found, runs(row(0, 0.6))])
    assert tables.trained_longest(whole, "micn")["mse"].tolist() == [0.6]
    assert tables.trained_longest(whole, "micn")["shortened"].tolist() == [""]


def test_ratios_are_over_the_papers_cells_at_its_context():
    found = tables.ratios(tables.cells(tables.own_settings(SIGMA, "sigma")), "Sigma")
    assert dict(found) == pytest.approx(
        {("ETTh1", 96): 0.375 / 0.379, ("ETTh1", 192): 0.473 / 0.430}
    )
    text = tables.ratio_summary(found)
    assert "2 of 24 cells: mean ratio 1.045, 1 at or below" in text
    assert "worst 1.100 (ETTh1, 192), 1 off by more than 2 %" in text


def test_a_row_shows_ours_the_papers_and_the_ratio():
    text = tables.long_term_table(SIGMA, "sigma", "Sigma")
    assert "| ETTh1 | 96 | 0.375 ± 0.007 | 0.379 | 0.989 | 0.400 ± 0.014 | 0.393 |" in text
    assert "| ETTh1 | 192 | 0.473 | 0.430 | 1.100 |" in text
    assert "| Weather | 720 | – | 0.348 | – | – | 0.345 | – | 0 |" in text


def test_the_default_has_a_context_chosen_by_validation():
    rows = [("default", "ETTh1", c, 96, 0, "{}", mse, 0.3) for c, mse in ((96, 0.4), (336, 0.379))]
    frame = runs(*rows).assign(valid_loss=[0.5, 0.4])
    found = tables.default_table(frame)
    mse, mae = "0.379 | 0.400 | 1.055 | {} | {}", "0.393 | 0.300 | 0.763 | 0.300 | 0.763"
    assert f"| {mse.format('0.379', '1.000')} | {mae} | 336 | 1 |" in found
    found = tables.default_table(frame.assign(valid_loss=[0.4, 0.5]))
    assert f"| {mse.format('0.400', '1.055')} | {mae} | 96 | 1 |" in found
    alone = tables.default_table(frame[:1])
    assert f"| {mse.format('–', '–')} | 0.393 | 0.300 | 0.763 | – | – | – | 1 |" in alone
    assert "| Weather | 96 | 0.160 | – | – | – | – | 0.204 | – | – | – | – | – | 0 |" in alone
    assert tables.default_table(runs()) == "No run yet."


def test_averages_need_all_horizons_at_the_papers_context():
    rows = [
        ("sigma", "ETTh1", 96, h, s, OWN, 0.1 * i + 0.01 * s, 0.3)
        for i, h in enumerate(tables.HORIZONS)
        for s in (0, 2)
    ]
    rows.insert(0, ("sigma", "ETTh1", 336, 96, 0, OWN, 9.0, 9.0))
    assert "| ETTh1 | 0.160 ± 0.014 | 0.443 ± 0.004 |" in tables.averages_table(runs(*rows))
    assert "| ETTh1 | – | 0.443 ± 0.004 |" in tables.averages_table(runs(*rows[:-2]))


def ablation_runs():
    whole = ("sigma", "ETTh1", 96, 720, 0, OWN, 0.5, 0.5)
    name = "moving average"
    own = settings_text(sigma_settings("ETTh1") | ablation.VARIANTS[name])
    variant = (name, "ETTh1", 96, 720, 0, own, 0.4, 0.4)
    return [
        [whole, ("sigma", "ETTh1", 336, 720, 0, OWN, 9.0, 9.0), *SIGMA.to_numpy()],
        [
            variant,
            (*variant[:2], 8, *variant[3:6], 9.0, 9.0),
            (*variant[:3], 96, *variant[4:6], 9.0, 9.0),
            (*variant[:5], "{}", 9.0, 9.0),
        ],
    ]


def test_the_ablation_is_at_one_context_and_horizon():
    text = tables.ablation_table(*(runs(*rows) for rows in ablation_runs()))
    assert "| whole model | 0.500 | 0.480 | 1.042 | 0.500 | 0.468 | 1 |" in text
    assert "| moving average | 0.400 | 0.493 | 0.811 | 0.400 | 0.475 | 1 |" in text
    assert "| convolution | – | 0.524 | – | – | 0.492 | 0 |" in text


def test_baselines_have_the_settings_of_their_script():
    right = settings_text(baselines.settings(baselines.NAIVE, "Exchange"))
    row = (baselines.NAIVE, "Exchange", 96, 96, 0)
    others = runs((*row, right, 0.08, 0.2), (*row, '{"sp": 24, "strategy": "last"}', 9.0, 9.0))
    text = tables.baselines_table(SIGMA, others)
    assert "| Exchange | 96 | – | 0.080 | – | – | 0.095 |" in text
    assert "| ETTh1 | 96 | 0.375 | – | – | – | 0.396 |" in text
    assert tables.baselines_table(SIGMA, runs()) == "No run yet."


def m4_row(frequency, seed, smape, n_series, recipe="paper", choose="train"):
    errors = {"smape": smape, "mase": 1.0, "naive2_smape": 10.0, "naive2_mase": 2.0}
    settings = settings_text(RECIPES[recipe.removesuffix(", averaged")](frequency))
    names = {"recipe": recipe, "frequency": frequency, "choose": choose, "seed": seed}
    names["settings"] = settings
    return names | errors | {"n_series": n_series}


def test_m4_groups_and_ratio():
    frame = pd.DataFrame(
        [m4_row("Weekly", 0, 4.0, 1), m4_row("Daily", 0, 8.0, 2), m4_row("Hourly", 0, 16.0, 1)]
    )
    text = m4_tables.m4_table(frame)
    # sMAPE 36 / 4; OWA (0.45 + 2 * 0.65 + 1.05) / 4 = 0.7 against 1.037 in the paper.
    row = "Others | paper | train | 9.000 | 4.867 | 1.000 | 3.316 | 0.700 | 1.037 | 0.675"
    assert row in text
    assert "Average" not in text


def test_zero_shot_forecasts_by_frequency_and_whole():
    naive2 = {"naive2_smape": 10.0, "naive2_mase": 2.0}
    frame = pd.DataFrame(
        [
            {"weights": weights, "frequency": name, "smape": smape, "mase": 1.0, "n_series": n}
            | naive2
            for weights, smape in (("packed", 9.0), ("everything", 8.0))
            for name, n in (("Yearly", 3), ("All", 4))
        ]
    )
    text = m4_tables.zero_shot_table(frame)
    # (0.9 + 0.5) / 2 and (0.8 + 0.5) / 2.
    assert "| Yearly | 3 | 9.000 | 1.000 | 0.700 | 8.000 | 1.000 | 0.650 |" in text
    assert "| All | 4 |" in text
    assert m4_tables.zero_shot_table(pd.DataFrame()) == "No run yet."


def test_the_recipe_is_chosen_in_rehearsal():
    frame = pd.DataFrame(
        [
            m4_row("Yearly", 0, 6.0, 1, "smape", "rehearsal"),
            m4_row("Yearly", 0, 4.0, 1, "mase", "rehearsal"),
            m4_row("Yearly", 0, 2.0, 1, "smape"),
            m4_row("Yearly", 0, 8.0, 1, "mase"),
            m4_row("Yearly", "0+1", 3.0, 1, "mase, averaged"),
            m4_row("Yearly", "0+1+2", 7.0, 1, "mase, averaged"),
            m4_row("Yearly", "0+1", 1.0, 1, "smape, averaged"),
            m4_row("Yearly", 1, 99.0, 1, "mase") | {"settings": '{"max_epochs": 1}'},
        ]
    )
    text = m4_tables.m4_table(frame)
    assert "| Yearly | best in rehearsal | train | 8.000 |" in text
    assert "| Yearly | best in rehearsal, averaged over 3 seeds | train | 7.000 |" in text
    assert "| rehearsal |" not in text
    shown = m4_tables.rehearsal_table(frame)
    assert "| Yearly | 0.550 / 0.350 | 0.450 / 0.650 | – / 0.600 | – / 0.300 |" in shown
    assert "| Daily | – / – | – / – |" in shown


def test_the_page_shows_what_was_run_and_keeps_its_prose(tmp_path):
    # A kill may leave the beginning of a row.
    (tmp_path / "long_term.csv").write_text(SIGMA.to_csv(index=False) + 'sigma,ETTh1,96,96,1,"{""')
    found = page.tables(tmp_path)
    template = "# Title\n" + "".join(
        f"Before {name}.\n<!-- table {name} -->\nold\n<!-- end -->\n" for name in found
    )
    filled = page.filled(template, found)
    assert "old" not in filled
    assert "Before m4.\n<!-- table m4 -->\n\nNo run yet.\n\n<!-- end -->" in filled
    assert "0.375 ± 0.007" in filled
    assert page.filled(filled, found) == filled
    with pytest.raises(ValueError, match="the page has the tables"):
        page.filled(template.replace("table m4", "table m5"), found)


def test_the_docs_page_shows_the_tables_as_they_are_now():
    text = page.PAGE.read_text(encoding="utf-8")
    assert page.filled(text, page.tables()) == text


@pytest.mark.parametrize("model", ["sigma", "timemixer"])
def test_tables_need_no_run_of_their_model(model):
    text = tables.long_term_table(SIGMA[SIGMA["model"] != model], model, "Sigma")
    assert "| ETTh1 | 96 | – | 0.379 |" in text
    assert "No run yet." in text


def test_figure_7_is_drawn_from_whatever_was_run(tmp_path):
    costs = pd.DataFrame({"context": [24, 96], "horizon": 96, "ms": [1.0, 2.0], "megabytes": 3.0})
    figures.draw_context_length(SIGMA, SIGMA[:0], costs, tmp_path)
    figures.draw_context_length(SIGMA[:0], SIGMA[:0], costs[:0], tmp_path)
    assert (tmp_path / "figure_7_context_length.png").stat().st_size > 1000

"""Numbers of pages are those of the stored tables."""

import pytest

from examples import augmentation, glance, latent_penalties
from examples.benchmarks import anomalies, augmented_forecasts, models, series_features
from skscale.forecasting import all_forecasters


@pytest.mark.parametrize(
    "page",
    [
        *(anomalies, augmentation, augmented_forecasts, glance, latent_penalties, models),
        series_features,
    ],
)
def test_a_page_has_the_numbers_of_its_tables(page):
    text = page.PAGE.read_text(encoding="utf-8")
    assert text == page.filled(text)
    assert page.filled(text.replace("0", "1")) != text


def test_every_forecaster_has_its_rows():
    text = models.PAGE.read_text(encoding="utf-8")
    for one in all_forecasters():
        assert f"`{one.__name__}`" in text
        assert f"| [{one.__name__}](api/forecasting/{one.__name__}.md) |" in text

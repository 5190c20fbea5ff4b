"""Fixtures that tests of the examples share."""

import pytest

from tests.examples.series import walk


@pytest.fixture
def tiny_exchange(tmp_path):
    """A command line over a random walk of 200 rows in the place of Exchange."""
    (tmp_path / "exchange_rate").mkdir()
    walk(200).to_csv(tmp_path / "exchange_rate" / "exchange_rate.csv")
    flags = ["--dataset", "Exchange", "--horizon", "4", "--context", "8"]
    return [*flags, "--data", str(tmp_path), "--out", str(tmp_path / "out.csv")]

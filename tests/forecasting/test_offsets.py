"""Seasons, cycles and lengths of steps."""

import pandas as pd
import pytest
from pandas.tseries import offsets
from pandas.tseries.frequencies import to_offset

from skscale.forecasting._offsets import cycles_of_step, days_of_step, plain, season_of_step

SEASONS = {
    "s": 86400, "min": 1440, "10min": 144, "15min": 96, "30min": 48, "h": 24, "2h": 12, "6h": 4,
    "7h": 24, "D": 7, "3D": 1, "7D": 52, "B": 5, "C": 5, "W-MON": 52, "2W": 26, "SMS": 24, "MS": 12,
    "ME": 12, "2MS": 6, "5MS": 1, "BME": 12, "BMS": 12, "CBME": 12, "CBMS": 12, "WOM-3FRI": 12,
    "LWOM-FRI": 12, "QS": 4, "QE-OCT": 4, "BQE": 4, "BQS": 4, "YS": 1, "BYE": 1, "BYS": 1,
    "RE-N-JAN-FRI": 1, "REQ-N-JAN-FRI-1": 4, "bh": 8,
}  # fmt: skip
OFFSETS = [
    (offsets.CustomBusinessDay(weekmask="Mon Tue Wed Thu Fri Sat"), 6),
    (offsets.CustomBusinessDay(weekmask="Mon Wed Fri"), 3),
    (offsets.CustomBusinessDay(weekmask="Sun Mon Tue Wed Thu", holidays=["2024-01-01"]), 5),
    (offsets.BusinessHour(start="09:00", end="17:00"), 8),
    (offsets.CustomBusinessHour(start=["08:00", "13:00"], end=["12:00", "18:00"]), 9),
    (offsets.BusinessHour(start="22:00", end="06:00"), 8),
    (offsets.Easter(), 1),
    (pd.DateOffset(months=1), 12),
    (pd.DateOffset(months=3), 4),
    (pd.DateOffset(years=1), 1),
    (pd.DateOffset(hours=6), 4),
    (pd.DateOffset(weeks=1), 52),
    (pd.DateOffset(), 7),
]


@pytest.mark.parametrize("freq", SEASONS)
def test_season_of_a_step(freq):
    assert season_of_step(to_offset(freq)) == SEASONS[freq]


@pytest.mark.parametrize(("offset", "season"), OFFSETS, ids=str)
def test_season_of_an_offset(offset, season):
    assert season_of_step(offset) == season


@pytest.mark.parametrize(
    ("freq", "cycles"),
    [("s", [86400, 3600, 60]), ("10s", [8640, 360, 6]), ("min", [1440, 60]), ("15min", [96, 4]),
     ("100ms", [864000, 36000, 600, 10]), ("h", [24]), ("MS", [12]), ("YS", [])],
)  # fmt: skip
def test_cycles_from_the_customary_season_down(freq, cycles):
    assert cycles_of_step(to_offset(freq)) == cycles


@pytest.mark.parametrize(
    ("offset", "same"),
    [
        (pd.DateOffset(hours=6), to_offset("6h")),
        (pd.DateOffset(days=1, hours=2), to_offset("26h")),
        (pd.DateOffset(2, days=1), offsets.Day(2)),
        (pd.DateOffset(weeks=2), offsets.Day(14)),
        (pd.DateOffset(months=1), pd.DateOffset(months=1)),
        (to_offset("BME"), to_offset("BME")),
    ],
    ids=str,
)
def test_offsets_without_a_name_get_one(offset, same):
    assert plain(offset) == same


@pytest.mark.parametrize(
    ("freq", "days"), [("h", 1 / 24), ("W", 7), ("B", 1.4), ("MS", 30.4), ("QE", 91.3), ("YE", 365)]
)
def test_days_of_a_step(freq, days):
    assert days_of_step(to_offset(freq)) == pytest.approx(days, rel=0.01)

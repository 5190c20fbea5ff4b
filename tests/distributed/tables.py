"""A long table of shops with a price, and a forecaster that has learned from it."""

import numpy as np
import pandas as pd

from skscale.forecasting import DLinearForecaster

DAYS, AHEAD = 57, 3


def shops(n=6):
    """Sales and price of ``n`` shops, the last days of price being known ahead."""
    day, t = pd.date_range("2024-01-01", periods=DAYS + AHEAD, name="day"), np.arange(DAYS + AHEAD)
    frames = {}
    for i in range(n):
        rng = np.random.default_rng(i)
        price = rng.normal(size=len(t))
        sales = 10 * (i + 1) + np.sin(2 * np.pi * t / 7) + price + rng.normal(0, 0.1, len(t))
        frames[f"s{i}"] = pd.DataFrame({"sales": sales, "price": price}, index=day)
    return pd.concat(frames, names=["shop"])


def past(table):
    return table.groupby(level="shop").head(DAYS)


def ahead(table):
    return table.groupby(level="shop").tail(AHEAD)[["price"]]


def fitted(table, **parameters):
    given = {"context_length": 14, "max_epochs": 1, "random_state": 0, "freq": "D", **parameters}
    seen = past(table)
    return DLinearForecaster(**given).fit(seen[["sales"]], seen[["price"]])


def without_a_day(rows, shop):
    """The same table, one shop of which lacks a day in the middle."""
    gap = (rows["shop"] == shop) & (rows["day"] == "2024-01-20")
    return rows[~gap]

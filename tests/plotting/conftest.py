"""Figures without a window, closed behind every test."""

import matplotlib
import pytest

matplotlib.use("agg")
from matplotlib import pyplot as plt


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")

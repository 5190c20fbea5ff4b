import numpy as np
import pandas as pd
import pytest
from sktime.split import (
    CutoffSplitter,
    ExpandingWindowSplitter,
    SingleWindowSplitter,
    SlidingWindowSplitter,
)
from sktime.utils._testing.hierarchical import _make_hierarchical

from skscale.forecasting import _splits
from skscale.forecasting._panel import Panel
from skscale.forecasting._splits import Splits

PLAIN = [
    ExpandingWindowSplitter(fh=[1, 2, 3], initial_window=10),
    ExpandingWindowSplitter(fh=[2, 5], initial_window=7, step_length=4),
    ExpandingWindowSplitter(fh=np.arange(1, 30), initial_window=10),
    SlidingWindowSplitter(fh=[1], window_length=5),
    SlidingWindowSplitter(fh=[1, 2], window_length=5, step_length=3),
    SlidingWindowSplitter(fh=[1, 2], window_length=5, initial_window=12, step_length=2),
]


@pytest.fixture
def frame():
    return pd.DataFrame({"y": np.arange(40.0)}, index=pd.period_range("2001", periods=40, freq="M"))


@pytest.mark.parametrize("cv", PLAIN, ids=str)
def test_plain_windows_equal_the_splitter(frame, cv):
    panel = Panel.from_frame(frame)
    found, expected = (
        read(cv, frame, panel) for read in (_splits._of_plain_windows, _splits._of_any)
    )
    for name in ("starts", "cuts", "steps"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), name)
    for i, (train, _) in enumerate(cv.split(frame)):
        np.testing.assert_array_equal(found.train_rows(i, panel), train)


@pytest.mark.parametrize(
    "cv",
    [
        SingleWindowSplitter(fh=[1, 2]),
        CutoffSplitter(cutoffs=np.array([10, 20]), fh=[1, 2], window_length=5),
        SlidingWindowSplitter(fh=[1], window_length=5, start_with_window=False),
        ExpandingWindowSplitter(
            fh=pd.timedelta_range("1D", periods=2),
            initial_window=pd.Timedelta(days=9),
            step_length=pd.Timedelta(days=3),
        ),
    ],
    ids=lambda cv: type(cv).__name__,
)
def test_other_splitters_take_the_long_road(frame, cv):
    if isinstance(cv, ExpandingWindowSplitter):
        frame = frame.set_axis(pd.date_range("2001", periods=40, freq="D"))
    panel = Panel.from_frame(frame)
    if not isinstance(cv, SlidingWindowSplitter):
        splits = Splits.of(cv, frame, panel)
        trains = [train for train, _ in cv.split(frame)]
        assert len(splits.cuts) == len(trains)
        for i, train in enumerate(trains):
            np.testing.assert_array_equal(splits.train_rows(i, panel), train)
    assert _splits._of_plain_windows(cv, frame, panel) is None


def test_rows_of_a_panel():
    frame = _make_hierarchical((2, 2), min_timepoints=20, max_timepoints=20)
    panel = Panel.from_frame(frame)
    cv = ExpandingWindowSplitter(fh=[1, 2], initial_window=12, step_length=3)
    splits = Splits.of(cv, frame, panel)
    for i, (train, _) in enumerate(cv.split(frame)):
        np.testing.assert_array_equal(splits.train_rows(i, panel), np.sort(train))


class Gaps:
    """A splitter whose training window leaves a row out."""

    def split(self, y):
        yield np.array([0, 1, 3, 4]), np.array([5, 6])


def test_gaps_are_named(frame):
    with pytest.raises(ValueError, match="training window of split 0 has gaps"):
        Splits.of(Gaps(), frame, Panel.from_frame(frame))

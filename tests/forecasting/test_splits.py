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
    panel = Panel.from_frames(frame)
    found, expected = _splits._of_plain_windows(cv, panel), _splits._of_any(cv, frame, panel)
    for name in ("starts", "cuts", "steps"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), name)
    for i, (train, _) in enumerate(cv.split(frame)):
        np.testing.assert_array_equal(found.train_rows(i, panel), train)


@pytest.mark.parametrize("lengths", [(40, 25, 40, 31), (40, 40, 40)], ids=str)
@pytest.mark.parametrize("cv", PLAIN[:2] + PLAIN[3:], ids=str)
def test_plain_windows_of_a_panel_equal_the_splitter(frame, cv, lengths):
    parts = {str(i): frame.iloc[-n:] for i, n in enumerate(lengths)}
    panel_frame = pd.concat(parts, names=["series", "month"])
    panel = Panel.from_frames(panel_frame)
    found, expected = _splits._of_plain_windows(cv, panel), _splits._of_any(cv, panel_frame, panel)
    for name in ("starts", "cuts", "steps"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), name)
    times = panel_frame.index.get_level_values("month")
    expected = [len(times[found.train_rows(i, panel)].unique()) for i in range(len(found.cuts))]
    np.testing.assert_array_equal(found.train_lengths(panel), expected)


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
    panel = Panel.from_frames(frame)
    if not isinstance(cv, SlidingWindowSplitter):
        splits = Splits.of(cv, frame, panel)
        trains = [train for train, _ in cv.split(frame)]
        assert len(splits.cuts) == len(trains)
        for i, train in enumerate(trains):
            np.testing.assert_array_equal(splits.train_rows(i, panel), train)
    assert _splits._of_plain_windows(cv, panel) is None


def test_rows_of_a_panel():
    frame = _make_hierarchical((2, 2), min_timepoints=20, max_timepoints=20)
    panel = Panel.from_frames(frame)
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
        Splits.of(Gaps(), frame, Panel.from_frames(frame))


def test_a_split_without_training_rows_of_a_series_is_refused():
    frames = {name: pd.DataFrame({"y": np.arange(n)}) for name, n in (("b", 20), ("a", 9))}
    frame = pd.concat(frames, names=["instance", "time"])
    panel = Panel.from_frames(frame)

    class One:
        """A splitter that trains on the first series alone."""

        def split(self, y):
            yield np.arange(10), np.array([10, 11])

    with pytest.raises(ValueError, match="split 0 has no training rows of 'a'"):
        Splits.of(One(), frame, panel)


def test_another_horizon_is_named_with_its_series():
    frames = {name: pd.DataFrame({"y": np.arange(9)}) for name in "ba"}
    frame = pd.concat(frames, names=["instance", "time"])

    class Later:
        """A splitter that asks for steps 1, 2 of b and 2, 3 of a."""

        def split(self, y):
            rows = np.arange(5)
            yield np.concatenate((rows, rows + 9)), np.array([5, 6, 15, 16])

    with pytest.raises(ValueError, match=r"asks for \[1, 2\] of 'b', others for \[1, 2, 3\]"):
        Splits.of(Later(), frame, Panel.from_frames(frame))


def test_series_are_told_by_their_key_whatever_their_order():
    lengths = {"b": 20, "c": 14, "a": 17}
    frames = {name: pd.DataFrame({"y": np.arange(n)}) for name, n in lengths.items()}
    frame = pd.concat(frames, names=["instance", "time"])
    panel = Panel.from_frames(frame)
    cv = ExpandingWindowSplitter(fh=[1, 2], initial_window=8, step_length=3)
    splits = Splits.of(cv, frame, panel)
    for i, (train, test) in enumerate(cv.split(frame)):
        assert set(splits.train_rows(i, panel)) == set(train)
        expected = frame.iloc[np.sort(test)]["y"]
        np.testing.assert_array_equal(splits.truth(panel)[i].ravel(), expected)


def test_the_length_of_a_window_counts_shared_times_once():
    times = pd.date_range("2020", periods=40, freq="D")
    spans = {"long": slice(0, 40), "late": slice(15, 40)}
    frames = {k: pd.DataFrame({"y": 0.0}, index=times[span]) for k, span in spans.items()}
    frame = pd.concat(frames, names=["instance", "time"])
    panel = Panel.from_frames(frame)
    cv = SlidingWindowSplitter(fh=[1], window_length=10)
    splits = Splits.of(cv, frame, panel)
    windows = [frame.iloc[train].index.get_level_values(-1) for train, _ in cv.split(frame)]
    assert splits.train_lengths(panel).tolist() == [len(times.unique()) for times in windows]


def test_negative_cut_offs_are_named(frame):
    cv = CutoffSplitter(np.array([-5, -3]), fh=[1, 2], window_length=5)
    with pytest.raises(ValueError, match="split 0 has no training rows"):
        Splits.of(cv, frame, Panel.from_frames(frame))

"""Data sets by name: shipped, from a folder, or fetched from a server on this machine."""

import gzip
import hashlib
import lzma
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import numpy as np
import pandas as pd
import pytest

from skscale.datasets import _load, available, load

# In the form of the papers' files; in UNEVEN one stamp is wrong, as in Weather.
DATES = pd.date_range("2020-01-01", periods=6, freq="h").astype(str).to_list()
TABLE = "date,a,OT\n" + "".join(f"{date},{i},{i / 2}\n" for i, date in enumerate(DATES))
UNEVEN = TABLE.replace(DATES[1], DATES[0])
PANEL = '"V1","V2","V3","V4"\n"H1","1","2","3"\n"H2","4","",""\n'


@pytest.fixture
def small(monkeypatch):
    """Stand-ins of the size of the files above."""

    def source(name, path, size, step, url="", sha256=""):
        found = _load.Source(name, path, url, sha256, *size, step)
        monkeypatch.setattr(_load, "sources", lambda: {name: found})

    return source


@pytest.mark.parametrize("name", sorted(_load._SHIPPED))
def test_shipped_sets_need_no_network(name):
    found = load(name)
    assert len(found) > 0
    assert found.notna().all(axis=None)


def test_columns_known_beside_a_series_stand_behind_it():
    from sktime.datasets import load_longley

    y, X = load_longley()
    found = load("longley")
    pd.testing.assert_series_equal(found["TOTEMP"], y)
    pd.testing.assert_frame_equal(found.drop(columns="TOTEMP"), X)


@pytest.mark.parametrize("place", ["set/table.csv", "table.csv"])
@pytest.mark.parametrize(
    ("end", "pack"), [("", bytes), (".xz", lzma.compress), (".gz", gzip.compress)]
)
def test_a_folder_may_be_flat_or_not_and_files_packed_or_plain(small, tmp_path, place, end, pack):
    small("Set", "set/table.csv", (6, 2), "h")
    path = tmp_path / (place + end)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(pack(UNEVEN.encode()))
    found = load("Set", folder=tmp_path)
    assert found.index.equals(pd.DatetimeIndex(DATES))
    assert found.index.freqstr == "h"
    assert found["OT"].tolist() == [0, 0.5, 1, 1.5, 2, 2.5]


def test_a_row_of_m4_is_a_series_of_a_panel(small, tmp_path):
    small("M4", "m4/Set-train.csv", (2, 3), "")
    (tmp_path / "Set-train.csv").write_text(PANEL)
    found = load("M4", folder=tmp_path)
    assert found.index.to_list() == [("H1", 0), ("H1", 1), ("H1", 2), ("H2", 0)]
    assert found["y"].tolist() == [1, 2, 3, 4]


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"name must be one of .*'ETTh1'.*got 'ETTh3'"):
        load("ETTh3")
    with pytest.raises(ValueError, match="'airline', which ships inside sktime"):
        load("airline", folder=tmp_path)
    with pytest.raises(FileNotFoundError, match=r"must hold ett/ETTh1.csv or ETTh1.csv"):
        load("ETTh1", folder=tmp_path)


def test_without_pooch_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(ImportError, match=r"skscale\[datasets\]"):
        load("ETTh1")


class Silent(SimpleHTTPRequestHandler):
    def log_message(self, format, *args):
        """Tests print nothing."""


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Address of a server on this machine with the table, and an empty cache."""
    pooch = pytest.importorskip("pooch")
    monkeypatch.setattr(pooch, "os_cache", lambda name: tmp_path / "cache")
    (tmp_path / "table.csv").write_text(TABLE)
    (tmp_path / "panel.csv").write_text(PANEL)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=str(tmp_path)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/table.csv"
    server.shutdown()
    server.server_close()


def test_a_file_is_fetched_once_and_checked(small, home, tmp_path):
    right = hashlib.sha256((tmp_path / "table.csv").read_bytes()).hexdigest()
    small("Set", "set/table.csv", (6, 2), "h", home, right)
    assert len(load("Set")) == 6
    (tmp_path / "table.csv").unlink()
    assert len(load("Set")) == 6


@pytest.mark.parametrize(("path", "columns"), [("table.csv", 3), ("panel.csv", 2)])
def test_what_is_fetched_without_a_checksum_has_its_size_checked(small, home, path, columns):
    address = home.replace("table.csv", path)
    small("Set", path, (6, columns), "h" if path == "table.csv" else "", address)
    with pytest.raises(ValueError, match=r"Set has 6 rows and . columns, http.* has [62] and [23]"):
        load("Set")


@pytest.mark.parametrize(("end", "sha256"), [("", "0" * 64), (".gone", "")])
def test_what_cannot_be_fetched_says_what_to_do(small, home, end, sha256):
    small("Set", "set/table.csv", (6, 2), "h", home + end, sha256)
    with pytest.raises(OSError, match=r"could not be fetched .* put set/table.csv into a folder"):
        load("Set")


@pytest.mark.parametrize(
    "name", ["ETTh1", "Exchange", "Weather", "ILI", "M4-Hourly", "M4-Hourly-test"]
)
def test_the_papers_files_have_the_sizes_listed(shared, name):
    found = load(name, folder=shared / "data")
    assert np.isfinite(found.to_numpy()).all()
    _load._check_size(_load.sources()[name], found)


def test_every_file_has_a_checksum_but_two():
    listed = _load.sources()
    assert {name for name, source in listed.items() if not source.sha256} == {
        "Electricity",
        "Traffic",
    }
    assert all(len(s.sha256) in (0, 64) and s.url.startswith("https://") for s in listed.values())
    assert set(listed) < set(available())

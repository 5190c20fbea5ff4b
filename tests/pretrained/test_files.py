"""Cards and weights: complete, small, checked when they are read."""

import hashlib
import json
import socket
from importlib.resources import files
from pathlib import Path

import pytest
import safetensors.torch
import torch

from skscale import pretrained
from skscale.pretrained import _files, available, card, for_season, load
from skscale.pretrained._net import QUANTILES

WEIGHTS = Path(str(files("skscale.pretrained") / "weights"))
SEASONS = [1, 4, 5, 7, 12, 24, 48, 52]


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A folder with one network whose files may be damaged."""
    for suffix in ("json", "safetensors"):
        (tmp_path / f"seasonal-1.{suffix}").write_bytes(
            (WEIGHTS / f"seasonal-1.{suffix}").read_bytes()
        )
    monkeypatch.setattr(_files, "_folder", lambda: tmp_path)
    return tmp_path


def change(folder, **entries):
    path = folder / "seasonal-1.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | entries))


def test_every_season_has_a_network():
    assert available() == [f"seasonal-{season}" for season in SEASONS]
    assert [for_season(season) for season in SEASONS] == available()
    assert for_season(2) is None


def test_weights_are_small_float16_and_have_their_card():
    total = sum(path.stat().st_size for path in WEIGHTS.iterdir())
    assert total < 5e6
    for name in available():
        tensors = safetensors.torch.load_file(WEIGHTS / f"{name}.safetensors")
        assert {tensor.dtype for tensor in tensors.values()} == {torch.float16}
        assert all(tensor.isfinite().all() for tensor in tensors.values())


@pytest.mark.parametrize("name", available())
def test_cards_say_what_the_network_is(name):
    found, net = card(name), load(name)
    assert found["name"] == name
    assert for_season(found["season"]) == name
    assert tuple(found["quantiles"]) == QUANTILES
    for key in ("season", "context_length", "history_length", "prediction_length"):
        assert found[key] == getattr(net, key)
    assert {"series", "synthetic", "licence", "left_out"} == found["data"].keys()
    assert len(found["commit"]) == 40
    assert all(m["training_seconds"] > 0 for m in found["members"])
    assert not net.training
    assert {p.dtype for p in net.parameters()} == {torch.float32}


def test_an_unknown_name_is_told_what_there_is():
    with pytest.raises(ValueError, match=r"name must be one of \['seasonal-1', .*got 'seasonal-2'"):
        load("seasonal-2")


@pytest.mark.parametrize("place", [0, 100, -1])
def test_a_changed_byte_is_found(copy, place):
    path = copy / "seasonal-1.safetensors"
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match="the weights of 'seasonal-1' are damaged"):
        load("seasonal-1")


def test_a_cut_file_with_a_fitting_checksum_is_found(copy):
    path = copy / "seasonal-1.safetensors"
    path.write_bytes(path.read_bytes()[:-10])
    change(copy, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    with pytest.raises(ValueError, match="damaged"):
        load("seasonal-1")


@pytest.mark.parametrize(
    "entries", [{"prediction_length": 7}, {"members": []}, {"quantiles": [0.5]}, {"season": None}]
)
def test_a_card_that_does_not_fit_the_weights_is_found(copy, entries):
    change(copy, **entries)
    with pytest.raises(ValueError, match="damaged"):
        load("seasonal-1")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "new"}'])
def test_a_card_that_cannot_be_read_is_found(copy, text):
    (copy / "seasonal-1.json").write_text(text)
    with pytest.raises(ValueError, match="the card of 'seasonal-1' is damaged"):
        load("seasonal-1")


def test_weights_without_a_file_are_damaged(copy):
    (copy / "seasonal-1.safetensors").unlink()
    with pytest.raises(ValueError, match="damaged"):
        load("seasonal-1")


def test_a_newer_format_asks_for_a_newer_skscale(copy):
    change(copy, format=_files.FORMAT + 1)
    with pytest.raises(ValueError, match="has format 2, this skscale reads up to 1"):
        load("seasonal-1")


def test_nothing_is_fetched(monkeypatch):
    def refuse(*_):
        raise AssertionError("network access")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert load(available()[0]) is not None


def test_the_room_shows_its_names():
    assert all(hasattr(pretrained, name) for name in pretrained.__all__)

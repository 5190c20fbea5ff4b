"""Files of checkpoints: whole or not there, of one fit, and removed when it ends."""

import errno
import os

import numpy as np
import pandas as pd
import pytest
import torch

import skscale
from skscale.saving import Checkpoints, UnreadableFileError, _container, described

STATE = {
    "net": {"layer.weight": torch.arange(6.0).reshape(2, 3), "count": torch.tensor(3)},
    "optimizer": {"means": {0: torch.ones(2, 3)}},
    "best": None,
    "lowest": float("inf"),
    "history": {"train_loss": [0.1, 1 / 3], "notes": ["one"]},
    "over": False,
}


def checkpoint(folder, name="network", **fit):
    return Checkpoints(folder, "Forecaster", {"lr": "0.1", "y": "sha256:aa", **fit}, 3)(name)


def test_it_comes_back_as_it_was(tmp_path):
    first = checkpoint(tmp_path / "new" / "folder")
    assert first.read(STATE) is None
    first.write(STATE)
    assert os.listdir(tmp_path / "new" / "folder") == ["Forecaster.network.zip"]
    found = checkpoint(tmp_path / "new" / "folder").read(STATE)
    assert torch.equal(found["net"].pop("layer.weight"), STATE["net"]["layer.weight"])
    assert torch.equal(found["net"].pop("count"), torch.tensor(3))
    assert torch.equal(found["optimizer"].pop("means")[0], torch.ones(2, 3))
    rest = {"net": {}, "optimizer": {}}
    assert found == {**STATE, **rest}


def test_every_network_has_a_file_and_all_are_removed(tmp_path):
    checkpoints = Checkpoints(tmp_path, "Forecaster", {}, 3)
    for name in ("network", "head"):
        checkpoints(name).read(STATE)
        checkpoints(name).write(STATE)
    (tmp_path / "mine.txt").write_text("")
    assert len(os.listdir(tmp_path)) == 3
    checkpoints.end()
    assert os.listdir(tmp_path) == ["mine.txt"]
    checkpoints.end()


def test_the_seed_of_the_fit_goes_on(tmp_path):
    Checkpoints(tmp_path, "Forecaster", {}, 3)("head").write(STATE)
    assert Checkpoints(tmp_path, "Forecaster", {}, 4).seed == 3
    assert Checkpoints(tmp_path, "Other", {}, 4).seed == 4


def test_another_fit_is_told_what_differs(tmp_path):
    checkpoint(tmp_path).write(STATE)
    with pytest.raises(ValueError, match=r"checkpoint_dir .*zip: lr was 0.1 and is 0.2; y differs"):
        checkpoint(tmp_path, lr="0.2", y="sha256:bb").read(STATE)
    with pytest.raises(ValueError, match=r"zip: more differs\. To go on"):
        checkpoint(tmp_path, more="1").read(STATE)


def test_two_fits_that_write_to_one_folder(tmp_path):
    one, twin, other = (checkpoint(tmp_path, lr=lr) for lr in ("0.1", "0.1", "0.2"))
    assert one.read(STATE) is twin.read(STATE) is other.read(STATE) is None
    one.write(STATE)
    twin.write(STATE)  # of the same fit: either state will do
    one.write(STATE)
    with pytest.raises(ValueError, match=r"lr was 0.1 and is 0.2"):
        other.write(STATE)
    assert checkpoint(tmp_path).read(STATE) is not None


def test_a_full_disk_leaves_the_last_state(tmp_path, monkeypatch):
    one = checkpoint(tmp_path)
    one.write(STATE)

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(_container.os, "fsync", full)
        with pytest.raises(OSError, match="checkpoint_dir: No space left") as caught:
            one.write({**STATE, "over": True})
    assert caught.value.errno == errno.ENOSPC
    assert os.listdir(tmp_path) == ["Forecaster.network.zip"]
    assert checkpoint(tmp_path).read(STATE)["over"] is False


def test_a_folder_that_cannot_be(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=r"checkpoint_dir: .*file"):
        checkpoint(tmp_path / "file" / "below").read(STATE)


@pytest.mark.parametrize("at", [0, 0.3, 0.6])
def test_a_damaged_file(tmp_path, at):
    one = checkpoint(tmp_path)
    one.write(STATE)
    whole = one.path.read_bytes()
    place = int(at * len(whole))
    changed = bytes([whole[place] ^ 255])
    for wrong in (whole[:place], whole[:place] + changed + whole[place + 1 :]):
        one.path.write_bytes(wrong)
        with pytest.raises(UnreadableFileError, match=r"cannot be read: .*remove it to begin anew"):
            checkpoint(tmp_path).read(STATE)


def test_other_files(tmp_path):
    pooling = skscale.AveragePooling(scale=2).fit(np.ones((2, 6)))
    one = checkpoint(tmp_path)
    pooling.save(one.path)
    with pytest.raises(UnreadableFileError, match="holds a AveragePooling, no checkpoint"):
        checkpoint(tmp_path)
    one.path.unlink()
    one.write(STATE)
    with pytest.raises(UnreadableFileError, match="holds a checkpoint"):
        skscale.load(one.path)


@pytest.mark.parametrize(
    ("like", "where"),
    [
        ({**STATE, "net": {}}, "training.net "),
        ({**STATE, "best": {}}, "training.best "),
        ({**STATE, "optimizer": {"means": {0: torch.ones(3, 2)}}}, "training.optimizer.means.0 "),
        ({**STATE, "optimizer": {"means": {0: torch.ones(2, 3).long()}}}, "means.0 "),
        ({**STATE, "over": 0}, "training.over "),
    ],
)
def test_another_network_than_the_one_that_trains(tmp_path, like, where):
    checkpoint(tmp_path).write(STATE)
    with pytest.raises(UnreadableFileError, match=rf"its .*{where}is not what the fit needs"):
        checkpoint(tmp_path).read(like)


FRAME = pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 2),
        (1, True),
        (1, 1.0),
        (None, "None"),
        ([1, 2], (1, 2)),
        (np.zeros(3), np.zeros((3, 1))),
        (np.zeros(3), np.zeros(3, dtype=np.float32)),
        (np.zeros(3), np.array([0, 0, 1e-300])),
        (FRAME, FRAME.assign(b=["x", "z"])),
        (FRAME, FRAME[["b", "a"]]),
        (pd.Index([1, 2]), pd.Index([1, 3])),
        (np.mean, np.median),
        (["a" * 99] * 99, ["a" * 99] * 98),
    ],
)
def test_what_differs_is_described_differently(one, other):
    assert described(one, "it") == described(one, "it")
    assert described(one, "it") != described(other, "it")


def test_descriptions():
    assert described(np.float64(0.5), "it") == described(0.5, "it") == "0.5"
    assert described(np.ones(2), "it") == described(np.ones(2), "it")
    with pytest.raises(ValueError, match=r"it is .* cannot be saved"):
        described(object(), "it")

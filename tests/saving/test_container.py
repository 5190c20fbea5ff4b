"""The old file or the new one lies there, whatever happens while it is written."""

import errno
import os
import signal
import sys
import threading

import numpy as np
import pytest

import skscale
from skscale.saving import _container

X = np.arange(24.0).reshape(2, 12)


def pooling(scale):
    return skscale.AveragePooling(scale=scale).fit(X)


def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch):
    pooling(2).save(tmp_path / "one")
    before = (tmp_path / "one.zip").read_bytes()

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(_container.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        pooling(3).save(tmp_path / "one")
    assert (tmp_path / "one.zip").read_bytes() == before
    assert os.listdir(tmp_path) == ["one.zip"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_a_disk_that_is_really_full(tmp_path, monkeypatch):
    pooling(2).save(tmp_path / "one")
    monkeypatch.setattr(_container.secrets, "token_hex", lambda n: "x")
    os.symlink("/dev/full", tmp_path / ".one.zip.x.tmp")
    with pytest.raises(OSError):  # the name beside is taken, and a link is not followed
        pooling(3).save(tmp_path / "one")
    assert skscale.load(tmp_path / "one").scale == 2


def test_ctrl_c_leaves_the_old_file(tmp_path, monkeypatch):
    pooling(2).save(tmp_path / "one")

    def interrupted(source, target):
        raise KeyboardInterrupt

    monkeypatch.setattr(_container.os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        pooling(3).save(tmp_path / "one")
    assert skscale.load(tmp_path / "one").scale == 2
    assert os.listdir(tmp_path) == ["one.zip"]


def killed_at(call, path):
    """Save in a process that dies at a call of the system that touches files; how it ended."""
    child = os.fork()
    if child:
        return os.WEXITSTATUS(status) if os.WIFEXITED(status := os.waitpid(child, 0)[1]) else None
    calls = 0

    def died(event, arguments):
        nonlocal calls
        if event == "open" or event.startswith("os."):
            calls += 1
            if calls == call:
                os.kill(os.getpid(), signal.SIGKILL)

    transformer = pooling(3)
    sys.addaudithook(died)
    transformer.save(path)
    os._exit(0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_killed_at_any_moment(tmp_path):
    pooling(2).save(tmp_path / "one")
    calls, ended = 0, None
    while ended is None:
        calls += 1
        ended = killed_at(calls, tmp_path / "one")
        assert skscale.load(tmp_path / "one").scale in (2, 3)
    assert ended == 0
    assert calls > 3  # beside, rename, folder
    assert skscale.load(tmp_path / "one").scale == 3
    pooling(4).save(tmp_path / "one")  # what was left beside is in nobody's way
    assert skscale.load(tmp_path / "one").scale == 4


def test_many_writers_and_readers(tmp_path):
    """Every reader finds a whole file, the last writer's in the end."""
    pooling(2).save(tmp_path / "one")
    found, failures = set(), []

    def writes(scale):
        for _ in range(10):
            pooling(scale).save(tmp_path / "one")

    def reads():
        try:
            found.update(skscale.load(tmp_path / "one").scale for _ in range(20))
        except Exception as error:  # to be shown by the test, not the thread
            failures.append(error)

    threads = [threading.Thread(target=writes, args=(scale,)) for scale in (2, 3, 4)]
    threads += [threading.Thread(target=reads) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert found <= {2, 3, 4}
    assert os.listdir(tmp_path) == ["one.zip"]


def test_a_folder_that_is_not_there_or_no_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match="missing"):
        pooling(2).save(tmp_path / "missing" / "one")
    (tmp_path / "one.zip").mkdir()
    with pytest.raises(IsADirectoryError):
        pooling(2).save(tmp_path / "one")
    assert os.listdir(tmp_path) == ["one.zip"]


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "link.zip").symlink_to(tmp_path / "far" / "one.zip")
    pooling(2).save(tmp_path / "link")
    pooling(3).save(tmp_path / "link")
    assert (tmp_path / "link.zip").is_symlink()
    assert skscale.load(tmp_path / "far" / "one").scale == 3


def test_others_may_read_what_they_may_read_of_any_file(tmp_path):
    (tmp_path / "plain").write_text("")
    pooling(2).save(tmp_path / "one")
    modes = [(tmp_path / name).stat().st_mode for name in ("plain", "one.zip")]
    assert modes[0] == modes[1]


def test_long_names(tmp_path):
    name = "n" * 250
    pooling(2).save(tmp_path / name)
    assert skscale.load(tmp_path / name).scale == 2

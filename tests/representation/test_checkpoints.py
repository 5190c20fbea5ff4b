"""A fit that was killed goes on, and ends with the bits of one that was not."""

import os

import numpy as np
import pytest

import skscale
from skscale.representation import _autoencoder
from skscale.training import Callback
from tests.representation.test_autoencoder import X, make


class Killed(BaseException):
    pass


class Kills(Callback):
    def on_epoch_end(self, progress):
        if progress.epoch == 2:
            raise Killed


@pytest.fixture
def kill(monkeypatch):
    """Begin a fit that does not come to its end."""
    train = _autoencoder.train

    def killed(net, rows, config, held_out, run):
        return train(net, rows, config, held_out, run.minimising(run.objective, [Kills()]))

    def begin(model):
        with monkeypatch.context() as patch:
            patch.setattr(_autoencoder, "train", killed)
            with pytest.raises(Killed):
                model.fit(X)

    return begin


def check_same(one, other):
    assert np.array_equal(one.transform(X), other.transform(X))
    assert np.array_equal(one.reconstruct(X), other.reconstruct(X))
    for name in ("train_loss", "valid_loss", "learning_rate", "best_epoch"):
        assert one.history_[name] == other.history_[name]


@pytest.mark.parametrize(
    "parameters",
    [{"dropout": 0.3}, {"variational": True, "validation_fraction": 0}, {"random_state": None}],
    ids=str,
)
def test_it_goes_on(kill, tmp_path, parameters):
    np.random.seed(1)  # noqa: NPY002  (scikit-learn's None is this)
    whole = make(**parameters).fit(X)
    np.random.seed(1)  # noqa: NPY002
    kill(make(checkpoint_dir=tmp_path, **parameters))
    assert os.listdir(tmp_path) == ["MultiScaleAutoencoder.network.zip"]
    check_same(make(checkpoint_dir=tmp_path, **parameters).fit(X), whole)
    assert os.listdir(tmp_path) == []


def test_another_fit_is_told_what_differs(kill, tmp_path):
    kill(make(checkpoint_dir=tmp_path))
    for change, values, message in [
        ({"hidden_size": 8}, X, "zip: hidden_size was 16 and is 8"),
        ({"random_state": 1}, X, "zip: random_state was "),
        ({}, X + 1, "zip: X differs"),
    ]:
        with pytest.raises(ValueError, match=message):
            make(checkpoint_dir=tmp_path, **change).fit(values)
    check_same(make(checkpoint_dir=tmp_path, verbose=0).fit(X), make().fit(X))


def test_a_folder_that_is_none_and_what_is_saved(tmp_path):
    (tmp_path / "file").write_text("")
    for wrong in (tmp_path / "file", b"folder", 3, ""):
        with pytest.raises(ValueError, match="checkpoint_dir must be a"):
            make(checkpoint_dir=wrong).fit(X)
    model = make(checkpoint_dir=tmp_path / "folder").fit(X)
    model.save(tmp_path / "saved")
    again = skscale.load(tmp_path / "saved")
    assert again.checkpoint_dir is None
    check_same(again, model)

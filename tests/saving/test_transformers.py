"""Operators and the autoencoder come back from a file as they were."""

import numpy as np
import pandas as pd
import pytest
import torch

import skscale
from skscale import MultiScale, MultiScaleAutoencoder
from skscale.operators import all_operators
from skscale.saving import UnreadableFileError
from tests.saving.files import parts, written

X = np.random.default_rng(0).normal(size=(6, 24))


def through_file(transformer, folder):
    transformer.save(folder / "transformer")
    return skscale.load(folder / "transformer")


def check_same(one, other, values=X):
    assert type(one) is type(other)
    assert str(one) == str(other)
    assert sorted(vars(one)) == sorted(vars(other))
    coarse = one.transform(values)
    np.testing.assert_array_equal(np.asarray(coarse), np.asarray(other.transform(values)))
    np.testing.assert_array_equal(one.inverse_transform(coarse), other.inverse_transform(coarse))
    names = one.get_feature_names_out(), other.get_feature_names_out()
    np.testing.assert_array_equal(*names)


@pytest.mark.parametrize("operator", all_operators(), ids=lambda operator: operator.__name__)
@pytest.mark.parametrize("values", [X, X.reshape(2, 3, 24)], ids=["flat", "channels"])
def test_every_operator(operator, values, tmp_path):
    one = operator().fit(values)
    check_same(one, through_file(one, tmp_path), values)


def test_what_was_learned_comes_along(tmp_path):
    one = skscale.DiscreteGaussian(scale="forecastability").fit(X)
    again = through_file(one, tmp_path)
    check_same(one, again)
    np.testing.assert_array_equal(one.forecastability_curve_, again.forecastability_curve_)


def test_not_fitted(tmp_path):
    one = skscale.AveragePooling(scale=np.int64(3), remainder="drop")
    again = through_file(one, tmp_path)
    assert again.get_params() == one.get_params()
    assert not hasattr(again, "scale_")


def test_operators_within_operators_and_names_of_columns(tmp_path):
    frame = pd.DataFrame(X, columns=[f"t{i}" for i in range(24)])
    one = MultiScale(skscale.MovingAverage(), scales=range(1, 4)).set_output(transform="pandas")
    one.fit(frame)
    again = through_file(one, tmp_path)
    pd.testing.assert_frame_equal(one.transform(frame), again.transform(frame))
    with pytest.raises(ValueError, match="feature names"):
        again.transform(frame.rename(columns={"t0": "other"}))


@pytest.mark.parametrize("variational", [False, True])
def test_the_autoencoder(variational, tmp_path):
    sizes = {"latent_size": 2, "hidden_size": 8, "scales": (0.5, 1.0), "max_epochs": 3}
    one = MultiScaleAutoencoder(**sizes, variational=variational, random_state=0).fit(X)
    again = through_file(one, tmp_path)
    check_same(one, again)
    check_same(one, again, X.astype(np.float32))
    np.testing.assert_array_equal(one.score_samples(X), again.score_samples(X))
    assert one.history_ == again.history_
    assert not any(weight.requires_grad for weight in again.network_.parameters())
    varied = (each.augment(X, random_state=0) for each in (one, again))
    np.testing.assert_array_equal(*varied)
    check_same(again, through_file(again, tmp_path))


def test_an_operator_of_ones_own(tmp_path):
    class OwnPooling(skscale.AveragePooling):
        pass

    one = OwnPooling(scale=2).fit(X)
    one.save(tmp_path / "own")
    check_same(one, OwnPooling.load(tmp_path / "own"))
    with pytest.raises(UnreadableFileError, match=r"OwnPooling.load"):
        skscale.load(tmp_path / "own")


@pytest.mark.parametrize(
    "name", ["fit", "transform", "scale", "n_features_out_", "a b", "__class__"]
)
def test_attributes_that_would_hide_something(name, tmp_path):
    skscale.AveragePooling(scale=3).fit(X).save(tmp_path / "one")
    header, state, arrays = parts(tmp_path / "one.zip")
    state["estimator"]["record"][1]["learned"]["dict"].append([name, 1])
    if name == "n_features_out_":  # a property of the autoencoder alone
        header["class"] = "MultiScaleAutoencoder"
    with pytest.raises(UnreadableFileError):
        skscale.load(written(tmp_path / "changed.zip", header, state, arrays))


def test_an_attribute_that_cannot_be_saved_is_named(tmp_path):
    one = skscale.AveragePooling(scale=3).fit(X)
    one.callback = print
    with pytest.raises(ValueError, match=r"AveragePooling.learned.callback is <built-in"):
        one.save(tmp_path / "one")
    assert not list(tmp_path.iterdir())


def test_loading_leaves_torchs_generator(tmp_path):
    MultiScaleAutoencoder(latent_size=2, hidden_size=8, max_epochs=1).fit(X).save(tmp_path / "one")
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    skscale.load(tmp_path / "one")
    assert torch.rand(1) == expected

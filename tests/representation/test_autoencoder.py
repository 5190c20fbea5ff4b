"""What the transformer does for its user."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.linear_model import RidgeClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skscale.representation import MultiScaleAutoencoder, _autoencoder
from skscale.representation._augmentation import METHODS
from skscale.representation._latent import crowding, difference, magnitude
from tests.cuda import needs_cuda


def waves(n=60, length=24, seed=0):
    """Sines of two frequencies, by class, with phase and noise."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 2
    t = np.arange(length) * (1 + y[:, None]) / 4
    return np.sin(t + rng.uniform(0, 6, (n, 1))) + rng.normal(0, 0.05, (n, length)), y


X, Y = waves()
X3 = np.stack([X, 100 + 10 * X[:, ::-1]], axis=1)


def make(**parameters):
    small = {"latent_size": 3, "hidden_size": 16, "max_epochs": 5, "random_state": 0}
    return MultiScaleAutoencoder(**{**small, **parameters})


@pytest.fixture(scope="module")
def fitted():
    return make(max_epochs=60, learning_rate=0.01, hidden_size=32).fit(X)


@pytest.mark.parametrize("data", [X, X3], ids=["2-D", "3-D"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_shapes_and_types(data, dtype):
    data = data.astype(dtype)
    model = make().fit(data)
    z = model.transform(data)
    assert z.shape == (60, 6) == (60, model.n_features_out_)
    assert z.dtype == dtype
    for found in (model.inverse_transform(z), model.reconstruct(data), model.augment(data)):
        assert found.shape == data.shape
        assert found.dtype == dtype
    np.testing.assert_allclose(model.inverse_transform(z), model.reconstruct(data), rtol=1e-4)
    errors = ((data - model.reconstruct(data)) ** 2).reshape(60, -1).mean(1)
    np.testing.assert_allclose(-model.score_samples(data), errors, rtol=1e-3)
    assert model.score(data) == pytest.approx(-errors.mean(), rel=1e-3)


def test_learns(fitted):
    assert -fitted.score(X) < 0.1 * X.var()
    assert set(fitted.history_) >= {"train_loss", "valid_loss", "seconds", "best_epoch"}
    assert fitted.history_["train_loss"][-1] < 0.2 * fitted.history_["train_loss"][0]
    assert fitted.history_["best_epoch"] == int(np.argmin(fitted.history_["valid_loss"]))


def test_anomalies_score_low(fitted):
    odd = np.random.default_rng(1).normal(size=(5, 24))
    assert fitted.score_samples(odd).max() < np.quantile(
        fitted.score_samples(waves(seed=2)[0]), 0.2
    )


def test_names_by_scale_and_pandas_output():
    model = make(scales=(0.5, 1.0), latent_size=(1, 2)).fit(X)
    names = [f"multiscaleautoencoder_scale{name}" for name in ("0.5_0", "1_0", "1_1")]
    assert list(model.get_feature_names_out()) == names
    twice = make(scales=(1.0, 1.0), latent_size=(1, 2)).fit(X)
    names = [f"multiscaleautoencoder_scale1_{name}" for name in ("0_0", "1_0", "1_1")]
    assert list(twice.get_feature_names_out()) == names
    frame = make(latent_size=1).set_output(transform="pandas").fit_transform(X)
    assert isinstance(frame, pd.DataFrame)
    assert frame.shape == (60, 2)


def test_pipeline_and_grid_search():
    pipeline = make_pipeline(make(max_epochs=30), RidgeClassifier())
    grid = {"multiscaleautoencoder__scales": [(1.0,), (0.25, 1.0)]}
    search = GridSearchCV(pipeline, grid, cv=2, error_score="raise").fit(X, Y)
    assert search.best_score_ > 0.6


def test_seed_and_global_generator():
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    first, second, other = (make(random_state=s).fit(X).transform(X) for s in (0, 0, 1))
    assert torch.equal(torch.rand(2), expected)
    np.testing.assert_array_equal(first, second)
    assert not np.allclose(first, other)


def test_pickle_and_clone(fitted):
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.transform(X), fitted.transform(X))
    assert not hasattr(clone(fitted), "codec_")


def test_tensors_are_differentiable(fitted):
    x = torch.from_numpy(X[:4]).requires_grad_()
    z = fitted.transform(x)
    np.testing.assert_allclose(z.detach().numpy(), fitted.transform(X[:4]))
    fitted.reconstruct(x).sum().backward()
    assert (x.grad != 0).any()
    assert torch.isfinite(fitted.augment(x.detach(), random_state=0)).all()


def test_units_do_not_matter():
    plain = make().fit(X)
    large = make().fit(1e6 * X + 1e9)
    np.testing.assert_allclose(large.transform(1e6 * X + 1e9), plain.transform(X), atol=1e-4)


def test_constant_series():
    model = make(max_epochs=60, learning_rate=0.01).fit(np.full((30, 8), 7.0))
    np.testing.assert_allclose(model.reconstruct(np.full((2, 8), 7.0)), 7, atol=0.1)


def test_standardize_false_trains_in_the_units_of_the_data():
    model = make(standardize=False).fit(X3)
    assert model.codec_.location.tolist() == [0.0, 0.0]
    assert model.codec_.scale.tolist() == [1.0, 1.0]


def test_variational_latents_are_near_standard_normal_and_samples_look_like_data():
    X, _ = waves(400)
    model = make(variational=True, max_epochs=60, learning_rate=0.01, hidden_size=32).fit(X)
    plain = make(max_epochs=60, learning_rate=0.01, hidden_size=32).fit(X)
    assert model.latent_spread_.max() < min(1.5, plain.latent_spread_.max())
    drawn = model.sample(200, random_state=0)
    assert drawn.shape == (200, 24)
    assert 0.3 < drawn.std() / X.std() < 1.5
    np.testing.assert_array_equal(drawn, model.sample(200, random_state=0))
    heavier = make(variational=True, kl_weight=1e4).fit(X)
    assert heavier.latent_spread_.max() < 0.2


@pytest.mark.parametrize("method", METHODS)
def test_augmentation(fitted, method):
    same = fitted.augment(X, 0, method=method, random_state=0)
    np.testing.assert_allclose(same, X)
    little, much = (fitted.augment(X, s, method=method, random_state=0) - X for s in (0.1, 0.5))
    assert 0 < np.square(little).mean() < np.square(much).mean()
    # Neighbouring points move together; independent noise would give twice the mean square.
    assert np.square(np.diff(much)).mean() < np.square(much).mean()
    again = fitted.augment(X, 0.5, method=method, random_state=0)
    np.testing.assert_array_equal(again - X, much)


def test_interpolation_goes_to_neighbours_of_the_same_label(fitted):
    z = fitted.transform(X)
    found = fitted.transform(fitted.augment(X, 1, method="interpolation", y=Y, random_state=0))
    assert found.shape == z.shape
    alone = np.arange(60)
    np.testing.assert_allclose(fitted.augment(X, 1, method="interpolation", y=alone), X)


def test_magnitude_multiplies_what_each_scale_tells_apart():
    z = np.random.default_rng(0).normal(size=(50, 5))
    centre = z.mean(axis=0)
    factors = magnitude(z, centre, (2, 3), np.random.RandomState(0)) / (z - centre)
    np.testing.assert_allclose(factors[:, 0], factors[:, 1])
    np.testing.assert_allclose(factors[:, 2:], factors[:, 2:3].repeat(3, axis=1))
    assert abs(np.corrcoef(factors[:, 0], factors[:, 2])[0, 1]) < 0.5
    assert 0.7 < factors[:, [0, 2]].std() < 1.3


def test_translation_is_a_difference_of_two_series_of_the_label():
    z = np.array([[0.0], [1.0], [10.0], [30.0], [500.0]])
    found = difference(z, [0, 0, 1, 1, 2], np.random.RandomState(0))
    np.testing.assert_array_equal(np.abs(found).ravel(), [1, 1, 20, 20, 0])


def test_adaptive_changes_go_with_the_distance_of_neighbours(fitted):
    z = np.array([[0.0], [1.0], [2.0], [4.0], [100.0]])
    np.testing.assert_allclose(crowding(z, np.ones(1), 1).ravel(), [1, 1, 1, 2, 2])
    np.testing.assert_allclose(crowding(z, np.ones(1), 1), crowding(7 * z, np.full(1, 7.0), 1))
    np.testing.assert_array_equal(crowding(np.ones((3, 1)), np.ones(1), 5), np.ones((3, 1)))
    np.testing.assert_array_equal(crowding(z[:1], np.ones(1), 5), [[1.0]])
    plain, adapted = (fitted.augment(X, adaptive=one, random_state=0) - X for one in (False, True))
    ratio = np.linalg.norm(adapted, axis=1) / np.linalg.norm(plain, axis=1)
    factor = crowding(fitted.transform(X), fitted.latent_spread_, 5).ravel()
    assert np.corrcoef(ratio, factor)[0, 1] > 0.8


BAD_X = {
    "nan": (
        np.where(np.arange(24) == 3, np.nan, X),
        "NaN.*; fill the gaps first, or set missing='ignore'.$",
    ),
    "inf": (np.where(np.arange(24) == 3, -np.inf, X), "infinity"),
    "unseen length": (X[:, :20], "20 .*24|24.*20"),
    "unseen channels": (X3, "2 channel"),
    "one series": (X[0], "1D array|1 dimension"),
    "ragged": ([[1.0, 2.0], [1.0]], "different lengths"),
}


@pytest.mark.parametrize("case", BAD_X)
@pytest.mark.parametrize("method", ["transform", "reconstruct", "score_samples", "augment"])
def test_bad_input(fitted, case, method):
    bad, message = BAD_X[case]
    with pytest.raises(ValueError, match=message):
        getattr(fitted, method)(bad)


@pytest.mark.parametrize("case", ["nan", "inf", "one series", "ragged"])
def test_bad_input_of_fit_leaves_nothing(case):
    model = make()
    with pytest.raises(ValueError, match=BAD_X[case][1]):
        model.fit(BAD_X[case][0])
    assert not hasattr(model, "codec_")


NONSENSE = (None, float("nan"), float("inf"), -1, "bogus", {}, 10**30)
BAD_PARAMETERS = {
    "scales": ((), (0.0, 1.0), (1.5,), (True,), (np.nan,), 1.0, *NONSENSE),
    "view": ("median", ("first",), *NONSENSE),
    "decoding": ("both", 1, *NONSENSE),
    "latent_size": (0, 1.5, True, (1, 0), (1, 2, 3), *NONSENSE),
    "hidden_size": (0, 1.5, True, [8], *NONSENSE),
    "dropout": (1.0, 1, False, [0.1], *NONSENSE),
    "variational": (0, 1, [True], *NONSENSE),
    "kl_weight": (-1.0, False, [0.1], *NONSENSE),
    "standardize": ("yes", 1, *NONSENSE),
    "missing": ("drop", True, ["ignore"], *NONSENSE),
    "max_epochs": (0, 1.5, True, *NONSENSE),
    "batch_size": (0, 1.5, True, *NONSENSE),
    "learning_rate": (0, -1.0, True, "1e-3", *NONSENSE[:-1]),
    "lr_schedule": ("linear", 1, *NONSENSE),
    "weight_decay": (False, [0.1], *NONSENSE[:-1]),
    "gradient_clip": (False, [0.1], *NONSENSE[:-1]),
    "validation_fraction": (1.0, False, [0.1], *NONSENSE),
    "patience": (0, 1.5, True, *NONSENSE),
    "device": ("tpu", 0, True, *NONSENSE),
    "random_state": (1.5, True, [1], *NONSENSE[1:]),
    "verbose": (1.5, [1], *NONSENSE[:-1]),
    "checkpoint_dir": ("", 1, True, b"folder", ["folder"], __file__),
}


def test_the_table_of_wrong_parameters_is_whole():
    assert set(BAD_PARAMETERS) == set(MultiScaleAutoencoder().get_params())


@pytest.mark.parametrize("name", BAD_PARAMETERS)
def test_bad_parameter_is_named_before_training(name, monkeypatch):
    monkeypatch.setattr(_autoencoder, "train", None)
    for value in BAD_PARAMETERS[name]:
        model = make(**{name: value})
        with pytest.raises((ValueError, TypeError), match=rf"\b{name}\b"):
            model.fit(X)
        assert not hasattr(model, "n_timepoints_in_")


def test_numbers_of_numpy_are_numbers():
    whole = {name: np.int64(2) for name in ("latent_size", "max_epochs", "batch_size", "patience")}
    real = {name: np.float64(0.1) for name in ("dropout", "kl_weight", "weight_decay")}
    numbers = {**whole, **real, "hidden_size": np.int32(8), "random_state": np.int64(0)}
    plain = {name: value.item() for name, value in numbers.items()}
    found, expected = (make(**given, variational=True).fit(X) for given in (numbers, plain))
    np.testing.assert_array_equal(found.transform(X), expected.transform(X))


def test_a_refit_that_is_interrupted_leaves_the_old_fit(monkeypatch):
    model = make().fit(X)
    expected = model.transform(X)

    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(_autoencoder, "train", interrupted)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X3[..., :10])
    np.testing.assert_array_equal(model.transform(X), expected)
    assert model.n_timepoints_in_ == model.n_features_in_ == 24


def test_fit_takes_tensors_that_need_gradients(fitted):
    x = torch.from_numpy(X).requires_grad_()
    model = make().fit(x)
    np.testing.assert_array_equal(model.transform(X), make().fit(X).transform(X))
    model.transform(x).sum().backward()
    assert torch.isfinite(x.grad).all()
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # torch warns of numbers that need gradients
        assert model.score(x) == pytest.approx(model.score(X))
    varied = model.augment(x, random_state=0)
    np.testing.assert_allclose(varied.detach(), model.augment(X, random_state=0))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "mixup"}, "method"),
        ({"adaptive": 1}, "adaptive"),
        ({"method": "translation", "y": [0, 1]}, "inconsistent"),
        ({"strength": -1}, "strength"),
        ({"strength": 1.5, "method": "interpolation"}, "strength"),
        ({"n_neighbors": 0}, "n_neighbors"),
        ({"method": "interpolation", "y": [0, 1]}, "inconsistent"),
    ],
)
def test_bad_augmentation(fitted, options, message):
    with pytest.raises(ValueError, match=message):
        fitted.augment(X, **options)


def test_sample_needs_variational(fitted):
    with pytest.raises(ValueError, match="variational=True"):
        fitted.sample(3)


def test_latent_larger_than_input_warns_at_the_call():
    with pytest.warns(UserWarning, match="60 latent values for series of 24 values") as record:
        make(latent_size=30).fit(X)
    assert record[0].filename == __file__


@needs_cuda
def test_cuda_encodes_and_loads_on_cpu():
    model = make(device="cuda").fit(X)
    expected = model.transform(X)
    again = pickle.loads(pickle.dumps(model))
    assert next(again.network_.parameters()).device.type == "cpu"
    np.testing.assert_allclose(again.transform(X), expected, rtol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_augmentation_of_a_transformer_that_gives_data_frames(method):
    model = make().set_output(transform="pandas").fit(X)
    assert model.augment(X, method=method, random_state=0).shape == X.shape


def test_one_series_always_trains():
    assert make(validation_fraction=0.9).fit(X[:4]).history_["train_loss"]


def with_gaps(data, seed=0):
    """Series that end early, and a hole in some."""
    data, rng = data.copy(), np.random.default_rng(seed)
    for row in data[::2]:
        row[..., rng.integers(12, 22) :] = np.nan
    data[::3, ..., 4] = np.nan
    return data


@pytest.mark.parametrize("data", [X, X3], ids=["2-D", "3-D"])
@pytest.mark.parametrize("view", ["average", "recent", "max", "subsample"])
def test_what_is_missing_is_not_learned_and_is_reconstructed(data, view):
    gaps = with_gaps(data)
    model = make(missing="ignore", view=view, max_epochs=40, learning_rate=0.01).fit(gaps)
    found = model.reconstruct(gaps)
    assert np.isfinite(found).all()
    errors = np.nanmean(((found - gaps) ** 2).reshape(60, -1), axis=1)
    np.testing.assert_allclose(-model.score_samples(gaps), errors, rtol=1e-3)
    assert errors.mean() < 0.5 * np.nanvar(gaps)
    np.testing.assert_array_equal(np.isnan(model.augment(gaps, random_state=0)), np.isnan(gaps))


def test_missing_values_count_for_nothing_whatever_their_neighbours():
    gaps = with_gaps(X3)
    model = make(missing="ignore", variational=True).fit(gaps)
    np.testing.assert_allclose(model.codec_.location, np.nanmean(gaps, axis=(0, 2)))
    np.testing.assert_allclose(model.codec_.scale, np.nanstd(gaps, axis=(0, 2)))
    np.testing.assert_allclose(model.transform(gaps)[:5], model.transform(gaps[:5]), rtol=1e-9)


def test_without_gaps_both_ways_are_one():
    one, other = make().fit(X), make(missing="ignore").fit(X)
    np.testing.assert_allclose(other.transform(X), one.transform(X), rtol=1e-3, atol=1e-5)


def test_a_channel_without_values_is_named():
    empty = X3.copy()
    empty[:, 1] = np.nan
    with pytest.raises(ValueError, match=r"no value in channel\(s\) \[1\]"):
        make(missing="ignore").fit(empty)

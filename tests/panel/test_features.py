"""Features of panels as users of sktime make them."""

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.linear_model import RidgeClassifierCV, RidgeCV
from sklearn.pipeline import make_pipeline
from sktime.classification.compose import SklearnClassifierPipeline
from sktime.clustering.compose import SklearnClustererPipeline
from sktime.datatypes import convert_to
from sktime.regression.compose import SklearnRegressorPipeline

import skscale
from skscale import AveragePooling, MultiScale, MultiScaleAutoencoder, SeriesFeatures


def series(lengths, n_channels=2, seed=0):
    """Sines of two frequencies, by class, as a list of data frames."""
    rng = np.random.default_rng(seed)
    frames = []
    for k, n in enumerate(lengths):
        time = np.arange(n)[:, None] * (1 + k % 2) / 4 + rng.uniform(0, 1, n_channels)
        frames.append(pd.DataFrame(np.sin(time), columns=list("abc")[:n_channels]))
    return frames


EQUAL = series([24] * 20)
UNEQUAL = series(np.arange(20) % 8 + 17)
LABELS = np.array(["slow", "fast"] * 10)


def autoencoder(**parameters):
    small = {"latent_size": 2, "hidden_size": 8, "max_epochs": 3, "random_state": 0}
    return MultiScaleAutoencoder(**{"missing": "ignore", **small, **parameters})


def pooled(*scales):
    return MultiScale(AveragePooling(missing="ignore"), scales=scales)


def test_features_are_those_of_the_transformer():
    array = np.stack([frame.to_numpy().T for frame in EQUAL])
    for transformer in (MultiScale(), autoencoder(missing="error")):
        found = SeriesFeatures(transformer).fit_transform(EQUAL)
        np.testing.assert_array_equal(found, transformer.fit_transform(array))
        assert found.columns.to_list() == transformer.get_feature_names_out().tolist()
    three_axes = SeriesFeatures(AveragePooling(2)).fit_transform(EQUAL)
    expected = AveragePooling(2).fit_transform(array).reshape(20, 24)
    np.testing.assert_array_equal(three_axes, expected)
    assert three_axes.columns[-1] == "feature_23"
    reduced = SeriesFeatures(make_pipeline(MultiScale(), PCA(3))).fit_transform(EQUAL)
    assert reduced.shape == (20, 3)


@pytest.mark.parametrize("panel", [EQUAL, UNEQUAL], ids=["equal", "unequal"])
def test_containers_and_the_order_of_channels_do_not_matter(panel):
    expected = SeriesFeatures().fit(panel).transform(panel[3:7]).to_numpy()
    for mtype in ("nested_univ", "pd-multiindex", "numpy3D"):
        if mtype == "numpy3D" and panel is UNEQUAL:
            continue
        other, part = (convert_to(one, mtype) for one in (panel, panel[3:7]))
        found = SeriesFeatures().fit(other).transform(part)
        np.testing.assert_array_equal(found, expected)
    swapped = [frame[["b", "a"]] for frame in panel[3:7]]
    np.testing.assert_array_equal(SeriesFeatures().fit(panel).transform(swapped), expected)


def test_series_keep_their_names_and_a_hierarchy_is_one_panel():
    names = [("north", "x"), ("north", "y"), ("south", "x")]
    hierarchy = pd.concat(dict(zip(names, EQUAL[:3], strict=True)), names=["place", "what", "time"])
    found = SeriesFeatures(autoencoder()).fit_transform(hierarchy)
    assert found.index.to_list() == names
    np.testing.assert_array_equal(found, SeriesFeatures(autoencoder()).fit_transform(EQUAL[:3]))


def test_a_feature_without_values_takes_its_mean():
    panel = [
        pd.DataFrame({"a": row}) for row in ([1.0, 2.0, 3.0, 4.0], [3.0, 4.0, 5.0, 8.0], [5.0])
    ]
    features = SeriesFeatures(pooled(1, 2)).fit(panel)
    found = features.transform(panel)
    np.testing.assert_allclose(features.fill_, [3, 3, 4, 6, (1.5 + 3.5 + 5) / 3, 5])
    np.testing.assert_allclose(found.iloc[2], [5, 3, 4, 6, 5, 5])
    np.testing.assert_allclose(found.iloc[0], [1, 2, 3, 4, 1.5, 3.5])


def test_longer_series_are_cut_with_a_word():
    features = SeriesFeatures(pooled(1, 2)).fit(EQUAL)
    assert features.n_timepoints_ == 24
    longer = [pd.concat([frame, frame], ignore_index=True) for frame in EQUAL]
    with pytest.warns(UserWarning, match="48 time points, more than the 24 of fit"):
        found = features.transform(longer)
    np.testing.assert_array_equal(found, features.transform(EQUAL))


def test_what_takes_no_gaps_says_so_before_it_learns():
    features = SeriesFeatures(MultiScale()).fit(EQUAL)
    before = features.transform(EQUAL)
    with pytest.raises(ValueError, match=r"different lengths.*missing='ignore'"):
        features.fit(UNEQUAL)
    np.testing.assert_array_equal(features.transform(EQUAL), before)
    with pytest.raises(ValueError, match=r"2 channel.*|1 channel"):
        features.transform(series([24], 1))


@pytest.mark.parametrize("transformer", [None, autoencoder()], ids=["pooled", "autoencoder"])
def test_pipelines_of_sktime(transformer):
    features = SeriesFeatures(transformer)
    classifier = features * RidgeClassifierCV()
    assert isinstance(classifier, SklearnClassifierPipeline)
    assert set(classifier.fit(UNEQUAL, LABELS).predict(UNEQUAL)) <= set(LABELS)
    regressor = SklearnRegressorPipeline(RidgeCV(), [features])
    assert np.isfinite(regressor.fit(UNEQUAL, np.arange(20.0)).predict(UNEQUAL)).all()
    clusterer = SklearnClustererPipeline(KMeans(2, random_state=0), [features])
    assert clusterer.fit(UNEQUAL).predict(UNEQUAL).shape == (20,)


def test_classes_are_told_apart():
    classifier = (
        SeriesFeatures(autoencoder(max_epochs=60, learning_rate=0.01)) * RidgeClassifierCV()
    )
    classifier.fit(UNEQUAL, LABELS)
    later = series(np.arange(20) % 8 + 17, seed=1)
    assert (classifier.predict(later) == LABELS).mean() > 0.8


@pytest.mark.parametrize("transformer", [None, autoencoder()], ids=["pooled", "autoencoder"])
def test_a_file(transformer, tmp_path):
    features = SeriesFeatures(transformer)
    features.save(tmp_path / "one")
    assert not skscale.load(tmp_path / "one").is_fitted
    features.fit(UNEQUAL).save(tmp_path / "one")
    again = skscale.load(tmp_path / "one")
    assert str(again) == str(features)
    pd.testing.assert_frame_equal(again.transform(UNEQUAL), features.transform(UNEQUAL))

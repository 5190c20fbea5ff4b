"""What every operator promises beyond scikit-learn's checks."""

import pickle

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

import skscale
from skscale.operators import (
    AveragePooling,
    ContinuousScale,
    DiscreteGaussian,
    MaxPooling,
    MinPooling,
    MovingAverage,
    MultiScale,
    Segmentation,
    Subsampling,
    WaveletApproximation,
    all_operators,
)
from tests.cuda import needs_cuda

# Those whose scales are whole numbers; a wavelet's are halvings.
DISCRETE = [
    kind(2 if kind is WaveletApproximation else 3)
    for kind in all_operators()
    if kind not in (ContinuousScale, DiscreteGaussian)
]
OPERATORS = [
    *DISCRETE,
    AveragePooling(3, remainder="renormalise", align="end"),
    DiscreteGaussian(1.7),
    DiscreteGaussian(1.7, edges="reflect"),
    ContinuousScale(AveragePooling(), 3.7),
    ContinuousScale(MaxPooling(), 3.7, grid="full"),
    MultiScale(MaxPooling(), scales=(1, 3)),
]
RNG = np.random.default_rng(0)
X2 = RNG.normal(size=(6, 32))
X3 = RNG.normal(size=(6, 2, 32))
every_operator = pytest.mark.parametrize("operator", OPERATORS, ids=str)
every_discrete = pytest.mark.parametrize("operator", DISCRETE, ids=str)


@every_operator
def test_channels_are_transformed_one_by_one(operator):
    both = clone(operator).fit(X3).transform(X3)
    each = [clone(operator).fit(X3[:, c]).transform(X3[:, c]) for c in range(2)]
    if isinstance(operator, MultiScale):
        widths = [o.n_timepoints_out_ for o in clone(operator).fit(X3).operators_]
        split = [np.split(e, np.cumsum(widths)[:-1], axis=1) for e in each]
        expected = np.concatenate([part for scale in zip(*split, strict=True) for part in scale], 1)
    else:
        expected = np.stack(each, axis=1)
    np.testing.assert_allclose(both, expected, atol=1e-14)


@every_operator
@pytest.mark.parametrize("X", [X2, X3], ids=["2-D", "3-D"])
def test_inverse_gives_the_shape_back(operator, X):
    fitted = clone(operator).fit(X)
    full = fitted.inverse_transform(fitted.transform(X))
    assert full.shape == X.shape
    assert np.isfinite(full).all()


@pytest.mark.parametrize(
    "operator",
    [
        AveragePooling(5),
        AveragePooling(5, align="end"),
        MaxPooling(5),
        Subsampling(5),
        Segmentation(5),
        Segmentation(5, align="end"),
        WaveletApproximation(3),
        WaveletApproximation(2, wavelet="db3"),
    ],
    ids=str,
)
def test_the_inverse_has_the_same_coarse_series(operator):
    coarse = operator.fit(X2).transform(X2)
    again = operator.transform(operator.inverse_transform(coarse))
    np.testing.assert_allclose(again, coarse, atol=1e-12)


@every_operator
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_tensors_stay_tensors_with_the_same_numbers(operator, dtype):
    x = X2.astype(dtype)
    expected = clone(operator).fit(x).transform(x)
    tensor = torch.from_numpy(x).requires_grad_()
    result = clone(operator).fit(tensor).transform(tensor)
    assert expected.dtype == dtype
    assert result.dtype == tensor.dtype
    np.testing.assert_allclose(result.detach(), expected, rtol=1e-5, atol=1e-6)
    result.square().sum().backward()
    assert torch.isfinite(tensor.grad).all()
    assert tensor.grad.abs().sum() > 0


@needs_cuda
@every_operator
def test_tensors_stay_on_their_device(operator):
    x = torch.from_numpy(X2).cuda()
    result = clone(operator).fit(x).transform(x)
    assert result.device == x.device
    np.testing.assert_allclose(result.cpu(), clone(operator).fit_transform(X2), atol=1e-6)
    assert operator.fit(x).inverse_transform(result).device == x.device


@every_operator
def test_the_result_owns_its_memory(operator):
    x = X2.copy()
    result = clone(operator).fit(x).transform(x)
    assert not np.shares_memory(result, x)
    assert result.flags.c_contiguous


@every_operator
def test_pickle_and_read_only_input(operator):
    frozen = X2.copy()
    frozen.flags.writeable = False
    fitted = pickle.loads(pickle.dumps(clone(operator).fit(frozen)))
    np.testing.assert_array_equal(fitted.transform(frozen), clone(operator).fit_transform(X2))


@every_operator
def test_data_frames_out(operator):
    frame = pd.DataFrame(X2, columns=[f"t{i}" for i in range(32)])
    result = clone(operator).set_output(transform="pandas").fit_transform(frame)
    assert isinstance(result, pd.DataFrame)
    np.testing.assert_allclose(result.to_numpy(), clone(operator).fit_transform(X2), atol=1e-14)
    assert result.columns.is_unique


def test_operators_that_keep_the_length_keep_the_names():
    frame = pd.DataFrame(X2[:, :3], columns=["a", "b", "c"])
    for operator in (MovingAverage(2), DiscreteGaussian()):
        assert operator.fit(frame).get_feature_names_out().tolist() == ["a", "b", "c"]
    names = AveragePooling(2).fit(frame).get_feature_names_out()
    assert names.tolist() == ["averagepooling0"]


@every_discrete
@pytest.mark.parametrize("grid", ["coarse", "full"])
def test_continuous_is_exact_at_whole_scales(operator, grid):
    fitted = clone(operator).fit(X2)
    expected = fitted.transform(X2)
    if grid == "full":
        expected = fitted.inverse_transform(expected)
    continuous = ContinuousScale(operator, float(operator.scale), grid=grid)
    np.testing.assert_allclose(continuous.fit_transform(X2), expected, atol=1e-15)


def test_every_time_step_may_have_its_own_scale():
    scale = np.where(np.arange(32) < 16, 2.0, 4.0)
    result = ContinuousScale(AveragePooling(), scale, grid="full").fit_transform(X2)
    for part, whole in ((slice(0, 16), 2), (slice(16, 32), 4)):
        pooling = AveragePooling(whole).fit(X2)
        expected = pooling.inverse_transform(pooling.transform(X2))
        np.testing.assert_allclose(result[:, part], expected[:, part])


def test_forecastability_chooses_the_scale_and_keeps_the_curve():
    t = np.arange(240)
    x = np.sin(2 * np.pi * t / 48) + RNG.normal(size=(8, 240))
    pooling = AveragePooling("forecastability", max_scale=12).fit(x)
    assert pooling.candidate_scales_.tolist() == list(range(1, 13))
    best = pooling.candidate_scales_[pooling.forecastability_curve_.argmax()]
    assert pooling.scale_ == best > 1
    assert pooling.transform(x).shape == (8, 240 // best)
    for continuous in (DiscreteGaussian, ContinuousScale):
        chosen = continuous(scale="forecastability", max_scale=12).fit(x)
        curve = chosen.forecastability_curve_
        assert chosen.scale_ == chosen.candidate_scales_[curve.argmax()]
        assert (np.diff(chosen.candidate_scales_) > 0).all()
        assert len(curve) == len(chosen.candidate_scales_) > 12


@pytest.mark.parametrize("operator", [WaveletApproximation(), Segmentation(), Subsampling()])
def test_forecastability_stops_before_the_series_gets_too_short(operator):
    fitted = clone(operator).set_params(scale="forecastability").fit(X2)
    assert fitted.n_timepoints_out_ >= 8


def test_multiscale_puts_scales_side_by_side():
    multi = MultiScale(MaxPooling(), scales=(2, 4)).fit(X2)
    expected = np.hstack([MaxPooling(s).fit_transform(X2) for s in (2, 4)])
    np.testing.assert_array_equal(multi.transform(X2), expected)
    assert len(multi.get_feature_names_out()) == expected.shape[1]
    assert MultiScale(scales=(1,)).fit(X3).get_feature_names_out()[32] == (
        "averagepooling_scale1_channel1_0"
    )
    names = MultiScale(scales=(16, 16)).fit(X2).get_feature_names_out()
    assert names[[0, 2]].tolist() == ["averagepooling_scale16_0_0", "averagepooling_scale16_1_0"]
    with pytest.raises(NotFittedError):
        MultiScale().get_feature_names_out()


def test_multiscale_in_a_pipeline_with_grid_search():
    y = MaxPooling(8).fit_transform(X2)[:, 0]
    pipeline = Pipeline([("multiscale", MultiScale(MaxPooling())), ("model", Ridge(1e-6))])
    grid = {"multiscale__scales": [(1, 2), (8,)], "multiscale__operator__align": ["start", "end"]}
    X, y = np.repeat(X2, 3, axis=0), np.repeat(y, 3)
    search = GridSearchCV(pipeline, grid, cv=3).fit(X, y)
    assert search.best_params_["multiscale__scales"] in [(1, 2), (8,)]
    assert search.predict(X).shape == y.shape


@pytest.mark.parametrize(
    "missing", [AveragePooling, MaxPooling, MinPooling, MovingAverage, DiscreteGaussian]
)
def test_missing_values_are_refused_or_left_out(missing):
    x = X2.copy()
    x[0, 1] = np.nan
    with pytest.raises(ValueError, match="Input X contains NaN"):
        missing(2).fit(x)
    result = missing(2, missing="ignore").fit(x).transform(x)
    assert np.isfinite(result).all()
    with pytest.raises(ValueError, match=r"'missing' parameter .* must be .*Got 'drop'"):
        missing(2, missing="drop").fit(X2)


@pytest.mark.parametrize("grid", ["coarse", "full"])
def test_continuous_scales_leave_missing_values_out(grid):
    x = np.full((1, 24), 3.0)
    x[0, [1, 4, 5, 12, 13]] = np.nan  # a whole block of two, part of one of three
    operator = AveragePooling(missing="ignore")
    found = ContinuousScale(operator, scale=2.5, grid=grid).fit_transform(x)
    np.testing.assert_allclose(found, np.full_like(found, 3.0))


BAD_SCALES = [
    (AveragePooling(0), "scale must be a whole number >= 1, got 0"),
    (MaxPooling(-2), "scale must be a whole number >= 1, got -2"),
    (MovingAverage(2.5), "got 2.5; ContinuousScale takes fractional scales"),
    (Subsampling(33), "scale=33 is larger than the series: n_features = 32"),
    (Segmentation("auto"), "scale must be a number or 'forecastability', got 'auto'"),
    (WaveletApproximation(6), "needs 2.*6 time points"),
    (WaveletApproximation(1, wavelet="bior2.2"), "wavelet must be orthogonal"),
    (WaveletApproximation(1, wavelet="harr"), "wavelet must name a discrete wavelet"),
    (DiscreteGaussian(0.0), "scale must be finite and above 0, got 0.0"),
    (DiscreteGaussian(-1), "scale must be finite and above 0, got -1"),
    (DiscreteGaussian(np.ones(5)), "have shape .32,., one for each time point"),
    (DiscreteGaussian(1e6), "larger than the series allows"),
    (DiscreteGaussian("wide"), "scale must be a number or 'forecastability'"),
    (ContinuousScale(scale=0.5), "scale must be at least 1, got 0.5"),
    (ContinuousScale(scale=32.5), "larger than the series allows"),
    (ContinuousScale(WaveletApproximation(), 5.5), "needs 2.*6 time points"),
    (ContinuousScale(scale=np.full(32, 2.5)), "needs grid='full'"),
    (ContinuousScale(grid="fine"), "grid must be one of"),
    (MultiScale(scales=()), "scales must be a sequence of at least one scale"),
    (MultiScale(scales=4), "scales must be a sequence of at least one scale"),
    (MultiScale(scales=(1, 2.5)), "got 2.5; ContinuousScale"),
    (MultiScale(scales=(1, 64)), "scale=64 is larger than the series"),
    (AveragePooling(np.True_), "scale must be a whole number >= 1"),
    (DiscreteGaussian(np.True_), "scale must be a number above 0"),
    (DiscreteGaussian([True] * 32), "scale must be a number above 0"),
    (DiscreteGaussian(["1"] * 32), "scale must be a number above 0"),
]


@pytest.mark.parametrize(("operator", "message"), BAD_SCALES, ids=lambda v: str(v)[:40])
def test_bad_scales_and_options_are_named(operator, message):
    with pytest.raises(ValueError, match=message):
        operator.fit(X2)


NONSENSE = (float("nan"), float("inf"), -1, 1.5, "bogus", [1], {}, np.array([1, 2]), 10**30)
BAD_PARAMETERS = {
    **dict.fromkeys(("remainder", "align", "missing", "edges"), (None, 0, True, *NONSENSE)),
    **dict.fromkeys(("window", "even", "method", "grid"), (None, 0, True, *NONSENSE)),
    "wavelet": (None, 0, True, *NONSENSE),
    "max_scale": (0, 2.0, True, np.False_, *NONSENSE),
    "tolerance": (None, 1, False, np.False_, *NONSENSE),
    "scale": (None, 0, True, float("nan"), float("inf"), -1, "bogus", {}, np.ones(2), 10**30),
}


@pytest.mark.parametrize("kind", all_operators())
@pytest.mark.parametrize("name", BAD_PARAMETERS)
def test_every_wrong_parameter_is_named(kind, name):
    if name not in kind().get_params():
        return
    for value in BAD_PARAMETERS[name]:
        operator = kind(**{name: value})
        with pytest.raises(
            (ValueError, TypeError), match=rf"\b{name}\b.*must|\b{name}=.* (larger|needs)"
        ):
            operator.fit(X2)
        assert not hasattr(operator, "n_timepoints_in_")


@pytest.mark.parametrize("kind", [ContinuousScale, MultiScale])
def test_parameters_of_an_inner_operator_are_checked(kind):
    with pytest.raises(ValueError, match="'missing' parameter of AveragePooling"):
        kind(AveragePooling(missing="bogus")).fit(X2)


def test_numbers_of_numpy_are_numbers():
    for kind in all_operators():
        plain = kind(scale=2, max_scale=3).fit_transform(X2)
        np.testing.assert_array_equal(
            kind(scale=np.int8(2), max_scale=np.int64(3)).fit_transform(X2), plain
        )
    smooth = DiscreteGaussian(np.float64(2), tolerance=np.float64(1e-6)).fit_transform(X2)
    np.testing.assert_array_equal(smooth, DiscreteGaussian(2.0).fit_transform(X2))


def test_all_operators_are_the_public_ones_with_a_scale():
    names = [kind.__name__ for kind in all_operators()]
    assert names == sorted(names)
    others = {"MultiScale", "ScalingOperator", "SeriesTransformer", "all_operators"}
    assert {*names, *others} == set(skscale.operators.__all__) <= set(skscale.__all__)
    assert all("scale" in kind().get_params() for kind in all_operators())


@every_operator
def test_a_fit_that_fails_leaves_the_operator_as_it_was(operator):
    fitted = clone(operator).fit(X2)
    before = dict(vars(fitted))
    for bad in (X3[..., :1], np.full((2, 30), np.nan)):
        with pytest.raises(ValueError, match=r"larger than|needs|contains NaN"):
            fitted.fit(bad)
        assert {**vars(fitted)} == before
    np.testing.assert_array_equal(fitted.transform(X2), clone(operator).fit_transform(X2))


@every_operator
def test_fit_takes_tensors_that_need_gradients(operator):
    x = torch.from_numpy(X2.copy()).requires_grad_()
    clone(operator).fit_transform(x).sum().backward()
    assert torch.isfinite(x.grad).all()


@every_operator
def test_few_numbers_stay_on_one_core(operator, monkeypatch):
    seen = []
    real = type(operator)._transform_tensor

    def watched(self, x):
        seen.append(torch.get_num_threads())
        return real(self, x)

    monkeypatch.setattr(type(operator), "_transform_tensor", watched)
    fitted, before = clone(operator).fit(X2), torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        fitted.transform(X2)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert seen == [1]


@pytest.mark.parametrize("operator", [ContinuousScale, MultiScale])
@pytest.mark.parametrize("inner", [AveragePooling, Ridge(), "average"])
def test_operator_must_be_a_scaling_operator(operator, inner):
    with pytest.raises(TypeError, match="operator must be a scaling operator such as"):
        operator(inner).fit(X2)


BAD_INPUT = [
    (X2[0], "Expected 2D array, got 1D array"),
    (torch.ones(5), "expects X of shape .n_samples, n_timepoints. or"),
    (np.ones((2, 2, 2, 8)), "got 4 dimension"),
    ([[1.0, 2.0, 3.0], [1.0, 2.0]], "X holds series of different lengths"),
    (pd.DataFrame({"a": [pd.Series([1.0, 2.0])] * 3}), "or a series in each cell.*numpy3D"),
    (pd.concat({n: pd.DataFrame(X2) for n in "ab"}), "X has an index of 2 levels.*numpy3D"),
    (np.full((2, 8), np.nan), "Input X contains NaN"),
    (np.full((2, 8), np.inf), "Input X contains infinity"),
    (torch.full((2, 8), float("nan")), "Input X contains NaN"),
    (np.empty((0, 8)), "0 sample"),
    (torch.empty(0, 8), "is empty"),
]


@every_operator
@pytest.mark.parametrize(("X", "message"), BAD_INPUT, ids=lambda v: str(v)[:20])
def test_bad_input_is_refused(operator, X, message):
    with pytest.raises(ValueError, match=message):
        clone(operator).fit(X)


@every_operator
def test_sparse_input_is_refused(operator):
    with pytest.raises(TypeError, match=r"[Ss]parse"):
        clone(operator).fit(scipy.sparse.csr_matrix(X2))


@every_operator
@pytest.mark.parametrize(
    ("fit", "then", "message"),
    [
        (X2, X2[:, :30], "X has 30 features, but .* is expecting 32 features"),
        (X3, X3[..., :30], "X has 30 time points, but .* expects 32"),
        (X3, X3[:, :1], "X has 3 dimensions and 1 channel"),
        (X2, X3, "X has 3 dimensions and 2 channel.s., but .* expects 2 dimensions"),
    ],
    ids=["length 2-D", "length 3-D", "channels", "dimensions"],
)
def test_another_shape_than_in_fit_is_refused(operator, fit, then, message):
    fitted = clone(operator).fit(fit)
    with pytest.raises(ValueError, match=message):
        fitted.transform(then)


@every_operator
def test_inverse_of_another_length_is_refused(operator):
    fitted = clone(operator).fit(X2)
    with pytest.raises(ValueError, match="X has 3 time points"):
        fitted.inverse_transform(np.ones((2, 3)))


def test_importing_operators_does_not_import_sktime():
    import subprocess
    import sys

    code = "import sys, skscale.operators, skscale.theory; assert 'sktime' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)

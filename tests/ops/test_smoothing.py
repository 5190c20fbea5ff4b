"""Moving average, Gaussian smoothing and wavelets beside NumPy, SciPy and PyWavelets."""

import numpy as np
import pytest
import scipy.ndimage
import scipy.special
import torch

from skscale import ops

X = np.random.default_rng(1).normal(size=(3, 21))
SCIPY_MODES = {"zero": "constant", "reflect": "reflect", "replicate": "nearest"}


def taps(scale, window, even):
    """Weights by offset from the current point: positive offsets are the past."""
    if window == "trailing":
        return dict.fromkeys(range(scale), 1 / scale)
    half = scale // 2
    if scale % 2:
        return dict.fromkeys(range(-half, half + 1), 1 / scale)
    if even == "halved":
        inner = dict.fromkeys(range(-half + 1, half), 1 / scale)
        return inner | {-half: 0.5 / scale, half: 0.5 / scale}
    offsets = range(-half + 1, half + 1) if even == "past" else range(-half, half)
    return dict.fromkeys(offsets, 1 / scale)


@pytest.mark.parametrize("edges", ["zero", "reflect", "replicate", "renormalise"])
@pytest.mark.parametrize("even", ["past", "future", "halved"])
@pytest.mark.parametrize("window", ["trailing", "centred"])
@pytest.mark.parametrize("scale", [1, 2, 5, 6, 12, 21])
def test_moving_average_weights_its_window(scale, window, even, edges):
    weights = taps(scale, window, even)
    modes = {"zero": "constant", "reflect": "symmetric", "replicate": "edge"}
    padded = np.pad(X, ((0, 0), (21, 21)), modes.get(edges, "constant"))
    inside = np.pad(np.ones(21), 21)
    expected, mass = 0.0, 0.0
    for offset, weight in weights.items():
        expected = expected + weight * padded[:, 21 - offset : 42 - offset]
        mass = mass + weight * inside[21 - offset : 42 - offset]
    if edges == "renormalise":
        expected = expected / mass
    result = ops.moving_average(torch.from_numpy(X), scale, edges, window, even)
    np.testing.assert_allclose(result, expected, atol=1e-14)


def test_moving_average_of_observed_points():
    x = torch.tensor([1.0, float("nan"), 5.0, float("nan"), float("nan")])
    result = ops.moving_average(x, 2, "renormalise", ignore_nan=True)
    np.testing.assert_array_equal(result, [1.0, 1.0, 5.0, 5.0, np.nan])
    assert ops.moving_average(x, 2, "zero", ignore_nan=True)[0] == 0.5


def test_moving_average_is_accurate_in_float32_far_from_zero():
    x = torch.full((1, 2000), 1e4) + torch.randn(1, 2000)
    exact = ops.moving_average(x.double(), 77, "replicate")
    error = (ops.moving_average(x, 77, "replicate") - exact).abs().max()
    assert error < 4e-3  # two units in the last place of 1e4; a running sum misses by far more


@pytest.mark.parametrize("edges", ["zero", "reflect", "replicate", "renormalise"])
@pytest.mark.parametrize("scale", [0.3, 2.0, 30.0])
def test_gaussian_smooth_is_scipys_convolution(edges, scale):
    reach = 60
    kernel = scipy.special.ive(np.abs(np.arange(-reach, reach + 1)), scale)
    mode = SCIPY_MODES.get(edges, "constant")
    expected = scipy.ndimage.convolve1d(X, kernel, axis=1, mode=mode)
    if edges == "renormalise":
        expected /= scipy.ndimage.convolve1d(np.ones(21), kernel, mode=mode)
    result = ops.gaussian_smooth(torch.from_numpy(X), scale, edges)
    np.testing.assert_allclose(result, expected, atol=1e-10)


def test_gaussian_smooth_takes_a_scale_for_every_distance():
    scales = np.linspace(0.5, 3.0, 21)
    distance = np.abs(np.subtract.outer(np.arange(21), np.arange(21)))
    expected = X @ scipy.special.ive(distance, scales[distance])
    result = ops.gaussian_smooth(torch.from_numpy(X), torch.from_numpy(scales))
    np.testing.assert_allclose(result, expected, atol=1e-13)


@pytest.mark.filterwarnings("ignore:Level value of:UserWarning")  # PyWavelets, long filters
@pytest.mark.parametrize("remainder", ["drop", "replicate"])
@pytest.mark.parametrize("level", [1, 2, 3])
@pytest.mark.parametrize("length", [64, 61])
@pytest.mark.parametrize("edges", ["periodic", "zero", "reflect", "replicate"])
@pytest.mark.parametrize("wavelet", ["haar", "db2", "db5", "sym4", "coif1"])
def test_wavelets_are_those_of_pywavelets(wavelet, edges, length, level, remainder):
    pywt = pytest.importorskip("pywt")
    modes = {"periodic": "periodization", "zero": "zero", "reflect": "symmetric"}
    mode = modes.get(edges, "constant")
    x = np.random.default_rng(2).normal(size=(2, length))
    whole = length - length % 2**level if (edges, remainder) == ("periodic", "drop") else length
    coefficients = pywt.wavedec(x[:, :whole], wavelet, mode=mode, level=level)
    lowpass = pywt.Wavelet(wavelet).dec_lo
    arguments = (lowpass, level)
    result = ops.wavelet_approximation(torch.from_numpy(x), *arguments, edges, remainder)
    np.testing.assert_allclose(result, coefficients[0], atol=1e-12)
    no_details = [coefficients[0], *(np.zeros_like(d) for d in coefficients[1:])]
    expected = pywt.waverec(no_details, wavelet, mode=mode)[:, :whole]
    expected = np.pad(expected, ((0, 0), (0, length - whole)), "edge")
    full = ops.wavelet_reconstruction(result, *arguments, length, edges, remainder)
    np.testing.assert_allclose(full, expected, atol=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: ops.moving_average(x, 22), "scale=22 is larger than the series"),
        (lambda x: ops.moving_average(x, 2, edges="wrap"), "edges must be one of 'zero'"),
        (lambda x: ops.moving_average(x, 2, window="leading"), "window must be one of"),
        (lambda x: ops.moving_average(x, 2, even="left"), "even must be one of"),
        (lambda x: ops.gaussian_smooth(x, 1.0, edges="wrap"), "edges must be one of 'zero'"),
        (lambda x: ops.gaussian_smooth(x, torch.ones(5)), "scale must have a last dimension"),
        (lambda x: ops.wavelet_approximation(x, [0.7, 0.7], 5), "needs 2.*5 time points"),
        (
            lambda x: ops.wavelet_approximation(x, [0.7, 0.7], 1, remainder="error"),
            "not a multiple",
        ),
        (lambda x: ops.wavelet_approximation(x, [0.7, 0.7], 1, edges="wrap"), "edges must be one"),
    ],
)
def test_wrong_options_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call(torch.from_numpy(X))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: ops.moving_average(x, 6, "reflect", "centred", "halved"),
        lambda x: ops.moving_average(x, 3),
        lambda x: ops.gaussian_smooth(x, 2.0, "reflect"),
        lambda x: ops.wavelet_approximation(x, [0.6, 0.5, 0.3, 0.2], 2),
        lambda x: ops.wavelet_reconstruction(x, [0.6, 0.5, 0.3, 0.2], 1, 42),
    ],
)
def test_gradients(function):
    assert torch.autograd.gradcheck(function, torch.from_numpy(X).requires_grad_())


def plain_gaussian_mean(x, weights, edges):
    """Every point by its definition: weights over what is there, zeros beyond the ends included."""
    n = len(x)
    whole = weights[0] + 2 * weights[1:].sum()
    found = np.full(n, np.nan)
    for t in range(n):
        total = share = 0.0
        for s in range(t - n + 1, t + n):
            inside = 0 <= s < n
            if (edges == "renormalise" and not inside) or (inside and np.isnan(x[s])):
                continue
            total += weights[abs(s - t)] * (x[s] if inside else 0.0)
            share += weights[abs(s - t)]
        inside_weight = sum(weights[abs(s - t)] for s in range(n))
        of = whole if edges == "zero" else inside_weight
        if share >= 1e-3 * of:
            found[t] = total / share * (whole if edges == "zero" else 1.0)
    return found


@pytest.mark.parametrize("edges", ["zero", "renormalise"])
@pytest.mark.parametrize("method", ["dense", "truncated", "fft"])
def test_gaussian_weighs_what_is_there(edges, method):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3, 60))
    x[0, [0, 7, 8, 30, 59]] = np.nan
    x[1, 20:45] = np.nan  # the kernel does not reach the middle
    x[2, :] = np.nan
    weights = ops.discrete_gaussian(torch.tensor(2.0, dtype=torch.float64), 60).numpy()
    found = ops.gaussian_smooth(torch.from_numpy(x), 2.0, edges, method, 1e-9, ignore_nan=True)
    expected = np.array([plain_gaussian_mean(row, weights, edges) for row in x])
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    assert np.isnan(found[1, 32])
    assert np.isfinite(found[0]).all()


@pytest.mark.parametrize("edges", ["reflect", "replicate"])
def test_a_constant_with_gaps_stays_one_under_a_gaussian(edges):
    x = torch.full((1, 30), 7.0, dtype=torch.float64)
    x[0, [0, 11, 12, 29]] = torch.nan
    found = ops.gaussian_smooth(x, 3.0, edges, ignore_nan=True)
    torch.testing.assert_close(found, torch.full_like(x, 7.0))


@pytest.mark.parametrize("edges", ["zero", "reflect", "replicate", "renormalise"])
def test_nothing_missing_smooths_as_ever(edges):
    x = torch.from_numpy(np.random.default_rng(0).normal(size=(2, 30)))
    for scale in (2.0, torch.linspace(0.5, 3.0, 30, dtype=torch.float64)):
        found = ops.gaussian_smooth(x, scale, edges, ignore_nan=True)
        torch.testing.assert_close(found, ops.gaussian_smooth(x, scale, edges))

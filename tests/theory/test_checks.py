"""Theorems 3.2, 3.3, 4.3, 4.4 and Appendix D, with Hypothesis driving the inputs."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skscale import ops
from skscale.operators import (
    AveragePooling,
    ContinuousScale,
    DiscreteGaussian,
    MaxPooling,
    MinPooling,
    MovingAverage,
    Segmentation,
    Subsampling,
    WaveletApproximation,
)
from skscale.theory import check_scale_space_axioms, check_scaling_operator

LENGTH = 32
FAMILIES = [
    AveragePooling,
    MaxPooling,
    MinPooling,
    MovingAverage,
    Subsampling,
    Segmentation,
    DiscreteGaussian,
]
series = arrays(
    float, (3, LENGTH), elements=st.floats(-1e3, 1e3, allow_nan=False).map(lambda v: round(v, 3))
)
few = settings(max_examples=8, deadline=None)
X = np.random.default_rng(0).normal(size=(4, LENGTH))


@pytest.mark.parametrize("family", FAMILIES)
@given(x=series)
@few
def test_families_of_table_1_are_scaling_operators(family, x):
    report = check_scaling_operator(family, x)
    assert report.passed, report


@given(x=series)
@few
def test_wavelets_are_scaling_operators(x):
    report = check_scaling_operator(WaveletApproximation, x, scales=(1, 2, 4))
    assert report.passed, report


@pytest.mark.parametrize("family", FAMILIES[:-1])
@given(x=series)
@few
def test_their_continuous_versions_are_generalized_scaling_operators(family, x):
    report = check_scaling_operator(ContinuousScale(family()), x)
    assert report.passed, report
    assert report.consistent
    assert report.differentiable


@pytest.mark.parametrize("family", [AveragePooling, MovingAverage, Segmentation])
def test_the_full_grid_keeps_these_non_expansive(family):
    continuous = ContinuousScale(family(), grid="full")
    report = check_scaling_operator(continuous, X, scales=(1, 1.5, 2, 3, 4))
    assert report.non_expansive, report
    assert report.consistent
    assert report.differentiable


@pytest.mark.parametrize("family", [MaxPooling, Subsampling])
def test_the_full_grid_expands_these(family):
    report = check_scaling_operator(ContinuousScale(family(), grid="full"), X)
    assert report.non_expansive is False
    assert report.findings["non_expansive"].worst == pytest.approx(8**0.5)


@pytest.mark.parametrize("family", [*FAMILIES, WaveletApproximation])
def test_fractional_scales_expand_nothing(family):
    scales = (1.3, 2.6, 3.9)
    report = check_scaling_operator(ContinuousScale(family()), X, scales, domain="window")
    assert report.non_expansive, report


WEIGHTS = np.random.default_rng(1).normal(size=(LENGTH, LENGTH))
ORDER = np.random.default_rng(2).permutation(LENGTH)
TRIVIAL = {
    "constant": (lambda X, s: np.ones_like(X), True),
    "permutation": (lambda X, s: X[:, ORDER], True),
    "shift": (lambda X, s: X + np.arange(X.shape[1]), True),
    "scalar": (lambda X, s: 0.5 * X, True),
    "large scalar": (lambda X, s: 3.0 * X, False),
    "linear": (lambda X, s: X @ WEIGHTS, False),
}


@pytest.mark.parametrize("name", TRIVIAL)
@given(x=series)
@few
def test_trivial_operations_fail_since_energy_never_falls(name, x):
    operation, non_expansive = TRIVIAL[name]
    report = check_scaling_operator(operation, x)
    assert report.energy_reducing is False
    assert "energy never falls" in report.findings["energy_reducing"].reason
    assert report.non_expansive is non_expansive
    assert not report.passed


def gaussian(edges):
    return DiscreteGaussian(edges=edges)


WINDOW = [
    (MovingAverage(), True),  # trailing and zero: lower triangular Toeplitz matrices commute
    (MovingAverage(window="centred"), False),
    (MovingAverage(window="centred", even="halved", edges="reflect"), True),
    (MovingAverage(edges="replicate"), False),
    (MovingAverage(edges="renormalise"), False),
    (gaussian("zero"), False),
    (gaussian("reflect"), True),  # diagonal in the cosine basis
    (gaussian("replicate"), False),
    (gaussian("renormalise"), False),
]


@pytest.mark.parametrize(("operator", "holds"), WINDOW, ids=str)
def test_energy_reduction_on_a_finite_window(operator, holds):
    report = check_scaling_operator(operator, X, domain="window")
    assert report.energy_reducing is holds, report


def test_the_witness_is_a_counterexample():
    report = check_scaling_operator(DiscreteGaussian, X, domain="window")
    (x,) = report.findings["energy_reducing"].witness
    energy = [np.square(DiscreteGaussian(s).fit_transform(x[None])).sum() for s in (4, 8)]
    assert energy[1] > energy[0] * 1.0001
    assert check_scaling_operator(DiscreteGaussian, x[None], domain="line").passed


def test_the_worst_pair_is_expanded_as_reported():
    finding = check_scaling_operator(
        MovingAverage(edges="renormalise"), X, scales=(1, 8), domain="window"
    ).findings["non_expansive"]
    a, b = finding.witness
    operator = MovingAverage(8, edges="renormalise").fit(X)
    apart = operator.transform(a[None]) - operator.transform(b[None])
    assert np.linalg.norm(apart) == pytest.approx(finding.worst * np.linalg.norm(a - b))


def test_kinks_and_gaps_in_the_scale_are_found():
    kink = check_scaling_operator(lambda X, s: X / (1 + abs(s - 3)), X, scales=(1, 2, 3, 4))
    assert kink.differentiable is False
    gap = check_scaling_operator(lambda X, s: X / (1 + np.floor(s)), X, scales=(1, 2, 4))
    assert gap.differentiable is False
    smooth = check_scaling_operator(lambda X, s: X / s, X)
    assert smooth.passed, smooth


def test_consistency_needs_the_discrete_family():
    report = check_scaling_operator(lambda X, s: X / s, X, discrete=lambda X, s: X / s**2)
    assert report.consistent is False
    report = check_scaling_operator(lambda X, s: X / s, X, discrete=AveragePooling)
    assert "shape" in report.findings["consistent"].reason


def test_report_reads_well():
    report = check_scaling_operator(AveragePooling, X)
    assert str(report).startswith("AveragePooling on the window: pass\n  non_expansive    pass")
    with pytest.raises(AttributeError, match="no attribute 'linear'"):
        report.linear  # noqa: B018


@pytest.mark.parametrize(
    ("f", "x", "options", "error", "message"),
    [
        ("mean", X, {}, TypeError, "f must be a callable"),
        (AveragePooling, X[0], {}, ValueError, "X must have shape"),
        (AveragePooling, X * np.nan, {}, ValueError, "X contains NaN or infinity"),
        (AveragePooling, X, {"scales": (2, 3)}, ValueError, "one that is a multiple of another"),
        (AveragePooling, X, {"scales": (0, 3)}, ValueError, "scales must be above 0"),
        (AveragePooling, X, {"domain": "circle"}, ValueError, "domain must be one of"),
    ],
)
def test_bad_arguments_are_named(f, x, options, error, message):
    with pytest.raises(error, match=message):
        check_scaling_operator(f, x, **options)


def smooth(X, s):
    return ops.gaussian_smooth(torch.from_numpy(X), float(s))


def failed(report):
    return [name for name, finding in report.findings.items() if finding.passed is False]


@pytest.mark.parametrize("family", [smooth, DiscreteGaussian])
@given(seed=st.integers(0, 2**32 - 1), scale=st.floats(0.1, 4.0))
@few
def test_the_discrete_gaussian_satisfies_all_axioms(family, seed, scale):
    report = check_scale_space_axioms(family, (scale, 1.0), random_state=seed)
    assert report.passed, report


@pytest.mark.parametrize(
    ("family", "expected"),
    [
        (MovingAverage, ["A2", "A3", "A5", "A6"]),
        (MovingAverage(window="centred", even="halved"), ["A2", "A3", "A5"]),
        (
            ContinuousScale(MovingAverage(window="centred", even="halved")),
            ["A2", "A5"],
        ),
        (AveragePooling, ["A1", "A2", "A3", "A4", "A5", "A6"]),
        (ContinuousScale(grid="full"), ["A1", "A2", "A5", "A6"]),
        (lambda X, s: smooth(X, s**2), ["A2"]),
        (lambda X, s: 2 * smooth(X, s), ["A2", "A4"]),
        (lambda X, s: smooth(np.roll(X, 1, axis=1), s), ["A2", "A6"]),
        (lambda X, s: smooth(X, s) ** 2, ["A1", "A2", "A4", "A5"]),
    ],
    ids=[
        "trailing",
        "centred",
        "centred continuous",
        "pooling",
        "pooling continuous",
        "squared scale",
        "doubled",
        "shifted",
        "squared",
    ],
)
def test_other_families_fail_these_axioms(family, expected):
    assert failed(check_scale_space_axioms(family)) == expected


@pytest.mark.parametrize(
    ("options", "message"),
    [({"n_timepoints": 20}, "at least 30"), ({"scales": (0, 1)}, "scales must all be above 0")],
)
def test_bad_arguments_of_the_axioms_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        check_scale_space_axioms(DiscreteGaussian, **options)

"""The discrete scale-space axioms A1 to A6 (Sigma paper, Appendix A.5), put to the test."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from skscale.theory._checks import differentiable
from skscale.theory._report import Finding, Report
from skscale.theory._subject import Family, as_family, takes_fractions


def check_scale_space_axioms(
    f: Any,
    scales: Sequence[float] = (1, 2, 3),
    *,
    n_timepoints: int = 240,
    tolerance: float = 1e-6,
    random_state: int = 0,
) -> Report:
    """Check which discrete scale-space axioms a family of operators satisfies.

    The axioms speak of the infinite line; here inputs stand in the middle third of a window of
    zeros, far from its ends. A pass means that no counterexample was found.

    Parameters
    ----------
    f : callable or transformer
        ``f(X, s)`` on X of shape (n_samples, n_timepoints), or a transformer with a parameter
        ``scale``. Should accept scale 0, whose operator must be the identity; where it does
        not, A2 is judged on the sums of scales alone.
    scales : sequence of float, default=(1, 2, 3)
        Scales at which to check; their sums are used as well.
    n_timepoints : int, default=240
        Length of the window, at least 30 and a multiple of all whole scales, so that pooling
        blocks fit.
    tolerance : float, default=1e-6
        Error that is not held against ``f``.
    random_state : int, default=0
        Seed of the inputs.

    Returns
    -------
    Report
        Findings ``A1`` (linear and shift invariant), ``A2`` (semigroup), ``A3`` (smooth in the
        scale), ``A4`` (keeps constants), ``A5`` (no enhancement of local extrema), ``A6``
        (symmetric).

    Raises
    ------
    ValueError
        If ``n_timepoints`` is below 30 or a scale is not above 0.

    References
    ----------
    Sigma, arXiv 2605.31129, Appendix A.5.1; Lindeberg (1990), Scale-space for discrete signals.

    Examples
    --------
    >>> from skscale.operators import DiscreteGaussian, MovingAverage
    >>> from skscale.theory import check_scale_space_axioms
    >>> check_scale_space_axioms(DiscreteGaussian).passed
    True
    >>> report = check_scale_space_axioms(MovingAverage)
    >>> [name for name, finding in report.findings.items() if finding.passed is False]
    ['A2', 'A3', 'A5', 'A6']
    """
    name, family, _ = as_family(f)
    if n_timepoints < 30:
        raise ValueError(f"n_timepoints must be at least 30, got {n_timepoints}")
    if len(scales) == 0 or any(not s > 0 for s in scales):
        raise ValueError(f"scales must all be above 0, got {list(scales)}")
    third = n_timepoints // 3
    X = np.zeros((64, n_timepoints))
    X[:, third : 2 * third] = np.random.default_rng(random_state).normal(size=(64, third))
    impulse = np.zeros((1, n_timepoints))
    impulse[0, n_timepoints // 2] = 1.0
    return Report(
        name,
        {
            "A1": _linear_and_shift_invariant(family, X, scales, tolerance),
            "A2": _semigroup(family, X, scales, tolerance),
            "A3": _smooth(family, impulse, scales),
            "A4": _keeps_constants(family, impulse, scales, tolerance),
            "A5": _no_new_extrema(family, X, scales, tolerance),
            "A6": _symmetric(family, impulse, scales, tolerance),
        },
    )


def _linear_and_shift_invariant(
    family: Family, X: np.ndarray, scales: Sequence[float], tolerance: float
) -> Finding:
    for s in scales:
        y = family(X, s)
        if y.shape != X.shape:
            reason = f"scale {s:g} gives {y.shape[1]} points for {X.shape[1]}: shifts are lost"
            return Finding(False, reason)
        other = np.roll(X, 1, axis=0)
        errors = {
            "linear": family(2 * X - other, s) - (2 * y - family(other, s)),
            "shift invariant": family(np.roll(X, 3, axis=1), s) - np.roll(y, 3, axis=1),
        }
        for what, error in errors.items():
            worst = float(np.abs(error).max())
            if worst > tolerance:
                return Finding(False, f"not {what} at scale {s:g}", worst)
    return Finding(True, "linear, and commutes with shifts")


def _semigroup(family: Family, X: np.ndarray, scales: Sequence[float], tolerance: float) -> Finding:
    worst, where = 0.0, (scales[0], scales[0])
    for s in scales:
        for t in scales:
            once, twice = family(X, s + t), family(family(X, s), t)
            if once.shape != twice.shape:
                reason = f"scales {s:g} then {t:g} do not even give the length of {s + t:g}"
                return Finding(False, reason)
            error = float(np.abs(once - twice).max())
            if error > worst:
                worst, where = error, (s, t)
    s, t = where
    if worst > tolerance:
        return Finding(False, f"scales {s:g} then {t:g} are not scale {s + t:g}", worst)
    try:
        at_zero = family(X, 0)
    except ValueError:
        return Finding(True, "scales add up (scale 0 is not accepted, so not tried)", worst)
    worst = float(np.abs(at_zero - X).max())
    if worst > tolerance:
        return Finding(False, "scale 0 is not the identity", worst)
    return Finding(True, "scales add up, and scale 0 is the identity", worst)


def _smooth(family: Family, impulse: np.ndarray, scales: Sequence[float]) -> Finding:
    finding = differentiable(family, impulse, scales)
    if finding.passed is None:
        return Finding(False, "defined at whole scales only, so not differentiable in the scale")
    return finding


def _keeps_constants(
    family: Family, impulse: np.ndarray, scales: Sequence[float], tolerance: float
) -> Finding:
    sums = np.array([family(impulse, s).sum() for s in scales])
    k = int(np.abs(sums - 1).argmax())
    error = float(abs(sums[k] - 1))
    reason = f"the kernel sums to {sums[k]:.6g} at scale {scales[k]:g}"
    return Finding(error <= tolerance, reason, error)


def _no_new_extrema(
    family: Family, X: np.ndarray, scales: Sequence[float], tolerance: float
) -> Finding:
    """Follow local extrema over a small step in scale, or to the next whole scale."""
    continuous = takes_fractions(family, X, scales[0])
    step = 1e-4 if continuous else 1
    worst, where = 0.0, scales[0]
    for s in [*scales, *(s + 0.37 for s in scales if continuous)]:
        y, later = family(X, s), family(X, s + step)
        if y.shape != later.shape:
            return Finding(False, f"the length changes from scale {s:g} to {s + step:g}")
        change = (later - y)[:, 1:-1] / step
        left, here, right = y[:, :-2], y[:, 1:-1], y[:, 2:]
        # The margin keeps ties that are rounding noise from passing for extrema.
        maximum = (here > left + 1e-9) & (here > right + 1e-9)
        minimum = (here < left - 1e-9) & (here < right - 1e-9)
        growth = max(
            float(change[maximum].max(initial=0.0)), float(-change[minimum].min(initial=0.0))
        )
        if growth > worst:
            worst, where = growth, s
    if worst > max(tolerance, 10 * step if continuous else 0.0):
        return Finding(False, f"a local extremum grows beyond scale {where:g}", worst)
    return Finding(True, "maxima do not rise and minima do not fall as the scale grows", worst)


def _symmetric(
    family: Family, impulse: np.ndarray, scales: Sequence[float], tolerance: float
) -> Finding:
    centre = int(impulse.argmax())
    reach = min(centre, impulse.shape[1] - 1 - centre)
    for s in scales:
        kernel = family(impulse, s)[0]
        if len(kernel) != impulse.shape[1]:
            return Finding(False, f"scale {s:g} has no kernel: the length changes")
        around = kernel[centre - reach : centre + reach + 1]
        worst = float(np.abs(around - around[::-1]).max())
        if worst > tolerance:
            return Finding(False, f"the kernel at scale {s:g} is not symmetric", worst)
    return Finding(True, "kernels are symmetric")

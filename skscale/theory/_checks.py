"""Definitions 3.1 and 4.1 of the Sigma paper, put to the test."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from skscale.ops.edges import check_option
from skscale.theory._report import Finding, Report
from skscale.theory._subject import Family, as_family, check_series, takes_fractions

# Linear operators up to this length are checked exactly, through their matrices.
_LARGEST_MATRIX = 1024


def check_scaling_operator(
    f: Any,
    X: Any,
    scales: Sequence[float] = (1, 2, 4, 8),
    *,
    discrete: Any = None,
    domain: str = "auto",
    tolerance: float = 1e-6,
    random_state: int = 0,
) -> Report:
    """Check whether ``f`` is a scaling operator family.

    An operator that turns out to be linear is checked exactly: its matrices give the largest
    expansion and the input whose energy grows the most. For others the inputs are the series
    of ``X``, noise and impulses, so a pass means that no counterexample was found.

    Parameters
    ----------
    f : callable or transformer
        ``f(X, s)`` on X of shape (n_samples, n_timepoints), or a transformer (class or
        instance) with a parameter ``scale``.
    X : array-like of shape (n_samples, n_timepoints)
        Series to check with, at least one.
    scales : sequence of float, default=(1, 2, 4, 8)
        Scales; at least one must be a multiple of another.
    discrete : callable or transformer, default=None
        Discrete family that a continuous ``f`` must equal at whole scales; known already for
        ``ContinuousScale``.
    domain : {"auto", "line", "window"}, default="auto"
        ``"line"`` embeds X in zeros, wide enough for the output to be complete: the infinite
        line that the paper's proofs live on. ``"window"`` takes inputs and outputs as they are,
        so what a smoother cuts off at the ends matters, and energy reduction may fail.
        ``"auto"`` is the line for operators that keep the length, and of any length; the others,
        pooling for example, cut nothing off and are checked on the window.
    tolerance : float, default=1e-6
        Relative rounding error that is not held against ``f``.
    random_state : int, default=0
        Seed of the noise.

    Returns
    -------
    Report
        Findings ``non_expansive``, ``energy_reducing`` (Definition 3.1), ``consistent`` and
        ``differentiable`` (Definition 4.1; None for a family of whole scales only).

    Raises
    ------
    ValueError
        If X is not a finite 2-D array, or no scale is a multiple of another.
    TypeError
        If ``f`` is neither a callable nor a transformer.

    Examples
    --------
    >>> import numpy as np
    >>> from skscale.operators import AveragePooling
    >>> from skscale.theory import check_scaling_operator
    >>> X = np.random.default_rng(0).normal(size=(5, 32))
    >>> check_scaling_operator(AveragePooling, X).passed
    True
    >>> report = check_scaling_operator(lambda X, s: 0.5 * X, X)
    >>> report.non_expansive, report.energy_reducing
    (True, False)
    """
    name, family, known = as_family(f)
    X = check_series(X)
    check_option("domain", domain, ("auto", "line", "window"))
    pairs = _chain(scales)
    if discrete is not None:
        known = as_family(discrete)[1]
    if domain != "window":
        wide = _on_the_line(family, scales)
        if domain == "auto":
            domain = "line" if _keeps_length(family, X, max(scales)) else "window"
    if domain == "line":
        family, known = wide, known and _on_the_line(known, scales)
    probes = _probes(X, np.random.default_rng(random_state))
    matrices = _matrices(family, probes, scales, tolerance)
    findings = {
        "non_expansive": _non_expansive(family, probes, scales, matrices, tolerance),
        "energy_reducing": _energy_reducing(family, probes, pairs, matrices, tolerance),
    }
    whole = all(finding.passed for finding in findings.values())
    findings["consistent"] = _consistent(family, known, X, scales, whole, tolerance)
    findings["differentiable"] = differentiable(family, X[:8], scales)
    return Report(f"{name} on the {domain}", findings)


def differentiable(family: Family, X: np.ndarray, scales: Sequence[float]) -> Finding:
    """Compare one-sided difference quotients in the scale as the step shrinks."""
    first = min(s for s in scales)
    if not takes_fractions(family, X, first):
        return Finding(None, "defined at whole scales only")
    worst, where, changes = 0.0, first, 0
    for s in sorted({*scales, *(s + 0.37 for s in scales)} - {first}):
        coarse, fine = (_jump(family, X, s, step) for step in (1e-2, 1e-3))
        if coarse is None or fine is None:
            changes += 1
            continue
        # Smooth: the jump falls like the step. A kink keeps it, a gap makes it grow.
        excess = fine / max(0.5 * coarse, 5e-3)
        if excess > worst:
            worst, where = excess, s
    note = f"; the length changes at {changes} of the scales, which are left out" if changes else ""
    if worst > 1:
        return Finding(False, f"one-sided slopes differ at scale {where:g}{note}", worst)
    return Finding(True, f"one-sided slopes agree at all scales tried{note}", worst)


def _jump(family: Family, X: np.ndarray, s: float, step: float) -> float | None:
    """Relative difference of the slopes on both sides of ``s``; None if the length changes."""
    below, here, above = (family(X, s + d) for d in (-step, 0.0, step))
    if not below.shape == here.shape == above.shape:
        return None
    right, left = (above - here) / step, (here - below) / step
    # Slopes far below the size of the input are rounding noise, not to be compared.
    sizes = (right, left, here, 1e-9 * X)
    size = max(float(np.abs(values).max()) for values in sizes) or 1.0
    return float(np.abs(right - left).max() / size)


def _chain(scales: Iterable[float]) -> list[tuple[float, float]]:
    """Pairs (s_j, s_i) with s_i = m s_j for a whole m above 1."""
    scales = list(scales)
    if any(not s > 0 for s in scales):
        raise ValueError(f"scales must be above 0, got {scales}")
    pairs = [(a, b) for a in scales for b in scales if b > a and abs(b / a - round(b / a)) < 1e-9]
    if not pairs:
        raise ValueError(f"scales must hold one that is a multiple of another, got {scales}")
    return pairs


def _on_the_line(family: Family, scales: Sequence[float]) -> Family:
    """Embed inputs in zeros, by a multiple of all whole scales so that blocks stay in place."""
    unit = math.lcm(*(int(s) for s in scales if float(s).is_integer()), 1)
    reach = 2 * max(scales) + 12 * math.sqrt(max(scales)) + 32
    margin = unit * math.ceil(reach / unit)
    return lambda X, s: family(np.pad(X, ((0, 0), (margin, margin))), s)


def _keeps_length(family: Family, X: np.ndarray, scale: float) -> bool:
    """Whether the operator keeps the length of series longer than those at hand as well."""
    longer = np.pad(X[:1], ((0, 0), (0, X.shape[1])))
    try:
        return family(longer, scale).shape == longer.shape
    except (ValueError, IndexError, RuntimeError):
        return False


def _probes(X: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    length = X.shape[1]
    size = np.abs(X).max() or 1.0
    impulses = size * np.eye(length)[rng.permutation(length)[:32]]
    noise = size * rng.normal(size=(32, length))
    alternating = size * np.where(np.arange(length) % 2, -1.0, 1.0)[None]
    return np.concatenate((X[:64], -X[:64], impulses, -impulses, noise, alternating))


def _matrices(
    family: Family, probes: np.ndarray, scales: Sequence[float], tolerance: float
) -> dict[float, np.ndarray] | None:
    """Matrix at each scale, acting from the right, or None if the family is not linear."""
    length = probes.shape[1]
    if length > _LARGEST_MATRIX:
        return None
    a, b = probes, np.roll(probes, 7, axis=0)
    matrices = {}
    for s in scales:
        apart = 2.0 * family(a, s) - 0.5 * family(b, s)
        if np.abs(family(2.0 * a - 0.5 * b, s) - apart).max() > tolerance * np.abs(a).max():
            return None
        matrices[s] = family(np.eye(length), s)
    return matrices


def _non_expansive(
    family: Family,
    probes: np.ndarray,
    scales: Sequence[float],
    matrices: dict[float, np.ndarray] | None,
    tolerance: float,
) -> Finding:
    found = []
    for s in scales:
        if matrices is None:
            x, y = _pairs(probes)
            ratio = _norm(family(x, s) - family(y, s)) / _norm(x - y)
            k = int(ratio.argmax())
            found.append((float(ratio[k]), s, (x[k], y[k])))
        else:
            left, values, _ = np.linalg.svd(matrices[s])
            found.append((float(values[0]), s, (left[:, 0], np.zeros(len(left)))))
    worst, scale, witness = max(found, key=lambda item: item[0])
    how = "at most" if matrices is not None else "as far as tried at most"
    reason = f"distances are multiplied by {how} {worst:.6g} (scale {scale:g})"
    return Finding(worst <= 1 + tolerance, reason, worst, witness)


def _energy_reducing(
    family: Family,
    probes: np.ndarray,
    pairs: list[tuple[float, float]],
    matrices: dict[float, np.ndarray] | None,
    tolerance: float,
) -> Finding:
    worst, witness, worst_pair = -math.inf, probes[:1], pairs[0]
    for fine, coarse in pairs:
        inputs = probes
        if matrices is not None:
            gram = [matrices[s] @ matrices[s].T for s in (fine, coarse)]
            # The extreme inputs of the difference of energies: growth first, fall last.
            inputs = np.linalg.eigh(gram[0] - gram[1])[1].T[[0, -1]]
        before, after = (_norm(family(inputs, s)) ** 2 for s in (fine, coarse))
        growth = (after - before) / np.maximum(_norm(inputs) ** 2, 1e-300)
        if not (growth < -tolerance).any():
            return Finding(
                False,
                f"energy never falls from scale {fine:g} to {coarse:g}, the operator does not "
                "simplify the series",
                float(growth.max()),
                (inputs[int(growth.argmax())],),
            )
        if growth.max() > worst:
            worst, worst_pair = float(growth.max()), (fine, coarse)
            witness = inputs[int(growth.argmax())]
    fine, coarse = worst_pair
    if worst > tolerance:
        reason = (
            f"energy grows from scale {fine:g} to {coarse:g} by {worst:.3g} of the input's energy"
        )
        return Finding(False, reason, worst, (witness,))
    return Finding(True, "energy never grows along the chain, and falls for some input", worst)


def _consistent(
    family: Family,
    known: Family | None,
    X: np.ndarray,
    scales: Sequence[float],
    whole: bool,
    tolerance: float,
) -> Finding:
    if known is None:
        if not takes_fractions(family, X, min(scales)):
            return Finding(None, "defined at whole scales only")
        words = "are" if whole else "are not"
        return Finding(whole, f"the whole scales {words} a scaling operator family themselves")
    worst, where = 0.0, math.nan
    for s in (s for s in scales if float(s).is_integer()):
        ours, theirs = family(X, s), known(X, s)
        if ours.shape != theirs.shape:
            reason = f"shape {ours.shape} is not the discrete family's {theirs.shape} at {s:g}"
            return Finding(False, reason, math.inf)
        difference = float(np.abs(ours - theirs).max() / max(np.abs(X).max(), 1e-300))
        if difference >= worst:
            worst, where = difference, s
    reason = f"differs from the discrete family by at most {worst:.3g} (scale {where:g})"
    return Finding(worst <= tolerance, reason, worst)


def _pairs(probes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each probe with another one, with itself plus an impulse, and with zero."""
    other = np.roll(probes, 1, axis=0)
    bumped = probes.copy()
    rows = np.arange(len(probes))
    bumped[rows, (7 * rows) % probes.shape[1]] += 1e-3 * np.abs(probes).max()
    x = np.concatenate((probes, probes, probes))
    y = np.concatenate((other, bumped, np.zeros_like(probes)))
    apart = _norm(x - y) > 0
    return x[apart], y[apart]


def _norm(x: np.ndarray) -> np.ndarray:
    return np.sqrt(np.square(x.reshape(len(x), -1)).sum(1))

"""Verdicts with their worst cases, readable when printed."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Finding:
    """Verdict on one property.

    Attributes
    ----------
    passed : bool or None
        None if the property does not apply.
    reason : str
        Why, in one sentence.
    worst : float
        Worst value found; its meaning is told in ``reason``. nan if there is none.
    witness : tuple of ndarray
        Input, or pair of inputs, at which the worst value was found; may be empty.

    Examples
    --------
    >>> import numpy as np
    >>> from skscale.operators import AveragePooling
    >>> from skscale.theory import check_scaling_operator
    >>> X = np.random.default_rng(0).normal(size=(4, 32))
    >>> report = check_scaling_operator(AveragePooling, X)
    >>> report.findings["non_expansive"].passed
    True
    """

    passed: bool | None
    reason: str
    worst: float = float("nan")
    witness: tuple[np.ndarray, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Report:
    """Findings by property; each is also an attribute that gives the bare verdict.

    Attributes
    ----------
    subject : str
        What was checked.
    findings : dict of str to Finding
        Such as ``"non_expansive"``; ``report.non_expansive`` is its ``passed``.

    Examples
    --------
    >>> import numpy as np
    >>> from skscale.operators import AveragePooling
    >>> from skscale.theory import check_scaling_operator
    >>> X = np.random.default_rng(0).normal(size=(4, 32))
    >>> report = check_scaling_operator(AveragePooling, X)
    >>> report.non_expansive, report.passed
    (True, True)
    """

    subject: str
    findings: dict[str, Finding]

    @property
    def passed(self) -> bool:
        """Whether no property failed; those that do not apply do not count."""
        return all(finding.passed is not False for finding in self.findings.values())

    def __getattr__(self, name: str) -> bool | None:
        # Only asked for names that are not fields; dunder look-ups must not recurse on pickling.
        findings = self.__dict__.get("findings", {})
        if name in findings:
            return findings[name].passed
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def __str__(self) -> str:
        words = {True: "pass", False: "FAIL", None: "n/a"}
        width = max(len(name) for name in self.findings)
        lines = [f"{self.subject}: {words[self.passed]}"]
        lines += [
            f"  {name:<{width}}  {words[finding.passed]:<4}  {finding.reason}"
            for name, finding in self.findings.items()
        ]
        return "\n".join(lines)

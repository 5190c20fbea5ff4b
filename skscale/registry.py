"""Estimators from text: sktime's `craft`, `deps` and `imports`, which know skscale's classes, too.

sktime finds its own estimators and scikit-learn's by their names. Until it lists those of skscale,
these do the same for all three.
"""

from __future__ import annotations

import ast
from functools import cache
from typing import Any

from sklearn.base import BaseEstimator
from sklearn.utils import all_estimators as all_of_sklearn
from sktime.base import BaseObject
from sktime.registry import all_estimators as all_of_sktime

import skscale

__all__ = ["craft", "deps", "imports"]

# What a specification may hold: calls of known names, literals, and sktime's operators.
_NODES = (
    *(ast.Expression, ast.Call, ast.keyword, ast.Name, ast.Load, ast.Constant),
    *(ast.List, ast.Tuple, ast.Set, ast.Dict),
    *(ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop),
)


def craft(spec: str) -> Any:
    """Build the estimator that a text describes.

    Parameters
    ----------
    spec : str
        An expression of calls of estimators, literals and operators of pipelines, as the text
        of an estimator is.

    Returns
    -------
    estimator

    Raises
    ------
    ValueError
        If ``spec`` is no such expression; says what is wrong.

    Examples
    --------
    >>> from skscale.registry import craft
    >>> craft("SigmaForecaster(random_state=0)")
    SigmaForecaster(random_state=0)
    >>> type(craft("Detrender() * SigmaForecaster()")).__name__
    'TransformedTargetForecaster'
    """
    tree = _tree(spec)
    known = {name: _classes()[name] for name in _names(tree)}
    return eval(compile(tree, "<spec>", "eval"), {"__builtins__": {}}, known)


def deps(spec: str) -> list[str]:
    """Packages that the estimators of a text need, as pip takes them, sorted.

    Parameters
    ----------
    spec : str
        As in `craft`.

    Returns
    -------
    list of str
        Beside sktime and scikit-learn themselves. Of alternatives, the first.

    Raises
    ------
    ValueError
        If ``spec`` is not as in `craft`.

    Examples
    --------
    >>> from skscale.registry import deps
    >>> deps("SigmaForecaster()")
    ['skscale', 'torch']
    """
    found = set()
    for name in _names(_tree(spec)):
        kind: Any = _classes()[name]
        if kind.__module__.startswith("skscale."):
            found.add("skscale")
        if issubclass(kind, BaseObject):
            found |= set(_as_list(kind.get_class_tag("python_dependencies")))
    return sorted(found)


def imports(spec: str) -> str:
    """Import statements that a text needs to run.

    Parameters
    ----------
    spec : str
        As in `craft`.

    Returns
    -------
    str
        A line for each class, sorted.

    Raises
    ------
    ValueError
        If ``spec`` is not as in `craft`.

    Examples
    --------
    >>> from skscale.registry import imports
    >>> print(imports("MultiScale(AveragePooling())"))
    from skscale import AveragePooling
    from skscale import MultiScale
    """
    names = _names(_tree(spec))
    return "\n".join(sorted(f"from {_home(_classes()[name])} import {name}" for name in names))


@cache
def _classes() -> dict[str, type]:
    """Every estimator by its name; sktime's count before scikit-learn's, ours before both."""
    ours = ((name, getattr(skscale, name)) for name in dir(skscale))
    kinds = {name: one for name, one in ours if isinstance(one, type)}
    estimators = {n: one for n, one in kinds.items() if issubclass(one, BaseObject | BaseEstimator)}
    return {**dict(all_of_sklearn()), **dict(all_of_sktime()), **estimators}


def _tree(spec: str) -> ast.Expression:
    """Syntax of an expression in which nothing but estimators is called."""
    if not isinstance(spec, str):
        raise ValueError(f"spec must be text, got {type(spec).__name__}")
    try:
        tree = ast.parse(spec.strip(), mode="eval")
    except SyntaxError as error:
        raise ValueError(f"spec must be one expression of Python, got {spec!r}") from error
    for node in ast.walk(tree):
        hidden = isinstance(node, ast.Call) and not isinstance(node.func, ast.Name)
        if not isinstance(node, _NODES) or hidden:
            raise ValueError(f"spec may call estimators alone, got {ast.unparse(node)!r}")
    for name in _names(tree):
        if name not in _classes():
            raise ValueError(
                f"spec must name estimators of skscale, sktime or scikit-learn, got {name!r}"
            )
    return tree


def _names(tree: ast.Expression) -> list[str]:
    return sorted({node.id for node in ast.walk(tree) if isinstance(node, ast.Name)})


def _as_list(requirements: Any) -> list[str]:
    if not requirements:
        return []
    if isinstance(requirements, str):
        return [requirements]
    return [one if isinstance(one, str) else one[0] for one in requirements]


def _home(kind: type) -> str:
    """Module that users import a class from: the last one before a private name."""
    parts = kind.__module__.split(".")
    if parts[0] == "skscale":
        return "skscale"
    private = (i for i, part in enumerate(parts) if part.startswith("_"))
    return ".".join(parts[: next(private, len(parts))])

"""From the columns of X to numbers: the door that X comes in by."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from skscale.forecasting._categories import Categories, holds_levels
from skscale.forecasting._frames import as_numbers
from skscale.forecasting._panel import Panel

__all__ = ["Encoder"]

_HINT = "; name those that are not known ahead in fit, with past_columns=[...]"


@dataclass(frozen=True)
class Encoder:
    """Columns of X as they were in fit, and the numbers they become.

    Attributes
    ----------
    names : Index or None
        Columns of X; None for none.
    static, past : Index
        Those of them that are constant within every series but differ between series, and those
        that are known of the past only. The numbers of the others come first, then theirs.
    categories : dict of name to Categories
        Levels of the categorical columns.
    """

    names: pd.Index | None
    static: pd.Index
    past: pd.Index
    categories: dict[Hashable, Categories]

    @classmethod
    def of(cls, panel: Panel, past_columns: Sequence[Hashable] = ()) -> Encoder:
        """Learn the columns of a panel, of which ``past_columns`` are known of the past only.

        Raises
        ------
        ValueError
            If ``X`` lacks one of these, or a categorical column has too many levels.
        """
        X = panel.X
        found = pd.Index([]) if X is None else X.columns
        unknown = [name for name in past_columns if name not in found]
        if unknown:
            raise ValueError(
                f"past_columns must name columns of X, got {unknown[0]!r}; X has {list(found)}"
            )
        past = found[found.isin(past_columns)]
        if X is None:
            return cls(None, past, past, {})
        others = found.difference(past, sort=False)
        static = others[[_is_static(panel, name) for name in others]]
        levels = {name: Categories.of(name, X[name]) for name in X if holds_levels(X[name])}
        return cls(found, static, past, levels)

    @property
    def ahead(self) -> pd.Index:
        """Those that are known ahead and neither static nor of the past."""
        some = pd.Index([]) if self.names is None else self.names
        return some[~some.isin(self.static.append(self.past))]

    def width(self, names: pd.Index) -> int:
        """Number of columns that those called ``names`` become."""
        counts = (self.categories[n].n_columns if n in self.categories else 1 for n in names)
        return sum(counts)

    def check(self, X: pd.DataFrame | None) -> None:
        """Raise ValueError unless ``X`` has the columns seen in fit, in their order."""
        self._check(X, needed=self.names)

    def check_ahead(self, X: pd.DataFrame | None) -> None:
        """Raise the same for a horizon: others than those ``ahead`` may be left out."""
        self._check(X, needed=None if self.names is None else self.ahead)

    def _check(self, X: pd.DataFrame | None, needed: pd.Index | None) -> None:
        if self.names is None or needed is None:
            if X is not None and len(X.columns):
                raise ValueError(
                    f"X has the columns {list(X.columns)}, but the forecaster was fitted without "
                    "X: pass X in fit, too, or leave it out"
                )
            return
        if X is None and needed.empty:
            return
        if X is None:
            raise ValueError(
                f"X is needed: the forecaster was fitted with the columns {list(needed)}{_HINT}"
            )
        known = self.names[self.names.isin(needed.union(X.columns, sort=False))]
        if list(X.columns) != list(known):
            raise ValueError(
                f"X has the columns {list(X.columns)}, but the forecaster was fitted with "
                f"{list(known)}; they must be the same, in the same order{_HINT}"
            )
        self._check_kinds(X)

    def _check_kinds(self, X: pd.DataFrame) -> None:
        """Raise ValueError if numbers have become levels, or levels numbers."""
        kinds = ("numbers", "levels")
        for name in X:
            was, found = name in self.categories, holds_levels(X[name])
            if was != found and X[name].notna().any():
                raise ValueError(
                    f"column {name!r} of X holds {kinds[found]}, dtype {X[name].dtype}, but the "
                    f"forecaster was fitted with {kinds[was]} there; they must be of one kind"
                )

    def encoded(self, X: pd.DataFrame | None) -> pd.DataFrame | None:
        """Numbers of all columns, at the rows of ``X``; None without any column.

        Columns that ``X`` lacks are nan. Float32 stays what it is, which halves the memory; where
        nothing changes, it is shared with ``X``.
        """
        if X is None or self.names is None or self.names.empty:
            return None
        order = [*self.ahead, *self.static, *self.past]
        if order == list(X.columns) and set(X.dtypes) == {np.dtype(np.float32)}:
            return X.set_axis(range(len(order)), axis=1)
        parts = [self._numbers(X, name) for name in order]
        return pd.DataFrame(np.concatenate(parts, axis=1), index=X.index)

    def _numbers(self, X: pd.DataFrame, name: Hashable) -> np.ndarray:
        if name not in X:
            return np.full((len(X), self.width(pd.Index([name]))), np.nan)
        if name in self.categories:
            return self.categories[name].encode(X[name])
        return X[[name]].to_numpy() if X[name].dtype == np.float32 else as_numbers(X[[name]])


def _is_static(panel: Panel, name: Hashable) -> bool:
    """Whether a column of ``panel`` is constant within every series, but not over all."""
    levels = []
    for _, block in panel.blocks():
        assert block.X is not None
        code, found = pd.factorize(block.X[name])
        starts = block.offsets[:-1]
        highest = np.maximum.reduceat(code, starts)
        lowest = np.minimum.reduceat(np.where(code < 0, len(found), code), starts)
        if (highest > lowest).any():
            return False
        levels.append(pd.Series(found, dtype=object))
    return pd.concat(levels).nunique() > 1

"""How frames of new data join those seen before."""

from __future__ import annotations

import numpy as np
import pandas as pd

from skscale.forecasting._frames import instances, kind_of_index
from skscale.forecasting._positions import (
    in_order,
    joined,
    latest_in_order,
    positions,
    series_starts,
)

__all__ = ["extended"]


def extended(seen: pd.DataFrame | None, new: pd.DataFrame | None) -> pd.DataFrame | None:
    """Add rows to the rows seen before; where both have a row, the new one counts.

    Series keep the order in which they were seen first, times ascend within each.

    Raises
    ------
    ValueError
        If the rows have indices of different kinds.
    """
    if seen is None or new is None:
        return seen if new is None else new
    old_kind, new_kind = (kind_of_index(data.index) for data in (seen, new))
    if old_kind != new_kind:
        raise ValueError(f"the new data have {new_kind}, but those seen before {old_kind}")
    if _holds_all(new, seen):
        return new
    index = joined(seen.index, new.index)
    if index is None:
        return _extended_by_pandas(seen, new)
    order = latest_in_order(index)
    return pd.concat([seen, new], ignore_index=True).take(order).set_axis(index[order])


def _extended_by_pandas(seen: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    both = pd.concat([seen, new])
    both = both[~both.index.duplicated(keep="last")]
    if not isinstance(both.index, pd.MultiIndex):
        return both.sort_index()
    first_seen = pd.factorize(instances(seen.index).append(instances(both.index)))[0]
    time = pd.factorize(both.index.get_level_values(-1), sort=True)[0]
    return both.iloc[np.lexsort((time, first_seen[len(seen) :]))]


def _holds_all(new: pd.DataFrame, seen: pd.DataFrame) -> bool:
    """Whether ``new`` surely has all rows of both, in the order of `extended`."""
    if not isinstance(new.index, pd.MultiIndex) or new.index.names != seen.index.names:
        return False
    pairs = ((new.columns, seen.columns), (new.dtypes, seen.dtypes))
    same = all(one.equals(other) for one, other in pairs)
    if not (same and new.index.dtypes.equals(seen.index.dtypes) and in_order(new.index)):
        return False
    first, known = (instances(data.index[series_starts(data.index)]) for data in (new, seen))
    in_turn = first[: len(known)].equals(known)
    return in_turn and bool((positions(seen.index, new.index) >= 0).all())

"""Axes to draw in: those given, or new ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["axes_for", "legend_beside", "plotted"]

_INCHES = (6.4, 2.6)  # of one of several axes


def axes_for(ax: Any, n_axes: int = 1, n_columns: int = 1) -> list[Axes]:
    """``n_axes`` axes to draw in.

    Parameters
    ----------
    ax : Axes, sequence of Axes or None
        Those to draw in; None for a new figure.
    n_axes : int
    n_columns : int
        Columns of axes in a new figure.

    Raises
    ------
    ImportError
        If matplotlib is missing.
    TypeError, ValueError
        If ``ax`` holds no axes, or another number of them.
    """
    try:
        from matplotlib import pyplot
        from matplotlib.axes import Axes
    except ImportError as error:
        raise ImportError(
            "plots need matplotlib, which is not installed: pip install skscale[plots]"
        ) from error
    if ax is None:
        n_rows = -(-n_axes // n_columns)
        size = (_INCHES[0] * (1 if n_columns == 1 else 0.7 * n_columns), _INCHES[1] * n_rows)
        _, grid = pyplot.subplots(
            n_rows, n_columns, squeeze=False, layout="constrained", figsize=size
        )
        given = list(grid.flat)
        for unused in given[n_axes:]:
            unused.remove()
        return given[:n_axes]
    found = list(ax.flat) if isinstance(ax, np.ndarray) else ax
    given = list(found) if isinstance(found, Sequence) else [found]
    wrong = next((one for one in given if not isinstance(one, Axes)), None)
    if wrong is not None:
        raise TypeError(f"ax must be matplotlib axes, got {type(wrong).__name__}")
    if len(given) != n_axes:
        raise ValueError(f"ax must hold {n_axes} axes, got {len(given)}")
    return given


def plotted(axes: list[Axes]) -> Axes | np.ndarray:
    """What a display keeps as ``ax_``: the axes, or an array of several."""
    return axes[0] if len(axes) == 1 else np.array(axes, dtype=object)


def legend_beside(axes: list[Axes], ours: bool) -> None:
    """Draw the legend of the first axes; above the figure, where there are several and it is ours.

    There it hides no line.
    """
    if ours and len(axes) > 1:
        handles, labels = axes[0].get_legend_handles_labels()
        figure = axes[0].figure
        figure.legend(handles, labels, loc="outside upper center", ncols=len(labels), frameon=False)
    else:
        axes[0].legend(frameon=False)

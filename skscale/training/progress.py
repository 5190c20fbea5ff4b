"""A progress bar that costs nothing while it is not shown."""

from __future__ import annotations

from typing import Any

__all__ = ["progress_bar"]


class _Hidden:
    """Takes what a bar takes and shows nothing."""

    def __enter__(self) -> _Hidden:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def update(self, n: int = 1) -> None:
        """Take ``n`` steps."""

    def set_postfix(self, **numbers: str) -> None:
        """Take numbers to show."""


def progress_bar(total: int, shown: bool) -> Any:
    """Bar over ``total`` steps, a context manager.

    tqdm is imported only to be shown: in a notebook without widgets, its import warns.
    """
    if not shown:
        return _Hidden()
    from tqdm.auto import tqdm

    return tqdm(total=total, unit="step")

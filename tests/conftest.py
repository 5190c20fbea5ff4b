"""Shared fixtures: the benchmark data, present beside the repository or not."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of benchmark data and parity cases; tests that need it skip without it."""
    if not SHARED.is_dir():
        pytest.skip("needs the benchmark data folder ../shared, which is not part of the package")
    return SHARED

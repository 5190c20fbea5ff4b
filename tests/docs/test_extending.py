"""The code of docs/extending.md runs as it stands."""

import re
from pathlib import Path

import numpy as np
import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "extending.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.fixture(scope="module")
def names():
    found = {"__name__": "extending"}
    for block in BLOCKS:
        exec(block, found)
    return found


def test_the_network_of_the_page_is_a_forecaster(names):
    assert len(BLOCKS) == 3
    forecaster = names["forecaster"]
    assert isinstance(forecaster.network_, names["ChangeNet"])
    without = names["ChangeForecaster"](bias=False, random_state=0).fit(names["y"], fh=[1])
    assert without.network_.layer.bias is None
    assert np.isfinite(without.predict()).all()

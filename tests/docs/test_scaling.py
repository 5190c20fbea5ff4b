"""The examples on the page about scaling run, in their order."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "scaling.md"


def test_the_page_runs():
    pytest.importorskip("pyarrow")
    code = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    names = {}
    for block in code:
        exec(compile(block, str(PAGE), "exec"), names)
    assert len(code) == 3
    assert len(names["forecasts"]) == 14
    assert len(names["from_files"]) == 14

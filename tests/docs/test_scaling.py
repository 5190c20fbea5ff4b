"""The examples on the page about scaling run, in their order."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "scaling.md"


def test_the_page_runs():
    code = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    names = {}
    for block in code:
        exec(compile(block, str(PAGE), "exec"), names)
    assert len(code) == 2
    assert len(names["forecasts"]) == 14

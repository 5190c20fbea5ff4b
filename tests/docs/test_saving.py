"""The examples on the page about saving run."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "saving.md"


def test_the_page_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    exec(compile(code, str(PAGE), "exec"), {})
    assert (tmp_path / "airline.zip").exists()

"""The code of docs/plotting.md runs as it stands, and its pictures are those of the script."""

import re
from pathlib import Path

import matplotlib
import pytest

matplotlib.use("agg")
from matplotlib import pyplot as plt

from examples import pictures

PAGE = Path(__file__).resolve().parents[2] / "docs" / "plotting.md"
TEXT = PAGE.read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*remember_data:FutureWarning")
def test_the_code_of_the_page_runs():
    names = {"__name__": "plotting"}
    for block in BLOCKS:
        exec(block, names)
        plt.close("all")
    assert "Display" in "".join(BLOCKS)


def test_every_picture_is_shown_and_there():
    shown = set(re.findall(r"\(pictures/(\w+)\.png\)", TEXT))
    assert shown == set(pictures.PICTURES)
    assert {path.stem for path in (PAGE.parent / "pictures").iterdir()} == shown


def test_a_picture_is_drawn(tmp_path):
    pictures.main(["--only", "operator", "--out", str(tmp_path)])
    assert (tmp_path / "operator.png").stat().st_size > 1000

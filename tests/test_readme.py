"""Every Python block of the README and of the home page runs alone, in a fresh process."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = [
    pytest.param(block, id=f"{page} {number}")
    for page in ("README.md", "docs/index.md")
    for number, block in enumerate(BLOCK.findall((ROOT / page).read_text("utf-8")), 1)
]
CHECK = """
import numpy as np
assert np.isfinite(y_pred.to_numpy()).all()
"""


def test_the_blocks_are_found():
    assert len(BLOCKS) >= 5


@pytest.mark.slow
@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_runs_alone(block, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", block + CHECK],
        cwd=tmp_path,
        env={**os.environ, "MPLBACKEND": "agg", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_readme_takes_two_screens():
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 120


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_lead_to_files(name):
    links = re.findall(r"\]\(([^)#]+)", (ROOT / name).read_text("utf-8"))
    missing = [one for one in links if "://" not in one and not (ROOT / one).exists()]
    assert not missing

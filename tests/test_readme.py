"""Every Python block of the README runs, in order, as a reader would type it."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch

from skscale import SigmaForecaster

README = Path(__file__).resolve().parents[1] / "README.md"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def one_epoch(monkeypatch):
    """Train for one epoch by default: what runs is under test here, not how well."""
    defaults = SigmaForecaster.__init__.__kwdefaults__
    monkeypatch.setitem(defaults, "max_epochs", 1)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # sktime's compositions announce changes of their own
def test_python_blocks_run(one_epoch):
    blocks = BLOCK.findall(README.read_text(encoding="utf-8"))
    assert len(blocks) >= 8
    names: dict[str, object] = {}
    for number, block in enumerate(blocks, 1):
        if not torch.cuda.is_available():
            block = block.replace('device="cuda"', 'device="cpu"')
        exec(compile(block, f"{README.name}, block {number}", "exec"), names)
        if "y_pred" in names:
            assert np.isfinite(names["y_pred"].to_numpy()).all()

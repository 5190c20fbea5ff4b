"""Where the scripts find the benchmark data and leave their results."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
RESULTS = ROOT / "docs" / "results"
PAPER_RESULTS = RESULTS / "paper"

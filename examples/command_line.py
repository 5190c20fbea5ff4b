"""What the command lines of the scripts share."""

from __future__ import annotations

import argparse
from pathlib import Path

from examples.paths import DATA


def script_parser(text: str) -> argparse.ArgumentParser:
    """Parser of a script with the docstring ``text``, which shows the defaults."""
    shown = argparse.ArgumentDefaultsHelpFormatter
    return argparse.ArgumentParser(description=text.splitlines()[0], formatter_class=shown)


def positive(text: str) -> int:
    """Read a positive whole number of the command line."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {value}")
    return value


def folder(text: str) -> Path:
    """Read a folder of the command line; it must exist."""
    if not Path(text).is_dir():
        raise argparse.ArgumentTypeError(f"no such folder: {text}")
    return Path(text)


def add_data_argument(parser: argparse.ArgumentParser) -> None:
    """Add the folder of the benchmark data; the default may be missing, not all scripts need it."""
    parser.add_argument("--data", type=folder, default=DATA, help="folder of the data sets")

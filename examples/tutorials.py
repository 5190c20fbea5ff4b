"""Pages of `docs/tutorials`: runs the scripts there, writes what they say, print and draw.

::

    python -m examples.tutorials --only 01

A script is in the percent format, which editors and Jupytext open as a notebook: text stands behind
``# %% [markdown]``, in comments, code behind ``# %%`` and, where it draws, words for its picture.
Pages are committed: the documentation is built in seconds and offline, and a test runs every script
and compares what it prints. A notebook tool would bring a kernel with its packages, and leave that
comparison to be written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib

matplotlib.use("agg")

from matplotlib import pyplot as plt

from examples.command_line import script_parser

TUTORIALS = Path(__file__).parents[1] / "docs" / "tutorials"
_CELL = re.compile(r"^# %%(?P<title>.*)\n", re.MULTILINE)


class Cell(NamedTuple):
    """A piece of a script: what stands behind its mark, and its lines."""

    title: str
    source: str
    line: int


def scripts(only: str = "") -> list[Path]:
    """Scripts whose names begin with ``only``, in order."""
    return sorted(TUTORIALS.glob(f"{only}*.py"))


def cells(text: str) -> Iterator[Cell]:
    """Pieces of a script, in order."""
    marks = [*_CELL.finditer(text)]
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    for mark, end in zip(marks, ends, strict=True):
        line = text.count("\n", 0, mark.end())
        yield Cell(mark["title"].strip(), text[mark.end() : end].strip("\n"), line)


def page(script: Path, pictures: Path) -> str:
    """Run a script; its text, code, outputs and, in ``pictures``, what it draws."""
    for former in pictures.glob(f"{script.stem}_*.png"):
        former.unlink()
    names: dict[str, Any] = {"__name__": "__main__"}
    parts = []
    for cell in cells(script.read_text(encoding="utf-8")):
        if cell.title == "[markdown]":
            parts.append(re.sub(r"^# ?", "", cell.source, flags=re.MULTILINE))
        else:
            parts.append(f"```python\n{cell.source}\n```")
            parts.extend(shown(cell, names, script, pictures))
    parts.append(f"[The script of this page]({script.name})")
    return "\n\n".join(parts) + "\n"


def shown(cell: Cell, names: dict[str, Any], script: Path, pictures: Path) -> Iterator[str]:
    """Run a piece among the ``names`` of those before it; what it prints and draws."""
    printed = StringIO()
    source = "\n" * cell.line + cell.source  # so that errors name the script's line
    with redirect_stdout(printed):
        exec(compile(source, script, "exec", dont_inherit=True), names)
    if printed.getvalue():
        yield f"```text\n{printed.getvalue().rstrip()}\n```"
    drawn = len([*pictures.glob(f"{script.stem}_*.png")])
    for count, number in enumerate(plt.get_fignums(), start=drawn + 1):
        name = f"{script.stem}_{count}.png"
        plt.figure(number).savefig(pictures / name, dpi=90, bbox_inches="tight")
        yield f"![{cell.title}](pictures/{name})"
    plt.close("all")


def main(argv: list[str] | None = None) -> None:
    """Write the pages."""
    parser = script_parser(__doc__)
    parser.add_argument("--only", default="", help="first letters of the scripts' names")
    parser.add_argument("--out", type=Path, default=TUTORIALS, help="folder of the pages")
    options = parser.parse_args(argv)
    pictures = options.out / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    for script in scripts(options.only):
        text = page(script, pictures)
        (options.out / f"{script.stem}.md").write_text(text, encoding="utf-8")
        print(script.stem)


if __name__ == "__main__":
    main()

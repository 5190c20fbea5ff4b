"""Every tutorial runs, and says what its page says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from examples.tutorials import TUTORIALS, cells, scripts

NAMES = [script.stem for script in scripts()]
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")
# Training elsewhere differs by rounding, which epochs enlarge.
CLOSE = {"rel": 0.1, "abs": 0.05}


def outputs(page):
    """Printed words of a page with a mark for each number, and the numbers."""
    printed = " ".join(re.findall(r"^```text\n(.*?)^```$", page, flags=re.DOTALL | re.MULTILINE))
    words = NUMBER.sub("#", printed).split()
    return words, [float(number) for number in NUMBER.findall(printed)]


def without_outputs(page):
    return re.sub(r"^```text\n.*?^```\n", "", page, flags=re.DOTALL | re.MULTILINE)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_tutorial_says_what_its_page_says(name, tmp_path):
    command = [sys.executable, "-m", "examples.tutorials", "--only", name, "--out", str(tmp_path)]
    root = TUTORIALS.parents[1]
    alone = {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": str(root)}
    done = subprocess.run(
        command, cwd=root, env={**os.environ, **alone}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found, expected = (
        (folder / f"{name}.md").read_text(encoding="utf-8") for folder in (tmp_path, TUTORIALS)
    )
    assert without_outputs(found) == without_outputs(expected)
    words, numbers = outputs(found)
    expected_words, expected_numbers = outputs(expected)
    assert words == expected_words
    assert numbers == pytest.approx(expected_numbers, **CLOSE)
    drawn = {path.name for path in (tmp_path / "pictures").iterdir()}
    assert drawn == {path.name for path in (TUTORIALS / "pictures").glob(f"{name}_*")}


def test_tutorials_are_numbered_and_have_a_page_each():
    assert [int(name[:2]) for name in NAMES] == list(range(1, len(NAMES) + 1))
    assert sorted(page.stem for page in TUTORIALS.glob("[0-9]*.md")) == NAMES


@pytest.mark.parametrize("script", scripts(), ids=NAMES)
def test_a_tutorial_ends_with_what_next_and_its_pictures_have_words(script):
    pieces = list(cells(script.read_text(encoding="utf-8")))
    assert "# ## What next\n" in pieces[-1].source
    page = script.with_suffix(".md").read_text(encoding="utf-8")
    shown = re.findall(r"^!\[(.*)\]\((.+)\)$", page, flags=re.MULTILINE)
    assert all(words and (TUTORIALS / picture).is_file() for words, picture in shown)


def test_links_of_the_tutorials_lead_somewhere():
    for page in TUTORIALS.glob("*.md"):
        for target in re.findall(r"\]\(([\w./]+\.(?:md|py|png))", page.read_text(encoding="utf-8")):
            assert (Path(page.parent) / target).exists(), f"{page.name}: {target}"

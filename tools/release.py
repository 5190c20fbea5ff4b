"""Build the package, look into it, and try it where nothing else is installed; tag on request.

::

    python tools/release.py          # build and check
    python tools/release.py --tag    # and tag the commit v<version>
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"
# What a user meets first, without any extra; names that need one say which.
TRIAL = """
import sys
import skscale
from skscale.datasets import load
from skscale import DiscreteGaussian, SigmaForecaster

assert skscale.__version__ == {version!r}, skscale.__version__
y = load("airline")
assert SigmaForecaster(random_state=0).fit(y, fh=[1, 2, 3]).predict().notna().all()
for name in skscale.__all__:
    getattr(skscale, name)
assert "matplotlib" not in sys.modules
"""


def run(*command: object, folder: Path = ROOT) -> str:
    """Run a command; its output, or an end to everything."""
    done = subprocess.run([*map(str, command)], cwd=folder, text=True, stdout=subprocess.PIPE)
    if done.returncode:
        sys.exit(f"{done.stdout}\nfailed: {' '.join(map(str, command))}")
    return done.stdout.strip()


def version() -> str:
    """Version, which three files name alike."""
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    for name, pattern in {
        "skscale/__init__.py": r'__version__ = "(.+)"',
        "CITATION.cff": r"^version: (.+)$",
    }.items():
        found = re.search(pattern, (ROOT / name).read_text("utf-8"), re.MULTILINE)
        if found is None or found[1] != listed:
            sys.exit(f"{name} does not name version {listed} of pyproject.toml")
    return listed


def check_contents(wheel: Path) -> None:
    """The wheel holds the package, whole and alone."""
    tracked = run("git", "ls-files", "skscale").splitlines()
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    if packed != set(tracked):
        sys.exit(f"the wheel and the repository differ in {sorted(packed ^ set(tracked))}")


def try_out(wheel: Path, number: str) -> None:
    """Install the wheel in a new environment and use it from another folder."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        venv.create(folder / "venv", with_pip=True)
        python = folder / "venv" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
        run(python, "-m", "pip", "install", "--quiet", wheel)
        run(
            python,
            "-W",
            "error::DeprecationWarning:skscale",
            "-c",
            TRIAL.format(version=number),
            folder=folder,
        )


def tag(number: str) -> None:
    """Tag the commit of a released version."""
    if "dev" in number:
        sys.exit(f"{number} is no version to release")
    if run("git", "status", "--porcelain"):
        sys.exit("commit first: files have changed")
    if f"## [{number}]" not in (ROOT / "CHANGELOG.md").read_text("utf-8"):
        sys.exit(f"CHANGELOG.md has no heading [{number}]")
    run("git", "tag", "--annotate", f"v{number}", "--message", f"skscale {number}")
    print(f"tagged v{number}")


def main() -> None:
    """Build, check, try, and tag if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tag", action="store_true", help="tag the commit when all is well")
    options = parser.parse_args()
    number = version()
    shutil.rmtree(DIST, ignore_errors=True)
    run(sys.executable, "-m", "build")
    run(sys.executable, "-m", "twine", "check", "--strict", *DIST.iterdir())
    (wheel,) = DIST.glob("*.whl")
    check_contents(wheel)
    try_out(wheel, number)
    print(f"{wheel.name} is fit to be released")
    if options.tag:
        tag(number)


if __name__ == "__main__":
    main()

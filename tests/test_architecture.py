"""The directions of imports, read from the source."""

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest

import skscale

PACKAGE = Path(skscale.__file__).parent

# What each room may import of the package; itself is always allowed.
ALLOWED = {
    "ops": set(),
    "saving": {"training"},
    "operators": {"ops", "saving"},
    "nn": {"ops"},
    "theory": {"ops", "operators"},
    "training": {"ops"},
    "pretrained": {"ops", "nn"},
    "forecasting": {"ops", "operators", "nn", "training", "pretrained", "saving"},
    "representation": {"ops", "operators", "nn", "training", "saving"},
    "panel": {"operators", "representation", "forecasting", "saving"},
    "evaluation": {"forecasting"},
    "detection": {"ops", "forecasting", "representation", "evaluation", "saving"},
    "tuning": {"ops", "forecasting", "evaluation", "saving"},
    "explanation": {"nn", "training", "forecasting", "evaluation"},
    "export": {"forecasting"},
    "backtest": {"evaluation"},
    "callbacks": {"training"},
    "registry": set(),
    "official": {"nn", "ops"},
    "persistence": {"nn", "official"},
    "datasets": set(),
    "distributed": {"forecasting"},
    "plotting": {"ops", "nn", "training", "forecasting"},
}
NO_TABLES = {"ops", "nn", "training", "pretrained"}
MAY_IMPORT_SKTIME = {"forecasting", "evaluation", "tuning", "detection", "panel", "registry"}
IMPORTED_AS = {"scikit-learn": "sklearn"}
LONGER = {
    "forecasting/_base.py": 230,  # sktime's verbs alone, however much arrives
    "representation/_autoencoder.py": 400,  # a documented list of 22 parameters
}
# Four of them are independent options of what is returned and how often is fitted.
MORE_ARGUMENTS = {"backtest": 8}
MODULES = sorted(PACKAGE.rglob("*.py"))


def room(path: Path) -> str:
    """First part of a module's name below the package; "" for the package itself."""
    part = path.relative_to(PACKAGE).with_suffix("").parts[0]
    return "" if part == "__init__" else part


def imports(path: Path) -> set[str]:
    """Absolute names of all modules a file imports, wherever in the file."""
    found = set()
    package = ("skscale", *path.relative_to(PACKAGE).parent.parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *([node.module] if node.module else [])])
            # `from skscale import nn` imports the module skscale.nn.
            found |= {f"{module}.{alias.name}" for alias in node.names}
    return found


def rooms_used(path: Path) -> set[str]:
    parts = (name.split(".") for name in imports(path))
    return {p[1] for p in parts if p[0] == "skscale" and len(p) > 1} - {room(path), "__version__"}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_follow_the_plan(path):
    name = room(path)
    if not name:
        return  # the table of public names reaches everywhere, lazily
    assert name in ALLOWED, f"{name} is a new room: say in ALLOWED what it may import"
    assert rooms_used(path) <= ALLOWED[name]
    outside = {module.split(".")[0] for module in imports(path)}
    if name in NO_TABLES:
        assert outside.isdisjoint({"pandas", "sklearn", "sktime"})
    if name not in MAY_IMPORT_SKTIME:
        assert "sktime" not in outside
    if name != "plotting":
        assert "matplotlib" not in outside


def functions(path: Path) -> list[ast.FunctionDef]:
    return [
        n for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.FunctionDef)
    ]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_nothing_but_a_constructor_takes_more_than_seven_arguments(path):
    for function in functions(path):
        given = function.args
        names = [a.arg for a in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
        count = len(names) - (names[:1] in (["self"], ["cls"]))
        most = MORE_ARGUMENTS.get(function.name, 7)
        assert function.name == "__init__" or count <= most, f"{function.name} takes {count}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_files_stay_short(path):
    name = path.relative_to(PACKAGE).as_posix()
    lines = len(path.read_text("utf-8").splitlines())
    assert lines <= LONGER.get(name, 300), f"{name} has {lines} lines: split it"


def test_every_dependency_is_imported():
    listed = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text("utf-8"))["project"]
    needed = {re.split(r"[^\w-]", line)[0] for line in listed["dependencies"]}
    outside = {module.split(".")[0] for path in MODULES for module in imports(path)}
    assert {IMPORTED_AS.get(name, name) for name in needed} <= outside
    optional = {"holidays", "lightning_fabric", "lightning", "matplotlib"}
    optional |= {"optuna", "pooch", "pywt", "skpro"}
    optional |= {"distributed", "fugue", "pyarrow", "ray"}
    known = {IMPORTED_AS.get(name, name) for name in needed} | optional | {"skscale"}
    assert outside - known <= sys.stdlib_module_names


def test_the_reader_of_imports_sees_every_form(tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), "PACKAGE", tmp_path)
    (tmp_path / "nn").mkdir()
    path = tmp_path / "nn" / "net.py"
    path.write_text(
        "import skscale.ops.gaussian\n"
        "from skscale import plotting\n"
        "from skscale.training import train\n"
        "from . import layers\n"
        "from ..forecasting import _base\n"
        "def f():\n    import sktime.base\n"
    )
    assert rooms_used(path) == {"ops", "plotting", "training", "forecasting"}
    assert "sktime.base" in imports(path)

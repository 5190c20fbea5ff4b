"""Every script imports: a name that moved shows here, not on the day of the next run."""

import pkgutil
from importlib import import_module

import pytest

import examples
from examples import command_line

SCRIPTS = [module.name for module in pkgutil.walk_packages(examples.__path__, "examples.")]


@pytest.mark.parametrize("name", SCRIPTS)
def test_imports(name):
    assert import_module(name).__doc__


def test_the_default_data_folder_may_be_missing_where_no_data_are_needed(tmp_path, monkeypatch):
    monkeypatch.setattr(command_line, "DATA", tmp_path / "none")
    parser = command_line.script_parser("A script.")
    command_line.add_data_argument(parser)
    assert parser.parse_args([]).data == tmp_path / "none"
    with pytest.raises(SystemExit):
        parser.parse_args(["--data", str(tmp_path / "none")])

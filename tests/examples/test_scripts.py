"""Every script imports: a name that moved shows here, not on the day of the next run."""

import pkgutil
from importlib import import_module

import pytest

import examples

SCRIPTS = [module.name for module in pkgutil.walk_packages(examples.__path__, "examples.")]


@pytest.mark.parametrize("name", SCRIPTS)
def test_imports(name):
    assert import_module(name).__doc__

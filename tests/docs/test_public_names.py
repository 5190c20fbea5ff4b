"""Every public name is explained by an example, which the doctests run."""

import inspect
import pkgutil
from importlib import import_module

import pytest

import skscale

ROOMS = [
    module
    for found in pkgutil.iter_modules(skscale.__path__)
    if not found.name.startswith("_") and found.name != "persistence"  # a former place
    for module in [import_module(f"skscale.{found.name}")]
    if hasattr(module, "__all__")
]
PUBLIC = [
    pytest.param(one, id=f"{room.__name__}.{name}")
    for room in ROOMS
    for name in room.__all__
    for one in [getattr(room, name)]
    if inspect.isclass(one) or inspect.isroutine(one)
]


def test_the_rooms_are_found():
    names = {room.__name__ for room in ROOMS}
    assert {"skscale.forecasting", "skscale.ops", "skscale.official"} <= names


@pytest.mark.parametrize("one", PUBLIC)
def test_a_public_name_has_an_example(one):
    text = inspect.getdoc(one) or ""
    assert "Examples\n--------" in text
    assert ">>> " in text

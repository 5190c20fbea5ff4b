"""`import skscale` stays cheap: heavy libraries load with the names that need them."""

import subprocess
import sys
from pathlib import Path

import pytest

import skscale

ROOT = Path(skscale.__file__).parents[1]
HEAVY = ("sktime", "matplotlib", "pandas", "sklearn", "scipy", "torch")


def loaded_after(code: str) -> set[str]:
    """Heavy modules that a fresh interpreter holds after ``code``."""
    report = f"{code}\nimport sys\nprint(*set({HEAVY!r}).intersection(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", report], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_import_loads_nothing_heavy():
    assert loaded_after("import skscale") == set()


@pytest.mark.parametrize("module", ["ops", "nn", "training"])
def test_torch_side_needs_torch_alone(module):
    assert loaded_after(f"import skscale.{module}").isdisjoint({"sktime", "pandas", "matplotlib"})


def test_forecaster_brings_sktime_but_no_plots():
    found = loaded_after("from skscale import SigmaForecaster")
    assert "sktime" in found
    assert "matplotlib" not in found


@pytest.mark.parametrize("name", skscale.__all__)
def test_every_public_name_resolves_and_is_listed(name):
    assert getattr(skscale, name) is not None
    assert name in dir(skscale)


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="SigmaForcaster"):
        skscale.SigmaForcaster  # noqa: B018

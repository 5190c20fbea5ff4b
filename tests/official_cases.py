"""Recorded runs of official modules: settings, weights, inputs, outputs and gradients."""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

FOLDER = Path(__file__).parent / "data" / "parity"


class Case(NamedTuple):
    """A recorded run."""

    config: dict
    weights: dict
    tensors: dict
    gradients: dict
    after: dict  # running statistics behind a pass in training mode


def load(stem, dtype):
    """One of the files, in one type."""
    arrays = np.load(FOLDER / f"{stem}.npz")
    case = Case(json.loads(arrays["config"].item()), {}, {}, {}, {})
    parts = {
        "param": case.weights,
        "buffer": case.weights,
        "grad": case.gradients,
        "after": case.after,
    }
    for name in arrays.files:
        kind, _, rest = name.partition("/")
        if kind != "config":
            value = torch.from_numpy(arrays[name]).to(dtype)
            parts.get(kind, case.tensors)[rest or name] = value
    return case

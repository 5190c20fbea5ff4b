"""Files of one forecaster, changed in every way, with checksums that are right."""

from __future__ import annotations

import copy
import hashlib
import json
import zipfile

import safetensors.numpy

NAMES = ("skscale.json", "state.json", "numbers.safetensors")


def parts(path):
    """Header, state and arrays of a file."""
    with zipfile.ZipFile(path) as file:
        header, state, numbers = (file.read(name) for name in NAMES)
    return json.loads(header), json.loads(state), safetensors.numpy.load(numbers)


def written(path, header, state, arrays, more=None):
    """Write a file, with the checksums that its parts have."""
    state = state if isinstance(state, bytes) else json.dumps(state).encode()
    numbers = arrays if isinstance(arrays, bytes) else safetensors.numpy.save(arrays)
    header = copy.deepcopy(header)
    header["sha256"] = {
        name: hashlib.sha256(part).hexdigest()
        for name, part in zip(NAMES[1:], (state, numbers), strict=True)
    }
    members = dict(zip(NAMES, (json.dumps(header).encode(), state, numbers), strict=True))
    return packed(path, {**members, **(more or {})})


def packed(path, members, compression=zipfile.ZIP_STORED):
    """Write members as they are."""
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, member in members.items():
            file.writestr(name, member)
    return path


def leaves(form, way=()):
    """Ways to all values of JSON that hold no others, and to those that do."""
    yield way
    if isinstance(form, dict | list):
        for key in form if isinstance(form, dict) else range(len(form)):
            yield from leaves(form[key], (*way, key))


def replaced(form, way, value):
    """Copy of JSON with another value at the end of a way."""
    form = copy.deepcopy(form)
    inner = form
    for key in way[:-1]:
        inner = inner[key]
    inner[way[-1]] = value
    return form

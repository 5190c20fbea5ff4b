"""Values as JSON beside named arrays, and back: nothing that is read runs code of the file."""

from __future__ import annotations

import math
from dataclasses import MISSING, fields, is_dataclass
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np
import torch
from torch import Tensor, nn

from skscale.saving._container import UnreadableFileError
from skscale.saving._networks import Plan
from skscale.saving._tables import read_table, table_form

__all__ = ["Reader", "Writer", "is_record"]

_NUMBERS = "biuf"  # kinds of NumPy's types that arrays of the file may have
_LONG = 64  # lists of text beyond that lie among the arrays


class Writer:
    """Turns values into JSON, their arrays aside.

    What JSON has no word for becomes a dict with one key, the kind of the value.

    Attributes
    ----------
    arrays : dict of str to ndarray
    networks : list
        Class, arguments and weights of the networks met, as JSON.
    """

    def __init__(self) -> None:
        self.arrays: dict[str, np.ndarray] = {}
        self.networks: list[Any] = []
        self._places: dict[nn.Module, int] = {}

    def put(self, value: Any, where: str) -> Any:
        """Return ``value`` as JSON.

        Parameters
        ----------
        value : object
        where : str
            What it is: the name of its array, and of what the message is about.

        Raises
        ------
        ValueError
            If it is none that can be saved.
        """
        kind = type(value)
        if value is None or kind in (bool, str, int):
            return value
        if kind is float:
            return value if math.isfinite(value) else {"float": repr(value)}
        if kind is list:
            if len(value) > _LONG and all(type(one) is str for one in value):
                return {"text": self._text(value, where)}
            return [self.put(one, f"{where}.{i}") for i, one in enumerate(value)]
        if kind is tuple:
            return {"tuple": [self.put(one, f"{where}.{i}") for i, one in enumerate(value)]}
        if kind is range:
            return {"range": [value.start, value.stop, value.step]}
        if kind is dict:
            pairs = ((self.put(k, where), self.put(v, f"{where}.{k}")) for k, v in value.items())
            return {"dict": [list(pair) for pair in pairs]}
        return self._put_larger(value, where)

    def _put_larger(self, value: Any, where: str) -> Any:
        if isinstance(value, np.generic) and value.dtype.kind in _NUMBERS:
            return {"scalar": [value.dtype.str, self.put(value.item(), where)]}
        if isinstance(value, np.ndarray) and value.dtype.kind in _NUMBERS:
            return {"array": self._kept(value, where)}
        if isinstance(value, np.ndarray) and value.dtype == object and value.ndim == 1:
            return {"objects": self.put(list(value), where)}
        if isinstance(value, Tensor):
            return {"tensor": self._kept(value.numpy(force=True), where)}
        if isinstance(value, nn.Module):
            return {"network": self._network(value)}
        if is_record(type(value)):
            parts = {k: self.put(getattr(value, k), f"{where}.{k}") for k in _names(type(value))}
            return {"record": [type(value).__name__, parts]}
        if hasattr(value, "_to_save"):
            return {"estimator": [type(value).__name__, self.put(value._to_save(), where)]}
        if isinstance(value, list):  # names of an index, which sktime keeps
            return self.put(list(value), where)
        form = table_form(value, self.put, where)
        if form is None:
            raise ValueError(
                f"{where} is {value!r}, a {type(value).__name__}, which cannot be saved: a file "
                "holds numbers, text and dates, but no code"
            )
        return form

    def _network(self, net: nn.Module) -> int:
        """Keep what a network is rebuilt from, once; those that it is made of come first."""
        if net not in self._places:
            plan = Plan.of(net)
            form = self.put(plan, type(net).__name__)
            place = self._places[net] = len(self.networks)
            weights = {
                name: self._kept(value.numpy(force=True), f"{type(net).__name__}{place}.{name}")
                for name, value in plan.own_weights(net).items()
            }
            self.networks.append([type(net).__name__, form, weights])
        return self._places[net]

    def _text(self, lines: list[str], where: str) -> list[str]:
        coded = [line.encode("utf-8", "surrogatepass") for line in lines]
        lengths = np.array([len(line) for line in coded], dtype=np.int64)
        letters = np.frombuffer(b"".join(coded), dtype=np.uint8)
        return [self._kept(letters, f"{where}.text"), self._kept(lengths, f"{where}.lengths")]

    def _kept(self, array: np.ndarray, where: str) -> str:
        name = where if where not in self.arrays else f"{where}~{len(self.arrays)}"
        self.arrays[name] = np.array(array, dtype=array.dtype.newbyteorder("="), order="C")
        return name


class Reader:
    """Turns the JSON of a `Writer` back into values.

    Only values of these kinds come about, records and networks of classes that are asked for.

    Parameters
    ----------
    arrays : dict of str to ndarray
    networks : list
    owner : type
        Estimator that is read; it says which records and networks there may be.
    find : callable
        Estimator of a name.
    """

    def __init__(self, arrays: dict[str, np.ndarray], networks: list, owner: Any, find: Any):
        self._arrays, self._networks = arrays, networks
        self._owner, self._find = owner, find
        self._unused = set(arrays)
        self._built: dict[int, nn.Module] = {}

    def take(self, form: Any, hint: Any = Any) -> Any:
        """Return the value of ``form``, which must be what ``hint`` says."""
        value = self._taken(form, hint)
        if not _fits(value, hint):
            raise UnreadableFileError(f"{type(value).__name__} found in the place of {hint}")
        return value

    def finish(self) -> None:
        """Raise UnreadableFileError if the file holds more than was taken."""
        more = [*sorted(self._unused), *self._networks[len(self._built) :]]
        if more:
            raise UnreadableFileError(f"nothing uses its {str(more[0])[:60]!r}")

    def _taken(self, form: Any, hint: Any) -> Any:
        if form is None or isinstance(form, bool | int | float | str):
            return form
        if isinstance(form, list):
            return [self.take(one, _item(hint)) for one in form]
        if len(form) != 1:
            raise UnreadableFileError(f"a value has the kinds {sorted(form)[:5]}")
        ((kind, data),) = form.items()
        read = getattr(self, f"_take_{kind}", None)
        if read is None:
            return read_table(kind, data, self.take)
        return read(data, hint)

    def _take_float(self, data: str, hint: Any) -> float:
        return {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}[data]

    def _take_tuple(self, data: list, hint: Any) -> tuple:
        return tuple(self.take(one, _item(hint)) for one in data)

    def _take_range(self, data: list[int], hint: Any) -> range:
        return range(*data)

    def _take_dict(self, data: list, hint: Any) -> dict:
        found = {self.take(key): self.take(value, _item(hint)) for key, value in data}
        if len(found) < len(data):
            raise UnreadableFileError("a key occurs twice")
        return found

    def _take_scalar(self, data: list, hint: Any) -> np.generic:
        dtype = np.dtype(data[0])
        if dtype.kind not in _NUMBERS:
            raise UnreadableFileError(f"a number has the type {dtype}")
        return dtype.type(self.take(data[1]))

    def _take_array(self, name: str, hint: Any) -> np.ndarray:
        self._unused.discard(name)
        found = np.array(self._arrays[name])  # writable, and without a hold on the whole file
        if hint is np.ndarray and found.dtype.kind == "f" and np.isnan(found).any():
            raise UnreadableFileError(f"{name} holds nan")
        return found

    def _take_objects(self, data: Any, hint: Any) -> np.ndarray:
        items = self.take(data, list)
        found = np.empty(len(items), dtype=object)
        found[:] = items
        return found

    def _take_text(self, data: list[str], hint: Any) -> list[str]:
        letters, lengths = (self._take_array(name, Any) for name in data)
        ends = np.cumsum(lengths)
        if (lengths < 0).any() or len(letters) != lengths.sum():
            raise UnreadableFileError("lines of text do not have the length they claim")
        whole = letters.tobytes()
        starts = ends - lengths
        lines = (whole[a:b] for a, b in zip(starts.tolist(), ends.tolist(), strict=True))
        return [line.decode("utf-8", "surrogatepass") for line in lines]

    def _take_tensor(self, name: str, hint: Any) -> Tensor:
        return torch.from_numpy(self._take_array(name, hint))

    def _take_record(self, data: list, hint: Any) -> Any:
        name, parts = data
        known = [arm for arm in _arms(hint) if is_record(arm)]
        if Any in _arms(hint):
            known += self._owner._saved_records
        cls = next((one for one in known if one.__name__ == name), None)
        if cls is None:
            raise UnreadableFileError(f"{name!r} found in the place of {hint}")
        hints, needed = get_type_hints(cls), _needed(cls)
        names = _names(cls)
        if not set(parts) <= set(names) or not needed <= set(parts):
            wrong = sorted(set(parts).difference(names) | needed.difference(parts))
            raise UnreadableFileError(f"{name} has, or lacks, {wrong[:5]}")
        return cls(**{key: self.take(part, hints[key]) for key, part in parts.items()})

    def _take_network(self, place: int, hint: Any) -> nn.Module:
        if place not in self._built:
            if not 0 <= place < len(self._networks):
                raise UnreadableFileError(f"there is no network {place}")
            name, form, weights = self._networks[place]
            kinds = {one.__name__: one for one in self._owner._kinds_of_network()}
            # Those within come first: one that is made of itself would have no end.
            inner = self._of(self._owner, self._networks[:place])
            plan = inner.take(form, Plan)
            tensors = {key: self._take_tensor(one, Any) for key, one in weights.items()}
            self._built[place] = plan.build(kinds[name], tensors)
        return self._built[place]

    def _take_estimator(self, data: list, hint: Any) -> Any:
        name, parts = data
        cls = self._find(name)
        return cls._from_saved(self._of(cls, self._networks).take(parts))

    def _of(self, owner: Any, networks: list) -> Reader:
        """Return a reader of the same arrays for another estimator, or other networks."""
        inner = Reader(self._arrays, networks, owner, self._find)
        inner._built, inner._unused = self._built, self._unused
        return inner


def is_record(cls: Any) -> bool:
    """Whether objects of a class are their fields: dataclasses, but no estimators, named tuples."""
    if not isinstance(cls, type) or hasattr(cls, "fit"):
        return False
    return is_dataclass(cls) or (issubclass(cls, tuple) and hasattr(cls, "_fields"))


def _names(cls: Any) -> list[str]:
    return [field.name for field in fields(cls)] if is_dataclass(cls) else list(cls._fields)


def _needed(cls: Any) -> set[str]:
    """Fields that must be there; one that is newer than a file takes its default."""
    if not is_dataclass(cls):
        return set(cls._fields).difference(cls._field_defaults)
    without = (f for f in fields(cls) if f.default is MISSING and f.default_factory is MISSING)
    return {field.name for field in without}


def _arms(hint: Any) -> tuple:
    """What a value may be, one of several."""
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def _item(hint: Any) -> Any:
    """What the items of a container must be."""
    inner = [get_args(arm)[-1] for arm in _arms(hint) if get_args(arm)]
    return next((one for one in inner if one is not Ellipsis), Any)


def _fits(value: Any, hint: Any) -> bool:
    for arm in _arms(hint):
        kind = get_origin(arm) or arm
        if kind is Any or (kind is float and type(value) is int):
            return True
        if isinstance(kind, type) and isinstance(value, kind):
            return not (isinstance(value, bool) and kind in (int, float))
    return False

"""A forecaster on its way to the workers: sent once, loaded once by each."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

from skscale.distributed._tables import fitted_network
from skscale.forecasting import NetworkForecaster

__all__ = ["Sent", "global_forecaster", "sent_by"]

# Of this process, by the sums of their files: the newest ones.
_loaded: dict[str, NetworkForecaster] = {}
_MOST_LOADED = 2
_lock = Lock()
# Files that Dask has brought to this process.
_delivered: dict[str, bytes] = {}


@dataclass(frozen=True)
class Sent:
    """What travels with every task: where the file of a forecaster is found.

    Parameters
    ----------
    kind : type
        Class of the forecaster.
    digest : str
        Of the file, which tells it from others.
    fetch : callable
        Returns the file's bytes.
    """

    kind: type[NetworkForecaster]
    digest: str
    fetch: Callable[[], bytes] = field(repr=False)

    def forecaster(self) -> NetworkForecaster:
        """Return a copy of the forecaster, which is read from the file once in a process."""
        with _lock:
            if self.digest not in _loaded:
                while len(_loaded) >= _MOST_LOADED:
                    del _loaded[next(iter(_loaded))]
                _loaded[self.digest] = _unpacked(self.kind, self.fetch())
            return deepcopy(_loaded[self.digest])


def global_forecaster(forecaster: NetworkForecaster) -> NetworkForecaster:
    """Pre-trained forecaster that takes any series, and trains no more; no data go with it."""
    model = fitted_network(forecaster)
    fresh = forecaster.clone().set_params(fine_tune=False, callbacks=())
    fresh._become_pretrained(model)
    return fresh


def sent_by(engine: object, forecaster: NetworkForecaster) -> Sent:
    """Put the file of a forecaster where the workers of ``engine`` find it.

    Parameters
    ----------
    engine : fugue.ExecutionEngine
    forecaster : NetworkForecaster
        Pre-trained.
    """
    content = _packed(forecaster)
    place = _PLACES.get(type(engine).__name__, _in_the_task)
    return Sent(type(forecaster), _digest(content), place(engine, content))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _packed(forecaster: NetworkForecaster) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        forecaster.save(f"{folder}/forecaster.zip")
        return Path(folder, "forecaster.zip").read_bytes()


def _unpacked(kind: type[NetworkForecaster], content: bytes) -> NetworkForecaster:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "forecaster.zip").write_bytes(content)
        return kind.load(f"{folder}/forecaster.zip")


def _in_the_task(engine: Any, content: bytes) -> Callable[[], bytes]:
    return partial(bytes, content)


def _broadcast_by_spark(engine: Any, content: bytes) -> Callable[[], bytes]:
    session = engine.spark_session
    if not hasattr(session, "_jsc"):  # a session of Spark Connect broadcasts nothing
        return _in_the_task(engine, content)
    return partial(getattr, session.sparkContext.broadcast(content), "value")


def _stored_by_ray(engine: Any, content: bytes) -> Callable[[], bytes]:
    import ray

    stored = ray.put(content)
    return lambda: ray.get(stored)


def _delivered_by_dask(engine: Any, content: bytes) -> Callable[[], bytes]:
    from distributed import WorkerPlugin

    digest = _digest(content)

    class Delivery(WorkerPlugin):  # reaches the workers that come later, too
        name = f"skscale-{digest}"

        def setup(self, worker: Any) -> None:
            _keep(digest, content)

    engine.dask_client.register_plugin(Delivery())
    return partial(_kept, digest)


def _keep(digest: str, content: bytes) -> None:
    _delivered[digest] = content


def _kept(digest: str) -> bytes:
    return _delivered[digest]


_PLACES: dict[str, Callable[[Any, bytes], Callable[[], bytes]]] = {
    "SparkExecutionEngine": _broadcast_by_spark,
    "RayExecutionEngine": _stored_by_ray,
    "DaskExecutionEngine": _delivered_by_dask,
}

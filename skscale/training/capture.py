"""A training step's gradients as one CUDA graph: a launch in the place of hundreds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from skscale.training.compilation import first_line
from skscale.training.objective import Objective
from skscale.training.randomness import OwnNumbers, borrowed_alone

__all__ = ["CapturedWork", "is_recordable"]

_READS = {
    *(torch.ops.aten._local_scalar_dense, torch.ops.aten.nonzero, torch.ops.aten.masked_select),
    *(torch.ops.aten._unique2, torch.ops.aten.unique_dim, torch.ops.aten.bincount),
    torch.ops.aten.repeat_interleave,
}
_INDEXING = {torch.ops.aten.index, torch.ops.aten.index_put, torch.ops.aten.index_put_}
_OURS = ("skscale", "torch")


def is_recordable(net: nn.Module, objective: Objective) -> bool:
    """Whether steps differ in their tensors alone, as far as their code is known.

    A graph repeats the Python numbers of the step that it recorded. Networks and losses from
    elsewhere may change theirs from step to step, which nothing tells.
    """
    code = [objective, *map(type, net.modules())]
    return all(str(getattr(one, "__module__", "")).split(".")[0] in _OURS for one in code)


class CapturedWork:
    """``work(index)``, recorded as a CUDA graph and replayed for indices of one length.

    The first two calls run as they are: the first builds what is kept from step to step, the
    second is watched for reads by the host, which a graph cannot record. Without one, the third
    is recorded. Indices of another length, the rest of an epoch, always run as they are.

    Parameters
    ----------
    work : callable
        Sets the gradients of ``parameters``, and gives a loss, for indices (batch,) on the device.
    parameters : sequence of Tensor
    numbers : OwnNumbers
        What ``work`` draws from. Calls are made within it until one has drawn nothing.
    note : callable
        Receives one line if recording fails; all goes on as it is.
    """

    def __init__(
        self,
        work: Callable[[Tensor], Tensor],
        parameters: Sequence[Tensor],
        numbers: OwnNumbers,
        note: Callable[[str], None],
    ):
        self._work, self._parameters = work, parameters
        self._numbers, self._note = numbers, note
        self._length: int | None = None
        self._calls, self._draws, self._as_it_is = 0, False, False
        self._recording: _Recording | None = None

    def __call__(self, index: Tensor) -> Tensor:
        """Loss of a batch; its gradients are set."""
        if self._length is None:
            self._length = len(index)
        if self._as_it_is or len(index) != self._length:
            return self._work(index)
        self._calls += 1
        if self._calls == 1:
            return self._work(index)
        if self._calls == 2:
            return self._watched(index)
        if self._recording is None:
            self._recording = self._recorded(index)
        return self._work(index) if self._recording is None else self._replay(index)

    def _watched(self, index: Tensor) -> Tensor:
        with _HostReads() as reads:
            loss = self._work(index)
        self._draws, self._as_it_is = self._numbers.used, reads.found
        return loss

    def _recorded(self, index: Tensor) -> _Recording | None:
        index = index.clone()
        self._forget_gradients()  # those of the graph lie in its own memory
        try:
            graph = torch.cuda.CUDAGraph()
            # Another thread's generator would stand in for the global one while that is recorded.
            with borrowed_alone():
                if self._draws:
                    graph.register_generator_state(self._numbers.generator(index.device))
                with torch.cuda.graph(graph, capture_error_mode="thread_local"):
                    loss = self._work(index)
        except Exception as error:  # whatever torch or the driver may raise
            self._as_it_is = True
            self._note(f"not captured: {first_line(error)}")
            self._forget_gradients()
            return None
        return _Recording(graph, index, loss, [p.grad for p in self._parameters])

    def _replay(self, index: Tensor) -> Tensor:
        assert self._recording is not None
        graph, place, loss, gradients = self._recording
        place.copy_(index)
        graph.replay()
        for parameter, gradient in zip(self._parameters, gradients, strict=True):
            parameter.grad = gradient
        self._numbers.used |= self._draws
        return loss.clone()

    def _forget_gradients(self) -> None:
        for parameter in self._parameters:
            parameter.grad = None


class _Recording(NamedTuple):
    """A graph, the memory that it reads, and that which it writes."""

    graph: torch.cuda.CUDAGraph
    place: Tensor  # of the indices
    loss: Tensor
    gradients: list[Tensor | None]


class _HostReads(TorchDispatchMode):
    """Tells whether anything within it went between the device and the host.

    Attributes
    ----------
    found : bool
    """

    def __init__(self):
        super().__init__()
        self.found = False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        packet = func.overloadpacket
        if packet in _READS or (packet in _INDEXING and _has_mask(args[1])):
            self.found = True
        elif packet in (torch.ops.aten._to_copy, torch.ops.aten.copy_):
            source = args[1] if packet is torch.ops.aten.copy_ else args[0]
            self.found |= source.device != result.device
        return result


def _has_mask(indices: Sequence[Tensor | None]) -> bool:
    return any(one is not None and one.dtype in (torch.bool, torch.uint8) for one in indices)

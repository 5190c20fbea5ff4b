"""Random numbers of a run's own, beside torch's global generators."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

__all__ = ["OwnNumbers", "StepNumbers", "borrowed_alone", "global_generator", "seeded_globally"]

# Calls whose floating-point type is torch's default where none is given.
_TAKE_DTYPE = {torch.empty, torch.zeros, torch.ones, torch.eye, torch.linspace, torch.logspace} | {
    *(torch.rand, torch.randn)
}
_TAKE_GENERATOR = {
    *(torch.rand, torch.randn, torch.randint, torch.randperm, torch.normal, torch.bernoulli),
    *(torch.multinomial, torch.poisson, Tensor.bernoulli, Tensor.multinomial),
    *(Tensor.uniform_, Tensor.normal_, Tensor.bernoulli_, Tensor.random_, Tensor.exponential_),
    *(Tensor.log_normal_, Tensor.cauchy_, Tensor.geometric_),
}
# Calls that may draw, but take no generator.
_TAKE_NONE = {
    *(torch.rand_like, torch.randn_like, torch.randint_like, torch.dropout, torch.rrelu),
    *(torch.lstm, torch.gru, torch.rnn_tanh, torch.rnn_relu),
    *(F.dropout, F.dropout1d, F.dropout2d, F.dropout3d, F.alpha_dropout, F.feature_alpha_dropout),
    *(F.rrelu, F.gumbel_softmax, F.scaled_dot_product_attention, F.multi_head_attention_forward),
}
_TURN = RLock()  # of those who borrow a global generator


class OwnNumbers(TorchFunctionMode):
    """Within it, this thread draws from generators of its own, and in float32.

    torch has one generator of random numbers for each device and one default type, both for the
    whole process: a fit that seeds and restores them changes what other threads draw, and is
    changed by them. Here every random call is handed a generator, which draws what the global
    one would with this seed. The few calls that take none borrow the global one and put it back.

    Parameters
    ----------
    seed : int

    Attributes
    ----------
    used : bool
        Whether anything was drawn.

    Examples
    --------
    >>> import torch
    >>> from skscale.training.randomness import OwnNumbers
    >>> with OwnNumbers(3):
    ...     own = torch.rand(2)
    >>> torch.equal(own, torch.rand(2, generator=torch.Generator().manual_seed(3)))
    True
    """

    def __init__(self, seed: int):
        super().__init__()
        self.used = False
        self._seed = seed
        self._generators: dict[torch.device, torch.Generator] = {}

    def __torch_function__(self, func, types, args=(), kwargs=None):
        """Call ``func`` with a generator and a type where torch would take global ones."""
        kwargs = kwargs or {}
        if func in _TAKE_NONE:
            return self._draw_without(func, args, kwargs)
        if func in _TAKE_DTYPE and kwargs.get("dtype") is None:
            kwargs = {**kwargs, "dtype": torch.float32}
        # Initialisers, written in Python, pass their missing generator by name.
        asked = func in _TAKE_GENERATOR or "generator" in kwargs
        if asked and kwargs.get("generator") is None:
            self.used = True
            kwargs = {**kwargs, "generator": self.generator(_device_of(args, kwargs))}
        return func(*args, **kwargs)

    def generator(self, device: torch.device) -> torch.Generator:
        """Generator of a device, given with its index."""
        if device not in self._generators:
            self._generators[device] = torch.Generator(device).manual_seed(self._seed)
        return self._generators[device]

    def _draw_without(self, func: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
        """Call a function that takes no generator."""
        own = self.generator(_device_of(args, kwargs))
        if func is F.dropout and own.device.type == "cpu" and kwargs.get("p") != 1:
            return self._dropout(own, *args, **kwargs)
        if own.device.type == "cuda" and torch.cuda.is_current_stream_capturing():
            with _sharing_state(own):  # a graph records neither reads nor changes of a state
                return func(*args, **kwargs)
        before = own.get_state()
        with _standing_in(own):
            result = func(*args, **kwargs)
        self.used |= not torch.equal(before, own.get_state())
        return result

    def _dropout(
        self,
        own: torch.Generator,
        input: Tensor,
        p: float = 0.5,
        training: bool = True,
        inplace: bool = False,
    ) -> Tensor:
        """Do what torch's dropout does on a CPU."""
        if not training or p == 0:
            return input
        self.used = True
        kept = torch.empty_like(input).bernoulli_(1 - p, generator=own).div_(1 - p)
        return input.mul_(kept) if inplace else input * kept


class StepNumbers:
    """Own numbers for steps that are all alike: left out once a step has drawn nothing.

    The mode takes a few microseconds for every call of torch, 3 to 7 % of a small step.

    Parameters
    ----------
    numbers : OwnNumbers or None
        None for steps whose numbers come from elsewhere.
    """

    def __init__(self, numbers: OwnNumbers | None):
        self._numbers = numbers

    @contextmanager
    def step(self) -> Iterator[None]:
        """Draw from the own generators for the length of a step."""
        numbers = self._numbers
        if numbers is None:
            yield
            return
        numbers.used = False
        with numbers:
            yield
        if not numbers.used:
            self._numbers = None


@contextmanager
def seeded_globally(seed: int, device: torch.device) -> Iterator[None]:
    """Seed torch's global generators, then restore them; for compiled code, which has no other.

    Threads take turns.
    """
    near = device.type == "cpu"
    kind = "cuda" if near else device.type
    with _TURN, torch.random.fork_rng(devices=[] if near else [device], device_type=kind):
        torch.manual_seed(seed)
        yield


@contextmanager
def borrowed_alone() -> Iterator[None]:
    """Keep other threads from borrowing a global generator."""
    with _TURN:
        yield


def global_generator(device: torch.device) -> torch.Generator:
    """Generator that torch itself has for a device, given with its index."""
    if device.type == "cpu":
        return torch.default_generator
    return torch.get_device_module(device).default_generators[device.index]


def _renew_turn() -> None:
    global _TURN
    _TURN = RLock()


# A child forked while another thread draws would wait for that thread for ever.
if hasattr(os, "register_at_fork"):  # Windows has no forks
    os.register_at_fork(after_in_child=_renew_turn)


@contextmanager
def _standing_in(own: torch.Generator) -> Iterator[None]:
    """Let ``own`` stand in for the global generator of its device."""
    common = global_generator(own.device)
    with _TURN:
        before = common.get_state()
        common.set_state(own.get_state())
        try:
            yield
        finally:
            own.set_state(common.get_state())
            common.set_state(before)


@contextmanager
def _sharing_state(own: torch.Generator) -> Iterator[None]:
    """Let the global generator of a GPU be ``own``, state and all."""
    common = global_generator(own.device)
    with _TURN:
        before = common.graphsafe_get_state()
        common.graphsafe_set_state(own)
        try:
            yield
        finally:
            common.graphsafe_set_state(before)


def _device_of(args: tuple, kwargs: dict[str, Any]) -> torch.device:
    """Where the result of a call lies."""
    for value in (*args, *kwargs.values()):
        if isinstance(value, Tensor):
            return value.device
    device = torch.device(kwargs.get("device") or "cpu")
    if device.type != "cpu" and device.index is None:
        return torch.device(device.type, torch.accelerator.current_device_index())
    return device

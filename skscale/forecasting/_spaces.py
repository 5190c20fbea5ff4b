"""What a search over a forecaster's parameters tries by default."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from skscale.forecasting._parameters import one_of

__all__ = ["Searchable"]

_LIGHT: dict[str, list[Any]] = {
    "pretrained": ["auto", None],
    "context_length": ["auto", 24, 48, 96],
}
_TRAINING: dict[str, list[Any]] = {
    "linear_base": [True, False],
    "loss": ["mae", "mse"],
    "learning_rate": [1e-3, 3e-3, 1e-2],
}
_SIZES = ("d_model", "d_ff", "hidden_size")
_DROPOUT = [0.0, 0.1, 0.3]


class Searchable:
    """A dataclass of parameters that says which of their values are worth a search."""

    @classmethod
    def param_space(cls, kind: str = "light") -> dict[str, list[Any]]:
        """Return values worth trying, for a search over parameters.

        Parameters
        ----------
        kind : {"light", "full"}, default="light"
            ``"light"`` is a small grid of what changes most where data are few: trained weights
            or none, and the length of the context. ``"full"`` adds how networks are trained and
            how large they are, half and twice the default; it is for random searches and halving.

        Returns
        -------
        dict of list
            As in scikit-learn's searches. The defaults are among the values.

        Raises
        ------
        ValueError
            If ``kind`` is another.

        Examples
        --------
        >>> from skscale import SigmaForecaster
        >>> SigmaForecaster.param_space()
        {'pretrained': ['auto', None], 'context_length': ['auto', 24, 48, 96]}
        """
        one_of("kind", kind, ("light", "full"))
        space: dict[str, list[Any]] = {name: list(values) for name, values in _LIGHT.items()}
        if kind == "light":
            return space
        space |= {name: list(values) for name, values in _TRAINING.items()}
        known = fields(cls)  # type: ignore[arg-type]
        defaults: dict[str, Any] = {field.name: field.default for field in known}
        for name in _SIZES:
            one = defaults.get(name)  # an integer, or a multiple of another size
            if isinstance(one, int | float):
                half = one // 2 if isinstance(one, int) else one / 2
                space[name] = [half, one, one * 2]
        if "dropout" in defaults:
            space["dropout"] = list(_DROPOUT)
        return space

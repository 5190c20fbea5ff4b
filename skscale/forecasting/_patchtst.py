"""PatchTST as an sktime forecaster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from skscale.forecasting._base import NetworkForecaster
from skscale.forecasting._docs import with_shared_parameters
from skscale.forecasting._parameters import integer
from skscale.forecasting._sizes import heads_that_divide
from skscale.forecasting._windows import Layout
from skscale.nn import PatchTSTNet

__all__ = ["PatchTSTForecaster"]


@with_shared_parameters
@dataclass(kw_only=True, eq=False, repr=False)
class PatchTSTForecaster(NetworkForecaster):
    """PatchTST: a window is cut into patches, attention runs between these, channel by channel.

    Univariate, multivariate, panel and hierarchical data; see `skscale.nn.PatchTSTNet` for the
    network. Of features it reads exogenous columns known over the horizon.

    Parameters
    ----------
    d_model : int, default=16
        Features of a patch; this and the next two as in the paper's runs on ETTh1, which have three
        layers, a context of 336 points and ``dropout=0.3``. Larger sets have 128 and ``d_ff=256``.
    d_ff : int, default=128
        Hidden features of the feed-forward layers.
    n_heads : int or "auto", default="auto"
        Heads of the attention, which must divide ``d_model``. ``"auto"``: four, or the next power
        of two below that divides.
    n_layers : int, default=2
        Layers of the encoder.
    patch_length : int or "auto", default="auto"
        Points of a patch. ``"auto"``: 16 as in the paper, or all of a shorter context.
    stride : int or "auto", default="auto"
        Points from the start of a patch to that of the next. ``"auto"``: half a patch, as in the
        paper.
    variant : {"official", "tslib"}, default="official"
        The network of the paper's code or that of the Time-Series-Library, see
        `skscale.nn.PatchTSTNet`. The library runs its own with 512 and ``d_ff=2048``.
    decomposition : bool, default=False
        Two networks, one for the moving average of the window and one for the rest.
    moving_avg : int, default=25
        Window of that average.
    individual : bool, default=False
        A last map of its own for every channel.
    dropout : float, default=0.0
        Dropout while training.
    {shared}

    References
    ----------
    Nie et al. (2023), A time series is worth 64 words: long-term forecasting with transformers,
    ICLR.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from skscale import PatchTSTForecaster
    >>> forecaster = PatchTSTForecaster(max_epochs=2, random_state=0).fit(load_airline())
    >>> forecaster.predict([1, 2, 3]).shape
    (3,)
    """

    _network: ClassVar = PatchTSTNet

    d_model: int = 16
    d_ff: int = 128
    n_heads: int | str = "auto"
    n_layers: int = 2
    patch_length: int | str = "auto"
    stride: int | str = "auto"
    variant: str = "official"
    decomposition: bool = False
    moving_avg: int = 25
    individual: bool = False
    dropout: float = 0.0

    def _check_parameters(self) -> None:
        super()._check_parameters()
        for name in ("n_heads", "patch_length", "stride"):
            integer(name, getattr(self, name), other="auto")

    def _network_settings(self, layout: Layout) -> dict[str, Any]:
        settings = super()._network_settings(layout)
        return settings | {"n_heads": heads_that_divide(self.d_model, self.n_heads, most=4)}

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict]:
        """Small networks for sktime's checks."""
        small = {"max_epochs": 2, "d_model": 4, "d_ff": 4, "n_layers": 1, "random_state": 0}
        return [
            {**small, "context_length": 4},
            {**small, "variant": "tslib", "n_layers": 2, "linear_base": False, "loss": "mse"},
        ]

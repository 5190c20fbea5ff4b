"""MultiPatchFormer as an sktime forecaster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from skscale.forecasting._base import NetworkForecaster
from skscale.forecasting._docs import with_shared_parameters
from skscale.forecasting._parameters import integer
from skscale.forecasting._sizes import heads_that_divide
from skscale.forecasting._windows import Layout
from skscale.nn import MultiPatchFormerNet

__all__ = ["MultiPatchFormerForecaster"]


@with_shared_parameters
@dataclass(kw_only=True, eq=False, repr=False)
class MultiPatchFormerForecaster(NetworkForecaster):
    """MultiPatchFormer: patches of 8, 16, 24 and 32 points side by side, then channels.

    Univariate, multivariate, panel and hierarchical data; see `skscale.nn.MultiPatchFormerNet` for
    the network. Channels attend to each other. Of features it reads exogenous columns known over
    the horizon.

    Parameters
    ----------
    d_model : int, default=64
        Features of a token. Published runs have 256, ``d_ff=512``, 16 heads and a dropout of 0.2,
        or 8 and 0.1 in the Time-Series-Library.
    d_ff : int, default=128
        Hidden features of the feed-forward layers.
    n_heads : int or "auto", default="auto"
        Heads of the attention. ``"auto"``: eight, or the next power of two below that divides
        ``d_model``.
    head_size : int or "auto", default="auto"
        Features of a head. ``"auto"``: ``d_model / n_heads``, which then must be whole.
    n_layers : int, default=1
        Layers between tokens; between channels there is always one.
    patches : {"fitted", "published"}, default="fitted"
        Patches for any context, or those of public code, which 24 lengths have.
    variant : {"official", "tslib"}, default="official"
        All channels see each other, or a channel those before it alone: forecasts then depend on
        the order of columns.
    normalize : bool, default=True
        Normalise every window and channel.
    affine : bool, default=True
        Learn a weight and a bias for every channel in the normalisation.
    dropout : float, default=0.0
        Dropout while training.
    {shared}

    References
    ----------
    Naghashi, Boukadoum, Diallo (2025), A multiscale model for multivariate time series forecasting,
    Scientific Reports.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from skscale import MultiPatchFormerForecaster
    >>> forecaster = MultiPatchFormerForecaster(max_epochs=2, random_state=0).fit(load_airline())
    >>> forecaster.predict([1, 2, 3]).shape
    (3,)
    """

    _network: ClassVar = MultiPatchFormerNet

    d_model: int = 64
    d_ff: int = 128
    n_heads: int | str = "auto"
    head_size: int | str = "auto"
    n_layers: int = 1
    patches: str = "fitted"
    variant: str = "official"
    normalize: bool = True
    affine: bool = True
    dropout: float = 0.0

    def _check_parameters(self) -> None:
        super()._check_parameters()
        for name in ("n_heads", "head_size"):
            integer(name, getattr(self, name), other="auto")

    def _network_settings(self, layout: Layout) -> dict[str, Any]:
        settings = super()._network_settings(layout)
        return settings | {"n_heads": heads_that_divide(self.d_model, self.n_heads, most=8)}

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict]:
        """Small networks for sktime's checks."""
        small = {"max_epochs": 2, "d_model": 4, "d_ff": 4, "random_state": 0}
        return [
            {**small, "context_length": 4},
            {**small, "variant": "tslib", "n_layers": 2, "linear_base": False, "loss": "mse"},
        ]

"""iTransformer as an sktime forecaster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from skscale.forecasting._base import NetworkForecaster
from skscale.forecasting._docs import with_shared_parameters
from skscale.forecasting._parameters import integer
from skscale.forecasting._sizes import heads_that_divide
from skscale.forecasting._windows import Layout
from skscale.nn import ITransformerNet

__all__ = ["ITransformerForecaster"]


@with_shared_parameters
@dataclass(kw_only=True, eq=False, repr=False)
class ITransformerForecaster(NetworkForecaster):
    """iTransformer: attention between channels, each of whose windows is one token.

    Univariate, multivariate, panel and hierarchical data, with exogenous features of past and
    future; see `skscale.nn.ITransformerNet` for the network. It learns what channels tell about
    each other. A single channel without features leaves it a network of linear maps and
    feed-forward layers.

    Parameters
    ----------
    d_model : int, default=64
        Features of a token; from 128 to 512 in the paper's runs.
    d_ff : int, default=64
        Hidden features of the feed-forward layers; as many as ``d_model`` in the paper's runs.
    n_heads : int or "auto", default="auto"
        Heads of the attention, which must divide ``d_model``. ``"auto"``: eight as in the paper,
        or the next power of two below that divides.
    n_layers : int, default=2
        Layers of the encoder.
    activation : {"gelu", "relu"}, default="gelu"
        Of the feed-forward layers.
    dropout : float, default=0.0
        Dropout while training; 0.1 in the paper's runs.
    {shared}

    References
    ----------
    Liu et al. (2024), iTransformer: inverted transformers are effective for time series
    forecasting, ICLR.

    Examples
    --------
    >>> from sktime.datasets import load_longley
    >>> from skscale import ITransformerForecaster
    >>> _, y = load_longley()
    >>> forecaster = ITransformerForecaster(max_epochs=2, random_state=0).fit(y)
    >>> forecaster.predict([1, 2, 3]).shape
    (3, 5)
    """

    _network: ClassVar = ITransformerNet

    d_model: int = 64
    d_ff: int = 64
    n_heads: int | str = "auto"
    n_layers: int = 2
    activation: str = "gelu"
    dropout: float = 0.0

    def _check_parameters(self) -> None:
        super()._check_parameters()
        integer("n_heads", self.n_heads, other="auto")

    def _network_settings(self, layout: Layout) -> dict[str, Any]:
        settings = super()._network_settings(layout)
        return settings | {"n_heads": heads_that_divide(self.d_model, self.n_heads, most=8)}

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict]:
        """Small networks for sktime's checks."""
        small = {"max_epochs": 2, "d_model": 4, "d_ff": 4, "n_layers": 1, "random_state": 0}
        return [
            {**small, "context_length": 4},
            {**small, "n_heads": 2, "n_layers": 2, "linear_base": False, "loss": "mse"},
        ]

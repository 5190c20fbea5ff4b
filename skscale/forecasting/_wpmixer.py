"""WPMixer as an sktime forecaster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from skscale.forecasting._base import NetworkForecaster
from skscale.forecasting._docs import with_shared_parameters
from skscale.forecasting._parameters import integer
from skscale.forecasting._windows import Layout
from skscale.nn import WPMixerNet

__all__ = ["WPMixerForecaster"]

_LONGEST_PATCH = 16


@with_shared_parameters
@dataclass(kw_only=True, eq=False, repr=False)
class WPMixerForecaster(NetworkForecaster):
    """WPMixer: a mixer of patches for each level of a wavelet transform.

    Univariate, multivariate, panel and hierarchical data; see `skscale.nn.WPMixerNet` for the
    network. Of features it reads exogenous columns known over the horizon.

    Parameters
    ----------
    d_model : int, default=32
        Features of a patch; 128 or 256 in the paper's runs.
    wavelet : str, default="db2"
        Name of a discrete wavelet. All but ``"haar"`` and ``"db2"`` need PyWavelets. The paper
        chooses one for each data set and horizon.
    level : int, default=1
        Levels of the transform, at most 20; 0 for none. The paper has 1 to 5.
    token_factor, feature_factor : int, default=3
        Hidden units of the two mixing maps, as multiples of patches and of ``d_model``; 3 to 8 in
        the paper's runs.
    patch_length : int or "auto", default="auto"
        Coefficients in a patch. ``"auto"``: 16, as in most of the paper's runs, at most those of
        the finest details.
    stride : int or "auto", default="auto"
        Coefficients from one patch to the next. ``"auto"``: half a patch.
    affine : bool, default=True
        Learn a weight and a bias for every channel in the normalisation of windows.
    branch_norm : bool, default=True
        Normalise the coefficients of every branch. Without this and ``affine`` it is the network
        of the Time-Series-Library.
    dropout : float, default=0.0
        Dropout of the mixing maps while training; 0 to 0.4 in the paper's runs.
    embedding_dropout : float, default=0.0
        Dropout of embedded patches, likewise.
    {shared}

    References
    ----------
    Murad, Aktukmak and Yilmaz (2025), WPMixer: efficient multi-resolution mixing for long-term time
    series forecasting, AAAI, arXiv 2412.17176.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from skscale import WPMixerForecaster
    >>> forecaster = WPMixerForecaster(max_epochs=5, random_state=0).fit(load_airline())
    >>> forecaster.predict([1, 2, 3]).shape
    (3,)
    """

    _network: ClassVar = WPMixerNet

    d_model: int = 32
    wavelet: str = "db2"
    level: int = 1
    token_factor: int = 3
    feature_factor: int = 3
    patch_length: int | str = "auto"
    stride: int | str = "auto"
    affine: bool = True
    branch_norm: bool = True
    dropout: float = 0.0
    embedding_dropout: float = 0.0

    def _check_parameters(self) -> None:
        super()._check_parameters()
        for name in ("patch_length", "stride"):
            integer(name, getattr(self, name), other="auto")
        integer("level", self.level, least=0)

    def _network_settings(self, layout: Layout) -> dict[str, Any]:
        settings = super()._network_settings(layout)
        patch, stride = self.patch_length, self.stride
        if isinstance(patch, str):
            n_details = -(-layout.context_length // 2) if self.level else layout.context_length
            patch = min(_LONGEST_PATCH, n_details)
            if not isinstance(stride, str):
                patch = max(patch, stride)
        settings["patch_length"] = patch
        settings["stride"] = max(1, patch // 2) if isinstance(stride, str) else stride
        return settings

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict]:
        """Small networks for sktime's checks."""
        small = {"max_epochs": 2, "d_model": 4, "random_state": 0}
        return [
            {**small, "context_length": 4},
            {**small, "wavelet": "haar", "level": 2, "linear_base": False, "loss": "mse"},
        ]

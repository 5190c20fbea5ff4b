"""The models of the papers' tables with their settings, and any sktime forecaster by name."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import NamedTuple

from sktime.forecasting.base import BaseForecaster

from examples.paper import (
    zoo_amd,
    zoo_itransformer,
    zoo_linear,
    zoo_micn,
    zoo_msgnet,
    zoo_multipatchformer,
    zoo_nhits,
    zoo_patchtst,
    zoo_pyraformer,
    zoo_scinet,
    zoo_timefilter,
    zoo_timemixerpp,
    zoo_timepro,
    zoo_timesnet,
    zoo_wpmixer,
)
from examples.paper.one_protocol import ALONE, ONE_PROTOCOL
from examples.paper.protocol import Benchmark
from skscale.forecasting import (
    AMDForecaster,
    DLinearForecaster,
    ITransformerForecaster,
    MICNForecaster,
    MSGNetForecaster,
    MultiPatchFormerForecaster,
    NetworkForecaster,
    NHiTSForecaster,
    NLinearForecaster,
    PatchTSTForecaster,
    PyraformerForecaster,
    SCINetForecaster,
    SigmaForecaster,
    TimeFilterForecaster,
    TimeMixerForecaster,
    TimeMixerPPForecaster,
    TimeProForecaster,
    TimesNetForecaster,
    WPMixerForecaster,
)

SIGMA_COMMON = {
    **ALONE,
    **ONE_PROTOCOL,
    "weight_decay": 0.0,
    "n_layers": 1,
    "dropout": 0.1,
}

# Table 6. "Each branch" is scale_independence; calendar features are time_features.
SIGMA_COLUMNS = (
    *("d_model", "d_ff", "learning_rate"),
    *("scale_independence", "feature_transformation", "time_features"),
)
SIGMA_ROWS = {
    "ETTh1": (32, 16, 0.0005, True, True, False),
    "ETTh2": (32, 32, 0.0005, True, True, False),
    "ETTm1": (8, 8, 0.02, True, False, False),
    "ETTm2": (16, 32, 0.0005, False, True, False),
    "Exchange": (16, 32, 0.0001, False, True, True),
    "Weather": (8, 8, 0.005, False, True, True),
    "Electricity": (16, 32, 0.01, False, True, True),
    "Traffic": (16, 32, 0.01, False, True, True),
}


def sigma_settings(dataset: str) -> dict[str, object]:
    """Parameters of `SigmaForecaster` for one data set."""
    return SIGMA_COMMON | dict(zip(SIGMA_COLUMNS, SIGMA_ROWS[dataset], strict=True))


# The official TimeMixer scripts: learning rate, batch, blocks, d_model and epochs differ.
TIMEMIXER_COMMON = {
    **ALONE,
    "d_ff": 32,
    "down_sampling_layers": 3,
    "dropout": 0.1,
    "loss": "mse",
    "learning_rate": 0.01,
    "lr_schedule": "onecycle",
    "patience": 10,
}
TIMEMIXER_COLUMNS = ("d_model", "n_layers", "batch_size", "max_epochs")
TIMEMIXER_ROWS = {
    "ETTh1": (16, 2, 128, 10),
    "ETTh2": (16, 2, 16, 10),
    "ETTm1": (16, 2, 16, 10),
    "ETTm2": (32, 2, 128, 10),
    "Exchange": (16, 2, 32, 10),
    "Weather": (16, 3, 128, 20),
    "Electricity": (16, 3, 32, 20),
    "Traffic": (32, 3, 8, 10),
}


def timemixer_settings(dataset: str) -> dict[str, object]:
    """Parameters of `TimeMixerForecaster` for one data set."""
    return TIMEMIXER_COMMON | dict(zip(TIMEMIXER_COLUMNS, TIMEMIXER_ROWS[dataset], strict=True))


class Model(NamedTuple):
    """A forecaster, its settings for each data set, and its name in Table 7 of the paper.

    ``at_horizon`` gives what these settings have otherwise at a horizon.
    """

    estimator: type[BaseForecaster]
    settings: Callable[[str], dict[str, object]]
    in_paper: str | None = None
    at_horizon: Callable[[str, int], dict[str, object]] = lambda dataset, horizon: {}

    def settings_at(self, dataset: str, horizon: int) -> dict[str, object]:
        """Settings of one run."""
        return self.settings(dataset) | self.at_horizon(dataset, horizon)


MODELS = {
    "amd": Model(AMDForecaster, zoo_amd.amd_settings),
    "amd-official": Model(AMDForecaster, zoo_amd.amd_official_settings),
    "sigma": Model(SigmaForecaster, sigma_settings, "Sigma"),
    "default": Model(SigmaForecaster, lambda dataset: {}),
    "timemixer": Model(TimeMixerForecaster, timemixer_settings, "TimeMixer"),
    "wpmixer": Model(WPMixerForecaster, zoo_wpmixer.wpmixer_settings),
    "wpmixer-official": Model(
        WPMixerForecaster,
        zoo_wpmixer.wpmixer_official_settings,
        at_horizon=zoo_wpmixer.wpmixer_official_at,
    ),
    "dlinear": Model(DLinearForecaster, zoo_linear.dlinear_settings),
    "dlinear-official": Model(
        DLinearForecaster,
        zoo_linear.dlinear_official_settings,
        at_horizon=zoo_linear.official_at,
    ),
    "nlinear": Model(NLinearForecaster, zoo_linear.nlinear_settings),
    "nlinear-official": Model(
        NLinearForecaster,
        zoo_linear.nlinear_official_settings,
        at_horizon=zoo_linear.official_at,
    ),
    "itransformer": Model(
        ITransformerForecaster,
        zoo_itransformer.itransformer_settings,
        at_horizon=zoo_itransformer.itransformer_at,
    ),
    "itransformer-official": Model(
        ITransformerForecaster,
        zoo_itransformer.itransformer_official_settings,
        at_horizon=zoo_itransformer.itransformer_official_at,
    ),
    "patchtst": Model(PatchTSTForecaster, zoo_patchtst.patchtst_settings),
    "patchtst-official": Model(PatchTSTForecaster, zoo_patchtst.patchtst_official_settings),
    "patchtst-tslib": Model(
        PatchTSTForecaster,
        zoo_patchtst.patchtst_tslib_settings,
        at_horizon=zoo_patchtst.patchtst_tslib_at,
    ),
    "micn": Model(MICNForecaster, zoo_micn.micn_settings, at_horizon=zoo_micn.micn_at),
    "micn-official": Model(MICNForecaster, zoo_micn.micn_official_settings),
    "msgnet": Model(MSGNetForecaster, zoo_msgnet.msgnet_settings, at_horizon=zoo_msgnet.msgnet_at),
    "msgnet-official": Model(
        MSGNetForecaster, zoo_msgnet.msgnet_settings, at_horizon=zoo_msgnet.msgnet_official_at
    ),
    "multipatchformer": Model(
        MultiPatchFormerForecaster, zoo_multipatchformer.multipatchformer_settings
    ),
    "multipatchformer-official": Model(
        MultiPatchFormerForecaster, zoo_multipatchformer.multipatchformer_official_settings
    ),
    "nhits": Model(NHiTSForecaster, zoo_nhits.nhits_settings),
    "nhits-official": Model(NHiTSForecaster, zoo_nhits.nhits_official_settings),
    "pyraformer": Model(PyraformerForecaster, zoo_pyraformer.pyraformer_settings),
    "pyraformer-official": Model(
        PyraformerForecaster,
        zoo_pyraformer.pyraformer_official_settings,
        at_horizon=zoo_pyraformer.pyraformer_official_at,
    ),
    "scinet": Model(SCINetForecaster, zoo_scinet.scinet_settings),
    "scinet-official": Model(
        SCINetForecaster,
        zoo_scinet.scinet_official_settings,
        at_horizon=zoo_scinet.scinet_official_at,
    ),
    "timefilter": Model(
        TimeFilterForecaster,
        zoo_timefilter.timefilter_settings,
        at_horizon=zoo_timefilter.timefilter_at,
    ),
    "timefilter-official": Model(
        TimeFilterForecaster,
        zoo_timefilter.timefilter_official_settings,
        at_horizon=zoo_timefilter.timefilter_official_at,
    ),
    "timemixerpp": Model(TimeMixerPPForecaster, zoo_timemixerpp.timemixerpp_settings),
    "timemixerpp-official": Model(
        TimeMixerPPForecaster, zoo_timemixerpp.timemixerpp_official_settings
    ),
    "timepro": Model(
        TimeProForecaster, zoo_timepro.timepro_settings, at_horizon=zoo_timepro.timepro_at
    ),
    "timepro-official": Model(
        TimeProForecaster,
        zoo_timepro.timepro_official_settings,
        at_horizon=zoo_timepro.timepro_official_at,
    ),
    "timesnet": Model(
        TimesNetForecaster,
        zoo_timesnet.timesnet_settings,
        at_horizon=zoo_timesnet.timesnet_at,
    ),
    "timesnet-official": Model(
        TimesNetForecaster,
        zoo_timesnet.timesnet_settings,
        at_horizon=zoo_timesnet.timesnet_official_at,
    ),
}


def find_model(name: str) -> Model:
    """Look a model up: a name in `MODELS`, or ``module:Class`` of an sktime forecaster.

    Raises
    ------
    ValueError
        If ``name`` is neither.
    """
    if name in MODELS:
        return MODELS[name]
    module, colon, attribute = name.partition(":")
    try:
        found = getattr(import_module(module), attribute) if colon else None
    except (ImportError, AttributeError, ValueError) as error:
        raise ValueError(f"model {name!r} cannot be imported: {error}") from error
    if not (isinstance(found, type) and issubclass(found, BaseForecaster)):
        raise ValueError(
            f"model must be one of {list(MODELS)} or module:Class of an sktime forecaster, "
            f"got {name!r}"
        )
    return Model(found, lambda dataset: {})


def build(
    estimator: type[BaseForecaster],
    settings: Mapping[str, object],
    data: Benchmark,
    *,
    context: int,
    horizon: int,
    seed: int,
) -> BaseForecaster:
    """Build a forecaster for one run.

    Context, horizon, channels and seed go to the parameters that take them, by their names
    here or in sktime's networks; ``settings`` win over them.
    """
    of_run = {
        "context_length": context,
        "prediction_length": horizon,
        "seq_len": context,
        "pred_len": horizon,
        "in_channels": data.values.shape[1],
        "random_state": seed,
    }
    if issubclass(estimator, NetworkForecaster):
        of_run["validation_fraction"] = data.validation_fraction
    known = estimator.get_param_names()
    return estimator(**({n: v for n, v in of_run.items() if n in known} | dict(settings)))


def parsed_settings(texts: list[str], estimator: type[BaseForecaster]) -> dict[str, object]:
    """Settings from ``parameter=value`` texts; values are Python literals or plain strings.

    Raises
    ------
    ValueError
        If a text has no "=" or names no parameter of the forecaster.
    """
    changes: dict[str, object] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or name not in estimator.get_param_names():
            raise ValueError(f"settings are parameter=value of the forecaster, got {text!r}")
        try:
            changes[name] = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            changes[name] = value
    return changes

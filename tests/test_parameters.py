"""Every parameter of every public class: what is allowed gets to work, all else is named.

Classes and parameters come from the tables and signatures of the package, what is allowed from
`ALLOWED`; a new parameter without a row there fails. The torch modules have a table of their own
in `tests/nn/test_parameters.py`, since they take their sizes from the caller.
"""

import inspect
import math
import re
from dataclasses import fields
from numbers import Integral, Real

import numpy as np
import pandas as pd
import pytest

from skscale.detection import MultiScaleAnomalyDetector
from skscale.forecasting import NLinearForecaster, SeriesScaling, _fitting, _recipe, all_forecasters
from skscale.forecasting._parameters import NetworkParameters
from skscale.operators import AveragePooling, MovingAverage, MultiScale, all_operators
from skscale.panel import SeriesFeatures
from skscale.pretrained import available
from skscale.representation import MultiScaleAutoencoder, _autoencoder
from skscale.training import TrainingConfig

X = np.random.default_rng(0).normal(size=(3, 24))
Y = pd.Series(np.random.default_rng(0).normal(size=40), pd.date_range("2024", periods=40, freq="D"))
VALUES = [
    *(None, math.nan, math.inf, -math.inf, -1, 0, 1, 2, 3, 0.5, 1.5, 2.0, True, False, 1j),
    *("nonsense", "", "auto", b"auto", [], (), {}, set(), object(), int, max, pd.NaT),
    *(np.int64(2), np.uint8(2), np.float32(0.5), np.bool_(True), np.bool_(False), np.zeros(2)),
    *(np.float64("nan"), 10**12, 10**30, 10**400, -(10**30), np.str_("auto")),
]


def plain(value):
    return value.item() if isinstance(value, np.generic) else value


def words(*allowed):
    """One of some values, by type and value."""
    return lambda value: any(type(value) is type(one) and value == one for one in allowed)


def integer(least, most=2**31 - 1):
    def allows(value):
        whole = isinstance(value, Integral) and not isinstance(value, bool)
        return whole and least <= value <= most

    return allows


def number(least, below, open_left=False):
    def allows(value):
        real = isinstance(value, Real) and not isinstance(value, bool)
        return real and least <= value < below and not (open_left and value == least)

    return allows


def either(*kinds):
    return lambda value: any(allows(value) for allows in kinds)


def operator(value):
    return isinstance(value, AveragePooling)


def autoencoder(value):
    return isinstance(value, MultiScaleAutoencoder)


def forecaster(value):
    return isinstance(value, NLinearForecaster)


def function(value):
    return callable(value) and not isinstance(value, type)


flag, auto, none = words(True, False), words("auto"), words(None)
size = integer(1, 2**24)
seed = either(none, integer(0, 2**32 - 1))
pooled = words("drop", "error", "renormalise", "zero", "reflect", "replicate")
edges = words("zero", "reflect", "replicate", "renormalise")
whole_scale = either(integer(1, 24), words(2.0, "forecastability"))

ALLOWED = {
    # of all that trains
    "context_length": either(auto, integer(1)),
    "prediction_length": either(auto, integer(1)),
    "season_length": either(auto, integer(1)),
    "freq": either(auto, none, words("D")),
    "time_features": either(auto, flag, words([], (), ["calendar"], ("holidays:DE", "cyclic"))),
    "scaler": words("standard", "robust", "mean", "none"),
    "horizon_weights": words("equal", [7.5]),
    "series_weights": none,
    "past_columns": words("auto", [], ()),
    "linear_base": flag,
    "pretrained": either(auto, none, words(*available())),
    "loss": either(words("mae", "mse", "huber", "smape", "mase"), function),
    "max_epochs": integer(1),
    "steps_per_epoch": either(auto, none, integer(1)),
    "validation_windows": either(none, integer(1)),
    "batch_size": integer(1),
    "learning_rate": number(0, 3e38, open_left=True),
    "lr_schedule": words("onecycle", "cosine", "halving", "constant"),
    "weight_decay": number(0, 3e38),
    "gradient_clip": number(0, 3e38),
    "validation_fraction": either(auto, number(0, 1)),
    "patience": integer(1),
    "max_time": either(none, number(0, 3e38, open_left=True)),
    "callbacks": words([], ()),
    "fine_tune": either(auto, flag),
    "checkpoint_dir": lambda value: value is None or (isinstance(value, str) and value != ""),
    "intervals": words("conformal", "network"),
    "bounds": either(auto, none, words((0.5, 1.0), (1, 2))),
    "device": words("auto", "cpu"),
    "precision": words("fp32", "bf16"),
    "compile": flag,
    "random_state": seed,
    "verbose": either(flag, integer(0)),
    # of networks
    **dict.fromkeys(("d_model", "d_ff", "n_layers", "moving_avg", "top_k", "hidden_size"), size),
    "kernels": words((1, 2), [1, 2]),
    "trend": words("regression", "mean"),
    "variant": words("official", "tslib"),
    "top_p": either(number(0, 1), words(1, 1.0)),
    "filter": words("zero", "remove"),
    "routing_weight": number(0, 1e9),
    "normalize": flag,
    "n_kernels": integer(1, 100),
    "dropout": number(0, 1),
    **dict.fromkeys(("individual", "scale_independence", "feature_transformation"), flag),
    **dict.fromkeys(("channel_independent", "use_future_features", "variational"), flag),
    "decomposition": flag,
    **dict.fromkeys(("n_blocks", "n_experts"), size),
    **dict.fromkeys(("normalize", "batch_norm"), flag),
    **dict.fromkeys(("token_factor", "feature_factor"), size),
    **dict.fromkeys(("affine", "branch_norm"), flag),
    "level": integer(0, 20),
    "embedding_dropout": number(0, 1),
    "alpha": number(0, 1e9),
    "balance_weight": number(0, 1e9),
    **dict.fromkeys(("node_size", "conv_channels", "skip_channels"), size),
    "depth": integer(1, 100),
    **dict.fromkeys(("causal", "channel_mixing"), flag),
    "head": words("sum", "mean", "finest", "coarsest"),
    "pooling_levels": integer(0, 2**24),
    "pooling_window": integer(2, 2**24),
    "scaling": words("distance", "shared", "sample", "moving_average", "none"),
    "n_heads": either(auto, integer(1, 2)),
    "patch_length": either(auto, integer(1, 16)),
    "stride": either(auto, integer(1, 8)),
    "activation": words("gelu", "relu"),
    "mixing": words("mlp", "trend_season"),
    "hidden_sizes": words((1, 2), [1, 2]),
    **dict.fromkeys(("pool_sizes", "downsampling"), words("auto", (1, 2), [1, 2])),
    "interpolation": words("linear", "nearest", "cubic"),
    "pooling": words("max", "average"),
    "shared_weights": flag,
    "concat_length": integer(0, 8),
    "groups": integer(1, 1),
    "kernel_size": size,
    "n_levels": either(auto, integer(1, 10)),
    "n_stacks": integer(1, 2),
    **dict.fromkeys(("modified", "positions"), flag),
    "windows": words("auto", (1, 2), [1, 2]),
    "neighbours": size,
    "decoder": words("linear", "attention", "attention_to_points"),
    "patches": words("fitted"),  # the published do not go together for 8 points
    "construction": words("bottleneck", "convolution", "max", "average"),
    **dict.fromkeys(("head_size", "d_bottleneck"), either(auto, size)),
    "initial": words("uniform", "average"),
    "down_sampling_layers": either(auto, integer(0, 3)),
    "down_sampling_window": integer(1),
    "down_sampling_method": words("avg", "max", "conv"),
    "decomp_method": words("moving_avg", "dft_decomp"),
    "view": words("average"),
    "decoding": words("residual", "joint"),
    "latent_size": either(size, words((1, 2))),
    "reconstruction_weight": number(0, 1e9),
    "kl_weight": number(0, 1e9),
    "standardize": flag,
    # of detectors
    "autoencoder": either(none, words("drop"), autoencoder),
    "forecaster": either(none, words("drop"), forecaster),
    "window_length": either(auto, integer(2, 28)),  # of 40 points
    "horizon": integer(1),
    "threshold": words("extreme", "quantile", "contamination"),
    "rate": either(auto, number(0, 1, open_left=True)),
    "calibration_fraction": number(0, 0.9),
    "max_gap": integer(0),
    # of operators
    "scale": whole_scale,
    "max_scale": either(none, integer(1, 2**20)),
    "remainder": pooled,
    "align": words("start", "end"),
    "missing": words("error", "ignore"),
    "edges": edges,
    "window": words("trailing", "centred"),
    "even": words("past", "future", "halved"),
    "method": words("auto", "dense", "truncated", "fft"),
    "tolerance": number(0, 1),
    "wavelet": words("haar"),
    "grid": words("coarse", "full"),
    "operator": either(none, operator),
    # of panels
    "transformer": either(none, operator, autoencoder),
}
# A scale of several is named alone.
SINGULAR = {"scales": "scale"}
# Where a name means something else, or less.
OF_CLASS = {
    ("TrainingConfig", "steps_per_epoch"): either(none, integer(1)),
    ("MultiScaleAutoencoder", "validation_fraction"): number(0, 0.9),
    ("MultiScaleAutoencoder", "scales"): words((0.5, 1.0)),
    ("MultiScaleAutoencoderForecaster", "scales"): words((0.5, 1.0)),
    ("AMDForecaster", "top_k"): integer(1, 8),
    ("SCINetForecaster", "hidden_size"): number(0, 2**24 + 1, open_left=True),
    ("MSGNetForecaster", "d_model"): either(auto, size),
    ("MSGNetForecaster", "n_heads"): either(auto, integer(1, 32)),  # features of a point
    ("MSGNetForecaster", "top_k"): either(auto, integer(1, 4)),
    ("MSGNetForecaster", "alpha"): lambda value: number(0, 2)(value) and value <= 1,
    ("NHiTSForecaster", "n_blocks"): words("auto", (1, 2), [1, 2]),
    ("NHiTSForecaster", "activation"): words("relu", "tanh"),
    ("AMDForecaster", "n_experts"): integer(2, 2**24),  # as many as are preferred
    ("MultiScale", "scales"): words((1, 2)),
    ("MultiScaleAnomalyDetector", "scales"): words((1, 2)),
    ("MultiScaleAutoencoder", "verbose"): either(flag, integer(0, math.inf)),
    ("TimeFilterForecaster", "alpha"): number(0, 1),
    ("TimeFilterForecaster", "patch_length"): either(auto, integer(1, 8)),
    ("TimeMixerPPForecaster", "n_heads"): either(auto, integer(1, 2)),  # points of the coarsest
    ("TimeMixerPPForecaster", "top_k"): either(auto, integer(1, 1)),
    ("TimeProForecaster", "initial"): words("zero", "average"),
    ("TimesNetForecaster", "top_k"): either(auto, integer(1, 4)),  # of 8 points and 1
    ("Subsampling", "remainder"): words("drop", "error", "keep"),
    ("Segmentation", "remainder"): words("drop", "error", "keep"),
    ("WaveletApproximation", "remainder"): words("drop", "error", "replicate"),
    ("WaveletApproximation", "edges"): words("periodic", "zero", "reflect", "replicate"),
    ("WaveletApproximation", "scale"): either(integer(1, 4), words(2.0, "forecastability")),
    ("DiscreteGaussian", "scale"): either(number(0, 577, True), words("forecastability")),
    ("ContinuousScale", "scale"): either(number(1, 25), words("forecastability")),
}
SMALL_AUTOENCODER = MultiScaleAutoencoder(latent_size=1, hidden_size=4, max_epochs=1)
MORE = [
    *("mae", "cpu", "cuda:99", "haar", "db99", "D", "mlp", "average", "full", "start", "trailing"),
    *("past", "fft", "zero", "forecastability", "keep", "drop", "error", (0.5, 1.0), (1, 2)),
    *(
        "relu",
        "tslib",
        "remove",
        AveragePooling(),
        AveragePooling,
        (0.0,),
        ("half",),
        ["average", 3],
    ),
    *(SMALL_AUTOENCODER, NLinearForecaster(), MultiScaleAutoencoder, NLinearForecaster),
    *("extreme", "contamination", "quantile"),
    *("equal", [7.5], [-1.0], {"a": 1.0}, {"a": -1.0}, "standard", "none"),
    *(["calendar"], ("holidays:DE", "cyclic"), ["holidays:nowhere"], ["holidays:DE-XX"]),
]
SMALL = {"max_epochs": 1, "batch_size": 2}
CLASSES = [
    *all_forecasters(),
    *all_operators(),
    *(SeriesScaling, MultiScale, MultiScaleAutoencoder, MultiScaleAnomalyDetector, TrainingConfig),
    SeriesFeatures,
]
# What all forecasters inherit is asked of the first.
SHARED = {field.name for field in fields(NetworkParameters)}
CASES = [
    (kind, name)
    for kind in CLASSES
    for name in inspect.signature(kind).parameters
    if name not in SHARED or kind not in all_forecasters()[1:]
]


class Trains(Exception):
    """Training would begin here."""


@pytest.fixture(autouse=True)
def no_training(monkeypatch):
    def begin(*arguments, **options):
        raise Trains

    for module in (_fitting, _recipe, _autoencoder):
        monkeypatch.setattr(module, "train", begin)


def use(kind, name, value):
    """Build with one parameter, and fit as far as the first step of training."""
    if kind is TrainingConfig:
        return kind(**{name: value})
    if kind in all_forecasters():
        settings = {"context_length": 8, "linear_base": False, "random_state": 0}
        return kind(**{**SMALL, **settings, name: value}).fit(Y, fh=[1])
    if kind is MultiScaleAnomalyDetector:
        forecaster = NLinearForecaster() if name == "autoencoder" else "drop"
        small = {"autoencoder": SMALL_AUTOENCODER, "forecaster": forecaster}
        return kind(**{**small, name: value}).fit(Y)
    if kind is SeriesScaling:
        return kind(**{name: value}).fit(Y.to_frame())
    if kind is SeriesFeatures:
        return kind(**{name: value}).fit(X[:, np.newaxis])
    small = {"hidden_size": 4, "latent_size": 2, **SMALL} if kind is MultiScaleAutoencoder else {}
    return kind(**{**small, name: value}).fit(X)


@pytest.mark.parametrize(("kind", "name"), CASES, ids=lambda v: getattr(v, "__name__", v))
def test_allowed_or_named(kind, name):
    allows = OF_CLASS.get((kind.__name__, name)) or ALLOWED[name]
    wrong = []
    for value in [*VALUES, *MORE]:
        try:
            use(kind, name, value)
            found = "taken"
        except Trains:
            found = "taken"
        except (ValueError, TypeError) as error:
            named = rf"\b({name}|{SINGULAR.get(name)})\b(.* must |=)"
            found = "named" if re.search(named, str(error)) else repr(error)
        except Exception as error:
            found = repr(error)
        if found != ("taken" if allows(plain(value)) else "named"):
            wrong.append(f"{value!r:.40}: {found:.120}")
    assert not wrong, "\n".join(wrong)


def test_the_table_knows_no_parameter_that_is_gone():
    names = {name for _, name in CASES}
    assert set(ALLOWED) <= names
    assert {name for _, name in OF_CLASS} <= names


def test_several_scales_are_named_with_the_one_that_is_wrong():
    with pytest.raises(ValueError, match=r"scale must .* got 'a'"):
        MultiScale(MovingAverage(), scales=(1, "a")).fit(X)

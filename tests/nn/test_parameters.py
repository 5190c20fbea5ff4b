"""Every parameter of every public module: nonsense is named, NumPy's numbers are numbers."""

import inspect
import math

import numpy as np
import pytest
import torch

from skscale import nn
from skscale.nn import LinearForecast, SigmaNet, reference_maps

SIZES = {"context_length": 12, "prediction_length": 4, "n_channels": 2}
FEATURES = {"n_past_features": 2, "n_future_features": 1}
SCALES = {"down_sampling_window": 2, "down_sampling_layers": 1}
MIXING = {"seq_len": 12, **SCALES}
DECOMPOSITION = {"decomp_method": "moving_avg", "moving_avg": 5, "top_k": 2}
AUTOENCODER = {
    "scales": (0.5, 1.0),
    "view": "first",
    "decoding": "joint",
    "latent_size": 4,
    "hidden_size": 8,
    "dropout": 0.1,
}


def linear(n_channels):
    return LinearForecast(reference_maps(12, 4, 3)["level"], n_channels)


def corrected(share):
    return nn.CorrectedForecast(linear(2), SigmaNet(12, 4, 2), share)


# A valid value for every parameter; its type says what else is valid.
PARAMETERS = {
    nn.SigmaNet: {
        **(SIZES | FEATURES),
        **{"d_model": 4, "d_ff": 3, "n_layers": 1, "dropout": 0.1, "normalize": True},
        **{"scale_independence": True, "feature_transformation": True},
        **{"scaling": "shared", "mixing": "mlp", "block_input": "sum"},
    },
    nn.TimeMixerNet: {
        **(SIZES | FEATURES | SCALES | DECOMPOSITION),
        **{"d_model": 4, "d_ff": 3, "n_layers": 1, "dropout": 0.1, "normalize": True},
        **{"down_sampling_method": "avg", "channel_independent": True},
    },
    nn.AMDNet: {
        **(
            SIZES
            | {
                "n_future_features": 1,
                "patch_length": 4,
                "n_blocks": 1,
                "alpha": 0.5,
                "dropout": 0.1,
                "d_ff": 3,
            }
        ),
        **{"pooling_levels": 2, "pooling_window": 2, "n_experts": 3, "top_k": 2},
        **{"normalize": True, "batch_norm": True},
    },
    nn.DLinearNet: SIZES | {"moving_avg": 5, "individual": True, "initial": "uniform"},
    nn.NLinearNet: SIZES | {"individual": True},
    nn.ITransformerNet: {
        **(SIZES | FEATURES),
        **{"d_model": 4, "d_ff": 3, "n_heads": 2, "n_layers": 1, "dropout": 0.1},
        **{"activation": "gelu", "normalize": True},
    },
    nn.PatchTSTNet: {
        **(SIZES | {"n_future_features": 1, "d_model": 4, "d_ff": 3, "n_heads": 2, "n_layers": 1}),
        **{"patch_length": 4, "stride": 2, "variant": "tslib", "activation": "gelu"},
        **{"decomposition": True, "moving_avg": 5, "individual": True, "normalize": True},
        **{"affine": True, "subtract_last": True, "pad_end": True, "dropout": 0.1},
    },
    nn.WPMixerNet: {
        **(
            SIZES
            | {
                "n_future_features": 1,
                "d_model": 4,
                "wavelet": "haar",
                "level": 1,
                "patch_length": 4,
                "stride": 2,
            }
        ),
        **{"token_factor": 2, "feature_factor": 2, "affine": True, "branch_norm": True},
        **{"dropout": 0.1, "embedding_dropout": 0.1},
    },
    nn.MICNNet: {
        **(SIZES | FEATURES),
        **{"d_model": 4, "kernels": (3, 4), "n_layers": 1, "trend": "mean", "variant": "tslib"},
        **{"normalize": True, "dropout": 0.1},
    },
    nn.MSGNet: {
        **(SIZES | FEATURES),
        **{"d_model": 4, "d_ff": 3, "n_heads": 2, "n_layers": 1, "top_k": 2, "node_size": 3},
        **{"conv_channels": 2, "skip_channels": 2, "depth": 1, "alpha": 0.5, "causal": True},
        **{"individual": True, "dropout": 0.1},
    },
    nn.MultiPatchFormerNet: {
        **(SIZES | {"context_length": 96, "n_future_features": 1, "d_model": 4, "d_ff": 3}),
        **{"n_heads": 2, "head_size": 3, "n_layers": 1, "patches": "published"},
        **{"variant": "tslib", "normalize": True, "affine": True, "dropout": 0.1},
    },
    nn.NHiTSNet: {
        **(SIZES | FEATURES),
        **{"pool_sizes": (4, 1), "downsampling": (2, 1), "n_blocks": (1, 1)},
        **{"shared_weights": True, "hidden_sizes": (3,), "pooling": "max"},
        **{"interpolation": "cubic", "activation": "relu", "normalize": True, "dropout": 0.1},
    },
    nn.PyraformerNet: {
        **(SIZES | FEATURES),
        **{"d_model": 4, "d_ff": 3, "n_heads": 2, "head_size": 3, "value_size": 2, "n_layers": 1},
        **{"windows": (3, 2), "neighbours": 3, "construction": "max", "d_bottleneck": 2},
        **{"variant": "official", "decoder": "attention", "normalize": True, "dropout": 0.1},
    },
    nn.SCINetNet: {
        **(SIZES | FEATURES),
        **{"hidden_size": 1.0, "kernel_size": 3, "n_levels": 2, "n_stacks": 2, "groups": 1},
        **{"concat_length": 3, "modified": True, "positions": True, "variant": "tslib"},
        **{"normalize": True, "affine": True, "dropout": 0.1},
    },
    nn.TimeFilterNet: {
        **(SIZES | FEATURES),
        **{"d_model": 4, "d_ff": 3, "n_heads": 2, "n_layers": 1, "patch_length": 4},
        **{"alpha": 0.1, "top_p": 0.5, "filter": "remove", "positions": True, "dropout": 0.1},
    },
    nn.TimeMixerPPNet: {
        **(SIZES | FEATURES | SCALES),
        **{"d_model": 4, "d_ff": 3, "n_layers": 1, "n_heads": 2, "top_k": 2, "n_kernels": 2},
        **{"down_sampling_method": "avg", "channel_independent": True, "channel_mixing": True},
        **{"head": "mean", "normalize": True, "dropout": 0.1},
    },
    nn.TimeProNet: {
        **(SIZES | FEATURES),
        **{"d_model": 4, "n_layers": 1, "patch_length": 4, "stride": 2, "initial": "average"},
        **{"normalize": True, "dropout": 0.1},
    },
    nn.TimesNet: {
        **(SIZES | FEATURES),
        **{"d_model": 4, "d_ff": 3, "n_layers": 1, "top_k": 2, "n_kernels": 2, "dropout": 0.1},
    },
    nn.AutoencoderForecastNet: SIZES | FEATURES | AUTOENCODER,
    nn.MultiScaleAutoencoderNet: {
        **({"length": 12, "n_channels": 2, "n_features": 1, "variational": False} | AUTOENCODER)
    },
    nn.MultiScaleSeasonMixing: MIXING,
    nn.MultiScaleTrendMixing: MIXING,
    nn.PastDecomposableMixing: {
        **(MIXING | DECOMPOSITION),
        **{"pred_len": 4, "d_model": 4, "d_ff": 3, "dropout": 0.1, "channel_independence": True},
    },
    nn.QuantileHead: {"context_length": 12, "prediction_length": 4, "hidden_size": 4},
    nn.RevIN: {
        "n_channels": 2,
        "affine": True,
        "normalize": True,
        "eps": 1e-5,
        "subtract_last": True,
    },
    nn.CircularEmbedding: {"in_channels": 1, "d_model": 4},
    nn.ScaleKernel: {"length": 12, "scaling": "distance", "window": 5},
    nn.SeriesDecomposition: {"kernel_size": 5},
    nn.DFTDecomposition: {"top_k": 2},
    nn.ForecastNet: SIZES | FEATURES,
    linear: {"n_channels": 2},
    corrected: {"share": 0.5},
    reference_maps: {"context_length": 12, "prediction_length": 4, "season": 3},
}
# What may be zero, or left out.
ZERO = {
    *FEATURES,
    "n_features",
    "concat_length",
    "level",
    "embedding_dropout",
    "down_sampling_layers",
    "pooling_levels",
    "alpha",
    "top_p",
    "dropout",
    "eps",
    "share",
}
NONE = {"pred_len"}
# Flags that are 0 or 1 in public code, and may be here.
NUMBERS_TOO = {"channel_independence"}

NONSENSE = {
    int: [math.nan, math.inf, -1, 1.5, True, np.True_, "8", 2.0, np.float64(2), 2**40, 10**30],
    float: [math.nan, math.inf, True, "0.5", 1j],
    bool: [0, 1, 2, -1, 1.0, "True", math.nan, 10**30],
    str: ["nonsense", "", 1, True, math.nan, b"avg"],
    tuple: [(), (0.0,), (1.2, 1.0), ("half",), 0.5, "1.0", (True,), (math.nan,)],
}
ALWAYS = [None, [], {}, object(), np.zeros(2)]
MORE = {
    "dropout": [1.0, -0.1],
    "embedding_dropout": [1.0, -0.1],
    "hidden_size": [0.0],
    "eps": [-1e-5],
    "alpha": [-1e-5],
    "top_p": [-1e-5, 1.1],
    "pooling_window": [1],
    "window": [4],
    "view": [("first",), ("first", "mean")],
    "latent_size": [(4,), (4, 0), (4, 1.5)],
}
CASES = [(build, name) for build, values in PARAMETERS.items() for name in values]
ids = [f"{build.__name__}-{name}" for build, name in CASES]


@pytest.mark.parametrize(("build", "name"), CASES, ids=ids)
def test_nonsense_is_named_at_construction(build, name):
    values = PARAMETERS[build]
    wrong = [*NONSENSE[type(values[name])], *ALWAYS, *MORE.get(name, ())]
    wrong += [0] if type(values[name]) is int and name not in ZERO else []
    for value in wrong:
        if value is None and name in NONE:
            continue
        if type(value) is int and value in (0, 1) and name in NUMBERS_TOO:
            continue
        with pytest.raises((ValueError, TypeError), match=rf"\b{name} must "):
            build(**values | {name: value})


def numpy_twin(value):
    if isinstance(value, bool):
        return np.bool_(value)
    return np.int64(value) if isinstance(value, int) else np.float64(value)


@pytest.mark.parametrize("build", PARAMETERS, ids=lambda build: build.__name__)
def test_numpy_numbers_are_numbers(build):
    values = PARAMETERS[build]
    twins = {
        name: numpy_twin(value) if isinstance(value, int | float) else value
        for name, value in values.items()
    }
    found, expected = build(**twins), build(**values)
    if build is reference_maps:
        assert found.keys() == expected.keys()
        assert all(torch.equal(found[name], expected[name]) for name in found)
        return
    assert str(found) == str(expected)
    for name, value in expected.state_dict().items():
        assert found.state_dict()[name].shape == value.shape
        assert value.dtype == torch.float32


@pytest.mark.parametrize("layers", [4, 1000])
@pytest.mark.parametrize("build", [nn.TimeMixerNet, nn.MultiScaleSeasonMixing])
def test_scales_without_points_are_refused(build, layers):
    with pytest.raises(ValueError, match=r"needs at least .* time points, got 12"):
        build(**PARAMETERS[build] | {"down_sampling_layers": layers})


def test_a_corrected_forecast_has_one_size():
    with pytest.raises(ValueError, match=r"n_channels of linear and network must be equal, got \("):
        nn.CorrectedForecast(linear(2), SigmaNet(12, 4, 3))
    with pytest.raises(TypeError, match="network must be a ForecastNet, got Linear"):
        nn.CorrectedForecast(linear(2), torch.nn.Linear(12, 4))
    with pytest.raises(TypeError, match="linear must be a LinearForecast, got SigmaNet"):
        nn.CorrectedForecast(SigmaNet(12, 4, 2), SigmaNet(12, 4, 2))


@pytest.mark.parametrize("weight", [np.zeros((4, 12)), torch.zeros(4, 12).long()])
def test_linear_forecasts_are_made_of_floating_point_matrices(weight):
    with pytest.raises(TypeError, match="weight must be a floating-point Tensor, got"):
        LinearForecast(weight, 1)
    with pytest.raises(ValueError, match=r"weight must have shape .* got \(4,\)"):
        LinearForecast(torch.zeros(4), 1)


def test_the_table_has_every_parameter_of_every_module():
    modules = {one for one in map(nn.__dict__.get, nn.__all__) if isinstance(one, type)}
    modules = {one for one in modules if issubclass(one, torch.nn.Module)}
    modules -= {LinearForecast, nn.CorrectedForecast}  # `linear` and `corrected` build them
    assert modules <= set(PARAMETERS)
    # Some take no features, or none of the past.
    for module in modules - {
        nn.AMDNet,
        nn.DLinearNet,
        nn.MultiPatchFormerNet,
        nn.NLinearNet,
        nn.PatchTSTNet,
        nn.WPMixerNet,
    }:
        assert set(inspect.signature(module).parameters) - set(PARAMETERS[module]) <= {
            "block_input"
        }

"""Official checkpoints: recorded results of every model, and what cannot be loaded."""

import copy

import numpy as np
import pytest
import torch

import skscale.persistence
from skscale.nn.amd.official import amd_places
from skscale.nn.dlinear import dlinear_places
from skscale.nn.itransformer import itransformer_places
from skscale.nn.micn.official import micn_places
from skscale.nn.msgnet.official import msgnet_places
from skscale.nn.multipatchformer.official import multipatchformer_places
from skscale.nn.nhits.official import nhits_places
from skscale.nn.nlinear import nlinear_places
from skscale.nn.patchtst.official import patchtst_places
from skscale.nn.pyraformer.official import pyraformer_places
from skscale.nn.scinet.official import scinet_places
from skscale.nn.sigma.official import sigma_places
from skscale.nn.timefilter.official import timefilter_places
from skscale.nn.timemixer.official import timemixer_places
from skscale.nn.timemixerpp.official import timemixerpp_places
from skscale.nn.timepro.official import timepro_places
from skscale.nn.timesnet.official import timesnet_places
from skscale.nn.wpmixer.official import wpmixer_places
from skscale.official import from_official

from .official_cases import FOLDER, load

PLACES = {
    "amd": amd_places,
    "dlinear": dlinear_places,
    "itransformer": itransformer_places,
    "micn": micn_places,
    "msgnet": msgnet_places,
    "multipatchformer": multipatchformer_places,
    "nhits": nhits_places,
    "nlinear": nlinear_places,
    "patchtst": patchtst_places,
    "pyraformer": pyraformer_places,
    "scinet": scinet_places,
    "sigma": sigma_places,
    "timefilter": timefilter_places,
    "timemixer": timemixer_places,
    "timemixerpp": timemixerpp_places,
    "timepro": timepro_places,
    "timesnet": timesnet_places,
    "wpmixer": wpmixer_places,
}
CASES = sorted(path.stem for path in FOLDER.glob("*.npz"))
SMALL = {
    "amd": "amd_plain",
    "dlinear": "dlinear_shared",
    "itransformer": "itransformer_plain",
    "micn": "micn_tslib_no_marks",
    "msgnet": "msgnet_plain",
    "multipatchformer": "multipatchformer_tslib_causal",
    "nhits": "nhits_max_linear",
    "nlinear": "nlinear_individual",
    "patchtst": "patchtst_official",
    "pyraformer": "pyraformer_tslib_short",
    "scinet": "scinet_official_rin",
    "sigma": "sigma_si1_ft1",
    "timefilter": "timefilter_default",
    "timemixer": "timemixer_ci_max",
    "timemixerpp": "timemixerpp_conv_two_layers",
    "timepro": "timepro_nonorm",
    "timesnet": "timesnet_no_marks",
    "wpmixer": "wpmixer_tslib",
}

# Names of context, horizon and channels, where they are others.
ARGUMENTS = {
    "nhits": ("n_time_in", "n_time_out"),
    "scinet": ("input_len", "output_len", "input_dim"),
    "timemixerpp": ("n_steps", "n_pred_steps", "n_features"),
}

# Recorded with the noise of a gate and another loss: `tests/nn/amd` asks for the same.
OF_THEIR_OWN = {"amd_train"}

every_model = pytest.mark.parametrize("name", SMALL)


@pytest.fixture
def case(name):
    return load(SMALL[name], torch.float32)


def a_weight(case):
    """Name of some weights that the model uses."""
    return next(iter(case.gradients))


def marks(net, tensors):
    """Features of context and horizon; some public code takes both in one tensor."""
    past, future = tensors.get("x_mark"), tensors.get("y_mark")
    if past is None and future is not None:
        return future.split([net.context_length, net.prediction_length], dim=1)
    return past, future if net.n_future_features else None


def test_every_model_has_recorded_cases():
    assert {stem.split("_")[0] for stem in CASES} == set(PLACES) == set(SMALL)
    assert set(SMALL.values()) <= set(CASES)


@pytest.mark.parametrize("stem", [stem for stem in CASES if stem not in OF_THEIR_OWN])
@pytest.mark.parametrize(("dtype", "atol"), [(torch.float32, 1e-5), (torch.float64, 1e-9)], ids=str)
def test_forecasts_and_gradients_are_the_official_ones(stem, dtype, atol):
    config, weights, tensors, gradients, after = load(stem, dtype)
    name = stem.split("_")[0]
    net = from_official(name, weights, config).train(config.get("training", False))
    output = net(tensors["x"], *marks(net, tensors))
    assert output.dtype == dtype
    # Large forecasts have a rounding of their own.
    atol = max(atol, 4 * torch.finfo(dtype).eps * tensors["output"].abs().max().item())
    torch.testing.assert_close(output, tensors["output"], rtol=0, atol=atol)
    (output - tensors["y"]).square().mean().backward()
    found = copy.deepcopy(net)
    for parameter, source in zip(found.parameters(), net.parameters(), strict=True):
        parameter.data = torch.zeros_like(source) if source.grad is None else source.grad
    for buffer in found.buffers():
        buffer.zero_()
    # What is named twice gets the same weights in two places, and both of their gradients.
    places, times = dict(PLACES[name](found)), [official for official, _ in PLACES[name](found)]
    # Some gradients are zero but for rounding: the biases of an attention's keys cancel, and a
    # moving average takes constants out.
    rounding = 10 * torch.finfo(dtype).eps * max(value.abs().max() for value in gradients.values())
    for official, expected in gradients.items():
        place = times.count(official) * places.get(official, torch.zeros_like(expected))
        # Rows of a public matrix that nothing reads, first or last ones.
        last_read = (expected[len(place) :] != 0).any()
        read = expected[-len(place) :] if last_read else expected[: len(place)]
        assert read.count_nonzero() == expected.count_nonzero()
        expected = read
        error = (place - expected).abs().max()
        assert error <= max(1e-4 * expected.abs().max(), rounding), official
    for official in places.keys() - gradients.keys():
        assert (places[official] == 0).all(), official
    for official, expected in after.items():
        statistics = dict(PLACES[name](net))[official]
        torch.testing.assert_close(statistics, expected, rtol=0, atol=atol)


@every_model
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda value: value.to("meta"), "on the meta device and holds no values"),
        (lambda value: value * torch.nan, "holds values that are nan or infinite"),
        (lambda value: value / 0, "holds values that are nan or infinite"),
        (lambda value: value.double(), "one type, float32 or float64, got torch.float32, torch.f"),
        (lambda value: value.to(torch.complex64), "one type, .* got torch.complex64"),
        (lambda value: value.long(), "one type, float32 or float64, got torch.float32, torch.int"),
        (lambda value: value[None], r"has shape \(1, .* asks for"),
        (lambda value: None, "must be a tensor or an array of numbers, got NoneType"),
        (lambda value: value.tolist(), "must be a tensor or an array of numbers, got list"),
        (lambda value: value.numpy().astype(object), "array of numbers, got array of object"),
        (lambda value: value.to_sparse(), "must be a dense tensor"),
    ],
)
def test_weights_that_cannot_be_loaded_are_named(name, case, change, message):
    key = a_weight(case)
    with pytest.raises(ValueError, match=message):
        from_official(name, {**case.weights, key: change(case.weights[key])}, case.config)


@every_model
def test_whole_checkpoints_of_another_type_are_refused(name, case):
    half = {key: value.half() for key, value in case.weights.items()}
    with pytest.raises(ValueError, match=r"one type, float32 or float64, got torch\.float16"):
        from_official(name, half, case.config)


@every_model
@pytest.mark.parametrize("state_dict", [None, [1], "weights.pt"])
def test_state_dicts_are_mappings(name, case, state_dict):
    with pytest.raises(ValueError, match="state_dict must be a mapping, got"):
        from_official(name, state_dict, case.config)


@every_model
def test_names_are_words_and_stand_once(name, case):
    key = a_weight(case)
    with pytest.raises(ValueError, match="names for keys, got 1"):
        from_official(name, {**case.weights, 1: torch.zeros(1)}, case.config)
    with pytest.raises(ValueError, match=f"{key} twice, once behind 'module.'"):
        from_official(name, {**case.weights, f"module.{key}": case.weights[key]}, case.config)


@every_model
def test_missing_and_unknown_weights_are_named(name, case):
    key = a_weight(case)
    weights = {k: v for k, v in case.weights.items() if k != key} | {"strange": torch.zeros(1)}
    with pytest.raises(ValueError, match=f"it lacks {key} and it holds the unknown strange"):
        from_official(name, weights, case.config)


@every_model
@pytest.mark.parametrize("config", [None, [1], "config.json"])
def test_configs_are_mappings(name, case, config):
    with pytest.raises(ValueError, match="config must be a mapping or a Namespace, got"):
        from_official(name, case.weights, config)


@every_model
def test_arguments_of_the_run_are_checked(name, case):
    for argument in ARGUMENTS.get(name, ("seq_len", "pred_len", "enc_in")):
        short = {key: value for key, value in case.config.items() if key != argument}
        with pytest.raises(ValueError, match=f"config lacks {argument}$"):
            from_official(name, case.weights, short)
        for wrong in (None, "8", 2.5, -1, 10**30):
            with pytest.raises(ValueError, match="must "):
                from_official(name, case.weights, case.config | {argument: wrong, "c_out": wrong})


@every_model
def test_weights_may_require_gradients(name, case):
    weights = {key: value.requires_grad_() for key, value in case.weights.items()}
    net = from_official(name, weights, case.config)
    assert all(parameter.is_leaf for parameter in net.parameters())


def test_an_unknown_model_is_named():
    with pytest.raises(ValueError, match=r"name must be one of \('amd',.*\), got 'prophet'"):
        from_official("prophet", {}, {})


def test_the_former_import_path_works():
    assert skscale.persistence.from_official is from_official


def test_arrays_are_weights():
    config, weights, tensors, *_ = load(SMALL["sigma"], torch.float32)
    arrays = {key: np.asfortranarray(value.numpy()) for key, value in weights.items()}
    expected = from_official("sigma", weights, config)(tensors["x"])
    assert torch.equal(from_official("sigma", arrays, config)(tensors["x"]), expected)

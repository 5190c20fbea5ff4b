import pytest
import torch

from skscale.official import from_official

from ...official_cases import load

LIBRARY = "patch_embedding.value_embedding.weight"


def test_the_weights_tell_the_port_and_the_length_of_a_patch():
    case = load("patchtst_tslib", torch.float64)
    # The library's command line has another length, which its network ignores.
    net = from_official("patchtst", case.weights, case.config | {"patch_len": 24})
    torch.testing.assert_close(net(case.tensors["x"]), case.tensors["output"])
    assert net.branches[0].encoder.final_norm is not None


def test_tables_counts_and_constants_are_no_weights():
    case = load("patchtst_tslib", torch.float64)
    more = {
        "patch_embedding.position_embedding.pe": torch.zeros(1, 5000, 8).double(),
        "encoder.norm.1.num_batches_tracked": torch.tensor(7),
    }
    net = from_official("patchtst", case.weights | more, case.config)
    torch.testing.assert_close(net(case.tensors["x"]), case.tensors["output"])


def test_a_patch_is_a_matrix_of_weights():
    case = load("patchtst_tslib", torch.float64)
    wrong = case.weights | {LIBRARY: torch.zeros(8, 8, 1).double()}
    with pytest.raises(ValueError, match=rf"{LIBRARY}'\] must have shape"):
        from_official("patchtst", wrong, case.config)


def test_running_statistics_are_weights():
    case = load("patchtst_official", torch.float64)
    name = "model.backbone.encoder.layers.1.norm_ffn.1.running_var"
    short = {key: value for key, value in case.weights.items() if key != name}
    with pytest.raises(ValueError, match=f"it lacks {name}"):
        from_official("patchtst", short, case.config)


def test_the_papers_network_has_gelu_whatever_a_run_says():
    case = load("patchtst_official", torch.float64)
    net = from_official("patchtst", case.weights, case.config | {"activation": "relu"})
    torch.testing.assert_close(net(case.tensors["x"]), case.tensors["output"])

"""Any NumPy array becomes a tensor, without a word."""

import warnings

import numpy as np
import pytest
import torch

from skscale.operators import DiscreteGaussian
from skscale.ops.arrays import from_numpy
from skscale.theory import forecastability

BASE = np.arange(12.0).reshape(3, 4)


def frozen(array):
    array = array.copy()
    array.flags.writeable = False
    return array


FORMS = {
    "plain": BASE,
    "read-only": frozen(BASE),
    "broadcast": np.broadcast_to(BASE[:1], (3, 4)),
    "reversed": BASE[:, ::-1],
    "transposed": BASE.T,
    "other byte order": BASE.astype(">f8"),
    "integers": frozen(np.arange(4)),
}


@pytest.fixture(autouse=True)
def every_warning_of_torch():
    """Torch warns of read-only arrays once in a process, but for this."""
    torch.set_warn_always(True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield
    torch.set_warn_always(False)


@pytest.mark.parametrize("array", FORMS.values(), ids=FORMS)
def test_values_and_type_stay(array):
    tensor = from_numpy(array)
    np.testing.assert_array_equal(tensor.numpy(), array)
    assert tensor.numpy().dtype == array.dtype.newbyteorder("=")


def test_memory_is_shared():
    for array in (BASE, frozen(BASE), BASE.T):
        assert from_numpy(array).data_ptr() == array.ctypes.data


def test_torch_would_warn_of_a_read_only_array():
    with pytest.raises(UserWarning, match="not writable"):
        torch.from_numpy(frozen(BASE))


def test_read_only_input_of_operators_and_theory():
    X = frozen(np.random.default_rng(0).normal(size=(3, 24)))
    scale = frozen(np.full(24, 2.0))
    found = DiscreteGaussian(scale=scale).fit_transform(X)
    np.testing.assert_allclose(found, DiscreteGaussian(scale=2.0).fit_transform(X))
    np.testing.assert_array_equal(forecastability(X), forecastability(X.copy()))

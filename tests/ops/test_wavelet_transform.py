"""Whole wavelet transforms beside PyWavelets."""

import numpy as np
import pytest
import torch

from skscale.ops import coefficient_lengths, filter_bank, wavelet_analysis, wavelet_synthesis

pywt = pytest.importorskip("pywt")


@pytest.mark.filterwarnings("ignore:Level value of:UserWarning")  # PyWavelets, long filters
@pytest.mark.parametrize("level", [0, 1, 3])
@pytest.mark.parametrize("length", [1, 2, 5, 31, 96, 97])
@pytest.mark.parametrize("wavelet", ["haar", "db2", "coif4", "sym4", "bior3.1"])
def test_is_that_of_pywavelets_and_comes_back(wavelet, length, level):
    x = torch.randn(2, 3, length, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    there, back = filter_bank(wavelet)
    found = wavelet_analysis(x, there, level)
    assert [part.shape[-1] for part in found] == coefficient_lengths(length, there.shape[1], level)
    expected = pywt.wavedec(x.numpy(), wavelet, mode="zero", level=level)
    for part, wanted in zip([found[0], *found[:0:-1]], expected, strict=True):
        np.testing.assert_allclose(part.numpy(), wanted, rtol=0, atol=1e-12)
    y = wavelet_synthesis(found, back)
    assert y.shape[-1] == length + (length % 2 if level else 0)
    torch.testing.assert_close(y[..., :length], x, rtol=0, atol=1e-9)


@pytest.mark.parametrize("wavelet", ["haar", "db2"])
def test_filters_known_by_heart_are_pywavelets(wavelet):
    ours, theirs = torch.cat(filter_bank(wavelet)), pywt.Wavelet(wavelet).filter_bank
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-15)


def test_gradients_are_those_of_a_linear_map():
    x = torch.randn(2, 9, dtype=torch.float64, requires_grad=True)
    there, back = filter_bank("db2")

    def run(x):
        return wavelet_synthesis(wavelet_analysis(x, there, 2), back)

    assert torch.autograd.gradcheck(run, (x,))


def test_unknown_wavelets_are_named():
    with pytest.raises(ValueError, match=r"wavelet must name a discrete wavelet .* got 'db99'"):
        filter_bank("db99")

"""The autoencoder on an accelerator, pretended where there is none: the CPU's numbers."""

import pickle

import numpy as np
import pytest

from skscale.representation import MultiScaleAutoencoder
from tests.pretend import accelerator, lies_there

X = np.random.default_rng(0).normal(size=(24, 12)).cumsum(1)


def results(variational):
    model = MultiScaleAutoencoder(
        latent_size=3, hidden_size=8, max_epochs=2, random_state=0, variational=variational
    ).fit(X)
    codes = model.transform(X)
    found = [codes, model.inverse_transform(codes), model.augment(X, random_state=0)]
    return model, found


@pytest.mark.parametrize("variational", [False, True])
def test_all_there(variational, monkeypatch):
    _, expected = results(variational)
    with accelerator(monkeypatch):
        model, found = results(variational)
        assert lies_there(model.network_)
        kept = pickle.dumps(model)
    monkeypatch.undo()
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(pickle.loads(kept).transform(X), expected[0])

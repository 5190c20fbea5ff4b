"""The autoencoder scripts compare like with like."""

import numpy as np
import pytest
import torch

from examples import augmentation, latent_penalties
from examples.paper import autoencoder_series as series
from examples.paper import mnist


@pytest.mark.parametrize("form", series.FORMS)
@pytest.mark.parametrize("latent", [8, 16])
def test_forms_have_the_latent_size_and_no_more_parameters(form, latent):
    assert sum(series.latent_sizes(form, latent)) == latent
    hidden = series.matched_hidden(form, 40, latent, 24)

    def n_parameters(name, size):
        return series._n_parameters(series._network(name, 40, latent, size))

    budget = n_parameters("single scale", 24)
    assert n_parameters(form, hidden) <= budget < n_parameters(form, hidden + 1)


@pytest.mark.parametrize(("name", "length"), [("ItalyPowerDemand", 24), ("ECG", 128)])
def test_sets_from_sktime(tmp_path, name, length):
    train, test = series.load(name, tmp_path)
    assert train.shape[1] == test.shape[1] == length
    assert train.dtype == test.dtype == np.float32
    assert np.isfinite(train).all()


def test_windows_of_the_test_part_share_no_point_with_the_training_part(shared):
    train, test = series.load("ETTh1", shared / "data")
    assert train.shape == (713 * 7, 96)
    assert abs(train.mean()) < 0.1
    assert not set(map(bytes, train)) & set(map(bytes, test))


def test_mnist_runs_once_and_prints_the_table(tmp_path, monkeypatch, capsys):
    data = tmp_path / "mnist"
    data.mkdir()
    rng = np.random.default_rng(0)
    images = {
        f"x_{part}": rng.integers(0, 255, (n, 28, 28)) for part, n in [("train", 64), ("test", 8)]
    }
    np.savez(data / "mnist.npz", **images)
    monkeypatch.setattr(
        "sys.argv",
        f"mnist --hidden 8 --epochs 1 --seeds 0 --data {tmp_path} --out {tmp_path}/out".split(),
    )
    mnist.main()
    printed = capsys.readouterr().out
    assert all(model in printed for model in mnist.MODELS)
    monkeypatch.setattr(mnist, "run", lambda *args: pytest.fail("a finished run was repeated"))
    mnist.main()
    assert capsys.readouterr().out == printed


@pytest.mark.parametrize("way", augmentation.WAYS)
def test_augmentation_adds_copies_of_the_same_classes(way):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(12, 16)), np.arange(12) % 2
    more, labels = augmentation.Augmenter(X, y, way, seed=0).extended(0.5)
    copies = 1 if way == "none" else augmentation.COPIES + 1
    assert more.shape == (12 * copies, 16)
    np.testing.assert_array_equal(more[:12], X)
    np.testing.assert_array_equal(labels, np.tile(y, copies))
    # Differences of few series repeat; all else is drawn from a continuum.
    repeated = way == "latent translation"
    assert len(np.unique(more, axis=0)) >= (13 if repeated else len(more))


def test_correlation_of_latent_values():
    rng = np.random.default_rng(0)
    z = rng.normal(size=(60, 3)) @ rng.normal(size=(3, 3)) + 5
    expected = np.corrcoef(z.T)[np.triu_indices(3, 1)]
    measure = latent_penalties.mean_square_correlation
    found = measure(torch.from_numpy(z))
    assert float(found) == pytest.approx(np.mean(expected**2), rel=1e-4)
    assert float(measure(torch.from_numpy(100 * z))) == pytest.approx(float(found), rel=1e-4)
    still = torch.zeros(4, 2, requires_grad=True)
    measure(still).backward()
    assert torch.isfinite(still.grad).all()


def test_penalties_do_what_they_say():
    X = np.sin(np.arange(24) / 4 + np.linspace(0, 6, 60)[:, None])
    settings = {"latent_size": 3, "hidden_size": 16, "max_epochs": 30, "random_state": 0}
    fit = {
        name: latent_penalties.autoencoder(penalty, **settings).fit(X)
        for name, penalty in {
            "none": latent_penalties.NONE,
            "L2": latent_penalties.Penalty("L2", 10.0),
            "decorrelated": latent_penalties.Penalty("decorrelated", 10.0),
            "variational": latent_penalties.Penalty("variational", 0.1),
        }.items()
    }
    size = {name: np.square(model.transform(X)).mean() for name, model in fit.items()}
    assert size["L2"] < 0.1 * size["none"]
    correlation = {
        name: float(latent_penalties.mean_square_correlation(torch.from_numpy(model.transform(X))))
        for name, model in fit.items()
    }
    assert correlation["decorrelated"] < 0.5 * correlation["none"]
    assert [fit[name].variational for name in fit] == [False, False, False, True]

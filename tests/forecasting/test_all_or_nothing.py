"""An error or Ctrl-C in fit, pretrain or update leaves the forecaster as it was."""

import pandas as pd
import pytest

from skscale.training import loop


class Stopped(BaseException):
    """Neither an error of ours nor of Python's."""


@pytest.fixture(params=[KeyboardInterrupt, Stopped, ValueError])
def stopped(request, monkeypatch):
    """Stop training in its second step."""

    def begin():
        calls = []
        step = loop._train_step

        def stops(*arguments):
            calls.append(None)
            if len(calls) % 2 == 0:
                raise request.param
            return step(*arguments)

        monkeypatch.setattr(loop, "_train_step", stops)
        return request.param

    return begin


def states(forecaster):
    return {name: repr(value) for name, value in vars(forecaster).items()}


def weights(network):
    return [weight.clone() for weight in network.parameters()]


def same_weights(network, known):
    return all((a == b).all() for a, b in zip(network.parameters(), known, strict=True))


def test_the_first_fit(make, series, stopped):
    forecaster = make()
    before = states(forecaster)
    with pytest.raises(stopped()):
        forecaster.fit(series, fh=[1, 2])
    assert states(forecaster) == before
    assert not forecaster.is_fitted


def test_a_second_fit_and_an_update(make, series, stopped):
    forecaster = make().fit(series[:50], fh=[1, 2])
    before, known = states(forecaster), weights(forecaster.network_)
    expected = forecaster.predict()
    error = stopped()
    for call in (
        lambda: forecaster.fit(3 * series[:40].to_frame("other"), fh=[7]),
        lambda: forecaster.update(series[50:]),
    ):
        with pytest.raises(error):
            call()
        assert states(forecaster) == before
        assert forecaster.cutoff[0] == series.index[49]
        assert same_weights(forecaster.network_, known)
        pd.testing.assert_series_equal(forecaster.predict(), expected)


def test_pretraining(make, panel, stopped):
    forecaster = make().pretrain(panel)
    before, known = states(forecaster), weights(forecaster.pretrained_.network)
    with pytest.raises(stopped()):
        forecaster.pretrain(2 * panel)
    assert states(forecaster) == before
    assert same_weights(forecaster.pretrained_.network, known)


def test_data_that_are_refused(make, series):
    forecaster = make().fit(series, fh=[1])
    before = states(forecaster)
    with pytest.raises(ValueError, match="infinite"):
        forecaster.fit(series * float("inf"))
    with pytest.raises(ValueError, match="infinite"):
        forecaster.update(series * float("inf"))
    assert states(forecaster) == before

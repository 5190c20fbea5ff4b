"""Every tag that forecasters set is true: a check for each, and none without one."""

import numpy as np
import pandas as pd
import pytest
from sktime.datatypes import check_is_mtype

from skscale.forecasting._base import NetworkForecaster

from .conftest import wave


def dated(n=48, seed=0, **columns):
    index = pd.date_range("2024", periods=n, freq="D")
    return pd.DataFrame({"y": wave(n, seed=seed), **columns}, index=index)


def exogenous(n=52):
    levels = pd.Categorical(np.random.default_rng(0).choice(["a", "b", "c"], n))
    number = np.random.default_rng(1).normal(size=n)
    return pd.DataFrame({"number": number, "level": levels}, pd.date_range("2024", periods=n))


def panel_of(*lengths):
    frames = {str(i): dated(n, seed=i) for i, n in enumerate(lengths)}
    return pd.concat(frames, names=["series", "time"])


def is_finite(frame, shape):
    return frame.shape == shape and bool(np.isfinite(frame.to_numpy()).all())


def multivariate(make):
    y = dated(other=100 * wave(48, seed=1))
    found = make().fit(y, fh=[1, 2]).predict()
    return list(found.columns) == ["y", "other"] and is_finite(found, (2, 2))


def uses_exogenous(make):
    y, X = dated(), exogenous()[["number"]]
    y["y"] += 5 * X["number"].iloc[:48].to_numpy()
    forecaster = make().fit(y, X=X.iloc[:48], fh=[1, 2])
    moved = forecaster.predict(X=X.iloc[48:50] + 1) - forecaster.predict(X=X.iloc[48:50])
    return bool((moved["y"] > 2).all())


def in_sample(make):
    return is_finite(make().fit(dated(), fh=[1]).predict([-3, 0, 1]), (3, 1))


def intervals(make, fh=(1, 2)):
    found = make().fit(dated(), fh=[1, 2]).predict_interval(list(fh), coverage=0.8)
    return is_finite(found, (2, 2)) and bool((found.iloc[:, 0] < found.iloc[:, 1]).all())


def missing_values(make):
    y = dated()
    y.iloc[[3, 20, 47]] = np.nan
    return is_finite(make().fit(y, fh=[1, 2]).predict(), (2, 1))


def categories(make):
    y, X = dated(), exogenous()
    y["y"] += 5 * (X["level"].iloc[:48] == "b").to_numpy()
    forecaster = make().fit(y, X=X.iloc[:48], fh=[1])
    ahead = (X.iloc[48:49].assign(level=pd.Categorical([one], list("abc"))) for one in "ab")
    without, with_b = (forecaster.predict(X=one).iloc[0, 0] for one in ahead)
    return with_b - without > 2


def unequal_lengths(make):
    return is_finite(make().fit(panel_of(48, 31), fh=[1, 2]).predict(), (4, 1))


def updates(make):
    y = dated()
    forecaster = make().fit(y.iloc[:40], fh=[1])
    before = forecaster.predict().index
    forecaster.update(y.iloc[40:], update_params=False)
    return forecaster.cutoff == y.index[-1:] and forecaster.predict().index > before


def pretrains(make):
    forecaster = make().pretrain(panel_of(48, 40), fh=[1, 2])
    network = forecaster.pretrained_.network
    return forecaster.fit(dated()).network_ is network


def takes_a_seed(make):
    return "random_state" in make().get_params()


def repeats_itself_under_a_seed(make):
    first, again = (make(random_state=3).fit(dated(), fh=[1]).predict() for _ in range(2))
    return first.equals(again)


def fits_without_a_horizon(make):
    return is_finite(make().fit(dated()).predict([1, 2]), (2, 1))


def takes_columns_beyond_the_series(make):
    X = exogenous()[["number"]]
    whole, exact = (make().fit(dated(), X=one, fh=[1]) for one in (X, X.iloc[:48]))
    return whole.predict(X=X.iloc[48:49]).equals(exact.predict(X=X.iloc[48:49]))


def is_handed(mtypes, which):
    def check(make):
        seen = []
        forecaster = make()
        fit = forecaster._fit
        forecaster._fit = lambda y, X, fh: seen.append({"y": y, "X": X}[which]) or fit(y, X, fh)
        for y in (dated()["y"], panel_of(48, 48)):
            X = (
                y.rename("x").to_frame()
                if isinstance(y, pd.Series)
                else y.rename(columns=str.upper)
            )
            forecaster.fit(y, X=X, fh=[1])
        return all(check_is_mtype(one, mtypes) for one in seen)

    return check


def needs_what_it_imports(make):
    return make().get_tag("python_dependencies") == "torch"


def names_somebody(make):
    return make().get_tag("authors") == make().get_tag("maintainers") == "skscale developers"


FRAMES = ["pd.DataFrame", "pd-multiindex", "pd_multiindex_hier"]
TRUE = {
    "authors": names_somebody,
    "maintainers": names_somebody,
    "python_dependencies": needs_what_it_imports,
    "y_inner_mtype": is_handed(FRAMES, "y"),
    "X_inner_mtype": is_handed(FRAMES, "X"),
    "capability:multivariate": multivariate,
    "capability:exogenous": uses_exogenous,
    "capability:insample": in_sample,
    "capability:pred_int": intervals,
    "capability:pred_int:insample": lambda make: intervals(make, (-2, 0)),
    "capability:missing_values": missing_values,
    "capability:categorical_in_X": categories,
    "capability:unequal_length": unequal_lengths,
    "capability:update": updates,
    "capability:pretrain": pretrains,
    "capability:random_state": takes_a_seed,
    "property:randomness": repeats_itself_under_a_seed,
    "requires-fh-in-fit": fits_without_a_horizon,
    "X-y-must-have-same-index": takes_columns_beyond_the_series,
}
# What these say when the check holds; all others say True.
SAYS = {
    "authors": "skscale developers",
    "maintainers": "skscale developers",
    "python_dependencies": "torch",
    "y_inner_mtype": FRAMES,
    "X_inner_mtype": FRAMES,
    "property:randomness": "derandomized",
    "requires-fh-in-fit": False,
    "X-y-must-have-same-index": False,
}


@pytest.mark.parametrize("tag", NetworkForecaster._tags)
def test_a_tag_is_true(make, tag):
    assert make().get_tag(tag) == SAYS.get(tag, True)
    assert TRUE[tag](make)


def test_columns_at_the_steps_asked_for_are_enough(make):
    """sktime's default for ``capability:non_contiguous_X``."""
    X = exogenous()[["number"]]
    forecaster = make().fit(dated(), X=X.iloc[:48], fh=[2, 4])
    assert forecaster.get_tag("capability:non_contiguous_X")
    assert is_finite(forecaster.predict(X=X.iloc[[49, 51]]), (2, 1))

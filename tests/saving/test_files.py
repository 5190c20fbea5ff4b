"""What is not a whole file of this format is one clear error, before it takes memory or time."""

import json
import pickle
import pickletools
import zipfile

import numpy as np
import pandas as pd
import pytest
import safetensors.numpy

import skscale
from skscale import DLinearForecaster
from skscale.saving import UnreadableFileError
from skscale.saving._container import FORMAT
from tests.forecasting.conftest import wave
from tests.saving.files import NAMES, leaves, packed, parts, replaced, written

INDEX = pd.period_range("2000-01", periods=40, freq="M")
X = pd.DataFrame({"a": np.sin(np.arange(40)), "b": np.array(["u", "v"] * 20, object)}, INDEX)


@pytest.fixture(scope="module")
def forecaster():
    y = pd.Series(wave(40), index=INDEX)
    sizes = {"context_length": 6, "prediction_length": 2}
    return DLinearForecaster(max_epochs=1, pretrained=None, random_state=0, **sizes).fit(y, X)


@pytest.fixture(scope="module")
def path(forecaster, tmp_path_factory):
    target = tmp_path_factory.mktemp("saved") / "one.zip"
    forecaster.save(target)
    return target


@pytest.fixture
def refused(tmp_path):
    """Write a changed file, and return the message that it is refused with."""

    def check(header, state, arrays):
        changed = written(tmp_path / "changed.zip", header, state, arrays)
        with pytest.raises(UnreadableFileError, match=r"changed\.zip cannot be read: ") as error:
            skscale.load(changed)
        return str(error.value)

    return check


def test_the_helpers_write_what_can_be_read(path, tmp_path):
    changed = written(tmp_path / "same.zip", *parts(path))
    assert type(skscale.load(changed)) is DLinearForecaster


def test_both_names_find_the_file(forecaster, tmp_path):
    for name in ("f", "f.zip", "g.model"):
        forecaster.save(str(tmp_path / name))
        assert skscale.load(str(tmp_path / name)).is_fitted
        assert skscale.load(tmp_path / name).is_fitted
    assert skscale.load(tmp_path / "g.model.zip").is_fitted
    assert sorted(path.name for path in tmp_path.iterdir()) == ["f.zip", "g.model.zip"]


@pytest.mark.parametrize("name", [None, 3, b"bytes"])
def test_what_is_no_path_is_named(forecaster, name):
    with pytest.raises(TypeError, match="path must be a str or Path"):
        skscale.load(name)
    if name is not None:  # for sktime, None is memory
        with pytest.raises(TypeError, match="path must be a str or Path"):
            forecaster.save(name)


def test_a_missing_file_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing"):
        skscale.load(tmp_path / "nothing")


def test_cut_short_anywhere(path, tmp_path):
    whole = path.read_bytes()
    for length in np.linspace(0, len(whole) - 1, 40).astype(int):
        (tmp_path / "cut.zip").write_bytes(whole[:length])
        with pytest.raises(UnreadableFileError, match="cannot be read"):
            skscale.load(tmp_path / "cut")


def test_a_changed_byte_is_found_or_is_no_matter(path, forecaster, tmp_path):
    whole = path.read_bytes()
    expected, found = forecaster.predict([0], X), 0
    for place in np.linspace(0, len(whole) - 1, 60).astype(int):
        changed = bytearray(whole)
        changed[place] ^= 0xFF
        (tmp_path / "changed.zip").write_bytes(changed)
        try:
            again = skscale.load(tmp_path / "changed")
        except UnreadableFileError:
            found += 1
        else:
            assert again.predict([0], X).equals(expected)
    assert found > 50


def test_a_newer_format_says_what_to_do(path, refused):
    header, state, arrays = parts(path)
    message = refused({**header, "format": FORMAT + 1, "skscale": "9.0"}, state, arrays)
    assert f"format {FORMAT + 1}" in message
    assert "9.0" in message
    assert "update skscale" in message


@pytest.mark.parametrize("value", [0, -1, "1", None, 1.0, True])
def test_a_format_that_is_none(path, refused, value):
    header, state, arrays = parts(path)
    refused({**header, "format": value}, state, arrays)


@pytest.mark.parametrize(
    "name", ["os.system", "load", "nn", "__name__", "NetworkForecaster", "Backtest", "", 3]
)
def test_a_class_that_is_none(path, refused, name):
    header, state, arrays = parts(path)
    refused({**header, "class": name}, state, arrays)


def test_members_that_do_not_belong(path, tmp_path):
    with zipfile.ZipFile(path) as file:
        members = {name: file.read(name) for name in NAMES}
    others = [
        {**members, "../../evil": b""},
        {**members, "/etc/evil": b""},
        {name: members[name] for name in NAMES[:2]},
        {f"inner/{name}": member for name, member in members.items()},
        {},
    ]
    for other in others:
        with pytest.raises(UnreadableFileError, match="not what skscale saves"):
            skscale.load(packed(tmp_path / "changed.zip", other))
    assert list(tmp_path.iterdir()) == [tmp_path / "changed.zip"]


def test_a_line_for_sktime_that_does_more(path, tmp_path):
    found = parts(path)
    name = {"_metadata": b"cskscale\nDLinearForecaster\n."}
    assert skscale.load(written(tmp_path / "one.zip", *found, name)).is_fitted
    for other in (
        b"cos\nsystem\n(S'true'\ntR.",
        b"cos\nsystem\n.",
        b"cskscale\nDLinearForecaster\n(tR.",
        b"cskscale\nSigmaForecaster\n.",
        b"cskscale\nDLinearForecaster\n..",
        pickle.dumps(DLinearForecaster),
        b"",
        b"c" * 10**6,
    ):
        with pytest.raises(UnreadableFileError, match="_metadata"):
            skscale.load(written(tmp_path / "one.zip", *found, {"_metadata": other}))


def test_compressed_members_are_not_unpacked(path, tmp_path):
    bomb = {**dict.fromkeys(NAMES, b"{}"), NAMES[2]: bytes(2**22)}
    packed(tmp_path / "bomb.zip", bomb, zipfile.ZIP_DEFLATED)
    with pytest.raises(UnreadableFileError, match="compressed"):
        skscale.load(tmp_path / "bomb")


def test_a_member_that_claims_another_size(path, tmp_path):
    whole = bytearray(path.read_bytes())
    entry = whole.rindex(b"PK\x01\x02")  # of the last member, in the directory
    whole[entry + 20 : entry + 24] = (2**31).to_bytes(4, "little")
    whole[entry + 24 : entry + 28] = (2**31).to_bytes(4, "little")
    (tmp_path / "large.zip").write_bytes(whole)
    with pytest.raises(UnreadableFileError):
        skscale.load(tmp_path / "large")


@pytest.mark.parametrize(
    "state",
    [
        b"",
        b"nonsense",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"{}",
        b"[" * 10**6,
        b'{"estimator":' * 10**5 + b"1" + b"}" * 10**5,
        b'{"a": ' + b"1" * 10**6 + b"}",
        b'{"estimator": NaN, "networks": []}',
        b'{"estimator": 1, "estimator": 2, "networks": []}',
        b'{"estimator": {"range": [0, 1000000000000, 1]}, "networks": []}',
        b'{"estimator": {"list": 5}, "networks": []}',
        b'{"estimator": null, "networks": [], "more": 1}',
        b" " * (2**24 + 1),
    ],
    ids=lambda state: str(state[:24]),
)
def test_json_that_is_none_of_ours(path, refused, state):
    header, _, arrays = parts(path)
    refused(header, state, arrays)


@pytest.mark.parametrize("numbers", [b"", b"\x80\x04\x95", (2**60).to_bytes(8, "little") * 2])
def test_numbers_that_are_none(path, refused, numbers):
    header, state, _ = parts(path)
    refused(header, state, numbers)


def test_numbers_that_claim_a_huge_shape(path, refused):
    header, state, _ = parts(path)
    claim = {"x": {"dtype": "F64", "shape": [2**40], "data_offsets": [0, 2**43]}}
    text = json.dumps(claim).encode()
    refused(header, state, len(text).to_bytes(8, "little") + text)


def test_arrays_missing_added_or_of_another_shape(path, refused):
    header, state, arrays = parts(path)
    assert "nothing uses" in refused(header, state, {**arrays, "more": np.zeros(3)})
    for name, array in arrays.items():
        refused(header, state, {k: v for k, v in arrays.items() if k != name})
        refused(header, state, {**arrays, name: np.zeros((*array.shape, 2), array.dtype)})


def weights(arrays):
    return [name for name in arrays if name.startswith("DLinearNet")]


def test_weights_that_are_not_finite(path, refused):
    header, state, arrays = parts(path)
    assert weights(arrays)
    for name in weights(arrays):
        for value in (np.nan, np.inf):
            bad = np.full_like(arrays[name], value)
            assert "not finite" in refused(header, state, {**arrays, name: bad})


def test_weights_of_another_type(path, refused):
    header, state, arrays = parts(path)
    for name in weights(arrays):
        refused(header, state, {**arrays, name: arrays[name].astype(np.float64)})


def test_scales_that_are_nan(path, refused):
    header, state, arrays = parts(path)
    names = [name for name in arrays if "seen.scale" in name]
    assert len(names) > 6
    for name in names:
        refused(header, state, {**arrays, name: np.full_like(arrays[name], np.nan)})


@pytest.mark.parametrize(
    "name", ["context_length", "prediction_length", "n_channels", "n_past_features"]
)
def test_sizes_beyond_all_memory(path, refused, name):
    header, state, arrays = parts(path)
    text = json.dumps(state)
    place = text.index(f'["{name}", ', text.index('"Plan"'))
    start = place + len(f'["{name}", ')
    changed = text[:start] + "1000000000" + text[text.index("]", start) :]
    refused(header, changed.encode(), arrays)


def test_a_network_of_endless_layers(tmp_path, refused):
    y = pd.Series(wave(40))
    skscale.SigmaForecaster(max_epochs=1, pretrained=None).fit(y).save(tmp_path / "sigma.zip")
    header, state, arrays = parts(tmp_path / "sigma.zip")
    text = json.dumps(state)
    changed = text.replace('["n_layers", 1]', '["n_layers", 900]')
    assert changed != text
    assert "more tensors than the file" in refused(header, changed.encode(), arrays)


def test_a_network_made_of_itself(path, refused):
    header, state, arrays = parts(path)
    for place, (kind, plan, own) in enumerate(state["networks"]):
        text = json.dumps(plan)
        if '"network": ' in text:
            looped = json.loads(text.replace('{"network": 0}', f'{{"network": {place}}}'))
            networks = [*state["networks"]]
            networks[place] = [kind, looped, own]
            refused(header, {**state, "networks": networks}, arrays)


def test_parameters_that_are_unknown_or_wrong(path, refused):
    header, state, arrays = parts(path)
    way = ("estimator", "record", 1, "parameters", "dict")
    names = state["estimator"]["record"][1]["parameters"]["dict"]
    more = [*names, ["tomorrow", 1]]
    assert "tomorrow" in refused(header, replaced(state, way, more), arrays)
    place = [name for name, _ in names].index("max_epochs")
    assert "max_epochs" in refused(header, replaced(state, (*way, place, 1), -1), arrays)


def test_a_parameter_newer_than_the_file_has_its_default(path, tmp_path):
    header, state, arrays = parts(path)
    way = ("estimator", "record", 1, "parameters", "dict")
    names = state["estimator"]["record"][1]["parameters"]["dict"]
    fewer = [[name, value] for name, value in names if name != "patience"]
    changed = written(tmp_path / "older.zip", header, replaced(state, way, fewer), arrays)
    assert skscale.load(changed).patience == DLinearForecaster().patience


def test_anything_anywhere_is_refused_or_forecasts(path, tmp_path):
    """Whatever one value becomes: what loads can forecast, and all else is the one error."""
    header, state, arrays = parts(path)
    others = [None, -1, 10**9, "x", [], {}, {"array": "x"}, {"float": "nan"}, {"network": 0}]
    ways = [way for way in leaves(state) if way]
    loaded = 0
    for i, way in enumerate(ways):
        if i % 8:
            continue
        other = others[(i // 8) % len(others)]
        changed = written(tmp_path / "changed.zip", header, replaced(state, way, other), arrays)
        try:
            again = skscale.load(changed)
        except UnreadableFileError:
            continue
        loaded += 1
        assert np.isfinite(again.predict([-1, 0], X).to_numpy()).all()
    assert loaded < 12


def test_the_file_holds_json_and_numbers_alone(path):
    """JSON is text, all other bytes are numbers, and what sktime unpickles names a class."""
    with zipfile.ZipFile(path) as file:
        for name in NAMES[:2]:
            assert file.read(name).isascii()
            json.loads(file.read(name))
        numbers = file.read(NAMES[2])
        (line,) = {*file.namelist()}.difference(NAMES)
        words = [word.name for word, _, _ in pickletools.genops(file.read(line))]
        length = int.from_bytes(numbers[:8], "little")
        described = json.loads(numbers[8 : 8 + length])
    covered = sum(one["data_offsets"][1] - one["data_offsets"][0] for one in described.values())
    assert covered == len(numbers) - 8 - length
    assert len(safetensors.numpy.load(numbers)) == len(described)
    assert words == ["GLOBAL", "STOP"]

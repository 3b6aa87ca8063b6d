"""Files that are not what they should be: one error, and the model stays as it was."""

import io
import json
import struct
import zipfile

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras import Input, Sequential, layers
from minikeras.saving import SavingError, load_model, save_model
from minikeras.saving.json_text import DEEPEST, parsed_json
from tests.saving.memory import memory_taken
from tests.saving.states import assert_same, state


def small_model():
    model = Sequential([Input((2,)), layers.Dense(3), layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


MODEL = small_model()
STATE = state(MODEL)


def saved(model):
    file = io.BytesIO()
    save_model(model, file)
    return file.getvalue()


ARCHIVE = saved(MODEL)


def members():
    with zipfile.ZipFile(io.BytesIO(ARCHIVE)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


WEIGHTS = members()["model.weights.h5"]


def archive_of(contents, compression=zipfile.ZIP_STORED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in contents:
            archive.writestr(name, content)
    return file.getvalue()


def with_config(config):
    text = config if isinstance(config, (str, bytes)) else json.dumps(config)
    return archive_of({**members(), "config.json": text}.items())


def with_weights(change):
    """Returns the weights file after a change of it by h5py."""
    image = io.BytesIO(WEIGHTS)
    with h5py.File(image, "r+") as file:
        del file.attrs["minikeras_crc32"]
        change(file)
    return image.getvalue()


def refuses(content, match=None, ending=".keras"):
    """Asserts that neither a new model nor the weights of one come from this file."""
    with pytest.raises(SavingError, match=match) as refusal:
        load_model(io.BytesIO(content))
    assert len(str(refusal.value)) <= 2000


def refuses_weights(content, path, match=None):
    path = path / "a.weights.h5"
    path.write_bytes(content)
    with pytest.raises(SavingError, match=match) as refusal:
        MODEL.load_weights(path)
    assert len(str(refusal.value)) <= 2000
    assert "a.weights.h5" in str(refusal.value)
    assert_same(state(MODEL), STATE)


# The archive ----------------------------------------------------------------------


def test_the_file_itself_is_fine():
    assert_same(state(load_model(io.BytesIO(ARCHIVE))), STATE)


@given(length=st.integers(0, len(ARCHIVE) - 1))
def test_an_archive_that_was_cut_off(length):
    refuses(ARCHIVE[:length])


@given(position=st.integers(0, len(ARCHIVE) - 1), bit=st.integers(0, 7))
def test_an_archive_with_one_wrong_bit_is_refused_or_gives_the_same_model(
    position, bit
):
    content = bytearray(ARCHIVE)
    content[position] ^= 1 << bit
    try:
        model = load_model(io.BytesIO(bytes(content)))
    except SavingError:
        return
    assert_same(state(model), STATE)  # a date, say


@pytest.mark.parametrize("left_out", list(members()))
def test_an_archive_lacks_a_member(left_out):
    contents = [(name, x) for name, x in members().items() if name != left_out]
    refuses(archive_of(contents), "Expected exactly the members")


@pytest.mark.parametrize(
    "name", ["more.txt", "../escape", "/absolute", "assets/x", "a\\b", "\x1b[31mred"]
)
def test_an_archive_has_a_member_too_many(name):
    contents = [*members().items(), (name, b"x")]
    refuses(archive_of(contents), "Expected exactly the members")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_archive_has_a_member_twice():
    contents = [*members().items(), ("config.json", b"{}")]
    refuses(archive_of(contents), "Expected exactly the members")


def test_an_archive_is_compressed():
    bomb = {**members(), "config.json": b" " * 10_000_000}
    refuses(archive_of(bomb.items(), zipfile.ZIP_DEFLATED), "compressed")


def test_an_archive_is_encrypted():
    content = bytearray(ARCHIVE)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = content.find(signature)
        content[start + offset] |= 1
    refuses(bytes(content), "encrypted")


def test_an_archive_has_a_link():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, x in members().items():
            info = zipfile.ZipInfo(name)
            info.external_attr = (0o120777 if name == "config.json" else 0o644) << 16
            archive.writestr(info, x)
    refuses(file.getvalue(), "link")


def test_members_that_claim_more_than_the_file_has():
    content = bytearray(ARCHIVE)
    start = content.find(b"PK\x01\x02")
    struct.pack_into("<II", content, start + 20, 2**31, 2**31)
    refuses(bytes(content), "more bytes than the file has")


def test_an_archive_with_very_many_members_takes_no_memory():
    start, end = ARCHIVE.find(b"PK\x01\x02"), ARCHIVE.find(b"PK\x05\x06")
    second = ARCHIVE.find(b"PK\x01\x02", start + 1)
    directory = ARCHIVE[start:second] * 50_000
    last = bytearray(ARCHIVE[end:])
    struct.pack_into("<HHI", last, 8, 50_000, 50_000, len(directory))
    content = ARCHIVE[:start] + directory + bytes(last)
    taken = memory_taken(lambda: refuses(content, "list of its members"))
    assert taken < 2 * len(content)


def test_there_is_no_file(tmp_path):
    with pytest.raises(SavingError, match=r"no\.keras: There is no such file"):
        load_model(tmp_path / "no.keras")
    for name in ("no.keras", "no.weights.h5", "no.weights.json"):
        with pytest.raises(SavingError, match=f"{name}: There is no such") as raised:
            MODEL.load_weights(tmp_path / name)
        assert isinstance(raised.value, FileNotFoundError)


# The configuration ----------------------------------------------------------------


@pytest.mark.parametrize(
    "config",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe\x00",
        b'{"class_name": "Dense", "class_name": "LSTM"}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"1" * 5000,
        b'{"a": ' + b"1" * 5000 + b"}",
    ],
    ids=lambda config: config[:20].decode(errors="replace"),
)
def test_a_configuration_that_is_no_json_object(config):
    refuses(with_config(config), r"config\.json")


def test_a_configuration_that_is_too_deep():
    deep = {}
    for _ in range(DEEPEST + 1):
        deep = {"config": deep}
    with pytest.raises(SavingError, match="levels"):
        parsed_json(json.dumps(deep), "f", "m")
    assert parsed_json(json.dumps(deep["config"]), "f", "m") == deep["config"]


def test_a_configuration_with_a_name_that_is_too_long():
    with pytest.raises(SavingError, match="name is longer"):
        parsed_json(json.dumps({"x" * 2000: 1}), "f", "m")


def changed(**changes):
    config = json.loads(members()["config.json"])
    return {**config, **changes}


def layer(**changes):
    config = json.loads(members()["config.json"])
    config["config"]["layers"][1] |= changes
    return config


LAMBDA = {"class_name": "__lambda__", "config": {"value": ["4wAA", None, None]}}


@pytest.mark.parametrize(
    "config",
    [
        changed(class_name="Nothing"),
        changed(class_name=None),
        changed(class_name=["Sequential"]),
        changed(class_name="system", module="os"),
        changed(module="minikeras.saving", class_name="load_model"),
        changed(module="keras.losses", class_name="MeanSquaredError", config={}),
        changed(config=None),
        changed(config=[]),
        changed(config={}),
        changed(config={"name": "a/b", "layers": []}),
        changed(compile_config={"optimizer": "nothing"}),
        changed(compile_config={"surprise": 1}),
        changed(compile_config=3),
        layer(class_name="Popen", module="subprocess"),
        layer(class_name="__class__", module="keras.layers"),
        layer(class_name="Dense.__init__.__globals__", module="keras.layers"),
        layer(module="builtins", class_name="function", config="eval"),
        layer(module="os", class_name="function", config="system"),
        layer(config={"units": -1}),
        layer(config={"units": 3, "activation": "nothing"}),
        layer(config={"units": 3, "activation": LAMBDA}),
        layer(config={"units": 3, "surprise": 1}),
        layer(config={"units": 3, "quantization_config": {"mode": "int8"}}),
        layer(build_config={"input_shape": "abc"}),
        layer(build_config={"input_shape": [None, -3]}),
        layer(build_config=7),
        {"module": "keras.layers", "class_name": "Dense"},
        {"class_name": "__numpy__", "config": {"value": [1], "dtype": "O"}},
        {"class_name": "__numpy__", "config": {"value": [[1], 2], "dtype": "int8"}},
        {"class_name": "function", "config": "relu", "module": "builtins"},
    ],
    ids=lambda config: json.dumps(config)[:60],
)
def test_a_configuration_of_something_else(config):
    refuses(with_config(config), r"config\.json")


# The weights ----------------------------------------------------------------------


@given(length=st.integers(0, len(WEIGHTS) - 1))
def test_weights_that_were_cut_off(length, tmp_path_factory):
    refuses_weights(WEIGHTS[:length], tmp_path_factory.mktemp("cut"))


@given(position=st.integers(0, len(WEIGHTS) - 1), bit=st.integers(0, 7))
def test_weights_with_one_wrong_bit_are_refused_or_the_same(
    position, bit, tmp_path_factory
):
    content = bytearray(WEIGHTS)
    content[position] ^= 1 << bit
    path = tmp_path_factory.mktemp("bits") / "a.weights.h5"
    path.write_bytes(bytes(content))
    model = small_model()
    for variable in model.weights:
        variable.assign(variable.numpy() + 1.0)
    before = state(model)
    try:
        model.load_weights(path)
    except SavingError:
        assert_same(state(model), before)
    else:
        assert_same(state(model), STATE)


def replaced(key, **how):
    def change(file):
        del file[key]
        file.create_dataset(key, **how)

    return change


def linked(key, link):
    def change(file):
        del file[key]
        file[key] = link

    return change


def deleted(key):
    return lambda file: file.pop(key)


KERNEL = "layers/dense/vars/0"
ONES = np.ones((2, 3), "float32")


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (replaced(KERNEL, data=ONES.T), r"shape \(2, 3\).*shape \(3, 2\)"),
        (replaced(KERNEL, data=ONES.reshape(6)), r"shape \(6,\)"),
        (replaced(KERNEL, data=np.ones((2, 3), "int32")), "float32.*int32"),
        (replaced(KERNEL, data=np.ones((2, 3), "complex64")), "complex64"),
        (replaced(KERNEL, data=np.full((2, 3), b"text")), "numbers"),
        (replaced(KERNEL, data=h5py.Empty("float32")), "numbers"),
        (replaced(KERNEL, data=ONES, compression="gzip"), "one piece"),
        (replaced(KERNEL, data=ONES, chunks=(1, 3)), "one piece"),
        (
            replaced(KERNEL, shape=(10**6, 10**6), dtype="f4", chunks=(100, 100)),
            "one piece",
        ),
        (replaced(KERNEL, shape=(10**6, 10**6), dtype="float32"), "there are 0"),
        (
            replaced(KERNEL, shape=(2, 3), dtype="f4", external="/etc/passwd"),
            "one piece",
        ),
        (linked(KERNEL, h5py.SoftLink("/layers/dense_1/vars/0")), "link"),
        (linked(KERNEL, h5py.ExternalLink("other.h5", "/a")), "link"),
        (linked("layers/dense", h5py.ExternalLink("other.h5", "/a")), "link"),
        (deleted(KERNEL), "has 2 variables; the file has 1"),
        (deleted("layers/dense"), "has 2 variables; the file has 0"),
        (deleted("layers"), "2 parts of the model"),
        (replaced("layers", data=1.0), "2 parts of the model"),
        (lambda file: file.move(KERNEL, "layers/dense/vars/two"), "dense"),
    ],
    ids=range(19),
)
def test_weights_that_are_made_otherwise(change, match, tmp_path):
    refuses_weights(with_weights(change), tmp_path, match)


def test_a_group_that_contains_itself(tmp_path):
    def change(file):
        file["layers/dense/again"] = file["layers"]

    refuses_weights(with_weights(change), tmp_path, "twice")


def test_groups_that_are_too_deep(tmp_path):
    content = with_weights(lambda file: file.create_group("/".join(["g"] * 200)))
    refuses_weights(content, tmp_path, "too deep")


def test_numbers_that_a_variable_cannot_hold(tmp_path):
    def change(file):
        del file["optimizer/vars/0"]
        file["optimizer/vars/0"] = np.int64(2**40)

    refuses_weights(with_weights(change), tmp_path, "cannot hold")


def test_floats_that_a_variable_cannot_hold(tmp_path):
    change = replaced("layers/dense_1/vars/0", data=np.full((3, 1), 1e300))
    refuses_weights(with_weights(change), tmp_path, "cannot hold")


@pytest.mark.parametrize("dtype", ["float64", "longdouble"])
def test_other_floats_are_converted(dtype, tmp_path):
    change = replaced(KERNEL, data=ONES.astype(dtype))
    path = tmp_path / "a.weights.h5"
    path.write_bytes(with_weights(change))
    model = small_model()
    model.load_weights(path)
    np.testing.assert_array_equal(model.layers[0].kernel.numpy(), ONES)


def test_a_checksum_finds_what_the_format_does_not(tmp_path):
    kernel = STATE["layers/dense/0"].tobytes()
    assert WEIGHTS.count(kernel) == 1
    content = WEIGHTS.replace(kernel, b"\x00" * len(kernel))
    refuses_weights(content, tmp_path, "checksum")


def test_errors_are_short_and_printable(tmp_path):
    names = [f"\x1b[31m{i:03}{'n' * 200}" for i in range(50)]
    contents = [*members().items(), *((name, b"") for name in names)]
    with pytest.raises(SavingError) as refusal:
        load_model(io.BytesIO(archive_of(contents)))
    text = str(refusal.value)
    assert len(text) <= 2000
    assert text.isprintable()


def test_errors_do_not_steer_a_terminal():
    text = str(SavingError("a", "one\n\x1b[31mtwo" + "x" * 3000, "\x07"))
    assert text.startswith("a, ?: one\n?[31mtwox")
    assert len(text) <= 2000


def test_memory_is_not_taken_for_what_a_file_only_claims():
    config = json.loads(members()["config.json"])
    dense = config["config"]["layers"][1]
    dense["config"]["units"] = 10**9
    dense["build_config"] = {"input_shape": [None, 10**6]}
    refuses(with_config(config), "more than the file has")


@pytest.mark.parametrize(
    ("name", "settings", "argument"),
    [
        ("Full", {"shape": [10**6, 10**6]}, 1.0),
        ("Tile", {"repeats": [10**12]}, [1.0]),
        ("Linspace", {"num": 10**12, "stop": 1.0}, 0.0),
    ],
)
def test_nothing_is_computed_for_a_file(name, settings, argument):
    operation = {
        "module": "keras.src.ops.numpy",
        "class_name": name,
        "config": settings,
        "registered_name": name,
        "name": "big",
        "inbound_nodes": [{"args": [argument], "kwargs": {}}],
    }
    graph = {
        "name": "graph",
        "layers": [operation],
        "input_layers": ["big", 0, 0],
        "output_layers": ["big", 0, 0],
    }
    config = {"module": "keras.models", "class_name": "Functional", "config": graph}
    refuses(with_config(config), "is given no tensor")

"""Weights in several files: together they are what one file would be."""

import json
import os
import subprocess
import sys
import threading

import numpy as np
import pytest

from minikeras import Input, Sequential, layers, random
from minikeras.saving import SavingError, load_weights, save_weights
from tests.saving.states import assert_same, state

KIBIBYTE = 1 / 1024**2  # in the gibibytes of max_shard_size


def trained(seed=0):
    random.set_seed(seed)
    model = Sequential(
        [Input((8,)), layers.Dense(16), layers.Dropout(0.5), layers.Dense(8)]
    )
    model.compile("adam", "mse")
    x = np.random.default_rng(seed).normal(size=(8, 8)).astype("float32")
    model.fit(x, x, verbose=0)
    return model


@pytest.fixture
def index(tmp_path):
    trained().save_weights(tmp_path / "a.weights.json", max_shard_size=KIBIBYTE)
    return tmp_path / "a.weights.json"


def test_weights_come_back_from_several_files(tmp_path):
    model = trained()
    path = tmp_path / "a.weights.json"
    save_weights(model, path, max_shard_size=KIBIBYTE)
    files = sorted(os.listdir(tmp_path))
    assert files[0] == "a.weights.json"
    assert files[1:] == [f"a_{i:05}.weights.h5" for i in range(len(files) - 1)]
    assert len(files) > 4
    other = trained(seed=1)
    load_weights(other, path)
    assert_same(state(other), state(model))


def test_the_index_is_that_of_keras(index):
    config = json.loads(index.read_text())
    places = config["weight_map"]
    assert places["/layers/dense/vars"] == "a_00000.weights.h5"
    assert isinstance(places["/optimizer/vars"], list)
    assert config["metadata"]["total_size"] > 3000


def refuses(index, match):
    model = trained(seed=1)
    before = state(model)
    with pytest.raises(SavingError, match=match):
        model.load_weights(index)
    assert_same(state(model), before)


def test_a_file_that_is_not_there(index):
    (index.parent / "a_00001.weights.h5").unlink()
    refuses(index, "no file a_00001")


def test_a_file_of_another_saving(index):
    other = index.parent / "other"
    other.mkdir()
    path = other / "a.weights.json"
    trained(seed=2).save_weights(path, max_shard_size=KIBIBYTE)
    os.replace(other / "a_00001.weights.h5", index.parent / "a_00001.weights.h5")
    refuses(index, "a_00001.* of another saving")


@pytest.mark.parametrize(
    "name",
    ["/etc/passwd", "../a_00000.weights.h5", "b_00000.weights.h5", "a_1.weights.h5", 3],
)
def test_names_of_other_files(name, index):
    config = json.loads(index.read_text())
    config["weight_map"]["/layers/dense/vars"] = name
    index.write_text(json.dumps(config))
    refuses(index, "Expected names such as a_00000")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"weight_map": []}'])
def test_an_index_that_is_none(text, index):
    index.write_text(text)
    refuses(index, "a.weights.json")


def test_an_array_in_two_files(index):
    config = json.loads(index.read_text())
    copy = index.parent / "a_00099.weights.h5"
    copy.write_bytes((index.parent / "a_00000.weights.h5").read_bytes())
    config["weight_map"]["/more/vars"] = copy.name
    index.write_text(json.dumps(config))
    refuses(index, "same arrays")


@pytest.mark.parametrize("writes", range(1, 6))
def test_the_old_weights_survive_a_save_that_fails(writes, index, monkeypatch):
    before = trained(seed=1)
    before.load_weights(index)
    files = sorted(os.listdir(index.parent))
    replace, left = os.replace, iter(range(writes))

    def fail_at_last(*names):
        if next(left) == writes - 1:
            raise OSError("the disk is full")
        replace(*names)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", fail_at_last)
        with pytest.raises(OSError, match="full"):
            trained(seed=3).save_weights(index, max_shard_size=KIBIBYTE)
    assert sorted(os.listdir(index.parent)) == files
    model = trained(seed=1)
    model.load_weights(index)
    assert_same(state(model), state(before))


def test_a_new_saving_takes_the_place_of_the_old_one(index):
    count = len(os.listdir(index.parent))
    for seed in (2, 3, 4):
        model = trained(seed)
        model.save_weights(index, max_shard_size=KIBIBYTE)
        spare = seed % 2 == 0  # an empty first file
        assert len(os.listdir(index.parent)) == count + spare
        assert (index.parent / "a_00000.weights.h5").exists()  # Keras opens it
        loaded = trained(seed=1)
        loaded.load_weights(index)
        assert_same(state(loaded), state(model))


def test_an_array_that_is_too_large(tmp_path):
    with pytest.raises(SavingError, match="max_shard_size"):
        trained().save_weights(tmp_path / "a.weights.json", max_shard_size=1e-9)


def test_other_names_of_the_index_are_refused(tmp_path):
    with pytest.raises(SavingError, match=r"weights\.json"):
        trained().save_weights(tmp_path / "a.weights.h5", max_shard_size=1)
    with pytest.raises(SavingError, match="no such file"):
        trained().load_weights(tmp_path / "no.weights.json")


posix = pytest.mark.parametrize("posix", [None] if os.name == "posix" else [])


@posix
def test_a_saving_waits_for_another_one_to_the_same_index(posix, index, monkeypatch):
    """The first waits before it puts its index in its place: the second one wins."""
    replace, first = os.replace, threading.current_thread()
    waits = threading.Event()
    second = threading.Thread(
        target=lambda: trained(seed=3).save_weights(index, max_shard_size=KIBIBYTE)
    )

    def wait_for_the_second(old, new):
        if threading.current_thread() is first and str(new) == str(index):
            second.start()
            waits.wait(0.5)  # it has time enough, if it need not wait
        return replace(old, new)

    monkeypatch.setattr(os, "replace", wait_for_the_second)
    trained(seed=2).save_weights(index, max_shard_size=KIBIBYTE)
    second.join()
    model = trained(seed=1)
    model.load_weights(index)
    assert_same(state(model), state(trained(seed=3)))


SAVES = """
import sys
import numpy as np
from minikeras import Input, Sequential, layers
model = Sequential([Input((8,)), layers.Dense(16), layers.Dense(8)])
for variable in model.weights:
    variable.assign(np.full(variable.shape, float(sys.argv[2])))
for _ in range(8):
    model.save_weights(sys.argv[1], max_shard_size=1 / 1024**2)
"""


@posix
def test_programs_that_save_at_once_leave_the_weights_of_one(posix, tmp_path):
    path = tmp_path / "a.weights.json"
    programs = [
        subprocess.Popen([sys.executable, "-c", SAVES, str(path), number])
        for number in "12"
    ]
    model = Sequential([Input((8,)), layers.Dense(16), layers.Dense(8)])
    seen = set()
    while any(program.poll() is None for program in programs):
        if path.exists():
            model.load_weights(path)
            [number] = {float(x) for v in model.weights for x in v.numpy().flat}
            seen.add(number)
    assert [program.wait() for program in programs] == [0, 0]
    model.load_weights(path)
    assert len({float(x) for v in model.weights for x in v.numpy().flat}) == 1
    assert seen
    names = set(os.listdir(tmp_path))
    config = json.loads(path.read_text())
    used = {name for x in config["weight_map"].values() for name in np.atleast_1d(x)}
    assert names - used <= {"a.weights.json", "a_00000.weights.h5"}

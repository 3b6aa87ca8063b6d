"""Weights in files: what is written is what is read, bit for bit, or nothing is."""

import numpy as np
import pytest

from minikeras import Input, Model, Sequential, layers, metrics, ops, random
from minikeras.saving import SavingError, load_weights, save_weights
from minikeras.saving.h5_file import StoredArray
from minikeras.saving.parts import saved_parts
from tests.saving.states import assert_same, state


def trained(units=4):
    model = Sequential(
        [
            Input((3,)),
            layers.Dense(units, name="first"),
            layers.Dropout(0.5, seed=3),
            layers.BatchNormalization(),
            layers.Dense(2),
        ]
    )
    model.compile("adam", "mse")
    train(model)
    return model


def train(model):
    x = np.linspace(-1, 1, 24, dtype="float32").reshape(8, 3)
    model.fit(x, x[:, :2], batch_size=4, epochs=2, verbose=0)


def test_the_line_that_loads_is_told_where_an_optimizer_starts_anew(tmp_path):
    model = trained()
    save_weights(model, tmp_path / "m.weights.h5")
    model.compile("adam", "mse")
    with pytest.warns(UserWarning, match="it has 2 variables.* starts anew") as caught:
        model.load_weights(tmp_path / "m.weights.h5")
    assert [warning.filename for warning in caught] == [__file__]


def test_weights_optimizer_and_random_states_come_back(tmp_path):
    model = trained()
    model.save_weights(tmp_path / "a.weights.h5")
    before = state(model)
    train(model)
    assert (state(model)["layers/dense/0"] != before["layers/dense/0"]).any()
    model.load_weights(tmp_path / "a.weights.h5")
    assert_same(state(model), before)


def test_training_goes_on_from_a_file_bit_for_bit(tmp_path):
    model = trained()
    model.save_weights(tmp_path / "a.weights.h5")
    random.set_seed(5)
    train(model)
    expected = state(model)
    model.load_weights(tmp_path / "a.weights.h5")
    random.set_seed(5)
    train(model)
    assert_same(state(model), expected)


class Nested(Model):
    """Layers in all the places that Keras looks into."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.d = layers.Dense(2)
        self.blocks = [layers.Dense(2), layers.Dense(3), [layers.Dense(4)]]
        self.dd = {"z": layers.Dense(2), "a": layers.LSTM(2)}
        self.mean = metrics.Mean()
        self.generator = random.SeedGenerator(4)
        self._hidden = layers.Dense(1)

    def build(self, input_shape):
        self.scale = self.add_weight(shape=(2,), name="scale")

    def call(self, x):
        for layer in (self.d, *self.blocks[:2], *self.blocks[2], self.dd["z"]):
            x = layer(x)
        return self.dd["a"](ops.expand_dims(self._hidden(x), 1)) * self.scale


def test_paths_are_those_of_keras():
    model = Nested()
    model(np.ones((2, 3), "float32"))
    paths = [path for path, _ in saved_parts(model)]
    # The list `layers` of a model comes between "generator" and "mean": what is in no
    # public attribute before it is found there.
    assert paths == [
        "",
        "blocks/dense",
        "blocks/dense_1",
        "blocks/container/dense",
        "d",
        "dd/dense",
        "dd/lstm",
        "dd/lstm/cell",
        "dd/lstm/cell/seed_generator",
        "generator",
        "layers/dense_5",
    ]


@pytest.mark.parametrize("method", ["save_weights", "load_weights"])
def test_a_model_without_weights_is_refused(method, tmp_path):
    model = Sequential([layers.Dense(2)])
    with pytest.raises(SavingError, match="not built"):
        getattr(model, method)(tmp_path / "a.weights.h5")


def test_other_endings_are_refused(tmp_path):
    with pytest.raises(SavingError, match=r"weights\.h5"):
        trained().save_weights(tmp_path / "a.h5")


def test_a_file_is_not_written_over_unless_asked(tmp_path):
    path = tmp_path / "a.weights.h5"
    path.write_bytes(b"old")
    with pytest.raises(FileExistsError):
        trained().save_weights(path, overwrite=False)
    assert path.read_bytes() == b"old"


def test_what_does_not_fit_is_named_and_nothing_is_assigned(tmp_path):
    trained(units=5).save_weights(tmp_path / "a.weights.h5")
    model = trained()
    before = state(model)
    with pytest.raises(SavingError, match=r"first/kernel has shape \(3, 4\).*\(3, 5\)"):
        model.load_weights(tmp_path / "a.weights.h5")
    assert_same(state(model), before)


def test_what_does_not_fit_can_be_skipped(tmp_path):
    other = trained(units=5)
    other.layers[-1].bias.assign([7.0, 8.0])
    other.save_weights(tmp_path / "a.weights.h5")
    model = Sequential([Input((3,)), layers.Dense(4), layers.Dense(2)])
    before = state(model)
    with pytest.warns(UserWarning, match="2 parts of the model could not be loaded"):
        model.load_weights(tmp_path / "a.weights.h5", skip_mismatch=True)
    assert_same(state(model), before)


class Centred(layers.Layer):
    """A layer that keeps its weight in a way of its own."""

    def build(self, input_shape):
        self.centre = self.add_weight(shape=input_shape[-1:], name="centre")

    def call(self, x):
        return x - self.centre

    def save_own_variables(self, store):
        store["minus_centre"] = -self.centre.numpy()

    def load_own_variables(self, store):
        self.centre.assign(-store["minus_centre"])


def test_layers_may_keep_their_weights_in_their_own_way(tmp_path):
    model = Sequential([Input((3,)), Centred(), layers.Dense(1)])
    model.layers[0].centre.assign([1.0, 2.0, 3.0])
    model.save_weights(tmp_path / "a.weights.h5")
    model.layers[0].centre.assign([0.0, 0.0, 0.0])
    model.load_weights(tmp_path / "a.weights.h5")
    np.testing.assert_array_equal(model.layers[0].centre, [1.0, 2.0, 3.0])


def test_a_layer_that_fails_while_loading_leaves_the_model_as_it_was(tmp_path):
    path = tmp_path / "b.weights.h5"
    Sequential([Input((3,)), layers.Dense(3), layers.Dense(2)]).save_weights(path)
    model = Sequential([Input((3,)), layers.Dense(3), layers.Dense(2), Centred()])
    before = state(model)
    with pytest.raises(SavingError, match="minus_centre"):
        model.load_weights(path)
    assert_same(state(model), before)


class HalfWay(Centred):
    """A layer that fails when it has loaded a part of its weights."""

    def load_own_variables(self, store):
        super().load_own_variables(store)
        raise KeyError("more")


@pytest.mark.parametrize("skip_mismatch", [False, True])
def test_a_layer_that_fails_half_way_is_as_it_was(skip_mismatch, tmp_path):
    path = tmp_path / "a.weights.h5"
    model = Sequential([Input((3,)), HalfWay()])
    model.save_weights(path)
    model.layers[0].centre.assign([1.0, 2.0, 3.0])
    if skip_mismatch:
        with pytest.warns(UserWarning, match="more"):
            model.load_weights(path, skip_mismatch=True)
    else:
        with pytest.raises(SavingError, match="more"):
            model.load_weights(path)
    np.testing.assert_array_equal(model.layers[0].centre, [1.0, 2.0, 3.0])


@pytest.mark.parametrize("key", ["a/b", "../a", "/a", ".", "", "a\0b", 0])
def test_names_that_could_not_be_read_again_are_not_written(key, tmp_path):
    class Named(Centred):
        def save_own_variables(self, store):
            store[key] = self.centre

    path = tmp_path / "a.weights.h5"
    path.write_bytes(b"old")
    with pytest.raises(ValueError, match="names without slashes"):
        Sequential([Input((3,)), Named()]).save_weights(path)
    assert path.read_bytes() == b"old"


def test_layers_may_be_left_out(tmp_path):
    model = trained()
    path = tmp_path / "a.weights.h5"
    save_weights(model, path)
    before = state(model)
    train(model)
    trained_on = state(model)
    load_weights(model, path, objects_to_skip=[model.layers[0], model.optimizer])
    after = state(model)
    for key, array in after.items():
        left_out = key.startswith(("layers/dense/", "optimizer/"))
        np.testing.assert_array_equal(array, (trained_on if left_out else before)[key])


def test_arguments_of_keras_2_are_refused(tmp_path):
    with pytest.raises(ValueError, match="by_name"):
        trained().load_weights(tmp_path / "a.weights.h5", by_name=True)


class Plain(Model):
    def __init__(self):
        super().__init__()
        self.encoder = layers.Dense(3)

    def call(self, x):
        return self.encoder(x)


class Renamed(Plain):
    """The same model, whose layer is found under another name first."""

    def __init__(self):
        Model.__init__(self)
        self.a_layer = layers.Dense(3)

    @property
    def encoder(self):
        return self.a_layer


@pytest.mark.parametrize(
    ("one", "other"), [(Plain, Renamed), (Renamed, Plain), (Renamed, Renamed)]
)
def test_a_layer_is_found_under_any_of_its_names(one, other, tmp_path):
    saved, loaded = one(), other()
    x = np.ones((2, 2), "float32")
    saved(x), loaded(x)
    saved.save_weights(tmp_path / "a.weights.h5")
    if (one, other) == (
        Renamed,
        Plain,
    ):  # saved under its first name alone, as in Keras
        with pytest.raises(SavingError, match="encoder"):
            loaded.load_weights(tmp_path / "a.weights.h5")
        return
    loaded.load_weights(tmp_path / "a.weights.h5")
    np.testing.assert_array_equal(loaded.encoder.kernel, saved.encoder.kernel)


def test_a_file_that_does_not_fit_is_not_read(tmp_path, monkeypatch):
    trained(units=5).save_weights(tmp_path / "a.weights.h5")
    model = trained()

    def read(stored):
        raise AssertionError(f"{stored.place} was read")

    with monkeypatch.context() as patch:
        patch.setattr(StoredArray, "read", read)
        with pytest.raises(SavingError, match="first/kernel"):
            model.load_weights(tmp_path / "a.weights.h5")
        with pytest.raises(AssertionError, match="was read"):
            trained(units=5).load_weights(tmp_path / "a.weights.h5")

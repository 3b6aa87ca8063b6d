"""Whole models in .keras files: what is loaded is what was saved, and trains on."""

import io
import json
import zipfile

import numpy as np
import pytest

from minikeras import Input, Model, Sequential, layers, losses, metrics, models, ops
from minikeras.optimizers import SGD, schedules
from minikeras.saving import (
    CustomObjectScope,
    SavingError,
    get_custom_objects,
    load_model,
    register_keras_serializable,
    save_model,
)
from tests.saving.states import assert_same, state

X = np.linspace(-1, 1, 24, dtype="float32").reshape(8, 3)
Y = X[:, :2]


def trained():
    model = Sequential(
        [
            Input((3,)),
            layers.Dense(4, activation="relu", name="first"),
            layers.Dropout(0.5, seed=3),
            layers.BatchNormalization(),
            layers.Dense(2),
        ]
    )
    model.compile(
        SGD(schedules.CosineDecay(0.1, 10), momentum=0.9),
        loss=losses.MeanSquaredError(),
        metrics=["mae", metrics.MeanSquaredError(name="m")],
        weighted_metrics=["mse"],
        steps_per_execution=2,
    )
    model.fit(X, Y, batch_size=4, epochs=2, verbose=0)
    return model


def test_a_loaded_model_predicts_evaluates_and_trains_on_as_the_saved_one(tmp_path):
    model = trained()
    model.save(tmp_path / "a.keras")
    loaded = load_model(tmp_path / "a.keras")
    assert_same(state(model), state(loaded))
    np.testing.assert_array_equal(
        model.predict(X, verbose=0), loaded.predict(X, verbose=0)
    )
    assert model.evaluate(X, Y, verbose=0) == loaded.evaluate(X, Y, verbose=0)
    for one in (model, loaded):
        one.fit(X, Y, batch_size=4, verbose=0, shuffle=False)
    assert_same(state(model), state(loaded))
    assert loaded.get_compile_config() == model.get_compile_config()


def test_the_archive_is_made_as_keras_makes_it(tmp_path):
    trained().save(tmp_path / "a.keras")
    with zipfile.ZipFile(tmp_path / "a.keras") as archive:
        assert archive.namelist() == [
            "metadata.json",
            "config.json",
            "model.weights.h5",
        ]
        assert {info.compress_type for info in archive.infolist()} == {0}
        config = json.loads(archive.read("config.json"))
        metadata = json.loads(archive.read("metadata.json"))
    assert list(config) == [
        "module",
        "class_name",
        "config",
        "registered_name",
        "build_config",
        "compile_config",
    ]
    assert config["module"] == "keras"
    assert config["compile_config"]["optimizer"]["module"] == "keras.optimizers"
    assert metadata["keras_version"] == "3.15.1"


def test_a_model_that_is_not_compiled_stays_so(tmp_path):
    model = Sequential([Input((3,)), layers.Dense(2)])
    model.save(tmp_path / "a.keras")
    assert not load_model(tmp_path / "a.keras").compiled


def test_a_compiled_model_may_be_loaded_without(tmp_path):
    model = trained()
    model.save(tmp_path / "a.keras")
    loaded = load_model(tmp_path / "a.keras", compile=False)
    assert not loaded.compiled
    for one, other in zip(model.weights, loaded.weights, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())


def test_models_inside_are_compiled_only_if_asked(tmp_path):
    inner = Sequential([Input((3,)), layers.Dense(2)])
    inner.compile("sgd", "mse")
    model = Sequential([Input((3,)), inner])
    model.compile("sgd", "mae")
    model.save(tmp_path / "a.keras")
    loaded = load_model(tmp_path / "a.keras")
    assert loaded.compiled
    assert loaded.layers[0].compiled
    loaded = load_model(tmp_path / "a.keras", compile=False)
    assert not loaded.compiled
    assert not loaded.layers[0].compiled


def test_a_file_object_will_do():
    file = io.BytesIO()
    model = trained()
    save_model(model, file)
    file.seek(0)
    assert_same(state(load_model(file)), state(model))


def test_what_is_neither_a_name_nor_a_file_is_refused():
    model = Sequential([Input((2,)), layers.Dense(1)])
    for use in (model.save, load_model):
        with pytest.raises(TypeError, match=r"such as 'model\.keras', .* got a int"):
            use(3)


def test_weights_of_a_whole_model_may_be_loaded_alone(tmp_path):
    model = trained()
    model.save(tmp_path / "a.keras")
    before = state(model)
    model.fit(X, Y, verbose=0)
    model.load_weights(tmp_path / "a.keras")
    assert_same(state(model), before)


def test_json_gives_the_architecture_with_new_weights():
    model = trained()
    twin = models.model_from_json(model.to_json())
    assert [w.shape for w in twin.weights] == [w.shape for w in model.weights]
    assert (twin.weights[0].numpy() != model.weights[0].numpy()).any()


def test_a_sequence_that_is_not_built_is_saved_with_a_warning(tmp_path):
    model = Sequential([layers.Dense(2)])
    with pytest.warns(UserWarning, match="not built"):
        model.save(tmp_path / "a.keras")
    assert not load_model(tmp_path / "a.keras").built


class Doubled(layers.Layer):
    def call(self, x):
        return x * 2.0


def triple(x):
    return x * 3.0


class Subclassed(Model):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.hidden = layers.Dense(units, activation=triple)
        self.doubled = Doubled()

    def call(self, x):
        return self.doubled(self.hidden(x))

    def get_config(self):
        return {**super().get_config(), "units": self.units}


CUSTOM = {"Doubled": Doubled, "triple": triple, "Subclassed": Subclassed}


def distance(y_true, y_pred):
    return ops.mean(ops.abs(y_true - y_pred), axis=-1)


@pytest.fixture
def subclassed():
    model = Subclassed(4)
    model.compile("adam", distance)
    model.fit(X, np.zeros((8, 4), "float32"), verbose=0)
    return model


def test_classes_of_ones_own_are_given_by_name(subclassed, tmp_path):
    subclassed.save(tmp_path / "a.keras")
    custom = {**CUSTOM, "distance": distance}
    loaded = load_model(tmp_path / "a.keras", custom_objects=custom)
    assert_same(state(loaded), state(subclassed))
    with CustomObjectScope(custom):
        again = load_model(tmp_path / "a.keras")
    np.testing.assert_array_equal(
        again.predict(X, verbose=0), subclassed.predict(X, verbose=0)
    )
    assert again.loss is distance


def test_classes_of_ones_own_may_be_registered(tmp_path, monkeypatch):
    monkeypatch.setattr("minikeras.saving.registry._REGISTERED", {})
    monkeypatch.setattr("minikeras.saving.registry._REGISTERED_NAMES", {})
    register_keras_serializable("mine")(Doubled)
    register_keras_serializable("mine", name="thrice")(triple)
    assert sorted(get_custom_objects()) == ["mine>Doubled", "mine>thrice"]
    model = Sequential([Input((3,)), Doubled(), layers.Dense(2, activation=triple)])
    model.save(tmp_path / "a.keras")
    loaded = load_model(tmp_path / "a.keras")
    assert type(loaded.layers[0]) is Doubled
    assert loaded.layers[1].activation is triple
    get_custom_objects().clear()
    with pytest.raises(SavingError, match="register_keras_serializable"):
        load_model(tmp_path / "a.keras")


def test_what_is_not_given_is_named(subclassed, tmp_path):
    subclassed.save(tmp_path / "a.keras")
    with pytest.raises(SavingError, match="Unknown class 'Subclassed'"):
        load_model(tmp_path / "a.keras")


@pytest.mark.parametrize("name", ["a.h5", "a.hdf5", "a.zip", "a"])
def test_other_endings_are_refused(name, tmp_path):
    with pytest.raises(SavingError, match=r"\.keras"):
        trained().save(tmp_path / name)
    with pytest.raises(SavingError, match=r"\.keras"):
        load_model(tmp_path / name)


def test_weights_are_no_model(tmp_path):
    with pytest.raises(SavingError, match=r"save_weights\(\) and load_weights\(\)"):
        load_model(tmp_path / "a.weights.h5")


def test_names_of_minikeras_are_not_listed_for_a_class_of_ones_own():
    class Whirlpool(layers.Layer):
        pass

    config = Sequential([Input((3,)), Whirlpool()]).to_json()
    with pytest.raises(SavingError, match=r"'Whirlpool', of module '[\w.]+'\. What"):
        models.model_from_json(config)


def test_there_is_no_unsafe_mode(tmp_path):
    with pytest.raises(ValueError, match="does not exist in minikeras"):
        load_model(tmp_path / "a.keras", safe_mode=False)


def test_lambdas_are_refused(tmp_path):
    model = Sequential([Input((3,)), layers.Activation(lambda x: x)])
    with pytest.raises(ValueError, match="lambda"):
        model.save(tmp_path / "a.keras")
    assert not list(tmp_path.iterdir())


def test_export_is_not_there():
    with pytest.raises(NotImplementedError, match=r"\.keras"):
        trained().export("a")


class WithItsOwnCompile(Sequential):
    def compile(self, *args, **kwargs):
        super().compile("sgd", "mse")


def test_a_compile_of_ones_own_is_left_to_its_class(tmp_path):
    model = WithItsOwnCompile([Input((3,)), layers.Dense(2)])
    model.compile()
    model.save(tmp_path / "a.keras")
    custom = {"WithItsOwnCompile": WithItsOwnCompile}
    with pytest.warns(UserWarning, match="compile_from_config"):
        assert not load_model(tmp_path / "a.keras", custom_objects=custom).compiled

"""Models of Keras's own files, and the models that `make interop` carries."""

import numpy as np
import pytest

import minikeras
from minikeras import layers, optimizers
from minikeras.saving import load_model
from tests.golden.golden_files import FOLDER, read
from tests.saving.states import assert_same, state
from tools.interop_models import INNER, models
from tools.interop_side import LIMITS, computed, distance, inputs_for

BUILDERS = models(minikeras)
RECORDED = read("saved_models")

# Layers without a case of their own: entrances, parts of others, functions of a user.
PARTS = {"InputLayer", "Lambda", "Pipeline", "StackedRNNCells", "Wrapper", *INNER}


@pytest.fixture(autouse=True)
def registry(monkeypatch):
    """Forgets afterwards what models have registered."""
    monkeypatch.setattr("minikeras.saving.registry._REGISTERED", {})
    monkeypatch.setattr("minikeras.saving.registry._REGISTERED_NAMES", {})


@pytest.mark.parametrize("case", RECORDED, ids=lambda case: case["name"])
def test_files_of_keras_are_read(case):
    BUILDERS[case["name"]](minikeras)  # registers what it needs
    model = load_model(
        FOLDER / "saved_models" / f"{case['name'].replace(' ', '_')}.keras"
    )
    found = computed(minikeras, model, case["inputs"])
    assert found.keys() == case["found"].keys()
    for key, expected in case["found"].items():
        limit = LIMITS[key.partition(" ")[0]]
        assert distance(np.asarray(expected), found[key]) <= limit, key


@pytest.mark.parametrize("name", BUILDERS)
def test_every_model_is_the_same_after_saving(name, tmp_path):
    model = BUILDERS[name](minikeras)
    inputs = inputs_for(model)
    if model.compiled:
        outputs = minikeras.tree.flatten(model(inputs))[0].numpy()
        model.fit(inputs, outputs - 1.0, batch_size=3, verbose=0)
    model.save(tmp_path / "a.keras")
    loaded = load_model(tmp_path / "a.keras")
    assert_same(state(model), state(loaded))
    before, after = computed(minikeras, model), computed(minikeras, loaded)
    assert before.keys() == after.keys()
    for key, expected in before.items():
        np.testing.assert_array_equal(expected, after[key], err_msg=key)
    assert_same(state(model), state(loaded))  # after two more steps


def test_every_layer_and_optimizer_is_carried():
    names = {name.partition(" #")[0] for name in BUILDERS}
    carried = {name.removeprefix("layer ") for name in names}
    assert carried >= layers.CLASSES.keys() - PARTS - {"GroupedQueryAttention"}
    carried = {name.removeprefix("optimizer ") for name in names}
    assert carried >= optimizers.CLASSES.keys() - {"MultiOptimizer"}  # made of others

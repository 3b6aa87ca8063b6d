"""What files may ask for: they make nothing large, whatever size they speak of."""

import io
import json
import time
import zipfile

import pytest

from minikeras import Input, KerasTensor, Model, Sequential, layers, models, ops
from minikeras.saving import SavingError, load_model, save_model
from minikeras.saving.json_text import LONGEST, MOST, parsed_json
from minikeras.values.room import room_for
from tests.saving.memory import memory_taken

HUGE = 10**10
RELU = {"module": "builtins", "class_name": "function", "config": "relu"}


def tensor(shape):
    """Returns the configuration of the input, as an argument of a call."""
    config = {"shape": shape, "dtype": "float32", "keras_history": ["x", 0, 0]}
    return {"class_name": "__keras_tensor__", "config": config}


def graph_of(name, settings, shape=(None, 3), args=None, module="keras.src.ops.numpy"):
    """Returns the configuration of a graph with one call on an input."""
    entrance = {
        "module": "keras.layers",
        "class_name": "InputLayer",
        "config": {"batch_shape": shape, "name": "x"},
        "name": "x",
        "inbound_nodes": [],
    }
    args = [tensor(shape) if part is ... else part for part in args or [...]]
    call = {
        "module": module,
        "class_name": name,
        "config": settings,
        "registered_name": None if module == "keras.layers" else name,
        "name": "call",
        "inbound_nodes": [{"args": args, "kwargs": {}}],
    }
    graph = {
        "name": "graph",
        "layers": [entrance, call],
        "input_layers": ["x", 0, 0],
        "output_layers": ["call", 0, 0],
    }
    return {"module": "keras.models", "class_name": "Functional", "config": graph}


FREE = {
    "Linspace": graph_of("Linspace", {"num": HUGE}, args=[..., 1.0]),
    "Linspace to": graph_of("Linspace", {"num": HUGE}, args=[1.0, ...]),
    "Repeat": graph_of("Repeat", {"repeats": HUGE, "axis": 1}),
    "Repeat all": graph_of("Repeat", {"repeats": HUGE}),
    "Tile": graph_of("Tile", {"repeats": [1, HUGE]}),
    "RepeatVector": graph_of("RepeatVector", {"n": HUGE}, module="keras.layers"),
    "ZeroPadding1D": graph_of(
        "ZeroPadding1D", {"padding": HUGE}, (None, 3, 1), module="keras.layers"
    ),
    "Map": graph_of("Map", {}, (HUGE, 3), [RELU, ...], "keras.src.ops.core"),
    "VectorizedMap": graph_of(
        "VectorizedMap", {"function": RELU}, (HUGE, 3), module="keras.src.ops.core"
    ),
}

REFUSED = {
    "Split": graph_of("Split", {"indices_or_sections": HUGE, "axis": 0}),
    "Split evenly": graph_of(
        "Split", {"indices_or_sections": HUGE, "axis": 0}, (HUGE, 3)
    ),
    "Unstack": graph_of("Unstack", {"num": HUGE}, module="keras.src.ops.core"),
    "Diff": graph_of("Diff", {"n": HUGE, "axis": 1}, (None, None)),
    "UpSampling2D": graph_of(
        "UpSampling2D",
        {"size": HUGE, "interpolation": "bilinear"},
        (None, 8, 8, 1),
        module="keras.layers",
    ),
    "axes": graph_of("Reshape", {"newshape": [1] * 1000 + [-1]}),
}


@pytest.mark.parametrize("name", FREE)
def test_sizes_alone_take_no_memory(name):
    found = []
    text = json.dumps(FREE[name])
    taken = memory_taken(lambda: found.append(models.model_from_json(text)))
    assert isinstance(found[0], Model)
    assert taken < 2**22


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_take_memory_is_refused(name, monkeypatch):
    monkeypatch.setattr("minikeras.saving.model_file.FEWEST_TENSORS", 1000)
    text = json.dumps(REFUSED[name])

    def refuse():
        with pytest.raises(SavingError, match=r"json_string, config"):
            models.model_from_json(text)

    assert memory_taken(refuse) < 2**24


def test_results_of_operations_are_counted():
    with room_for(None, tensors=5):
        x = KerasTensor((None, 3))
        for _ in range(4):
            x = ops.flip(x)  # whatever its shape
        with pytest.raises(ValueError, match="symbolic tensors"):
            ops.flip(x)


def test_constants_of_an_honest_size_are_made():
    x = Input((8, 8, 1))
    model = Model(x, layers.UpSampling2D(4, interpolation="bilinear")(x))
    again = models.model_from_json(model.to_json())
    assert again.output_shape == (None, 32, 32, 1)


def test_initial_values_need_no_other_room():
    """Zeros take as much as the Variables that they are for, which the file has."""
    model = Sequential([Input((3000,)), layers.Dense(8000, kernel_initializer="zeros")])
    file = io.BytesIO()
    save_model(model, file)  # 96 MB, more than constants may take
    assert load_model(file).count_params() == model.count_params()


def test_loading_takes_twice_the_room_of_the_file(tmp_path):
    path = tmp_path / "a.keras"
    model = Sequential([Input((2000,)), layers.Dense(2000), layers.Dense(2000)])
    model.save(path)
    taken = memory_taken(lambda: model.load_weights(path))
    assert taken < 2.2 * path.stat().st_size


# JSON -----------------------------------------------------------------------------


@pytest.mark.parametrize("things", MOST)
def test_texts_with_too_much_in_them_are_refused_before_it_is_made(things):
    mark, most = MOST[things]
    part = {"{": "{},", "[": "[],", ":": '{"a":1},', ",": "1,"}[mark]
    text = '{"a": [' + part * (most + 1) + "1]}"

    def refuse():
        with pytest.raises(SavingError, match="there are more"):
            parsed_json(text, "f", "m")

    assert memory_taken(refuse) < 10_000


def test_texts_may_be_so_long():
    long = '{"a": "' + "x" * (LONGEST - 9) + '"}'
    assert len(long) == LONGEST
    assert parsed_json(long, "f", "m")
    for text in (long + " ", '{"a": "ä' + "x" * (LONGEST // 4) + '"}'):
        with pytest.raises(SavingError, match="bytes"):
            parsed_json(text, "f", "m")


def test_a_class_name_of_any_length_is_refused_at_once():
    config = {"module": "keras.layers", "class_name": "Dense" * 4_000_000, "config": {}}
    began = time.process_time()
    with pytest.raises(SavingError, match="Unknown class"):
        models.model_from_json(json.dumps(config))
    config |= {"module": "keras.src." + "." * 10_000_000, "class_name": "Dense"}
    with pytest.raises(SavingError, match="Unknown class"):
        models.model_from_json(json.dumps(config))
    assert time.process_time() - began < 2


# Compiling ------------------------------------------------------------------------


def compiled(metric):
    """Returns the file of a model that is compiled with a metric."""
    file, changed = io.BytesIO(), io.BytesIO()
    model = Sequential([Input((2,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    save_model(model, file)
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "config.json":
                config = json.loads(content)
                config["compile_config"]["metrics"] = [metric]
                content = json.dumps(config).encode()
            new.writestr(name, content)
    return changed


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("AUC", {"num_thresholds": HUGE}),
        ("PrecisionAtRecall", {"recall": 0.5, "num_thresholds": HUGE}),
        ("MeanIoU", {"num_classes": 20_000}),
        ("MeanIoU", {"num_classes": HUGE}),
        ("OneHotMeanIoU", {"num_classes": HUGE}),
    ],
)
def test_memory_is_not_taken_for_what_a_metric_only_claims(name, config):
    file = compiled({"module": "keras.metrics", "class_name": name, "config": config})
    began = time.process_time()
    with pytest.raises(SavingError, match="metrics and the state of the optimizer"):
        load_model(file)
    assert time.process_time() - began < 5

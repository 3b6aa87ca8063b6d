"""summary: the text that Keras prints, and where ours differs on purpose."""

import numpy as np
import pytest

import minikeras
from minikeras import layers, ops
from minikeras.layers import Input
from minikeras.models import Model, Sequential
from minikeras.utils.summary import parts_in_range, readable_size
from minikeras.values.naming import reset_names
from tests.golden import golden_files, graph_models

CASES = [
    case for case in golden_files.read("printed") if case["name"].startswith("summary")
]


def empty():
    """A Sequential without layers."""
    return Sequential()


def unbuilt():
    """A Sequential that doesn't know its input."""
    return Sequential([layers.Dense(3), layers.Dropout(0.5), layers.Dense(1)])


def issue():
    """The classifier of 100 inputs, 64 hidden units and 10 classes."""
    model = Sequential([Input((100,))])
    model.add(layers.Dense(64, activation="relu"))
    model.add(layers.Dense(10, activation="softmax"))
    return model


def trained():
    """A model after a step of Adam."""
    model = issue()
    model.compile(optimizer="adam", loss="mse")
    model.fit(np.ones((2, 100)), np.ones((2, 10)), verbose=0)
    return model


def mixed():
    """Layers of all kinds, one frozen, one with a long name, on batches of 5."""
    model = Sequential([Input((28, 28), batch_size=5)], name="mixed[1]")
    model.add(layers.Flatten())
    model.add(layers.Dense(1000, name="a_layer_with_a_name_that_is_much_too_long"))
    model.add(layers.Activation("relu"))
    model.add(layers.Dropout(0.25))
    model.add(layers.Dense(10, use_bias=False, trainable=False))
    return model


def nested():
    """A Sequential in a Sequential."""
    inner = Sequential([Input((4,)), layers.Dense(3), layers.Dense(2)])
    return Sequential([Input((4,)), inner, layers.Dense(1)])


MODELS = {
    make.__name__: make for make in (empty, unbuilt, issue, trained, mixed, nested)
}
GRAPHS = golden_files.read("graphs")


class Branched(Model):
    """A model that is no chain; one of its layers is never called."""

    def __init__(self):
        super().__init__(name="branched")
        self.left = layers.Dense(4, name="left")
        self.right = [layers.Dense(2, name="right")]
        self.unused = layers.Dense(7, name="unused")

    def call(self, inputs):
        return self.right[0](self.left(inputs))


@pytest.fixture(autouse=True)
def fresh_names_on_a_narrow_screen(monkeypatch):
    reset_names()
    monkeypatch.setenv("COLUMNS", "80")


def summary_of(model, **keywords):
    """Returns the text of a summary."""
    texts = []
    model.summary(print_fn=texts.append, **keywords)
    [text] = texts
    return text


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_prints_what_keras_prints(case, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(case["columns"]))
    MODELS[case["model"]]().summary(**case["keywords"])
    assert capsys.readouterr().out == case["printed"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_print_fn_gets_the_same_text_in_one_call(case, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(case["columns"]))
    model = MODELS[case["model"]]()
    assert summary_of(model, **case["keywords"]) == case["printed"]


@pytest.mark.parametrize("case", GRAPHS, ids=lambda case: case["name"])
def test_graphs_print_what_keras_prints(case, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(case["columns"]))
    graph_models.MODELS[case["model"]](minikeras).summary(**case["keywords"])
    assert capsys.readouterr().out == case["printed"]


def test_a_model_that_is_no_chain_shows_the_shapes_it_was_built_for():
    model = Branched()
    model(np.ones((5, 3), "float32"))
    rows = [line for line in summary_of(model).splitlines() if line.startswith("│")]
    cells = [[cell.strip() for cell in row.split("│")[1:-1]] for row in rows]
    assert cells == [
        ["left (Dense)", "(5, 4)", "16"],
        ["right (Dense)", "(5, 2)", "10"],
        ["unused (Dense)", "?", "0 (unbuilt)"],
    ]


class MeanWithoutPadding(layers.Layer):
    """A layer of one's own that cannot be called without a mask."""

    def compute_mask(self, inputs, previous_mask):
        return None

    def call(self, x, mask=None):
        weights = ops.expand_dims(ops.cast(mask, x.dtype), -1)
        return ops.sum(x * weights, 1) / ops.sum(weights, 1)


def test_an_output_that_shapes_alone_do_not_say_is_a_question_mark():
    class Net(Model):
        def __init__(self):
            super().__init__()
            self.table = layers.Embedding(9, 3, mask_zero=True)
            self.mean = MeanWithoutPadding(name="mean")

        def call(self, indices):
            return self.mean(self.table(indices))

    model = Net()
    model(np.array([[1, 2, 0]]))
    (row,) = [line for line in summary_of(model).splitlines() if "mean" in line]
    assert row.split("│")[2].strip() == "?"


def test_a_summary_changes_nothing():
    model = Branched()
    model(np.ones((5, 3), "float32"))
    before = [weight.tobytes() for weight in model.get_weights()]
    summary_of(model)
    assert [weight.tobytes() for weight in model.get_weights()] == before
    assert not model.unused.built
    assert model.losses == []


def test_a_layer_that_is_used_twice_is_shown_twice_and_counted_once():
    shared = layers.Dense(3)
    text = summary_of(Sequential([Input((3,)), shared, shared]))
    assert text.count("dense (Dense)") == 2
    assert "Total params: 12 (48.00 B)" in text


def test_a_wide_line_is_not_cut_off_at_the_edge_of_the_screen():
    first, *_ = summary_of(issue(), line_length=150).splitlines()[1:]
    assert len(first) == 150


def test_positions_in_characters_set_the_width_of_the_table():
    _, edge, *_ = summary_of(issue(), positions=[30, 50, 70]).splitlines()
    assert len(edge) == 70
    assert [len(column) for column in edge.strip("┏┓").split("┳")] == [29, 18, 19]


@pytest.mark.parametrize("narrow", [{"line_length": 10}, {"positions": [1, 60, 70]}])
def test_too_narrow_a_table_is_refused(narrow):
    with pytest.raises(ValueError, match="too narrow: give it a larger line_length"):
        summary_of(issue(), **narrow)


def test_a_position_for_each_column_is_needed():
    with pytest.raises(ValueError, match="positions needs the ends of 3 columns"):
        summary_of(issue(), positions=[0.5, 1.0])


def named_model():
    """A chain of a, b1, (b2: inner) and c."""
    inner = Sequential([Input((2,)), layers.Dense(2, name="inner")], name="b2")
    model = Sequential([Input((2,)), layers.Dense(2, name="a")])
    for layer in (layers.Dense(2, name="b1"), inner, layers.Dense(2, name="c")):
        model.add(layer)
    return model


@pytest.mark.parametrize(
    ("layer_range", "expected"),
    [
        (("a", "b1"), ["a", "b1"]),
        (["b1", "b1"], ["b1"]),
        (("b", "b"), ["b1", "b2", "inner"]),
        (("c", "b1"), ["b1", "b2", "inner", "c"]),
        (("b2", "b2"), ["b2", "inner"]),
        (("a", ".*"), ["a", "b1", "b2", "inner", "c"]),
    ],
)
def test_layer_range_names_the_first_and_the_last_layer(layer_range, expected):
    text = summary_of(named_model(), layer_range=layer_range, expand_nested=True)
    rows = [line for line in text.splitlines() if line.startswith("│")]
    assert [row.strip("│└ ").split()[0] for row in rows] == expected
    assert "Total params: 24" in text


@pytest.mark.parametrize(
    ("layer_range", "message"),
    [
        (("a",), "first and a last layer; got"),
        ("ab", "first and a last layer; got 'ab'"),
        ((0, 1), "needs names of layers; got"),
        (("a", "z"), "no layer of this model; got .* there are"),
        (("inner", "c"), "no layer of this model"),
    ],
)
def test_layer_range_refuses_what_names_no_layers(layer_range, message):
    with pytest.raises(ValueError, match=message):
        summary_of(named_model(), layer_range=layer_range)


def test_a_range_of_no_parts_names_nothing():
    with pytest.raises(ValueError, match="no layer"):
        parts_in_range([], ("a", "b"))


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (1024, "1.00 KB"),
        (1024**4, "1.00 TB"),
        (1024**5, "1.00 PB"),
        (2e18, "1776.36 PB"),
    ],
)
def test_readable_size_chooses_the_unit(size, text):
    assert readable_size(size) == text

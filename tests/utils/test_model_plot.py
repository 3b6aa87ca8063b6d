"""plot_model: the boxes of a chain, their order and what is written in them."""

from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest

import minikeras
from minikeras import layers
from minikeras.layers import Input
from minikeras.models import Model, Sequential
from minikeras.utils import model_to_dot, plot_model
from tests.golden import graph_models

SVG = "{http://www.w3.org/2000/svg}"


def classifier():
    """Flatten, Dense, Dropout and a frozen Dense."""
    return Sequential(
        [
            layers.Input((2, 3)),
            layers.Flatten(name="flat"),
            layers.Dense(4, activation="relu", name="hidden"),
            layers.Dropout(0.5, name="drop"),
            layers.Dense(2, name="scores", trainable=False),
        ],
        name="classifier",
    )


def nested():
    """A chain in a chain in a chain."""
    inner = Sequential([layers.Input((4,)), layers.Dense(3)], name='in<&">ner')
    middle = Sequential([layers.Input((4,)), inner, layers.Dense(2)], name="middle")
    return Sequential([layers.Input((4,)), middle, layers.Dense(1)], name="outer")


class Branched(Model):
    """A model that is no chain."""

    def __init__(self):
        super().__init__(name="branched")
        self.left = layers.Dense(4)

    def call(self, inputs):
        return self.left(inputs)


def words(picture):
    """Returns the words in a picture, in order."""
    root = ElementTree.fromstring(picture.to_svg())
    return [text.text for text in root.findall(f"{SVG}text")]


def boxes(picture, kind):
    """Returns (x, y, width, height) of the boxes of a kind, in order."""
    root = ElementTree.fromstring(picture.to_svg())
    return [
        tuple(float(box.get(name)) for name in ("x", "y", "width", "height"))
        for box in root.findall(f"{SVG}rect")
        if box.get("class") == kind
    ]


def test_there_is_a_box_for_each_layer_with_its_class():
    picture = plot_model(classifier(), to_file=None)
    assert words(picture) == ["InputLayer", "Flatten", "Dense", "Dropout", "Dense"]


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        (
            "show_shapes",
            [
                "shape (None, 2, 3)",
                "(None, 2, 3) → (None, 6)",
                "(None, 6) → (None, 4)",
                "(None, 4) → (None, 4)",
                "(None, 4) → (None, 2)",
            ],
        ),
        ("show_dtype", ["dtype float32"] * 4),
        ("show_layer_activations", ["activation relu", "activation linear"]),
        ("show_trainable", ["trainable"] * 3 + ["not trainable"]),
        (
            "show_layer_names",
            ["flat (Flatten)", "hidden (Dense)", "drop (Dropout)", "scores (Dense)"],
        ),
    ],
)
def test_options_add_what_they_name_to_svg_and_to_dot(option, expected):
    model = classifier()
    without = words(plot_model(model, to_file=None))
    shown = words(plot_model(model, to_file=None, **{option: True}))
    assert [word for word in shown if word not in without] == expected
    dot = model_to_dot(model, **{option: True})
    places = [dot.find(word) for word in expected]
    assert -1 not in places


@pytest.mark.parametrize(
    ("rankdir", "axis", "sign"),
    [("TB", 1, 1), ("BT", 1, -1), ("LR", 0, 1), ("RL", 0, -1)],
)
def test_layers_follow_one_another_in_the_direction_asked_for(rankdir, axis, sign):
    picture = plot_model(classifier(), to_file=None, rankdir=rankdir)
    heads = boxes(picture, "head")
    order = words(picture)
    assert order == ["InputLayer", "Flatten", "Dense", "Dropout", "Dense"]
    places = [head[axis] * sign for head in heads]
    assert places == sorted(places)
    middles = {head[1 - axis] + head[3 - axis] / 2 for head in heads}
    assert max(middles) - min(middles) < 0.02  # all on one line
    assert f"rankdir={rankdir};" in model_to_dot(classifier(), rankdir=rankdir)


@pytest.mark.parametrize("rankdir", ["TB", "BT", "LR", "RL"])
def test_nothing_overlaps_and_everything_is_inside(rankdir):
    picture = plot_model(
        nested(), to_file=None, rankdir=rankdir, expand_nested=True, show_shapes=True
    )
    layers = boxes(picture, "box")
    frames = boxes(picture, "frame")
    assert len(layers) == 4
    for i, (x, y, width, height) in enumerate(layers):
        assert 0 < x < x + width < picture.width
        assert 0 < y < y + height < picture.height
        for x2, y2, width2, height2 in layers[i + 1 :]:
            apart = (x + width < x2, x2 + width2 < x, y + height < y2, y2 + height2 < y)
            assert any(apart)
    outer, inner = sorted(frames, key=lambda box: -box[2])
    for start, size in ((0, 2), (1, 3)):
        assert outer[start] < inner[start]
        assert inner[start] + inner[size] < outer[start] + outer[size]


def test_models_inside_are_boxes_unless_they_are_expanded():
    closed = words(plot_model(nested(), to_file=None))
    assert closed == ["InputLayer", "Sequential", "Dense"]
    opened = words(plot_model(nested(), to_file=None, expand_nested=True))
    assert opened[1:3] == ["middle (Sequential)", 'in<&">ner (Sequential)']
    assert opened.count("Dense") == 3


def test_dot_links_the_layers_in_order_across_frames():
    lines = model_to_dot(nested(), expand_nested=True).splitlines()
    labels = [line.strip().split()[0] for line in lines if "[label=<" in line]
    links = {tuple(line.strip(" ;").split(" -> ")) for line in lines if "->" in line}
    assert links == set(pairwise(labels))
    assert lines[0] == 'digraph "outer" {'
    assert 'label="in<&\\">ner (Sequential)"; style=dashed;' in lines[7]


def test_what_is_no_chain_is_one_box():
    model = Branched()
    model(np.ones((2, 3), "float32"))
    assert words(plot_model(model, to_file=None)) == ["Branched"]


def test_an_activation_that_is_a_layer_is_named_by_its_class():
    activation = layers.Activation("tanh")
    model = Sequential([layers.Input((2,)), layers.Dense(2, activation=activation)])
    shown = words(plot_model(model, to_file=None, show_layer_activations=True))
    assert shown[-1] == "activation Activation"


@pytest.mark.parametrize("name", ["model.svg", "model.dot"])
def test_the_name_says_what_is_saved(name, tmp_path):
    model = classifier()
    picture = plot_model(model, tmp_path / name, show_shapes=True)
    saved = (tmp_path / name).read_text(encoding="utf-8")
    as_dot = model_to_dot(model, show_shapes=True, show_layer_names=False)
    assert saved == (as_dot if name.endswith(".dot") else picture.to_svg())


@pytest.mark.parametrize("name", ["model.png", "model.jpg", "model.pdf"])
def test_a_picture_of_another_kind_is_drawn_beside_it(name, tmp_path):
    with pytest.warns(UserWarning, match=rf"is in .*model\.svg, .* no {name}"):
        picture = plot_model(classifier(), tmp_path / name)
    assert [file.name for file in tmp_path.iterdir()] == ["model.svg"]
    assert (tmp_path / "model.svg").read_text(encoding="utf-8") == picture.to_svg()


@pytest.mark.parametrize("name", ["model.txt", "model"])
def test_other_files_are_refused_before_anything_is_written(name, tmp_path):
    with pytest.raises(
        ValueError, match=r"saved as \.svg or \.dot; got .*rsvg-convert"
    ):
        plot_model(classifier(), tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_model_without_shapes_is_refused():
    with pytest.raises(ValueError, match="not built"):
        plot_model(Sequential([layers.Dense(2)]), to_file=None)


def test_an_unknown_direction_is_refused():
    with pytest.raises(ValueError, match="one of TB, BT, LR, RL; got 'up'"):
        plot_model(classifier(), to_file=None, rankdir="up")


@pytest.mark.parametrize("make", graph_models.MODELS.values(), ids=lambda m: m.__name__)
@pytest.mark.parametrize("rankdir", ["TB", "RL"])
def test_a_graph_has_a_box_for_each_layer_and_arrows_for_its_calls(make, rankdir):
    model = make(minikeras)
    picture = plot_model(model, to_file=None, rankdir=rankdir, show_shapes=True)
    heads = [word for word in words(picture) if word[0].isalpha() and " " not in word]
    assert heads == [operation._class_name for operation in model.operations]
    calls = {
        (x._keras_history.operation, node.operation)
        for node in model.body.graph.nodes
        for x in node.input_tensors
    }
    root = ElementTree.fromstring(picture.to_svg())
    assert len(root.findall(f"{SVG}polygon")) == len(calls)
    assert model_to_dot(model).count(" -> ") == len(calls)


def test_the_words_of_a_graph():
    model = graph_models.MODELS["branches"](minikeras)
    shown = words(plot_model(model, to_file=None, show_shapes=True))
    assert "shape (None, 5)" in shown
    assert "[(None, 4), (None, 4)] → (None, 4)" in shown
    frames = words(
        plot_model(
            graph_models.MODELS["nested"](minikeras), to_file=None, expand_nested=True
        )
    )
    assert frames.count("inner (Functional)") == 1
    assert frames.count("tail (Sequential)") == 1


def test_a_layer_that_is_called_again_has_an_arrow_back():
    x = Input((2,))
    twice, other = layers.Dense(2, name="twice"), layers.Dense(2, name="other")
    model = Model(x, twice(other(twice(x))))
    lines = model_to_dot(model).splitlines()
    links = [line.strip(" ;") for line in lines if "->" in line]
    assert sorted(links) == [
        "layer_0 -> layer_1",
        "layer_1 -> layer_2",
        "layer_2 -> layer_1",
    ]
    picture = plot_model(model, to_file=None)
    root = ElementTree.fromstring(picture.to_svg())
    tips = [
        [float(pair.split(",")[1]) for pair in tip.get("points").split()]
        for tip in root.findall(f"{SVG}polygon")
    ]
    assert [tip[0] > tip[1] for tip in tips].count(False) == 1


@pytest.mark.parametrize("rankdir", ["TB", "BT", "LR", "RL"])
def test_a_layer_that_is_called_on_its_own_result_has_an_arrow_to_itself(rankdir):
    x = Input((2,))
    twice = layers.Dense(2, name="twice")
    model = Model(x, twice(twice(x)))
    lines = model_to_dot(model, rankdir=rankdir).splitlines()
    links = [line.strip(" ;") for line in lines if "->" in line]
    assert sorted(links) == ["layer_0 -> layer_1", "layer_1 -> layer_1"]

    picture = plot_model(model, to_file=None, rankdir=rankdir)
    root = ElementTree.fromstring(picture.to_svg())
    assert len(root.findall(f"{SVG}polygon")) == 2
    points = [
        [float(number) for number in pair.split(",")]
        for tip in root.findall(f"{SVG}polygon")
        for pair in tip.get("points").split()
    ]
    width, height = (float(root.get(side)) for side in ("width", "height"))
    assert all(0 < x < width and 0 < y < height for x, y in points)


def test_dot_hands_on_what_graphviz_knows_and_can_be_a_part_of_another_graph():
    text = model_to_dot(classifier(), dpi=96, splines="curved")
    assert 'rankdir=TB; dpi=96; splines="curved";' in text
    part = model_to_dot(classifier(), subgraph=True)
    assert part.startswith('subgraph "cluster_classifier" {')


def test_what_is_no_model_is_refused():
    with pytest.raises(TypeError, match="What is drawn is a model; got 3 of type int"):
        plot_model(3, to_file=None)

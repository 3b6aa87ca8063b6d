"""The state of layers: what belongs to one, in what order, in how many steps."""

import sys
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras import Input, Model, Sequential, Variable, layers, metrics
from minikeras.layers.state import descendants, unique, walk
from tests.layers.small_layers import Scale, Tower


class Holder(layers.Layer):
    """Holds what it is given."""

    def __init__(self, *parts):
        super().__init__()
        self.parts = list(parts)


def variables_by_recursion(layer):
    own = [x for x in layer.parts if isinstance(x, Variable)]
    inner = [x for x in layer.parts if isinstance(x, layers.Layer)]
    return unique(own + [v for x in inner for v in variables_by_recursion(x)])


def trees(children):
    return st.lists(children, max_size=4).map(lambda parts: Holder(*parts))


VARIABLES = st.builds(lambda x: Variable(float(x)), st.integers(0, 9))


@given(
    st.recursive(VARIABLES, trees, max_leaves=12).filter(
        lambda x: isinstance(x, Holder)
    ),
    st.data(),
)
def test_variables_come_own_first_then_layer_by_layer(tree, data):
    inside = [tree, *descendants(tree)]
    shared = data.draw(st.sampled_from(inside))
    top = Holder(tree, shared)
    found = top.variables
    assert list(map(id, found)) == list(map(id, variables_by_recursion(top)))


def test_a_layer_comes_once_wherever_it_is_held():
    inner = Holder(Variable(1.0))
    outer = Holder(inner, inner, Holder(inner))
    assert [id(x) for x in walk(outer)].count(id(inner)) == 1
    assert len(outer.variables) == 1


def test_layers_that_hold_each_other_are_walked_through():
    a, b = Holder(), Holder()
    a.parts.append(b)
    b.parts.append(a)
    assert list(walk(a)) == [a, b]


def nested(depth):
    layer = Holder(Variable(1.0))
    for _ in range(depth):
        layer = Holder(layer)
    return layer


def seconds(function):
    start = time.process_time()
    function()
    return time.process_time() - start


def test_layers_5000_deep_are_walked_through_without_recursion():
    layer = nested(5000)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(200)
    try:
        assert len(descendants(layer)) == 5000
        assert len(layer.variables) == len(layer.weights) == 1
        layer.trainable = False
        assert layer.trainable_variables == []
        assert layer.losses == []
    finally:
        sys.setrecursionlimit(limit)


def test_twice_as_many_layers_take_about_twice_as_long():
    few, many = nested(1000), nested(4000)
    short = min(seconds(lambda: few.variables) for _ in range(3))
    long = min(seconds(lambda: many.variables) for _ in range(3))
    assert long < 4 * 3 * short  # 16 times as long if it were quadratic


def test_freezing_reaches_what_is_built_later_also_deep_inside():
    inner = layers.Dense(1)
    outer = Sequential([Sequential([inner])])
    outer.trainable = False
    outer.build((None, 3))
    assert not inner.trainable
    assert outer.trainable_weights == []


def test_metrics_of_layers_belong_to_them_and_are_no_weights():
    holder = Holder(metrics.Mean(name="inside"))
    outer = Holder(holder, metrics.Sum(name="outside"))
    assert [metric.name for metric in outer.metrics] == ["outside", "inside"]
    assert [v.path for v in outer.metrics_variables] == [
        "outside/total",
        "inside/total",
        "inside/count",
    ]
    assert outer.variables == []


def test_the_path_of_a_layer_is_where_it_was_built():
    model = Sequential([Input((3,)), layers.Dense(1, name="scores")], name="model")
    assert model.layers[0].path == "model/scores"
    assert layers.Dense(1).path is None


def test_all_that_was_built_has_a_path():
    class Held(Model):
        def __init__(self):
            super().__init__(name="held")
            self.flat = layers.Flatten(name="flat")

        def call(self, inputs):
            return self.flat(inputs)

    x = Input((3,))
    assert Model(x, layers.Dense(1, name="one")(x), name="graph").path == "graph"
    assert Sequential([Input((3,)), layers.Dense(1)], name="chain").path == "chain"
    model = Held()
    assert model.path is model.flat.path is None
    model(np.ones((1, 2, 2)))
    assert (model.path, model.flat.path) == ("held", "held/flat")
    assert layers.Dropout(0.5).path is None  # nothing of it is ever built


@pytest.mark.parametrize("shape", [(None, 2), (-1,), (2.0,), "2", [[1]]])
def test_the_shape_of_a_weight_is_known(shape):
    with pytest.raises(ValueError, match="must be fully known"):
        layers.Layer().add_weight(shape=shape, name="kernel")


def test_a_weight_without_a_name_gets_one_of_its_own():
    layer = layers.Layer(name="own")
    paths = {layer.add_weight().path, layer.add_weight().path}
    assert len(paths) == 2
    assert all(path.startswith("own/variable") for path in paths)


def test_quantized_training_is_refused():
    with pytest.raises(ValueError, match="quantized training"):
        layers.Layer().add_weight((1,), overwrite_with_gradient=True)
    with pytest.raises(NotImplementedError, match="cannot be quantized to 'int8'"):
        layers.Dense(1).quantize("int8")
    with pytest.raises(NotImplementedError, match="cannot be quantized to 'int8'"):
        layers.Dense(1).quantized_build((None, 2), "int8")
    with pytest.raises(NotImplementedError, match="nothing is quantized"):
        layers.Dense(1).quantized_call(np.ones((1, 2)))
    assert Model().get_quantization_layer_structure("gptq") is None


def test_nothing_is_computed_twice_to_save_memory():
    layer = layers.Dense(1)
    assert layer.rematerialized_call(layer.call) == layer.call


def test_a_functional_chain_of_5000_layers_lists_its_weights_once():
    x = outputs = Input((2,))
    layer = layers.Dense(2)
    shared = [layer, *(layers.Dense(2) for _ in range(99))]
    for i in range(5000):
        outputs = shared[i % 100](outputs)
    model = Model(x, outputs)
    assert len(model.weights) == 200
    assert len(np.unique([id(w) for w in model.variables])) == 200


def test_layers_in_lists_and_dicts_belong_to_the_layer():
    tower = Tower(name="tower")
    tower(np.ones((2, 3), "float32"))
    assert [v.path for v in tower.weights] == [
        "tower/first/factor",
        "tower/second/factor",
        "tower/roof/factor",
    ]
    assert len(tower.variables) == 4  # the state of the random generator too


def test_a_layer_appended_after_construction_is_found():
    tower = Tower()
    tower.floors.append(Scale())
    tower(np.ones((2, 3), "float32"))
    assert len(tower.weights) == 4


def test_freezing_reaches_all_layers_and_thaws_only_what_can_train():
    class WithState(layers.Layer):
        def build(self, input_shape):
            self.weight = self.add_weight((1,), "ones", name="weight")
            self.state = self.add_weight((1,), "zeros", trainable=False, name="state")

        def call(self, inputs):
            return inputs * self.weight + self.state

    class Outer(layers.Layer):
        def __init__(self):
            super().__init__()
            self.inner = WithState()

        def call(self, inputs):
            return self.inner(inputs)

    outer = Outer()
    outer(np.ones((1, 1), "float32"))
    outer.trainable = False
    assert outer.trainable_weights == []
    assert len(outer.non_trainable_weights) == 2
    assert not outer(np.ones((1, 1), "float32")).requires_grad
    outer.trainable = True
    assert [v.name for v in outer.trainable_weights] == ["weight"]


def test_set_weights_checks_everything_before_it_assigns_anything():
    layer = layers.Dense(2)
    layer(np.ones((1, 3), "float32"))
    before = layer.get_weights()
    with pytest.raises(ValueError, match="incompatible"):
        layer.set_weights([np.zeros((3, 2)), np.zeros(5)])
    for a, b in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    with pytest.raises(ValueError, match="length 1"):
        layer.set_weights([np.zeros((3, 2))])


def test_get_weights_gives_copies():
    layer = layers.Dense(2)
    layer(np.ones((1, 3), "float32"))
    layer.get_weights()[1][:] = 7
    assert (layer.get_weights()[1] == 0).all()


def test_a_list_that_contains_itself_is_looked_through_once():
    layer = layers.Layer()
    layer.floors = [Scale(name="first")]
    layer.floors.append(layer.floors)
    layer.rooms = {"roof": Scale(name="roof")}
    layer.rooms["more"] = [layer.rooms]
    assert [part.name for part in layer._layers] == ["first", "roof"]


def test_a_weight_without_a_shape_is_one_number():
    layer = layers.Layer()
    assert layer.add_weight(name="scale").shape == ()
    assert layer.add_weight((), "ones", "int32").dtype == "int32"


def test_the_name_of_a_weight_is_given_by_keyword():
    layer = layers.Layer()
    for options in ({}, {"shape": (3, 4)}):
        with pytest.raises(ValueError, match=r"name='kernel'"):
            layer.add_weight("kernel", **options)
    with pytest.raises(ValueError, match="`shape` by position and by keyword"):
        layer.add_weight((3,), shape=(3,))
    with pytest.raises(TypeError, match="positional"):
        layer.add_weight((3,), "zeros", "float32", False)

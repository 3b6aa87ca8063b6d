"""Layer: what reaches call, and what comes of it."""

import numpy as np
import pytest

from minikeras import Input, KerasTensor, Model, Sequential, layers, ops
from minikeras.autograd import no_grad
from minikeras.saving import load_model
from tests.layers.small_layers import Tower


def test_training_reaches_the_layers_inside():
    tower = Tower()
    x = np.ones((4, 50), "float32")
    still = np.asarray(tower(x))
    moving = np.asarray(tower(x, training=True))
    assert (still == 1).all()
    assert set(np.unique(moving)) == {0.0, 2.0}
    assert (np.asarray(tower(x, training=False)) == 1).all()


def test_arrays_become_tensors_in_the_dtype_of_the_layer():
    layer = layers.Dense(2)
    assert layer(np.ones((1, 3))).dtype == "float32"
    assert layer(np.ones((1, 3), "int64")).dtype == "float32"
    assert (
        layers.Dense(2, dtype="float64")(np.ones((1, 3), "float32")).dtype == "float64"
    )


def test_lists_of_numbers_are_refused():
    with pytest.raises(ValueError, match=r"needs arrays or Tensors.*np\.array"):
        layers.Dense(2)([[1.0, 2.0]])


def test_the_wrong_width_names_layer_and_shapes():
    layer = layers.Dense(2, name="scores")
    layer(np.ones((1, 3), "float32"))
    with pytest.raises(ValueError, match=r'"scores".*axis -1.*value 3.*\(1, 4\)'):
        layer(np.ones((1, 4), "float32"))


def test_too_few_axes_are_refused():
    with pytest.raises(ValueError, match="expected min_ndim=2, found ndim=1"):
        layers.Dense(2)(np.ones(3, "float32"))


def test_unknown_keywords_are_named():
    with pytest.raises(
        ValueError, match=r"Unrecognized keyword arguments.*Dense: .*foo"
    ):
        layers.Dense(2, foo=1)


def test_input_shape_works_and_warns():
    with pytest.warns(UserWarning, match="Input"):
        layer = layers.Dense(2, input_shape=(3,))
    assert layer._input_shape_argument == (3,)


def test_added_losses_are_those_of_the_last_call():
    class Penalty(layers.Layer):
        def call(self, inputs):
            self.add_loss(ops.sum(inputs))
            return inputs

    layer = Penalty()
    for _ in range(3):
        layer(np.ones((2, 2), "float32"))
    assert [float(loss) for loss in layer.losses] == [4.0]


def test_activity_is_regularized_per_sample():
    layer = layers.Dense(
        1, activity_regularizer="l2", kernel_initializer="ones", use_bias=False
    )
    layer(np.array([[1.0], [3.0]], "float32"))
    np.testing.assert_allclose(float(layer.losses[0]), 0.01 * (1 + 9) / 2, rtol=1e-6)


def test_symbolic_inputs_give_symbolic_outputs_and_build():
    tower = Tower()
    out = tower(KerasTensor((None, 3)))
    assert isinstance(out, KerasTensor)
    assert out.shape == (None, 3)
    assert tower.count_params() == 9


def test_a_layer_without_call_says_so():
    with pytest.raises(NotImplementedError, match="defines no call"):
        layers.Layer()(np.ones((1, 1), "float32"))


def test_gradients_arrive_at_the_weights():
    layer = layers.Dense(1, kernel_initializer="ones")
    x = np.array([[1.0, 2.0], [3.0, 4.0]], "float32")
    ops.sum(layer(x)).backward()
    np.testing.assert_array_equal(layer.kernel.value.grad, [[4.0], [6.0]])
    np.testing.assert_array_equal(layer.bias.value.grad, [2.0])


def test_nothing_is_recorded_under_no_grad():
    with no_grad():
        assert not layers.Dense(1)(np.ones((1, 2), "float32")).requires_grad


class Trains(layers.Layer):
    """Trains unless it is told otherwise."""

    def __init__(self):
        super().__init__()
        self.dropout = layers.Dropout(0.9, seed=1)

    def call(self, inputs, training=True):
        return self.dropout(inputs)


def zeros_in(x):
    return int(np.sum(x.numpy() == 0))


def test_the_default_of_training_in_a_signature_reaches_the_layers_inside():
    x = np.ones((100,), "float32")
    assert zeros_in(Trains()(x)) > 50
    assert zeros_in(Trains()(x, training=False)) == 0
    assert zeros_in(Trains()(x, training=False)) == 0


def test_only_tensors_are_given_by_position():
    with pytest.raises(ValueError, match="as a keyword argument: True"):
        layers.Dropout(0.9)(np.ones((100,), "float32"), True)
    with pytest.raises(ValueError, match="as a keyword argument: 'max'"):
        layers.Dropout(0.9)(Input((2,)), ["max"])


@pytest.mark.parametrize("trainable", [None, 1, "yes"])
def test_trainable_is_a_boolean(trainable):
    with pytest.raises(ValueError, match="`trainable` argument to be a boolean"):
        layers.Dense(2, trainable=trainable)


def test_inputs_may_be_given_by_name_after_training():
    x = np.ones((100,), "float32")
    assert zeros_in(layers.Dropout(0.9, seed=1)(training=True, inputs=x)) > 50
    with pytest.raises(TypeError, match="called without inputs"):
        layers.Dropout(0.5)(training=True)


class TrainsWithin(layers.Layer):
    """Says nothing of training itself to what is inside, which trains by default."""

    def __init__(self):
        super().__init__()
        self.inner = Trains()

    def call(self, inputs, training=False):
        return self.inner(inputs)


def test_the_outer_default_of_training_wins():
    x = np.ones((100,), "float32")
    assert zeros_in(TrainsWithin()(x)) == 0
    assert zeros_in(TrainsWithin()(x, training=True)) > 50


def test_training_and_masks_are_not_asked_for():
    class Careful(layers.Layer):
        def call(self, inputs, training, mask):
            return inputs * (2.0 if training else 1.0)

    y = Careful()(np.ones((1, 1), "float32"), training=True, mask=None)
    assert float(y[0, 0]) == 2.0


class Counter(layers.Layer):
    """Counts its calls, from where `build` starts."""

    def build(self, input_shape):
        self.count = self.add_weight((), "zeros", trainable=False, name="count")
        self.count.assign(100)

    def call(self, inputs):
        self.count.assign_add(1)
        return inputs


def test_symbolic_calls_change_no_state():
    counter = Counter()
    counter(Input((1,)))
    counter.compute_output_shape((None, 1))
    assert int(counter.count) == 100
    counter(np.ones((2, 1)))
    assert int(counter.count) == 101


def test_training_changes_the_state_of_layers_once_per_batch():
    counter = Counter()
    model = Sequential([counter, layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(np.ones((6, 1)), np.ones((6, 1)), batch_size=2, verbose=0)
    assert int(counter.count) == 103


@pytest.mark.parametrize("name", ["calls", "class_name", "programs"])
def test_likely_names_are_free_for_attributes_of_ones_own(name, tmp_path):
    class Net(Model):
        def __init__(self):
            super().__init__()
            setattr(self, name, "mine")
            self.dense = layers.Dense(1)
            setattr(self.dense, name, "mine")

        def call(self, x):
            return self.dense(x)

    x = np.ones((24, 3), "float32")
    model = Net()
    model.compile("sgd", "mse")
    model.fit(x, x[:, :1], batch_size=8, verbose=0)
    model.summary(print_fn=str)
    model.save(tmp_path / "net.keras")
    load_model(tmp_path / "net.keras", custom_objects={"Net": Net})
    Sequential([Input((3,)), model.dense]).summary(print_fn=str)
    assert getattr(model, name) == getattr(model.dense, name) == "mine"

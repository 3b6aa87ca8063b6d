"""Layer: how state is found, when it is built, what reaches call."""

import numpy as np
import pytest

from minikeras import Input, KerasTensor, Sequential, Tensor, layers, ops
from minikeras.autograd import no_grad


class Scale(layers.Layer):
    """y = factor · x, with one weight per feature."""

    def build(self, input_shape):
        self.factor = self.add_weight((input_shape[-1],), "ones", name="factor")

    def call(self, inputs):
        return inputs * self.factor


class Tower(layers.Layer):
    """Layers in a list, in a dict, and as an attribute."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.floors = [Scale(name="first"), Scale(name="second")]
        self.rooms = {"roof": Scale(name="roof")}
        self.door = layers.Dropout(0.5, seed=3)

    def call(self, inputs):
        for floor in self.floors:
            inputs = floor(inputs)
        return self.door(self.rooms["roof"](inputs))


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


def test_building_waits_for_the_first_call_and_happens_once():
    layer = Scale()
    assert not layer.built
    assert layer.weights == []
    layer(np.ones((2, 3), "float32"))
    kernel = layer.factor
    layer(np.ones((5, 3), "float32"))
    assert layer.built
    assert layer.factor is kernel


def test_no_weight_can_be_added_once_built():
    layer = Scale()
    layer(np.ones((2, 3), "float32"))
    with pytest.raises(ValueError, match="cannot add new elements of state"):
        layer.add_weight((1,), "zeros")


def test_training_reaches_the_layers_inside():
    tower = Tower()
    x = np.ones((4, 50), "float32")
    still = np.asarray(tower(x))
    moving = np.asarray(tower(x, training=True))
    assert (still == 1).all()
    assert set(np.unique(moving)) == {0.0, 2.0}
    assert (np.asarray(tower(x, training=False)) == 1).all()


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


@pytest.mark.parametrize("units", [0, -1, 2.5, "a", None])
def test_units_must_be_a_positive_integer(units):
    with pytest.raises(ValueError, match="expected a positive integer"):
        layers.Dense(units)


def test_unknown_keywords_are_named():
    with pytest.raises(
        ValueError, match=r"Unrecognized keyword arguments.*Dense: .*foo"
    ):
        layers.Dense(2, foo=1)


def test_input_shape_works_and_warns():
    with pytest.warns(UserWarning, match="Input"):
        layer = layers.Dense(2, input_shape=(3,))
    assert layer._input_shape_argument == (3,)


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


def test_masks_travel_on_tensors_to_the_layers_that_support_them():
    x = Tensor(np.ones((2, 3), "float32"))
    x._keras_mask = Tensor(np.array([True, False]))
    assert layers.Activation("relu")(x)._keras_mask is x._keras_mask
    with pytest.warns(UserWarning, match="mask ends here"):
        layers.Flatten()(x)


def test_a_layer_without_call_says_so():
    with pytest.raises(NotImplementedError, match="defines no call"):
        layers.Layer()(np.ones((1, 1), "float32"))


class Own(layers.Layer):
    """Has arguments, and no get_config."""

    def __init__(self, size, scale=2.0, **kwargs):
        super().__init__(**kwargs)
        self.size = size


def test_plain_arguments_are_the_config_of_a_layer_that_defines_none():
    layer = Own([3, (4, None)], name="own", trainable=False, dtype="float64")
    config = layer.get_config()
    assert config == {
        "name": "own",
        "trainable": False,
        "dtype": layers.Dense(1, dtype="float64").get_config()["dtype"],
        "size": [3, (4, None)],
        "scale": 2.0,
    }
    assert Own.from_config(config).get_config() == config


@pytest.mark.parametrize("size", [layers.Dense(1), np.ones(2), len, {1: 2}])
def test_a_layer_with_other_arguments_must_say_its_config(size):
    with pytest.raises(NotImplementedError, match=r"size.*must define get_config"):
        Own(size).get_config()


class Bare(layers.Layer):
    """Takes what every layer does from no one, and others by position."""

    def __init__(self, *sizes):
        super().__init__()


def test_the_config_holds_only_what_the_constructor_takes():
    assert Bare().get_config() == {}
    assert isinstance(Bare.from_config({}), Bare)


def test_arguments_without_a_name_are_no_config():
    with pytest.raises(NotImplementedError, match=r"\*sizes"):
        Bare(1, 2).get_config()


@pytest.mark.parametrize(
    "layer",
    [
        layers.Dense(
            3, activation="relu", kernel_regularizer="l2", bias_constraint="non_neg"
        ),
        layers.Activation("tanh"),
        layers.Flatten(),
        layers.Dropout(0.5, noise_shape=(None, 1), seed=3),
    ],
    ids=lambda layer: layer.name,
)
def test_the_config_makes_an_equal_layer(layer):
    again = type(layer).from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    assert (
        layers.deserialize(layers.serialize(layer)).get_config() == layer.get_config()
    )


def test_dropout_scales_what_it_keeps_and_rests_outside_of_training():
    layer = layers.Dropout(0.75, seed=1)
    x = np.ones((100, 100), "float32")
    out = np.asarray(layer(x, training=True))
    assert set(np.unique(out)) == {0.0, 4.0}
    assert abs(out.mean() - 1) < 0.1
    np.testing.assert_array_equal(layer(x), x)


def test_dropout_of_whole_columns():
    out = np.asarray(
        layers.Dropout(0.5, noise_shape=(None, 1), seed=2)(
            np.ones((50, 4)), training=True
        )
    )
    assert (out == out[:, :1]).all()
    assert len(np.unique(out)) == 2


@pytest.mark.parametrize("rate", [-0.1, 1.1, "a", None])
def test_dropout_rates_outside_are_refused(rate):
    with pytest.raises(ValueError, match="between 0 and 1"):
        layers.Dropout(rate)


def test_dropping_everything_gives_zeros():
    out = layers.Dropout(1.0)(np.ones((3, 3), "float32"), training=True)
    np.testing.assert_array_equal(out, np.zeros((3, 3)))


@pytest.mark.parametrize("shape", [(2, 3, 4), (2, 5), (2,), (0, 3, 2)])
def test_flatten_keeps_the_samples(shape):
    x = np.arange(np.prod(shape), dtype="float32").reshape(shape)
    out = layers.Flatten()(x)
    features = int(np.prod(shape[1:])) if len(shape) > 1 else 1
    assert out.shape == (shape[0], features)
    np.testing.assert_array_equal(out, x.reshape(shape[0], features))


def test_flatten_moves_channels_to_the_end():
    x = np.arange(24, dtype="float32").reshape(1, 2, 3, 4)
    out = layers.Flatten(data_format="channels_first")(x)
    np.testing.assert_array_equal(out, x.transpose(0, 2, 3, 1).reshape(1, -1))


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


def test_inputs_that_are_none_build_what_uses_the_others():
    class Either(layers.Layer):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(2)

        def call(self, inputs):
            given = [x for x in inputs.values() if x is not None]
            return self.dense(sum(given[1:], start=given[0]))

    layer = Either()
    assert layer({"a": KerasTensor((3, 4)), "b": None}).shape == (3, 2)
    assert layer({"a": None, "b": np.ones((1, 4), "float32")}).shape == (1, 2)


@pytest.mark.parametrize("kind", [tuple, list])
def test_shapes_that_a_layer_says_keep_their_structure(kind):
    class Twice(layers.Layer):
        def compute_output_shape(self, input_shape):
            return kind((input_shape, input_shape))

    outputs = Twice().compute_output_spec(KerasTensor((2, 3)))
    assert type(outputs) is kind
    assert [x.shape for x in outputs] == [(2, 3)] * 2


def test_a_list_that_contains_itself_is_looked_through_once():
    layer = layers.Layer()
    layer.floors = [Scale(name="first")]
    layer.floors.append(layer.floors)
    layer.rooms = {"roof": Scale(name="roof")}
    layer.rooms["more"] = [layer.rooms]
    assert [part.name for part in layer._layers] == ["first", "roof"]


def test_inputs_may_be_given_by_name_after_training():
    x = np.ones((100,), "float32")
    assert zeros_in(layers.Dropout(0.9, seed=1)(training=True, inputs=x)) > 50
    with pytest.raises(TypeError, match="called without inputs"):
        layers.Dropout(0.5)(training=True)


class BuildsOnSecondAttempt(layers.Layer):
    def build(self, input_shape):
        self.factor = self.add_weight(input_shape[-1:], "ones")
        if input_shape[-1] != 3:
            raise ValueError("three, please")

    def call(self, inputs):
        return inputs * self.factor


def test_a_build_that_fails_leaves_no_weights():
    layer = BuildsOnSecondAttempt()
    with pytest.raises(ValueError, match="three, please"):
        layer(np.ones((1, 2), "float32"))
    layer(np.ones((1, 3), "float32"))
    assert [weight.shape for weight in layer.weights] == [(3,)]


class PassesOn(layers.Layer):
    def call(self, inputs):
        return inputs


def masked(dtype):
    x = Tensor(np.ones((2, 3), dtype), requires_grad=True) * 1.0
    x._keras_mask = Tensor([[True, True, False]] * 2)
    return x


def test_a_mask_ends_where_it_is_not_supported_and_the_input_keeps_it():
    x = masked("float32")
    with pytest.warns(UserWarning, match="the mask ends here"):
        out = PassesOn()(x)
    assert not hasattr(out, "_keras_mask")
    assert hasattr(x, "_keras_mask")
    assert out.requires_grad


def test_a_mask_survives_the_cast_to_the_dtype_of_the_layer():
    out = layers.Activation("relu")(masked("float64"))
    assert out.dtype == "float32"
    assert out._keras_mask.shape == (2, 3)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((None, None, 3), (None, None)),
        ((4, None, 3), (4, None)),
        ((None, 2), (None, 2)),
    ],
)
def test_flatten_leaves_unknown_sizes_unknown(shape, expected):
    assert layers.Flatten()(KerasTensor(shape)).shape == expected


class Mixes(layers.Layer):
    """Has weights for each of two inputs."""

    def build(self, left_shape, right_shape):
        self.left = self.add_weight(left_shape[-1:], "ones")
        self.right = self.add_weight(right_shape[-1:], "ones")

    def call(self, left, right):
        return ops.sum(left * self.left) + ops.sum(right * self.right)


@pytest.mark.parametrize("by_name", [False, True])
def test_build_gets_the_shape_of_each_argument_that_it_names(by_name):
    left, right = Tensor(np.ones((1, 2), "float32")), np.ones((1, 3), "float32")
    layer = Mixes()
    out = layer(left, right=right) if by_name else layer(left, right)
    assert float(out) == 5.0
    assert [weight.shape for weight in layer.weights] == [(2,), (3,)]


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


class BuildsWithAnOption(Scale):
    def build(self, input_shape, start=2.0):
        self.factor = self.add_weight(input_shape[-1:], "ones")
        self.factor.assign(self.factor * start)


def test_a_build_may_have_options_beside_the_shape():
    out = BuildsWithAnOption()(np.ones((1, 2), "float32"))
    assert out.numpy().tolist() == [[2.0, 2.0]]


@pytest.mark.parametrize(
    ("layer", "wrong", "right"),
    [
        (layers.Dense(2), (), (3, 4)),
        (layers.LSTM(2), (3, 4), (3, 5, 6)),
        (layers.GRU(2), (3, 4, 5, 6), (3, 5, 6)),
        (layers.Bidirectional(layers.LSTM(2)), (3, 4), (3, 5, 6)),
    ],
    ids=lambda x: getattr(x, "name", None),
)
def test_a_wrong_input_builds_nothing(layer, wrong, right):
    with pytest.raises(ValueError, match="ndim"):
        layer(np.ones(wrong, "float32"))
    assert not layer.built
    assert not layer.weights
    layer(np.ones(right, "float32"))


def test_stacked_sequences_that_are_none_are_named():
    with pytest.raises(ValueError, match=r'"second".*expected ndim=3, found ndim=2'):
        Sequential(
            [Input((5, 3)), layers.LSTM(4), layers.LSTM(4, name="second")],
        )


def test_a_missing_argument_is_named():
    attention = layers.MultiHeadAttention(2, 4, name="heads")
    with pytest.raises(TypeError, match='"heads" was called without value: it needs q'):
        attention(np.ones((2, 5, 3), "float32"))


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


@pytest.mark.parametrize(
    "layer",
    [
        layers.Dense(3),
        layers.Dense(3, use_bias=False),
        layers.EinsumDense("ab,bc->ac", 3, bias_axes="c"),
        layers.Conv1D(3, 1),
        layers.Conv1D(3, 1, use_bias=False),
    ],
    ids=repr,
)
def test_an_activation_that_was_taken_away_is_none(layer):
    x = np.array([[1.0, -2.0]])
    x = x[None] if isinstance(layer, layers.Conv1D) else x
    linear = layer(x)
    layer.activation = None
    np.testing.assert_array_equal(layer(x), linear)
    assert layer.get_config()["activation"] is None


@pytest.mark.parametrize("cls", [layers.Dropout, layers.AlphaDropout])
@pytest.mark.parametrize("noise_shape", ["13", 3, (), (2, 0), (-1, 2), (2.0, 1)])
def test_a_noise_shape_that_is_none_is_refused(cls, noise_shape):
    with pytest.raises(ValueError, match="noise_shape"):
        cls(0.5, noise_shape=noise_shape)


def test_the_shape_of_an_input_may_be_of_numpy_integers():
    entrance = Input((np.int64(5), None), batch_size=np.int32(2))
    assert entrance.shape == (2, 5, None)
    assert all(type(size) in (int, type(None)) for size in entrance.shape)
    with pytest.raises(ValueError, match="no size"):
        Input((np.float64(5),))


def test_an_entrance_says_that_it_is_dense():
    with pytest.warns(UserWarning, match="`input_shape`"):
        entrance = layers.InputLayer(input_shape=(5,))
    assert entrance.batch_shape == (None, 5)
    assert entrance.sparse is entrance.ragged is False
    assert entrance.call() is None


def test_the_shape_of_the_inputs_may_be_given_by_name():
    assert layers.Dense(3).compute_output_shape(input_shape=(None, 2)) == (None, 3)
    shapes = [(2, 3, 4), (2, 5, 6), (2, 5, 4)]
    attention = layers.Attention()
    assert attention.compute_output_shape(input_shape=shapes) == (2, 3, 6)

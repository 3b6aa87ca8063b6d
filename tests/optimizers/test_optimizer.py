"""Optimizer: gradients and weights, its state, one's own, and mistakes."""

import copy

import numpy as np
import pytest

from minikeras import Tensor, Variable, ops, optimizers, saving


def weights():
    return Variable([1.0, 2.0], name="kernel"), Variable([1.0], name="bias")


@pytest.mark.parametrize(
    "gradient",
    [
        np.array([1.0, 2.0]),
        np.array([1, 2]),
        [1.0, 2.0],
        Tensor([1.0, 2.0], dtype="float64"),
    ],
    ids=["float64", "int64", "list", "Tensor"],
)
def test_gradients_are_cast_to_the_dtype_of_their_weight(gradient):
    kernel, _ = weights()
    optimizers.SGD(0.5).apply([gradient], [kernel])
    assert kernel.dtype == "float32"
    assert kernel.numpy().tolist() == [0.5, 1.0]


def test_a_gradient_of_another_shape_is_refused_with_the_name_of_the_weight():
    kernel, _ = weights()
    with pytest.raises(ValueError, match=r"gradient of kernel .* \(2,\); got \(3,\)"):
        optimizers.SGD(0.5).apply([np.ones(3, "float32")], [kernel])
    assert kernel.numpy().tolist() == [1.0, 2.0]


@pytest.mark.parametrize("pairs", [[], [np.ones(2)], [([1.0], 3)]])
def test_what_are_no_pairs_of_gradients_and_weights_is_refused(pairs):
    with pytest.raises(ValueError, match=r"takes pairs \(gradient, weight\), such as"):
        optimizers.SGD().apply_gradients(pairs)


@pytest.mark.parametrize("before_build", [True, False])
@pytest.mark.parametrize("by", ["name", "variable"])
def test_weights_are_excluded_from_decay_before_or_after_build(before_build, by):
    kernel, bias = weights()
    optimizer = optimizers.SGD(0.5, weight_decay=0.5)
    excluded = {"var_names": ["bias"]} if by == "name" else {"var_list": [bias]}
    if before_build:
        optimizer.exclude_from_weight_decay(**excluded)
        optimizer.build([kernel, bias])
    else:
        optimizer.build([kernel, bias])
        optimizer.exclude_from_weight_decay(**excluded)
    optimizer.apply([np.zeros(2, "float32"), np.zeros(1, "float32")], [kernel, bias])
    assert kernel.numpy().tolist() == [0.75, 1.5]
    assert bias.numpy().tolist() == [1.0]


# --- An optimizer of one's own, written for Keras -------------------------------------


class Heavy(optimizers.Optimizer):
    """Gradient descent with momentum, by operations on Tensors."""

    def __init__(self, learning_rate=0.1, momentum=0.9, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.momentum = momentum

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self._momenta = self.add_optimizer_variables(variables, "momentum")
        self._count = self.add_variable((), dtype="int", name="count")

    def update_step(self, gradient, variable, learning_rate):
        momentum = self._momenta[self._get_variable_index(variable)]
        rate = ops.cast(learning_rate, variable.dtype)
        self.assign(momentum, self.momentum * momentum - rate * gradient)
        self.assign_add(variable, momentum)
        self.assign_sub(self._count, -1)

    def get_config(self):
        return {**super().get_config(), "momentum": self.momentum}


def trained(optimizer, steps=4, dtype="float32"):
    """Returns weights after some steps down a bowl."""
    kernel = Variable(np.array([1.0, -2.0]), dtype=dtype, name="kernel")
    bias = Variable(np.array([0.5]), dtype=dtype, name="bias")
    for _ in range(steps):
        optimizer.apply([kernel * 2.0, bias * 3.0], [kernel, bias])
    return np.concatenate([kernel.numpy(), bias.numpy()])


def test_an_optimizer_of_ones_own_runs_as_it_is():
    optimizer = Heavy(name="heavy")
    ours = trained(optimizers.SGD(0.1, momentum=0.9))
    np.testing.assert_allclose(trained(optimizer), ours, rtol=1e-6)
    assert [v.path for v in optimizer.variables] == [
        "heavy/iteration",
        "heavy/learning_rate",
        "heavy/kernel_momentum",
        "heavy/bias_momentum",
        "heavy/count",
    ]
    assert int(optimizer.variables[-1]) == 8
    with pytest.raises(NotImplementedError, match="defines no update_step"):
        trained(optimizers.Optimizer(0.1))


def test_variables_for_every_weight_by_several_names():
    kernel, bias = weights()
    optimizer = optimizers.Optimizer(0.1, name="o")
    means, squares = optimizer.add_optimizer_variables(
        [kernel, bias], ["mean", "square"], ["ones", "zeros"]
    )
    assert [v.path for v in optimizer.variables[2:]] == [
        *("o/kernel_mean", "o/kernel_square", "o/bias_mean", "o/bias_square"),
    ]
    assert [m.numpy().tolist() for m in means] == [[1, 1], [1]]
    assert [s.numpy().tolist() for s in squares] == [[0, 0], [0]]
    with pytest.raises(ValueError, match="as many as names"):
        optimizer.add_optimizer_variables([kernel], ["a", "b"], ["ones"])


# --- What it is made of ---------------------------------------------------------------

EVERY = [
    cls
    for name, cls in optimizers.CLASSES.items()
    if name not in ("LossScaleOptimizer", "MultiOptimizer", "OptimizerMap")
]
every_optimizer = pytest.mark.parametrize("cls", EVERY, ids=lambda cls: cls.__name__)


@every_optimizer
def test_the_config_makes_an_equal_optimizer(cls):
    optimizer = cls(
        learning_rate=optimizers.schedules.CosineDecay(0.1, 10),
        clipnorm=1.0,
        weight_decay=0.25,
        use_ema=True,
        ema_overwrite_frequency=3,
        gradient_accumulation_steps=2,
        name="o",
    )
    config = optimizers.serialize(optimizer)
    assert config["module"] == "keras.optimizers"
    again = optimizers.deserialize(config)
    assert type(again) is cls
    assert again.get_config() == optimizer.get_config()


@every_optimizer
def test_its_name_is_known_in_any_case(cls):
    for name in (cls.__name__, cls.__name__.lower(), cls.__name__.upper()):
        assert type(optimizers.get(name)) is cls


@every_optimizer
def test_state_that_is_saved_goes_on_to_the_same_bits(cls):
    options = {"use_ema": True, "gradient_accumulation_steps": 2}
    straight = cls(0.1, **options)
    expected = trained(straight, 8)

    optimizer, store = cls(0.1, **options), {}
    kernel, bias = Variable([1.0, -2.0], name="kernel"), Variable([0.5], name="bias")
    for _ in range(3):
        optimizer.apply([kernel * 2.0, bias * 3.0], [kernel, bias])
    optimizer.save_own_variables(store)
    assert list(store) == [str(i) for i in range(len(optimizer.variables))]
    again = cls(0.5, **options)
    again.build([kernel, bias])
    again.load_own_variables({key: value.numpy() for key, value in store.items()})
    for _ in range(5):
        again.apply([kernel * 2.0, bias * 3.0], [kernel, bias])
    np.testing.assert_array_equal([*kernel.numpy(), *bias.numpy()], expected)


@every_optimizer
def test_a_copy_goes_its_own_way(cls):
    kernel, _ = weights()
    optimizer = cls(0.1)
    optimizer.apply([np.ones(2)], [kernel])
    copied_kernel, copied = copy.deepcopy((kernel, optimizer))
    before = kernel.numpy().copy()
    copied.apply([np.ones(2)], [copied_kernel])
    np.testing.assert_array_equal(kernel.numpy(), before)
    optimizer.apply([np.ones(2)], [kernel])
    np.testing.assert_array_equal(kernel.numpy(), copied_kernel.numpy())


@every_optimizer
def test_a_stateless_step_is_the_step_and_leaves_all_as_it_was(cls):
    kernel, bias = weights()
    optimizer = cls(0.1)
    optimizer.build([kernel, bias])
    gradients = [np.array([1.0, -2.0], "float32"), np.array([0.5], "float32")]
    loss = ops.sum(kernel * 3.0)
    before = [v.numpy().copy() for v in (kernel, bias, *optimizer.variables)]
    new_weights, new_state = optimizer.stateless_apply(
        optimizer.variables, gradients, [kernel, bias]
    )
    for variable, value in zip(
        (kernel, bias, *optimizer.variables), before, strict=True
    ):
        np.testing.assert_array_equal(variable.numpy(), value)
    loss.backward()  # the graph of the old value is still right
    assert kernel.value.grad.numpy().tolist() == [3.0, 3.0]
    optimizer.apply(gradients, [kernel, bias])
    for variable, value in zip((kernel, bias), new_weights, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value.numpy())
    for variable, value in zip(optimizer.variables, new_state, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value.numpy())


def test_a_stateless_step_needs_all_values():
    kernel, bias = weights()
    optimizer = optimizers.Adam()
    with pytest.raises(ValueError, match="build"):
        optimizer.stateless_apply([], [np.ones(2)], [kernel])
    optimizer.build([kernel, bias])
    with pytest.raises(ValueError, match="for 2 weights, and has 6 variables; got 1"):
        optimizer.stateless_apply(optimizer.variables, [np.ones(2)], [kernel])


def test_weights_are_set_all_or_none():
    kernel, bias = weights()
    optimizer = optimizers.SGD(0.5, momentum=0.9)
    with pytest.raises(ValueError, match=r"build\(trainable_variables\) before"):
        optimizer.set_weights([])
    optimizer.build([kernel, bias])
    optimizer.set_weights([3, 0.25, np.ones(2), np.ones(1)])
    assert int(optimizer.iterations) == 3
    assert float(optimizer.learning_rate) == 0.25
    with pytest.raises(ValueError, match=r"bias_momentum has shape \(1,\).* \(2,\)"):
        optimizer.set_weights([4, 0.5, np.zeros(2), np.zeros(2)])
    with pytest.raises(ValueError, match="4 variables; got 1"):
        optimizer.set_weights([4])
    assert [v.numpy().tolist() for v in optimizer.variables] == [3, 0.25, [1, 1], [1]]


def test_a_learning_rate_that_becomes_a_schedule_is_no_variable_any_more():
    optimizer = optimizers.SGD(0.5)
    optimizer.learning_rate = optimizers.schedules.ExponentialDecay(0.25, 1, 0.5)
    assert [v.name for v in optimizer.variables] == ["iteration"]
    assert float(optimizer.learning_rate) == 0.25


def test_a_function_without_arguments_is_a_learning_rate():
    rates = iter([0.5, 0.25])
    kernel, _ = weights()
    optimizer = optimizers.SGD(lambda: next(rates))
    optimizer.apply([np.ones(2)], [kernel])
    optimizer.apply([np.ones(2)], [kernel])
    assert kernel.numpy().tolist() == [0.25, 1.25]


# --- Mistakes -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: optimizers.Adam(lr=0.1), "by Adam: {'lr': 0.1}.*learning_rate"),
        (lambda: optimizers.get(optimizers.Adam), r"Adam is a class .*Adam\(\)"),
        (lambda: optimizers.get("adma"), "'adma'.*Did you mean .*'adam'"),
        (lambda: optimizers.get(3), "optimizer identifier: 3"),
        (lambda: optimizers.Adam("0.1"), "should be float.*'0.1'"),
        (lambda: optimizers.Adam(clipnorm=1.0, clipvalue=0), "Only one of"),
        (lambda: optimizers.AdamW(weight_decay=None), "for AdamW; got None"),
        (lambda: optimizers.Lion(beta_1=0.0), r"in the range \(0, 1\]; got 0"),
        (lambda: optimizers.Ftrl(learning_rate_power=0.5), "negative or zero; got 0.5"),
        (lambda: optimizers.Ftrl(beta=0.1, l1_regularization_strength=-1), "got -1"),
        (lambda: optimizers.SGD().apply([np.ones(2)]), "build"),
        (lambda: optimizers.SGD().apply([1.0, 2.0], weights()[:1]), "2 gradients for"),
    ],
)
def test_a_mistake_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_forgotten_super_is_said():
    class Careless(optimizers.Optimizer):
        def __init__(self):
            self.momentum = 0.9

    with pytest.raises(RuntimeError, match=r"Careless has not called `super\(\)"):
        Careless().apply([np.ones(2)], weights()[:1])
    with pytest.raises(AttributeError, match="'SGD' object has no attribute 'rho'"):
        _ = optimizers.SGD().rho


def test_none_is_no_optimizer():
    assert optimizers.get(None) is None


def test_a_registered_optimizer_has_a_name():
    with saving.custom_object_scope({"Heavy": Heavy}):
        assert type(optimizers.get("Heavy")) is Heavy
        config = optimizers.serialize(Heavy(momentum=0.5))
        assert optimizers.deserialize(config).momentum == 0.5

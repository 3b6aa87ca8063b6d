"""Steps of optimizers: Keras's numbers, flushed slots, weights of any layout."""

import numpy as np
import pytest

from minikeras.kernels.shapes import shapes
from minikeras.kernels.shapes.shape_dtype import ShapeDtype
from minikeras.kernels.table import TABLE
from tests.kernels.sets import ARRAY_SETS

every_set = pytest.mark.parametrize("kernels", ARRAY_SETS, ids=str)
TINY = np.finfo("float32").smallest_normal

RMSPROP = {"rho": 0.9, "epsilon": 1e-7}
ADAM = {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}


FTRL = {"power": -0.5, "l1": 0.0, "l2": 0.0, "shrinkage": 0.0, "beta": 0.0}
FROM_A_TENTH = "accumulator"  # where a slot starts; all others at 0


def train(kernels, name, gradients, rate=0.1, dtype="float32", **parameters):
    """Starts at weight 1 and new slots, and returns all of them after the steps."""
    names = TABLE[name].inputs[1 : TABLE[name].inputs.index("grad")]
    starts = [0.1 if slot == FROM_A_TENTH else 0.0 for slot in names]
    changing = [np.full(1, start, dtype) for start in (1.0, *starts)]
    product = np.array(1.0, dtype)
    for step, gradient in enumerate(gradients):
        inputs = [*changing, np.full(1, gradient, dtype), np.array(rate, "float32")]
        if "step" in TABLE[name].inputs:
            inputs.append(np.array(step))
        if "product" in TABLE[name].inputs:
            beta_1 = parameters["beta_1"]
            kernels.nadam_product_update(product, np.array(step), beta_1=beta_1)
            inputs.append(product)
        getattr(kernels, name)(*inputs, **parameters)
    return [x[0] for x in changing]


# --- Keras's numbers ------------------------------------------------------------------


@every_set
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("name", "parameters", "expected"),
    [
        ("sgd_update", {}, 1.0),
        ("momentum_update", {"momentum": 0.9, "nesterov": False}, 1.099),
        ("momentum_update", {"momentum": 0.9, "nesterov": True}, 1.0891),
        ("rmsprop_update", RMSPROP, 0.8092618),
        ("rmsprop_momentum_update", {"momentum": 0.9, **RMSPROP}, 0.5398728),
        ("rmsprop_centered_update", RMSPROP, 0.7990965),
        ("rmsprop_centered_momentum_update", {"momentum": 0.9, **RMSPROP}, 0.5067106),
        ("adam_update", ADAM, 0.9475407),
        ("amsgrad_update", ADAM, 0.9475407),
        ("adamax_update", ADAM, 0.9354877),
        ("nadam_update", ADAM, 0.9360456),
        ("adagrad_update", {"epsilon": 1e-7}, 0.9457889),
        ("adadelta_update", {"rho": 0.95, "epsilon": 1e-7}, 0.9998993),
        ("lion_update", {"beta_1": 0.9, "beta_2": 0.99}, 0.9),
        ("ftrl_update", FTRL, 0.6442775),
    ],
)
def test_three_steps_end_where_keras_ends(kernels, dtype, name, parameters, expected):
    """Recorded from Keras 3.15.1: gradients 1, -3, 2 at learning rate 0.1."""
    weight, *_ = train(kernels, name, [1, -3, 2], dtype=dtype, **parameters)
    np.testing.assert_allclose(weight, expected, rtol=3e-7)


@every_set
def test_adam_adds_epsilon_outside_of_the_corrected_root(kernels):
    parameters = {**ADAM, "epsilon": 0.5}
    weight, *_ = train(kernels, "adam_update", [1], **parameters)
    np.testing.assert_allclose(weight, 0.9940517, rtol=1e-7)


@every_set
def test_rmsprop_adds_epsilon_inside_the_root(kernels):
    parameters = {"rho": 0.9, "epsilon": 0.9}
    weight, *_ = train(kernels, "rmsprop_update", [1], **parameters)
    np.testing.assert_allclose(weight, 0.9, rtol=1e-7)  # 1 - 0.1 / √(0.1 + 0.9)


@every_set
def test_amsgrad_remembers_the_largest_velocity(kernels):
    _, _, velocity, peak = train(kernels, "amsgrad_update", [9, 0, 0, 0], **ADAM)
    _, _, after_one, _ = train(kernels, "amsgrad_update", [9], **ADAM)
    assert peak == after_one
    assert velocity < peak


@every_set
def test_a_constant_gradient_has_no_negative_variance(kernels):
    """v - a² cancels to a rounding error, which may be below -epsilon: 1e3² · 2⁻²⁴."""
    weight, *slots = train(
        kernels, "rmsprop_centered_update", [1234.567] * 300, 1e-3, **RMSPROP
    )
    assert np.isfinite([weight, *slots]).all()


@every_set
def test_decay_shrinks_by_rate_and_learning_rate(kernels):
    weight = np.array([1.0, -2.0], "float32")
    kernels.decay_update(weight, np.array(0.1, "float32"), rate=0.5)
    np.testing.assert_allclose(weight, [0.95, -1.9], rtol=1e-7)


@every_set
def test_an_average_moves_towards_the_value(kernels):
    average = np.array([1.0, 0.0], "float32")
    kernels.average_update(average, np.array([2.0, 1.0], "float32"), momentum=0.75)
    np.testing.assert_array_equal(average, [1.25, 0.25])


@every_set
def test_the_product_of_nadams_schedule(kernels):
    product = np.array(1.0, "float64")
    for step in range(3):
        kernels.nadam_product_update(product, np.array(step), beta_1=0.9)
    factors = [0.9 * (1 - 0.5 * 0.96**t) for t in (1, 2, 3)]
    np.testing.assert_allclose(product, np.prod(factors), rtol=1e-15)


@every_set
def test_lion_goes_by_signs_and_stands_where_there_is_none(kernels):
    weight, momentum = np.zeros(4, "float32"), np.zeros(4, "float32")
    gradient = np.array([3, -1e-20, 0, np.nan], "float32")
    rate = np.array(0.5, "float32")
    kernels.lion_update(weight, momentum, gradient, rate, beta_1=0.9, beta_2=0.99)
    np.testing.assert_array_equal(weight, [-0.5, 0.5, 0, np.nan])


@every_set
def test_ftrl_keeps_small_weights_at_zero(kernels):
    weight, accumulator = np.zeros(2, "float32"), np.full(2, 0.1, "float32")
    linear, rate = np.zeros(2, "float32"), np.array(0.5, "float32")
    gradient = np.array([0.4, 0.6], "float32")
    kernels.ftrl_update(
        weight, accumulator, linear, gradient, rate, **{**FTRL, "l1": 0.5}
    )
    expected = -(0.6 - 0.5) / (np.sqrt(0.1 + 0.36) / 0.5)
    np.testing.assert_allclose(weight, [0, expected], rtol=1e-6)


@every_set
def test_a_late_step_is_no_longer_corrected(kernels):
    """After a million steps β₂ᵗ is 0, and α is the learning rate."""
    changing = [np.ones(1), np.zeros(1), np.zeros(1)]
    rest = [np.ones(1), np.array(0.1, "float64"), np.array(10**6)]
    kernels.adam_update(*changing, *rest, **ADAM)
    np.testing.assert_allclose(changing[0], 1 - 0.1 * 0.1 / (0.001**0.5 + 1e-7))


# --- Flushed slots --------------------------------------------------------------------


@every_set
@pytest.mark.parametrize("sign", [1, -1])
def test_slots_are_never_subnormal(kernels, sign):
    """A slot that decays reaches exactly 0, and the sign of that 0 is plus."""
    small = np.full(3, sign * TINY, "float32")
    zeros, rate = np.zeros(3, "float32"), np.array(0.1, "float32")

    slot = small.copy()
    kernels.momentum_update(
        zeros.copy(), slot, zeros, rate, momentum=0.9, nesterov=False
    )
    assert not slot.any()
    assert not np.signbit(slot).any()

    slot = small.copy()
    kernels.average_update(slot, zeros, momentum=0.9)
    assert not slot.any()

    slots = small.copy(), abs(small)
    kernels.adam_update(zeros.copy(), *slots, zeros, rate, np.array(3), **ADAM)
    assert not slots[0].any()
    assert not slots[1].any()


@every_set
def test_the_smallest_normal_number_is_kept(kernels):
    slot = np.array([TINY, -TINY], "float32")
    kernels.average_update(slot, np.zeros(2, "float32"), momentum=1.0)
    np.testing.assert_array_equal(slot, [TINY, -TINY])


# --- Where weights are ----------------------------------------------------------------


@every_set
def test_weights_may_be_views_of_one_buffer(kernels):
    buffer = np.arange(20, dtype="float32")
    weight, transposed = buffer[2:8].reshape(2, 3), buffer[9:15].reshape(2, 3).T
    rate = np.array(0.5, "float32")
    kernels.sgd_update(weight, np.ones((2, 3), "float32"), rate)
    kernels.sgd_update(transposed, np.ones((3, 2), "float32"), rate)
    expected = np.arange(20, dtype="float32")
    expected[2:8] -= 0.5
    expected[9:15] -= 0.5
    np.testing.assert_array_equal(buffer, expected)


@every_set
def test_assign_reads_all_before_it_writes(kernels):
    numbers = np.arange(6, dtype="float32")
    kernels.assign(numbers[1:], numbers[:-1])
    np.testing.assert_array_equal(numbers, [0, 0, 1, 2, 3, 4])


@every_set
def test_assign_casts(kernels):
    target = np.zeros(3, "float16")
    kernels.assign(target, np.array([1, 2, 3]))
    np.testing.assert_array_equal(target, [1, 2, 3])
    target = np.zeros(2, "int32")
    kernels.assign(target, np.array([1.9, -1.9], "float32"))
    np.testing.assert_array_equal(target, [1, -1])


@every_set
def test_numbers_may_be_assigned_to_single_elements(kernels):
    iterations = np.array(3)
    kernels.assign_add(iterations, 1)
    kernels.assign_add(iterations, np.array(2))
    kernels.assign_subtract(iterations, 4)
    assert iterations == 2
    kernels.assign(iterations, 7)
    assert iterations == 7


# --- Errors ---------------------------------------------------------------------------


@pytest.mark.parametrize("kernels", [*ARRAY_SETS, shapes], ids=str)
@pytest.mark.parametrize(
    "name",
    [
        n
        for n, row in TABLE.items()
        if row.family == "optimizers"
        and n not in ("decay_update", "nadam_product_update")
    ],
)
def test_updates_do_not_broadcast(kernels, name):
    make = ShapeDtype if kernels is shapes else np.ones
    row = TABLE[name]
    given = {
        "learning_rate": make((), "float32"),
        "step": make((), "int64"),
        "product": make((), "float32"),
    }
    inputs = [given.get(x, make((2, 3), "float32")) for x in row.inputs]
    last = max(i for i, x in enumerate(row.inputs) if x not in given)
    inputs[last] = make((3,), "float32")
    parameters = {**ADAM, **RMSPROP, **FTRL, "momentum": 0.9, "nesterov": False}
    parameters = {x: parameters[x] for x in row.parameters}
    with pytest.raises(ValueError, match=rf"{name} needs .*\(2, 3\).*\(3,\)"):
        getattr(kernels, name)(*inputs, **parameters)

"""What recurrent layers compute: their steps in plain operations; masks; by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras.kernels.kernel_set import watched
from minikeras.primitives import recorded, recurrent, recurrent_steps
from minikeras.values import Tensor, using
from tests.examples import EXAMPLES
from tests.kernels.sets import ARRAY_SETS

every_set = pytest.mark.parametrize("kernels", ARRAY_SETS, ids=str)
KERNELS = ["lstm", "lstm_grad", "gru", "gru_grad"]


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def close(actual, expected):
    np.testing.assert_allclose(actual, expected, rtol=1e-12, atol=1e-13)


def drawn(seed, n=3, steps=4, units=2, parts=4, inputs=3):
    """Returns x, kernel, state, cell, mask, bias, recurrent_kernel."""
    normal = np.random.default_rng(seed).normal
    mask = np.random.default_rng(seed).random((n, steps)) < 0.6
    x, kernel = normal(size=(n, steps, inputs)), normal(size=(inputs, parts * units))
    state, cell = normal(size=(n, units)), normal(size=(n, units))
    bias, recurrent = normal(size=parts * units), normal(size=(units, parts * units))
    return x, kernel, state, cell, mask, bias, recurrent


# --- The oracle -----------------------------------------------------------------------


@every_set
@pytest.mark.parametrize("name", KERNELS)
@given(data=st.data())
def test_a_kernel_does_the_steps_of_the_composed_version(kernels, name, data):
    call = data.draw(EXAMPLES[name]("float64", "gradient"))
    composed = getattr(recurrent_steps, f"composed_{name}")
    values = [None if x is None else Tensor(x) for x in call.inputs]
    results = getattr(kernels, name)(*call.inputs, **call.parameters)
    for ours, steps in zip(results, composed(*values, **call.parameters), strict=True):
        close(ours, steps.numpy())


@every_set
@pytest.mark.parametrize("wanted", [(0,), (1,), (2,), (0, 1, 2), (3, 4)])
def test_the_gradient_of_lstm_is_that_of_its_steps(kernels, wanted):
    """Also where a cotangent comes to some of the results only."""
    inputs = drawn(0)
    with using(Tensor, kernels):
        whole, stepwise = leaves(inputs), leaves(inputs)
        outputs = recurrent.lstm(*whole)
        every_h, every_c, gates = recurrent_steps.composed_lstm(*stepwise)
        steps = (every_h, every_h[:, -1], every_c[:, -1], every_c, gates)
        for results in (outputs, steps):
            total = sum(weighted(results[i], i) for i in wanted)
            total.backward()
        assert_same_gradients(whole, stepwise)


@every_set
@pytest.mark.parametrize("reset_after", [True, False])
@pytest.mark.parametrize("wanted", [(0,), (1,), (0, 1, 2), (2,)])
def test_the_gradient_of_gru_is_that_of_its_steps(kernels, wanted, reset_after):
    x, kernel, state, _, mask, bias, recurrent_kernel = drawn(1, parts=3)
    inputs = (x, kernel, state, mask, bias, bias[::-1].copy(), recurrent_kernel)
    with using(Tensor, kernels):
        whole, stepwise = leaves(inputs), leaves(inputs)
        outputs = recurrent.gru(*whole, reset_after=reset_after)
        every_h, gates = recurrent_steps.composed_gru(
            *stepwise, reset_after=reset_after
        )
        for results in (outputs, (every_h, every_h[:, -1], gates)):
            total = sum(weighted(results[i], i) for i in wanted)
            total.backward()
        assert_same_gradients(whole, stepwise)


def leaves(inputs):
    return [Tensor(x, requires_grad=x.dtype.kind == "f") for x in inputs]


def weighted(x, seed):
    """Returns Σ w x for some weights w, different ones for each result."""
    weights = np.random.default_rng(seed).normal(size=x.shape)
    return recorded.sum(x * weights, axis=None, keepdims=False)


def assert_same_gradients(ours, others):
    for x, y in zip(ours, others, strict=True):
        if x.requires_grad:
            close(x.grad.numpy(), y.grad.numpy())


@every_set
def test_gradients_of_weights_nobody_wants_cost_no_product(kernels):
    inputs = drawn(2)
    out = recurrent.lstm.forward(kernels, *inputs)
    grad = (np.ones_like(out[0]), None, None, None, None)
    names = []
    watching = watched(kernels, lambda name, *_: names.append(name))
    wanted = (True, *[False] * 6)
    gradients = recurrent.lstm.vjp(watching, wanted, grad, out, *inputs)
    assert names.count("lstm_grad") == names.count("matmul") == 1
    assert "sum" not in names
    assert [x is not None for x in gradients] == list(wanted)


# --- What it means --------------------------------------------------------------------


@every_set
def test_one_step_of_lstm_by_hand(kernels):
    """The columns: input gate, forget gate, candidate, output gate."""
    x = np.array([[[0.1, 0.2, 0.3, 0.4]]])
    state, cell, bias = np.array([[0.5]]), np.array([[0.25]]), np.zeros(4)
    kernel = np.array([[1.0, -1.0, 2.0, -2.0]])
    outputs, cells, _ = kernels.lstm(x, np.eye(4), state, cell, None, bias, kernel)
    c = sigmoid(0.2 - 0.5) * 0.25 + sigmoid(0.1 + 0.5) * math.tanh(0.3 + 1.0)
    close(cells, [[[c]]])
    close(outputs, [[[sigmoid(0.4 - 1.0) * math.tanh(c)]]])


@every_set
@pytest.mark.parametrize("reset_after", [True, False])
def test_one_step_of_gru_by_hand(kernels, reset_after):
    x, state = np.array([[[0.1, 0.2, 0.3]]]), np.array([[0.5]])
    bias, kernel = np.array([0.01, 0.02, 0.03]), np.array([[1.0, -1.0, 2.0]])
    outputs, _ = kernels.gru(
        x, np.eye(3), state, None, None, bias, kernel, reset_after=reset_after
    )
    z, r = sigmoid(0.1 + 0.5 + 0.01), sigmoid(0.2 - 0.5 + 0.02)
    inner = r * (0.5 * 2.0 + 0.03) if reset_after else r * 0.5 * 2.0 + 0.03
    close(outputs, [[[z * 0.5 + (1 - z) * math.tanh(0.3 + inner)]]])


@every_set
def test_a_masked_step_might_as_well_not_be_there(kernels):
    x, kernel, state, cell, _, *others = drawn(3)
    mask = np.array([[True, False, True, True]] * 3)
    shorter = x[:, [0, 2, 3]]
    outputs, cells, _ = kernels.lstm(x, kernel, state, cell, mask, *others)
    of_shorter = kernels.lstm(shorter, kernel, state, cell, None, *others)
    close(outputs[:, [0, 2, 3]], of_shorter[0])
    close(cells[:, [0, 2, 3]], of_shorter[1])
    np.testing.assert_array_equal(outputs[:, 1], outputs[:, 0])


@every_set
def test_sequences_do_not_see_each_other(kernels):
    x, kernel, state, cell, mask, *others = drawn(4, n=19, units=5)
    together = kernels.lstm(x, kernel, state, cell, mask, *others)
    for i in (0, 7, 18):
        row = slice(i, i + 1)
        of_row = (state[row], cell[row], mask[row])
        alone = kernels.lstm(x[row], kernel, *of_row, *others)
        for ours, all_of_them in zip(alone, together, strict=True):
            close(ours, all_of_them[row])


# --- Errors ---------------------------------------------------------------------------


@every_set
def test_kernels_for_another_number_of_units_are_refused(kernels):
    x, kernel, state, cell, mask, bias, recurrent_kernel = drawn(5)
    states = (state, cell)
    with pytest.raises(ValueError, match=r"lstm needs x \(n, steps, inputs\)"):
        kernels.lstm(x, kernel, *states, mask, bias, recurrent_kernel[:1])
    with pytest.raises(ValueError, match="at least one step"):
        kernels.lstm(x[:, :0], kernel, *states, mask[:, :0], bias, recurrent_kernel)

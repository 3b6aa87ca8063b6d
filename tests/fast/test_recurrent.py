"""The compiled LSTM and GRU: the same bits on any number of threads, and on a tape."""

import numpy as np
import pytest

from minikeras._fast import product, recurrent, tasks
from minikeras.kernels.reference import reference

N, STEPS, INPUTS, UNITS = (
    37,
    5,
    7,
    20,
)  # three blocks of sequences, panels that are not full


def drawn(dtype, parts):
    """Returns x, kernel, state, cell, mask, bias, recurrent_kernel."""
    generator = np.random.default_rng(0)

    def normal(*shape):
        return generator.normal(0, 0.5, shape).astype(dtype)

    state, cell = normal(N, UNITS), normal(N, UNITS)
    mask = generator.random((N, STEPS)) < 0.7
    x, kernel = normal(N, STEPS, INPUTS), normal(INPUTS, parts * UNITS)
    bias, recurrent_kernel = normal(parts * UNITS), normal(UNITS, parts * UNITS)
    return x, kernel, state, cell, mask, bias, recurrent_kernel


def calls(dtype):
    """Yields (kernel, inputs, parameters), backward calls with what forward saved."""
    inputs = drawn(dtype, 4)
    _, _, state, cell, mask, _, kernel = inputs
    grads = np.ones((N, STEPS, UNITS), dtype), state, cell
    yield recurrent.lstm, inputs, {}
    _, cells, gates = recurrent.lstm(*inputs)
    yield recurrent.lstm_grad, (*grads, cells, gates, cell, mask, kernel), {}
    x, kernel, state, _, mask, bias, recurrent_kernel = drawn(dtype, 3)
    inputs = (x, kernel, state, mask, bias, bias, recurrent_kernel)
    for reset_after in (True, False):
        parameters = {"reset_after": reset_after}
        yield recurrent.gru, inputs, parameters
        saved = recurrent.gru(*inputs, **parameters)
        back = (*grads[:2], *saved, state, mask, recurrent_kernel)
        yield recurrent.gru_grad, back, parameters


@pytest.fixture
def restored_threads():
    before = tasks.threads()
    yield
    tasks.set_threads(before)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_threads_change_no_bit(dtype, restored_threads):
    results = []
    for threads in (1, 2, 3):
        tasks.set_threads(threads)
        results.append(
            [
                array.tobytes()
                for kernel, inputs, parameters in calls(dtype)
                for array in kernel(*inputs, **parameters)
            ]
        )
    assert results[0] == results[1] == results[2]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_sequence_has_the_same_bits_in_any_batch(dtype):
    x, kernel, state, cell, mask, *others = drawn(dtype, 4)
    together = recurrent.lstm(x, kernel, state, cell, mask, *others)
    for rows in (slice(0, 1), slice(7, 24), slice(30, 37)):
        of_rows = (state[rows], cell[rows], mask[rows])
        alone = recurrent.lstm(x[rows], kernel, *of_rows, *others)
        for ours, all_of_them in zip(alone, together, strict=True):
            np.testing.assert_array_equal(ours, all_of_them[rows])


@pytest.fixture(params=product.instruction_sets())
def instructions(request):
    """Runs a test with each instruction set that the processor has."""
    product.choose_instructions(request.param)
    yield
    product.choose_instructions(product.instruction_sets()[0])


@pytest.mark.usefixtures("instructions")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_instruction_set_computes_it(dtype):
    near = {"rtol": 1e-4, "atol": 1e-5} if dtype == "float32" else {"rtol": 1e-11}
    for kernel, inputs, parameters in calls(dtype):
        expected = getattr(reference, kernel.__name__)(*inputs, **parameters)
        for ours, right in zip(kernel(*inputs, **parameters), expected, strict=True):
            np.testing.assert_allclose(ours, right, **near)


def test_a_replay_computes_the_same_again():
    for kernel, inputs, parameters in calls("float32"):
        expected = kernel(*inputs, **parameters)
        outs = tuple(np.zeros_like(x) for x in expected)
        tape = tasks.Tape()
        assert tape.add(kernel, inputs, {**parameters, "out": outs})
        assert not any(np.any(x) for x in outs)
        tape.run()
        for ours, array in zip(outs, expected, strict=True):
            np.testing.assert_array_equal(ours, array)

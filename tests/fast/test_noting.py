"""Compiled kernels can be noted: a note that is run does what a call does, to the bit.

Numbers that change between the note and the run are those of the run.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras._fast import tasks
from minikeras.kernels.fast import fast
from minikeras.kernels.table import TABLE
from tests.accuracy import assert_same_bits
from tests.examples import EXAMPLES
from tests.examples.call import Call
from tests.kernels.laws import poison, run, targets_of
from tests.strategies import in_c_order

FLOATS = ("float32", "float64")
FAMILIES = {
    *("elementwise", "activation", "reduction", "shape", "indexing"),
    *("random", "losses", "optimizers"),
}
COMPUTING = [
    name for name, row in TABLE.items() if row.family in FAMILIES and row.kind != "view"
]
NOTED = [name for name in COMPUTING if name in fast.own]

# What NumPy computes: a replay calls it from Python. No usual training step has it.
LEFT_TO_NUMPY = {
    *("floor_divide", "remainder", "log2", "log10", "arctan2"),
    *("tan", "arcsin", "arccos", "arctan"),
    *("sinh", "cosh", "arcsinh", "arccosh", "arctanh"),
    *("prod", "cumsum", "cumprod", "all", "any", "arange", "argsort"),
}

# What training steps do with integers: labels, indices, counters.
TAKE_INTEGERS = {
    *("add", "subtract", "multiply"),
    *("equal", "not_equal", "less", "less_equal", "greater", "greater_equal"),
    *("where", "cast", "copy", "assign", "assign_add", "assign_subtract"),
}
# Inputs that are no floats, and are read in the types that they mostly have.
OTHERS = {"indices": ("int32", "int64"), "labels": ("int32", "int64")}


def test_what_is_not_noted_is_known():
    assert sorted(set(COMPUTING) - set(NOTED)) == sorted(LEFT_TO_NUMPY)


def should_be_noted(name, call):
    """Tells if a call is of the types that are compiled."""
    if name == "ftrl_update" and call.parameters["power"] != -0.5:
        return False
    types = {str(call.parameters.get("dtype", "float32"))}
    for kind, x in zip(TABLE[name].inputs, call.inputs, strict=False):
        if kind in OTHERS and x.dtype not in OTHERS[kind]:
            return False
        if kind not in ("state", "condition", *OTHERS):
            types.add(str(x.dtype))
    if name.startswith("logical"):
        types -= {"bool"}
    if name.startswith("take_along_axis") and broadcasts(call):
        return False
    if name in TAKE_INTEGERS:
        types -= {"int32", "int64"}
    return types <= {*FLOATS}


def broadcasts(call):
    """Tells if some axis of x and of the indices differs that is not picked along."""
    *_, x, indices = call.inputs
    shapes = np.array([x.shape, indices.shape])
    different = np.flatnonzero(shapes[0] != shapes[1])
    return any(different != call.parameters["axis"] % x.ndim)


def in_plain_memory(call):
    """Returns the call on copies of its arrays, in C order."""
    return Call(tuple(map(in_c_order, call.inputs)), call.parameters)


def written(name, inputs, out):
    """Returns what a call has written: its result, or the targets of an update."""
    if TABLE[name].kind == "update":
        return [inputs[i] for i in targets_of(name)]
    return [out]


@pytest.mark.parametrize("name", NOTED)
@given(data=st.data())
def test_what_is_noted_runs_to_the_bits_of_a_call(name, data):
    dtype = data.draw(st.sampled_from(FLOATS))
    call = in_plain_memory(data.draw(EXAMPLES[name](dtype, "values")))
    inputs = tuple(np.zeros_like(x) for x in call.inputs)
    parameters, out = dict(call.parameters), None
    numbers = in_plain_memory(call)
    expected = run(fast, name, call)
    if TABLE[name].kind != "update":
        out = np.full_like(expected, poison(expected.dtype), order="C")
        parameters["out"] = out

    tape = tasks.Tape()
    noted = tape.add(getattr(fast, name), inputs, parameters)
    assert noted or not should_be_noted(name, call), "This call was not noted."
    assert not any(x.any() for x in inputs), "It wrote while it was noted."
    for _ in range(2):  # a tape is run again and again
        for place, x in zip(inputs, numbers.inputs, strict=True):
            place[...] = x
        with np.errstate(all="ignore"):
            tape.run()
        pairs = zip(
            written(name, inputs, out),
            written(name, call.inputs, expected),
            strict=True,
        )
        for actual, right in pairs:
            assert_same_bits(actual, right)


def test_a_task_that_finds_an_index_out_of_range_leaves_all_as_it_was():
    """It refuses when it runs, and the call from Python raises."""
    x, out = np.ones((4, 3), "float32"), np.full((2, 3), 9, "float32")
    indices = np.array([0, 1])
    tape = tasks.Tape()
    assert tape.add(fast.take, (x, indices), {"axis": 0, "out": out})
    indices[1] = 4
    with pytest.raises(IndexError, match="index 4 is out of bounds"):
        tape.run()
    assert (out == 9).all()


def test_a_task_that_finds_a_label_out_of_range_leaves_all_as_it_was():
    logits, out = np.ones((2, 3), "float32"), np.full(2, 9, "float32")
    labels = np.array([0, 1], "int32")
    tape = tasks.Tape()
    parameters = {"out": out}
    assert tape.add(fast.sparse_softmax_cross_entropy, (logits, labels), parameters)
    labels[1] = -1
    with pytest.raises(ValueError, match="labels from 0 to 2"):
        tape.run()
    assert (out == 9).all()


def test_a_note_draws_other_numbers_when_the_seed_has_advanced():
    state, out = np.array([1337, 0], "uint32"), np.empty(5, "float32")
    parameters = {"shape": (5,), "low": 0.0, "high": 1.0, "dtype": "float32"}
    tape = tasks.Tape()
    assert tape.add(fast.random_uniform, (state,), {**parameters, "out": out})
    assert tape.add(fast.advance_seed, (state,), {})
    for counter in range(3):
        before = np.array([1337, counter], "uint32")
        tape.run()
        assert_same_bits(out, fast.random_uniform(before, **parameters))
    assert state.tolist() == [1337, 3]


def test_a_noted_update_reads_the_learning_rate_when_it_runs():
    weight, grad = np.ones(3, "float32"), np.ones(3, "float32")
    rate = np.array(0.5, "float32")
    tape = tasks.Tape()
    assert tape.add(fast.sgd_update, (weight, grad, rate), {})
    tape.run()
    rate[...] = 0.25
    tape.run()
    assert weight.tolist() == [0.25] * 3

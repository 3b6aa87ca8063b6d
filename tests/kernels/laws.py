"""The contract of `kernels/README.md`, law by law: functions that raise AssertionError.

Each takes (kernels, name, call): the set under test, the kernel's name, a drawn call.
They are functions, so that wrong kernels can be shown to break them.
"""

import inspect
import math
from itertools import count

import numpy as np

from minikeras.kernels.reference import reference
from minikeras.kernels.scalar import scalar
from minikeras.kernels.shapes import shapes
from minikeras.kernels.shapes.shape_dtype import ShapeDtype
from minikeras.kernels.table import TABLE
from tests.accuracy import (
    EPSILON,
    assert_accurate,
    assert_same_bits,
    is_float,
    rounding,
)
from tests.examples.call import Call
from tests.strategies import WRITABLE_LAYOUTS, empty_base, in_c_order, strided

SLOTS = {
    "target",
    "weight",
    "velocity",
    "average",
    "momentum",
    "peak",
    "trace",
    "norm",
    "factor",
    "accumulator",
    "drift",
    "linear",
    "state",
}
MAY_RETURN_THEIR_INPUT = {"contiguous", "cast", "sum_to_shape_of"}


def run(kernels, name, call, **out):
    """Calls a kernel; NumPy's warnings about special values are off."""
    with np.errstate(all="ignore"):
        return getattr(kernels, name)(*call.inputs, **call.parameters, **out)


def results(out):
    """Returns what a kernel gave as a tuple of arrays, also if it is one array."""
    return out if isinstance(out, tuple) else (out,)


def like(out, copies):
    """Returns a tuple of arrays as `out` is to be given: alone if there is only one."""
    return tuple(copies) if isinstance(out, tuple) else next(iter(copies))


def assert_same(kernels, name, call, actual, expected):
    """Demands the same bits of two results of a kernel; of NumPy's, the same class.

    NumPy has several implementations of exp or power, and chooses by layout.
    """
    if kernels is reference and TABLE[name].accuracy == "B":
        assert_accurate(name, call, actual, expected)
    else:
        assert_same_bits(actual, expected)


# --- Results --------------------------------------------------------------------------


def agrees_with_reference(kernels, name, call):
    """The result is right within the kernel's numeric class, in shape and dtype too."""
    expected = run(reference, name, call)
    actual = run(kernels, name, call)
    assert isinstance(actual, tuple) == isinstance(expected, tuple)
    pairs = zip(results(actual), results(expected), strict=True)
    for place, (ours, right) in enumerate(pairs):
        assert type(ours) is np.ndarray, f"{type(ours).__name__} is no plain ndarray."
        assert ours.shape == right.shape
        assert ours.dtype == right.dtype
        assert_accurate(name, call, ours, right, place)


def owns_its_result(kernels, name, call):
    """New arrays, writable, that share no memory with an input or each other."""
    out = run(kernels, name, call)
    if name in MAY_RETURN_THEIR_INPUT and any(out is x for x in call.inputs):
        return
    taken = arrays_of(call)
    for result in results(out):
        assert result.flags.writeable
        for x in taken:
            assert not np.shares_memory(result, x), (
                "A result shares memory with an input or another result."
            )
        taken.append(result)


def writes_all_of_out(kernels, name, call):
    """Given `out`, it fills and returns it, and writes to nothing around it."""
    expected = run(kernels, name, call)
    for spread in (False, True):
        copies, around = zip(
            *(surrounded(x, spread) for x in results(expected)), strict=True
        )
        for copy in copies:
            copy[...] = poison(copy.dtype)
        before = [surroundings() for surroundings in around]
        returned = results(run(kernels, name, call, out=like(expected, copies)))
        for result, out, right in zip(returned, copies, results(expected), strict=True):
            assert result is out, "The result is not `out`."
            assert_same(kernels, name, call, out, right)
        after = [surroundings() for surroundings in around]
        assert after == before, "It wrote outside of `out`."


def may_write_into_an_input(kernels, name, call):
    """Where the table says `aliases`, `out` may be any input of the right kind."""
    expected = run(kernels, name, call)
    for i, x in enumerate(call.inputs):
        if not (isinstance(x, np.ndarray) and looks_like(x, expected)):
            continue
        for layout in (in_c_order, strided):
            out = layout(x)
            # The very same array may be several inputs: add(x, x, out=x).
            inputs = [out if other is x else other for other in call.inputs]
            inputs[i] = out
            result = run(kernels, name, Call(tuple(inputs), call.parameters), out=out)
            assert result is out
            assert_same(kernels, name, call, out, expected)


def leaves_its_inputs_alone(kernels, name, call):
    """Inputs may be read-only; in either case their bytes are the same afterwards."""
    protected = Call(tuple(read_only_view(x) for x in call.inputs), call.parameters)
    before = contents(call)
    result = run(kernels, name, protected)
    for inputs in (call, protected):
        run(kernels, name, inputs)
        assert contents(call) == before, "It changed an input."
        empty = like(result, (np.empty_like(x, order="C") for x in results(result)))
        run(kernels, name, inputs, out=empty)
        assert contents(call) == before, "Given `out`, it changed an input."


def depends_on_values_not_layout(kernels, name, call):
    """In classes A and B the same numbers give the same bits wherever they lie."""
    expected = run(kernels, name, call)
    for turn in (0, 2, 5):
        layouts = (WRITABLE_LAYOUTS[(turn * (1 + i)) % 7] for i in count())
        inputs = (
            layout(x) if isinstance(x, np.ndarray) else x
            for layout, x in zip(layouts, call.inputs, strict=False)
        )
        moved = Call(tuple(inputs), call.parameters)
        pairs = zip(results(run(kernels, name, moved)), results(expected), strict=True)
        for ours, right in pairs:
            assert_same(kernels, name, call, ours, right)


def is_independent_of_position(kernels, name, call):
    """An element's bits do not depend on its place, its neighbours or the length."""
    result = run(kernels, name, call)
    size = result.size
    flat = [
        np.broadcast_to(x, result.shape).reshape(-1) if isinstance(x, np.ndarray) else x
        for x in call.inputs
    ]
    order = np.random.default_rng(size).permutation(size)
    for part in (order, order[: size // 2], order[1:], order[-1:]):
        chosen = tuple(x[part] if isinstance(x, np.ndarray) else x for x in flat)
        moved_call = Call(chosen, call.parameters)
        moved = run(kernels, name, moved_call)
        assert_same(kernels, name, moved_call, moved, result.reshape(-1)[part])


def takes_numbers(kernels, name, call):
    """A Python number stands for an array full of it, in the dtype of the others."""
    for i, x in enumerate(call.inputs):
        others = [
            y for j, y in enumerate(call.inputs) if j != i and not is_mask(name, j)
        ]
        if is_mask(name, i) or not others or x.size == 0:
            continue
        number = x.reshape(-1)[0].item()
        as_number = list(call.inputs)
        as_array = list(call.inputs)
        as_number[i] = number
        as_array[i] = np.asarray(number, x.dtype)
        actual = run(kernels, name, Call(tuple(as_number), call.parameters))
        full = Call(tuple(as_array), call.parameters)
        assert_same(kernels, name, full, actual, run(kernels, name, full))


LONG_SUMS = {
    "sum": {"axis": 0, "keepdims": True},
    "mean": {"axis": 0, "keepdims": True},
    "cumsum": {"axis": 0, "reverse": False},
    "sum_to_shape_of": {},
}


def long_sums_are_accurate(kernels, name, dtype):
    """Against the exact sum, with an error of u·|sum| + n·2⁻⁵³·Σ|x|."""
    n = 20_000
    x = np.random.default_rng(0).uniform(-1.0, 2.0, (n, 2)).astype(dtype)
    inputs = (x, x[:1]) if name == "sum_to_shape_of" else (x,)
    totals = run(kernels, name, Call(inputs, LONG_SUMS[name]))[-1]
    share = 1 / n if name == "mean" else 1.0
    for total, column in zip(totals.tolist(), x.T, strict=True):
        exact = share * math.fsum(column.tolist())
        terms = share * math.fsum(np.abs(column).tolist())
        allowed = rounding(dtype) * abs(exact) + (n + 2) * EPSILON * terms
        assert abs(total - exact) <= allowed


# --- Views and updates ----------------------------------------------------------------


def is_a_view(kernels, name, call):
    """The result is the input's own memory, seen differently."""
    [x] = call.inputs
    result = run(kernels, name, call)
    assert type(result) is np.ndarray
    assert result.dtype == x.dtype
    if result.size:
        assert np.shares_memory(result, x), "The result is a copy."
    assert_same_bits(np.array(result), run(kernels, name, in_c_layout(call)))


def updates_its_targets(kernels, name, call, spread=False):
    """It writes what `reference` writes to its targets, and to nothing else."""
    targets = targets_of(name)
    expected = Call(tuple(map(in_c_order, call.inputs)), call.parameters)
    assert run(reference, name, expected) is None

    inputs, surroundings = [], []
    for i, x in enumerate(call.inputs):
        if i in targets:
            x, around = surrounded(x, spread)
            surroundings.append(around)
        inputs.append(x)
    actual = Call(tuple(inputs), call.parameters)
    rest = Call(call.inputs[len(targets) :], {})
    before = contents(rest), [around() for around in surroundings]

    assert run(kernels, name, actual) is None, "An update returns None."
    for i in targets:
        assert_accurate(name, call, actual.inputs[i], expected.inputs[i])
    assert contents(rest) == before[0], "It changed an input that is no target."
    assert [around() for around in surroundings] == before[1], "It wrote too far."


def targets_of(name):
    """Returns the positions of the arguments that an update changes."""
    inputs = TABLE[name].inputs
    targets = [0]
    while targets[-1] + 1 < len(inputs) and inputs[targets[-1] + 1] in SLOTS:
        targets.append(targets[-1] + 1)
    return targets


# --- Shapes ---------------------------------------------------------------------------


def shape_rule_says_what_comes(name, call):
    """The rule gives the shape and the dtype that `reference` returns."""
    out = run(reference, name, call)
    rules = run(shapes, name, on_shapes(call))
    assert isinstance(rules, tuple) == isinstance(out, tuple)
    for rule, result in zip(results(rules), results(out), strict=True):
        assert_shape(rule, result.shape, result.dtype)


def shape_rule_knows_less_of_less(name, call, unknown):
    """With sizes left out, the rule says the same or None, never something else.

    `unknown(size)` tells whether to leave a size out.
    """
    all_known = results(run(shapes, name, on_shapes(call)))
    all_vague = results(run(shapes, name, on_shapes(call, unknown)))
    for known, vague in zip(all_known, all_vague, strict=True):
        assert vague.dtype == known.dtype
        assert len(vague.shape) == len(known.shape)
        for guess, size in zip(vague.shape, known.shape, strict=True):
            assert guess is None or guess == size, f"{vague} is not a vague {known}."


def shape_rule_refuses_what_reference_refuses(name, call):
    """Inputs that do not fit raise the same class of error."""
    call = without_values(call)
    expected = refusal(reference, name, call)
    if expected is None:
        return
    actual = refusal(shapes, name, on_shapes(call))
    assert actual is not None, f"The rule accepts what reference refuses: {expected!r}."
    for kind in REFUSALS:
        assert isinstance(actual, kind) == isinstance(expected, kind), (
            f"{actual!r} where reference raises {expected!r}."
        )


REFUSALS = (ValueError, TypeError, IndexError)


def refusal(kernels, name, call):
    """Returns the error with which a set refuses a call, or None."""
    try:
        run(kernels, name, call)
    except REFUSALS as error:
        return error
    return None


def without_values(call):
    """Returns the call with zeros for indices: shapes know nothing of values."""
    return Call(
        tuple(x if is_float(x) else np.zeros_like(x) for x in call.inputs),
        call.parameters,
    )


def on_shapes(call, unknown=lambda size: False):
    """Returns the same call on shapes, with some sizes left out."""
    return Call(
        tuple(
            ShapeDtype([None if unknown(n) else n for n in x.shape], x.dtype)
            if isinstance(x, np.ndarray)
            else x
            for x in call.inputs
        ),
        call.parameters,
    )


def assert_shape(rule, shape, dtype):
    """Compares a ShapeDtype; a dimension is an int, not a NumPy number."""
    assert isinstance(rule, ShapeDtype)
    assert all(type(n) is int for n in rule.shape), f"{rule} has sizes that are no int."
    assert rule.shape == shape
    assert rule.dtype == dtype


# --- Floats ---------------------------------------------------------------------------


def scalar_agrees_with_reference(name, call):
    """On Python numbers the scalar set says what `reference` says of each element."""
    parameters = dict(call.parameters)
    if "axis" in parameters:
        parameters["axis"] = None if "keepdims" in parameters else 0
    flat = [x.reshape(-1)[:ELEMENTS] for x in np.broadcast_arrays(*call.inputs)]
    for i in range(flat[0].size):
        elements = Call(tuple(x[i : i + 1] for x in flat), parameters)
        numbers = Call(tuple(x[i].item() for x in flat), parameters)
        expected = run(reference, name, elements).reshape(())
        actual = run(scalar, name, numbers)
        assert type(actual) is type(expected.item()), f"{actual!r} has another type."
        assert_accurate(name, elements, np.asarray(actual, expected.dtype), expected)


ELEMENTS = 16  # of an array, for the scalar set


# --- Signatures -----------------------------------------------------------------------


def has_the_signature_of_the_table(kernels, name):
    """Inputs by position, parameters by keyword without default, `out=None` if any.

    Sets that are not of arrays take no `out`, and one function may serve many kernels:
    there the inputs may have other names.
    """
    row = TABLE[name]
    of_arrays = kernels is not scalar and kernels is not shapes
    parameters = inspect.signature(getattr(kernels, name)).parameters.values()
    kinds = inspect.Parameter
    given = {kinds.POSITIONAL_OR_KEYWORD: [], kinds.KEYWORD_ONLY: []}
    for parameter in parameters:
        if parameter.kind is kinds.VAR_POSITIONAL:
            given[kinds.POSITIONAL_OR_KEYWORD].append(f"*{parameter.name}")
        elif parameter.kind is kinds.POSITIONAL_ONLY:
            given[kinds.POSITIONAL_OR_KEYWORD].append(parameter.name)
        else:
            given[parameter.kind].append(parameter.name)
        default = None if parameter.name == "out" else kinds.empty
        assert parameter.default is default, f"{parameter} has another default."
    inputs = tuple(given[kinds.POSITIONAL_OR_KEYWORD])
    assert len(inputs) == len(row.inputs)
    assert inputs == row.inputs or not of_arrays
    takes_out = of_arrays and row.kind in ("compute", "random")
    expected = (*row.parameters, "out") if takes_out else row.parameters
    assert tuple(given[kinds.KEYWORD_ONLY]) == expected


# --- Arrays ---------------------------------------------------------------------------


def arrays_of(call):
    return [x for x in call.inputs if isinstance(x, np.ndarray)]


def contents(call):
    return [x.tobytes() for x in arrays_of(call)]


def in_c_layout(call):
    return Call(
        tuple(in_c_order(x) if isinstance(x, np.ndarray) else x for x in call.inputs),
        call.parameters,
    )


def looks_like(x, y):
    return x.shape == y.shape and x.dtype == y.dtype


def is_mask(name, i):
    """Whether input i is the condition of `where`, which stays an array."""
    return TABLE[name].inputs[i] == "condition"


def read_only_view(x):
    """Returns the same memory, protected; what is no array as it is."""
    if not isinstance(x, np.ndarray):
        return x
    view = x.view()
    view.flags.writeable = False
    return view


def surrounded(x, spread):
    """Returns a copy of x inside a larger array, and a function that reads around it.

    The copy is contiguous, with something before and after it; or, if `spread`, there
    is something between any two of its elements.
    """
    if spread:
        base = empty_base([2 * n + 1 for n in x.shape], x.dtype)
        inside = (..., *[slice(1, None, 2)] * x.ndim)
    else:
        base = empty_base(x.size + 2, x.dtype)
        inside = slice(1, -1)
    around = np.ones(base.shape, bool)
    around[inside] = False
    copy = base[inside].reshape(x.shape)
    copy[...] = x
    return copy, lambda: base[around].tobytes()


def poison(dtype):
    """Returns what `out` is full of before: a value that is hardly right by chance."""
    return np.nan if dtype.kind == "f" else (dtype.kind == "b" or 77)

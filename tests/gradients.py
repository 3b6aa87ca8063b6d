"""The laws of derivatives: functions that raise AssertionError.

Each takes (primitive, kernels, call, generator): the rule under test, the kernel set
that it runs on, a drawn call in float64, and a random generator for directions.

    |difference - vjp| ≤ 1e-5·|vjp| + 10·(u/h)·Σ|g·out| + 10·h²

with central differences of step h = 6e-6·max(1, ‖x‖∞), and 1e-4 for second derivatives.
"""

import math

import numpy as np
from hypothesis import strategies as st

from minikeras.autograd import grad as gradient_of
from minikeras.autograd.functional import inner_product
from minikeras.kernels.reference import reference
from minikeras.values import Tensor, using
from tests.accuracy import EPSILON, assert_same_bits, is_float, rounding
from tests.examples.call import Call
from tests.strategies import arrays, axes_of, same_shape, shapes

FIRST_ORDER = 1e-5
SECOND_ORDER = 1e-4
SMALL = 64  # elements of a Jacobian that is checked in full
SUMS = 1e-12  # relative: a few hundred terms, each rounded to 2⁻⁵³


# --- A rule at work -------------------------------------------------------------------


def forward(primitive, kernels, call):
    """Returns the results of a rule that are floats, as a tuple of arrays.

    Others, such as the places of maxima, do not change with small steps.
    """
    out = primitive.forward(kernels, *call.inputs, **call.parameters)
    return tuple(filter(is_float, out if isinstance(out, tuple) else (out,)))


def pull_back(primitive, kernels, call, grads, wanted=None):
    """Returns what a rule makes of cotangents, summed to the shapes of the inputs."""
    out = primitive.forward(kernels, *call.inputs, **call.parameters)
    return pull_back_from(out, primitive, kernels, call, grads, wanted)


def pull_back_from(out, primitive, kernels, call, grads, wanted=None):
    """Does the same where the result is there already; there is a cotangent for each
    result that is of floats.
    """
    if wanted is None:
        wanted = [is_float(x) for x in call.inputs]
    rest = iter(grads)
    if isinstance(out, tuple):
        grad = tuple(next(rest) if is_float(x) else None for x in out)
    else:
        grad = next(rest)
    gradients = primitive.vjp(
        kernels, wanted, grad, out, *call.inputs, **call.parameters
    )
    assert len(gradients) == len(call.inputs), "There must be a gradient per input."
    return [
        None if g is None else kernels.sum_to_shape_of(g, x)
        for g, x in zip(gradients, call.inputs, strict=True)
    ]


def is_differentiable(primitive, kernels, call):
    """Whether a gradient could flow: from floats to floats."""
    return any(map(is_float, call.inputs)) and bool(forward(primitive, kernels, call))


def nothing_flows(primitive, kernels, call):
    """Where inputs or results are integers or bools, every gradient is None."""
    if call.inputs:
        out = primitive.forward(kernels, *call.inputs, **call.parameters)
        grads = [np.ones(out.shape)]
        gradients = pull_back_from(out, primitive, kernels, call, grads)
        assert gradients == [None] * len(call.inputs)


def cotangents(primitive, kernels, call, generator):
    """Draws a cotangent for each result, of its shape and dtype."""
    return [
        np.asarray(generator.normal(size=x.shape), x.dtype)
        for x in forward(primitive, kernels, call)
    ]


# --- Finite differences ---------------------------------------------------------------


def vjp_matches_differences(primitive, kernels, call, generator):
    """Along a random direction, and each derivative by itself where they are few."""
    grads = cotangents(primitive, kernels, call, generator)
    direction = random_direction(call, generator)
    step = step_of(call)
    slopes = pull_back(primitive, kernels, call, grads)
    ahead = forward(primitive, kernels, moved(call, direction, step))
    behind = forward(primitive, kernels, moved(call, direction, -step))
    assert_close(
        (inner(grads, ahead) - inner(grads, behind)) / (2 * step),
        inner(slopes, direction),
        inner(map(np.abs, grads), map(np.abs, ahead)),
        step,
        FIRST_ORDER,
    )
    columns = sum(x.size for x in call.inputs if is_float(x))
    rows = sum(x.size for x in ahead)
    if len(ahead) == 1 and rows * columns <= SMALL:
        jacobian_matches_differences(primitive, kernels, call)


def jacobian_matches_differences(primitive, kernels, call):
    """∂out_r/∂x_c for every r and c: rows by vjp, columns by differences."""
    [out] = forward(primitive, kernels, call)
    rows = [
        pull_back(primitive, kernels, call, [cotangent])
        for cotangent in basis(out.shape)
    ]
    step = step_of(call)
    for i, x in enumerate(call.inputs):
        if not is_float(x):
            continue
        for c, unit in enumerate(basis(x.shape)):
            direction = [unit if j == i else None for j in range(len(call.inputs))]
            [ahead] = forward(primitive, kernels, moved(call, direction, step))
            [behind] = forward(primitive, kernels, moved(call, direction, -step))
            column = [0.0 if row[i] is None else row[i].reshape(-1)[c] for row in rows]
            assert_close(
                (ahead - behind).reshape(-1) / (2 * step),
                np.array(column),
                np.abs(out).reshape(-1),
                step,
                FIRST_ORDER,
            )


def second_derivatives_match_differences(primitive, kernels, call, generator):
    """The slope along one direction, differentiated along another, by the engine."""
    grads = cotangents(primitive, kernels, call, generator)
    first, second = random_direction(call, generator), random_direction(call, generator)
    positions = [i for i, x in enumerate(call.inputs) if is_float(x)]
    every = tuple(range(len(positions)))

    def weighted(*values):
        """g · out."""
        inputs = list(call.inputs)
        for i, value in zip(positions, values, strict=True):
            inputs[i] = value
        out = primitive(*inputs, **call.parameters)
        out = out if isinstance(out, tuple) else (out,)
        floats = [x for x in out if is_float(x.data)]
        return total(
            inner_product(x, Tensor(g)) for x, g in zip(floats, grads, strict=True)
        )

    def slope(*values):
        """∂(g · out) along the first direction."""
        slopes = gradient_of(weighted, every)(*values)
        return total(
            inner_product(slopes[n], Tensor(first[i])) for n, i in enumerate(positions)
        )

    with using(Tensor, kernels):
        values = [Tensor(call.inputs[i]) for i in positions]
        curvatures = [x.data for x in gradient_of(slope, every)(*values)]
    step = step_of(call)
    ahead = pull_back(primitive, kernels, moved(call, second, step), grads)
    behind = pull_back(primitive, kernels, moved(call, second, -step), grads)
    assert_close(
        (inner(ahead, first) - inner(behind, first)) / (2 * step),
        inner(curvatures, [second[i] for i in positions]),
        inner(absolute(ahead), absolute(first)),
        step,
        SECOND_ORDER,
    )


def assert_close(difference, vjp, terms, step, relative):
    """Allows the rounding and the truncation of a central difference, and 1e-5."""
    allowed = relative * np.abs(vjp) + 10 * (EPSILON / step) * terms + 10 * step**2
    wrong = ~(np.abs(difference - vjp) <= allowed)
    assert not np.any(wrong), (
        f"The rule says {vjp}, central differences say {difference}; "
        f"{allowed} apart would be right (step {step})."
    )


def step_of(call):
    """Returns h, in proportion to the largest of all inputs.

    Not to the length of all together, which is long for a thousand numbers: over so
    large a step a saturated gate is no straight line.
    """
    largest = max(
        (np.abs(x).max(initial=0) for x in call.inputs if is_float(x)), default=0
    )
    return 6e-6 * max(1.0, float(largest))


def random_direction(call, generator):
    """Draws a step of length 1 for all floating-point inputs together."""
    parts = [
        generator.normal(size=x.shape) if is_float(x) else None for x in call.inputs
    ]
    length = math.sqrt(inner(parts, parts)) or 1.0
    return [None if part is None else np.asarray(part / length) for part in parts]


def moved(call, direction, step):
    """Returns the call a step further."""
    return Call(
        tuple(
            x if part is None else np.asarray(x + step * part)
            for x, part in zip(call.inputs, direction, strict=True)
        ),
        call.parameters,
    )


def basis(shape):
    """Yields the arrays that are 1 in one place and 0 elsewhere."""
    for place in np.ndindex(shape):
        unit = np.zeros(shape)
        unit[place] = 1.0
        yield unit


def inner(xs, ys):
    """Returns Σ x_i y_i over all the arrays; None counts as 0."""
    return math.fsum(
        float(np.sum(x * y))
        for x, y in zip(xs, ys, strict=True)
        if x is not None and y is not None
    )


def absolute(arrays):
    return [None if x is None else np.abs(x) for x in arrays]


def total(values):
    """Returns the sum of values; the first one begins it."""
    first, *others = values
    for value in others:
        first = first + value
    return first


# --- Exact laws -----------------------------------------------------------------------


def vjp_is_linear(primitive, kernels, call, generator):
    """vjp(0) = 0 and vjp(2g) = 2·vjp(g), exactly; vjp(g + h) but for rounding."""
    g = cotangents(primitive, kernels, call, generator)
    h = cotangents(primitive, kernels, call, generator)

    def pulled(cotangents):
        # Of 0-d arrays NumPy makes scalars.
        return pull_back(primitive, kernels, call, list(map(np.asarray, cotangents)))

    once, other = pulled(g), pulled(h)
    for nothing in pulled([0 * x for x in g]):
        assert nothing is None or not np.any(nothing), "vjp(0) is not 0."
    for x, double in zip(once, pulled([2 * x for x in g]), strict=True):
        if x is not None:
            assert_same_bits(double, 2 * x)
    together = pulled([x + y for x, y in zip(g, h, strict=True)])
    for x, y, both in zip(once, other, together, strict=True):
        if x is not None:
            size = np.max(np.abs(x), initial=0.0) + np.max(np.abs(y), initial=0.0)
            assert np.max(np.abs(both - (x + y)), initial=0.0) <= SUMS * size


def gradients_look_like_their_inputs(primitive, kernels, call, generator):
    """A gradient is an array with the shape and the dtype of its input."""
    for dtype in ("float32", "float64"):
        narrow = in_dtype(call, dtype)
        grads = cotangents(primitive, kernels, narrow, generator)
        gradients = pull_back(primitive, kernels, narrow, grads)
        for x, gradient in zip(narrow.inputs, gradients, strict=True):
            if gradient is not None and is_float(x):
                assert type(gradient) is np.ndarray
                assert gradient.shape == x.shape
                assert gradient.dtype == x.dtype


def nothing_is_changed(primitive, kernels, call, generator):
    """Inputs, results and cotangents are the same afterwards; they may be read-only."""
    for kept in (lambda x: x, protected):
        call = Call(tuple(map(kept, call.inputs)), call.parameters)
        out = primitive.forward(kernels, *call.inputs, **call.parameters)
        out = tuple(map(kept, out)) if isinstance(out, tuple) else kept(out)
        grads = list(map(kept, cotangents(primitive, kernels, call, generator)))
        results = out if isinstance(out, tuple) else (out,)
        before = contents(*call.inputs, *results, *grads)
        pull_back_from(out, primitive, kernels, call, grads)
        after = contents(*call.inputs, *results, *grads)
        assert after == before, "vjp changed what it was given."


def wanted_changes_no_gradient(primitive, kernels, call, generator):
    """What one input receives does not depend on which others want something."""
    grads = cotangents(primitive, kernels, call, generator)
    together = pull_back(primitive, kernels, call, grads)
    for i, x in enumerate(call.inputs):
        if is_float(x):
            wanted = [j == i for j in range(len(call.inputs))]
            alone = pull_back(primitive, kernels, call, grads, wanted)[i]
            if together[i] is None:
                assert alone is None
            else:
                assert alone is not None, "An input that wants a gradient got none."
                assert_same_bits(alone, together[i])


def float32_is_as_accurate_as_reference(primitive, kernels, call, generator):
    """‖g - g64‖ ≤ 16·‖g_reference - g64‖ + 16·u·‖g64‖, for each input's gradient.

    One reference may be right by luck, so it is the worst of several: what the rule is
    given then differs in the last place, as results of class B do.
    """
    if kernels is reference:
        return
    narrow = in_dtype(call, "float32")
    grads = cotangents(primitive, reference, narrow, generator)
    wide = in_dtype(narrow, "float64")
    wide_grads = [
        np.asarray(g, x.dtype)
        for g, x in zip(grads, forward(primitive, reference, wide), strict=True)
    ]
    exact = pull_back(primitive, reference, wide, wide_grads)
    out = primitive.forward(reference, *narrow.inputs, **narrow.parameters)
    worst = [0.0] * len(exact)
    for _ in range(4):
        nudged = Call(
            tuple(nudge(x, generator) for x in narrow.inputs), call.parameters
        )
        near = (
            tuple(nudge(x, generator) for x in out)
            if isinstance(out, tuple)
            else nudge(out, generator)
        )
        references = pull_back_from(near, primitive, reference, nudged, grads)
        worst = list(map(max, worst, map(distance, references, exact)))
    ours = pull_back(primitive, kernels, narrow, grads)
    for error, allowed, g in zip(map(distance, ours, exact), worst, exact, strict=True):
        if g is not None:
            assert error <= 16 * allowed + 16 * rounding("float32") * np.linalg.norm(g)


def nudge(x, generator):
    """Moves each float by one unit in the last place, up or down."""
    if not is_float(x):
        return x
    goals = generator.choice([-np.inf, np.inf], size=x.shape).astype(x.dtype)
    return np.asarray(np.nextafter(x, goals))


def distance(x, y):
    """Returns ‖x - y‖; two gradients that are None agree."""
    return 0.0 if x is None and y is None else float(np.linalg.norm(x - y))


def ties_share_equally(primitive, kernels, call, generator):
    """Of several equal extremes each receives the same part of the gradient."""
    [grad] = cotangents(primitive, kernels, call, generator)
    [out] = forward(primitive, kernels, call)
    parts = pull_back(primitive, kernels, call, [grad])
    if "axis" in call.parameters:
        [elements], [part], axis = call.inputs, parts, call.parameters["axis"]
    else:
        elements, part, axis = np.stack(call.inputs), np.stack(parts), 0
        out, grad = out[np.newaxis], grad[np.newaxis]
    ties = elements == out
    share = grad / np.sum(ties, axis=axis, keepdims=True)
    np.testing.assert_allclose(part, np.where(ties, share, 0.0), rtol=SUMS)


@st.composite
def calls_with_ties(draw, name):
    """Draws a call of maximum, minimum, max or min on few different numbers."""
    values = (1.0, 0.0, -1.0)
    if name in ("maximum", "minimum"):
        return Call(draw(same_shape(values=values)), {})
    x = draw(arrays(shape=shapes(min_side=1), values=values))
    return Call((x,), {"axis": draw(axes_of(x.shape)), "keepdims": True})


def uses_add_up(kernels, x, uses):
    """A value used k times collects k gradients, and the cotangent stays what it was.

    `x` is of small integers: then sums are exact in any order.
    """
    cotangent = np.arange(-2, x.size - 2, dtype=x.dtype).reshape(x.shape)
    with using(Tensor, kernels):
        leaf = Tensor(x, requires_grad=True)
        given = cotangent.copy()
        total([leaf] * uses).backward(Tensor(given))
    np.testing.assert_array_equal(leaf.grad.data, uses * cotangent)
    np.testing.assert_array_equal(given, cotangent)


ALL = (
    vjp_matches_differences,
    second_derivatives_match_differences,
    vjp_is_linear,
    gradients_look_like_their_inputs,
    nothing_is_changed,
    wanted_changes_no_gradient,
    float32_is_as_accurate_as_reference,
)


def in_dtype(call, dtype):
    """Returns the call with its floats in another dtype, laid out as before."""
    return Call(
        tuple(x.astype(dtype, order="K") if is_float(x) else x for x in call.inputs),
        call.parameters,
    )


def contents(*inputs):
    return [x.tobytes() for x in inputs if isinstance(x, np.ndarray)]


def protected(x):
    """Returns the same memory, read-only; what is no array as it is."""
    if not isinstance(x, np.ndarray):
        return x
    view = x.view()
    view.flags.writeable = False
    return view

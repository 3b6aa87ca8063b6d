"""Random graphs of layers and operations: called as a model, saved, and trained."""

import json

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from minikeras import Input, Model, Tensor, layers, ops
from minikeras.config import use_backend
from minikeras.kernels.fast import fast
from minikeras.models import clone_model, model_from_json
from minikeras.tree import flatten

WIDTH = 3

# Each takes two tensors (n, 3), and returns one or two of them.
OPERATIONS = [
    lambda x, y: ops.maximum(x, y),
    lambda x, y: ops.where(x > 0.1, x, y),
    lambda x, y: ops.split(ops.concatenate([x, y], axis=1), 2, axis=1),
    lambda x, y: ops.max(ops.stack([x, y]), axis=0),
    lambda x, y: x - ops.mean(y, axis=0),
    lambda x, y: x + y * 0.5,
    lambda x, y: 1.0 - x[:, ::-1],
    lambda x, y: ops.tanh(x) / (1.0 + abs(y)),
    lambda x, y: ops.einsum("ni,nj->nj", x, y) / WIDTH,
    lambda x, y: ops.softmax(x, axis=-1),
]
LAYERS = {
    "dense": lambda: layers.Dense(WIDTH, "relu", bias_initializer="ones"),
    "norm": lambda: layers.LayerNormalization(),
    "add": lambda: layers.Add(),
    "multiply": lambda: layers.Multiply(),
    "elu": lambda: layers.ELU(),
    "identity": lambda: layers.Identity(),
}
TAKE_LISTS = {"add", "multiply"}


@st.composite
def programs(draw):
    """Draws steps (what, which one of it, place of x, place of y), and the outputs."""
    steps = []
    count = 2  # tensors so far: the inputs
    for _ in range(draw(st.integers(1, 12))):
        what = draw(st.sampled_from(["op", "op", *LAYERS]))
        which = draw(st.integers(0, len(OPERATIONS) - 1 if what == "op" else 1))
        places = st.integers(0, count - 1)
        steps.append((what, which, draw(places), draw(places)))
        count += 1
    outputs = draw(st.lists(st.integers(2, count - 1), min_size=1, max_size=3))
    return steps, sorted({*outputs, count - 1})


def run(program, inputs, made):
    """Returns the outputs of a program; `made` keeps its layers, which it may share."""
    steps, outputs = program
    tensors = list(inputs)
    for what, which, i, j in steps:
        x, y = tensors[i], tensors[j]
        if what == "op":
            result = OPERATIONS[which](x, y)
            tensors.append(result[1] if isinstance(result, list) else result)
            continue
        layer = made.setdefault((what, which), None) or LAYERS[what]()
        made[what, which] = layer
        tensors.append(layer([x, y]) if what in TAKE_LISTS else layer(x))
    return [tensors[i] for i in outputs]


def model_of(program):
    """Returns a model, and its layers."""
    made = {}
    inputs = [Input((WIDTH,), name=name) for name in ("a", "b")]
    outputs = run(program, inputs, made)
    return Model(inputs, {f"y{i}": x for i, x in enumerate(outputs)}), made


def data(samples, seed=0):
    generator = np.random.default_rng(seed)
    return [generator.normal(size=(samples, WIDTH)).astype("float32") for _ in "ab"]


def outputs_of(model, inputs):
    return [x.numpy() for x in flatten(model(inputs))]


@given(program=programs())
def test_a_model_computes_what_its_layers_compute_by_hand(program):
    model, made = model_of(program)
    for samples in (1, 4):
        inputs = data(samples)
        by_hand = run(program, map(Tensor, inputs), made)
        for x, y in zip(outputs_of(model, inputs), by_hand, strict=True):
            np.testing.assert_array_equal(x, y.numpy())
    shapes = model.compute_output_shape([(4, WIDTH)] * 2)
    assert list(shapes.values()) == [(4, WIDTH)] * len(shapes)


@given(program=programs())
def test_what_is_saved_and_cloned_computes_the_same(program):
    model, _ = model_of(program)
    inputs = data(3)
    text = model.to_json()
    again = model_from_json(text)
    assert json.loads(again.to_json()) == json.loads(text)
    for other in (again, clone_model(model)):
        other.set_weights(model.get_weights())
        for x, y in zip(
            outputs_of(other, inputs), outputs_of(model, inputs), strict=True
        ):
            np.testing.assert_array_equal(x, y)


@given(program=programs(), seed=st.integers(0, 9))
@settings(max_examples=8)
def test_a_recorded_step_is_the_step_bit_for_bit(program, seed):
    model, _ = model_of(program)
    first = Model(model.inputs, model.outputs[0])
    if not first.trainable_weights:
        return
    x, (y, _) = data(8, seed), data(8, seed + 1)
    start = first.get_weights()
    trained = []
    with use_backend("numpy" if fast is None else "fast"):
        for jit_compile in (False, True):
            first.set_weights(start)
            first.compile("sgd", "mse", jit_compile=jit_compile)
            first.fit(x, y, batch_size=2, epochs=2, verbose=0, shuffle=False)
            trained.append(first.get_weights())
        assert first.train_program
    for eager, recorded in zip(*trained, strict=True):
        np.testing.assert_array_equal(eager, recorded)

"""The law of the compiled step: replaying equals running, bit for bit."""

import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras import (
    Input,
    Sequential,
    Tensor,
    Variable,
    config,
    layers,
    ops,
    optimizers,
    utils,
)
from minikeras.compiled import CapturedStep, CaptureError, capture
from minikeras.compiled.capture import Recorder
from minikeras.compiled.instruction import Buffer
from minikeras.models.batches import Given
from minikeras.values.backends import BACKENDS

AVAILABLE = [name for name, kernels in BACKENDS.items() if kernels is not None]
OPTIMIZERS = {
    "sgd": lambda: optimizers.SGD(0.1, momentum=0.9, nesterov=True),
    "rmsprop": lambda: optimizers.RMSprop(0.01, momentum=0.5, centered=True),
    "adam": lambda: optimizers.Adam(0.01, amsgrad=True),
    "adamw": lambda: optimizers.AdamW(0.01, clipnorm=1.0),
}


def trained_weights(recipe, jit_compile):
    """Trains a model made from a recipe, and returns all that training changed."""
    utils.set_random_seed(recipe["seed"])
    rng = np.random.default_rng(recipe["seed"])
    model = Sequential([Input((recipe["inputs"],))])
    for units, activation, rate in recipe["hidden"]:
        model.add(
            layers.Dense(units, activation=activation, kernel_regularizer=recipe["l2"])
        )
        if rate:
            model.add(layers.Dropout(rate, seed=recipe["seed"]))
    model.add(layers.Dense(3, activation="softmax"))
    optimizer = OPTIMIZERS[recipe["optimizer"]]()
    model.compile(
        optimizer,
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=jit_compile,
    )
    x = rng.standard_normal((22, recipe["inputs"])).astype("float32")
    y = rng.integers(0, 3, 22)
    first = model.fit(x, y, batch_size=5, epochs=2, verbose=0)
    optimizer.learning_rate = 0.5 * float(optimizer.learning_rate)
    second = model.fit(x, y, batch_size=5, epochs=2, verbose=0)
    state = [np.array(v) for v in (*model.variables, *optimizer.variables)]
    return state, [first.history, second.history]


@st.composite
def recipes(draw):
    hidden = st.tuples(
        st.integers(1, 6),
        st.sampled_from(["relu", "tanh", "sigmoid", "gelu", "linear"]),
        st.sampled_from([0, 0.5]),
    )
    return {
        "inputs": draw(st.integers(1, 5)),
        "hidden": draw(st.lists(hidden, max_size=2)),
        "l2": draw(st.sampled_from([None, "l2"])),
        "optimizer": draw(st.sampled_from(sorted(OPTIMIZERS))),
        "seed": draw(st.integers(0, 2**16)),
    }


@pytest.mark.parametrize("backend", AVAILABLE)
@given(recipe=recipes())
def test_training_by_replay_equals_training_step_by_step(backend, recipe):
    with config.use_backend(backend):
        eager, eager_history = trained_weights(recipe, jit_compile=False)
        replayed, replayed_history = trained_weights(recipe, jit_compile=True)
    for a, b in zip(eager, replayed, strict=True):
        np.testing.assert_array_equal(a, b)
    assert eager_history == replayed_history


def test_every_draw_of_a_replay_is_new():
    dropout = layers.Dropout(0.5, seed=1)
    step = CapturedStep(lambda batch: {"y": dropout(batch[0], training=True)})
    batch = Given((Tensor(np.ones((4, 8), "float32")),))
    draws = [step.run(batch)["y"].numpy().tobytes() for _ in range(6)]
    assert len(set(draws)) == 6


def test_a_batch_of_another_shape_gets_a_program_of_its_own():
    step = CapturedStep(lambda batch: {"y": batch[0] * 2.0})
    small, large = (Tensor(np.ones(n, "float32")) for n in (2, 3))
    for _ in range(3):
        assert step.run(Given((small,)))["y"].shape == (2,)
        assert step.run(Given((large,)))["y"].shape == (3,)
    assert len(step.programs) == 2


def test_the_batch_that_was_recorded_is_not_changed_by_replays():
    step = CapturedStep(lambda batch: {"y": batch[0] * 2.0})
    first = np.array([1.0], "float32")
    for value in (first, first, np.array([5.0], "float32")):
        step.run(Given((Tensor(value),)))
    assert first[0] == 1.0


def test_reading_a_value_stops_the_recording_and_names_the_line():
    def step(batch):
        if float(ops.sum(batch[0])) > 0:
            return {"y": batch[0]}
        return {"y": -batch[0]}

    with pytest.raises(
        CaptureError, match=r"read while the step was recorded.*test_capture"
    ):
        capture(step, (Tensor([1.0]),))


def test_an_array_is_not_taken_for_one_that_was_where_it_is():
    recorder = Recorder((), Tensor.active.kernels)
    before, now = np.ones(3), np.ones(3)
    known = weakref.ref(before), Buffer(before, "before")
    recorder.known[id(now)] = known
    with pytest.raises(CaptureError, match="neither an input"):
        recorder.buffer_of(now, "add")
    recorder.known[id(before)] = known
    assert recorder.buffer_of(before, "add").name == "before"


def test_an_array_from_elsewhere_stops_the_recording_and_names_the_line():
    noise = np.ones(1, "float32")
    with pytest.raises(CaptureError, match=r"neither an input.*test_capture"):
        capture(lambda batch: {"y": batch[0] + Tensor(noise)}, (Tensor([1.0]),))


def counting_step(required):
    """Returns a step that cannot be recorded, its Variable, and a note of each run."""
    count = Variable(np.array([0.0], "float32"))
    runs = []

    def step(batch):
        runs.append(batch)
        count.assign_add(batch[0])
        return {"y": batch[0] * float(count.numpy()[0])}

    return CapturedStep(step, required=required), count, runs


def test_a_step_that_cannot_be_recorded_runs_once_for_each_batch():
    step, count, runs = counting_step(required=False)
    batch = Given((Tensor([1.0]),))
    results = [float(step.run(batch)["y"]) for _ in range(4)]
    assert len(runs) == float(count) == 4
    assert results == [1.0, 2.0, 3.0, 4.0]
    assert "read while the step was recorded" in str(step.why_not)


def test_a_step_that_must_be_recorded_has_run_when_it_says_that_it_cannot():
    step, count, runs = counting_step(required=True)
    batch = Given((Tensor([1.0]),))
    step.run(batch)
    with pytest.raises(CaptureError, match="read while the step was recorded"):
        step.run(batch)
    assert len(runs) == float(count) == 2


def test_variables_are_read_anew_in_every_replay():
    scale = Variable(np.array([2.0], "float32"), name="scale")
    _, program = capture(lambda batch: {"y": batch[0] * scale}, (Tensor([3.0]),))
    scale.assign([10.0])
    program.run()
    assert float(program.outputs["y"][0]) == 30.0


def test_the_listing_names_inputs_variables_and_results():
    kernel = Variable(np.ones((3, 2), "float32"), name="kernel")
    _, program = capture(
        lambda batch: {"y": (batch[0] @ kernel).relu()},
        (Tensor(np.ones((4, 3), "float32")),),
    )
    assert program.listing().splitlines() == [
        "%0 = matmul(x0, kernel)    (4, 2) float32",
        "%1 = relu(%0)    (4, 2) float32",
    ]


def test_each_call_can_be_timed():
    _, program = capture(lambda batch: {"y": ops.exp(batch[0] * 2.0)}, (Tensor([1.0]),))
    timings = program.timings(runs=3)
    assert [instruction.name for instruction, _ in timings] == ["multiply", "exp"]
    assert all(seconds >= 0 for _, seconds in timings)
    assert str(timings).splitlines()[0].endswith("µs in 2 calls")
    assert "exp(%0)" in str(timings)


def changed_between_fits(change, jit_compile):
    """Trains, changes something about the training, trains on; returns the weights."""
    utils.set_random_seed(5)
    model = Sequential([Input((3,)), layers.Dense(1), layers.Dropout(0.5, seed=2)])
    model.add(layers.Dense(1))
    model.compile(optimizers.SGD(0.1), "mse", jit_compile=jit_compile)
    x = np.random.default_rng(0).standard_normal((12, 3)).astype("float32")
    for _ in range(2):
        model.fit(x, x[:, :1], batch_size=4, epochs=2, verbose=0)
        change(model)
    model.fit(x, x[:, :1], batch_size=4, epochs=2, verbose=0)
    return model.get_weights()


def replace_optimizer(model):
    model.optimizer = optimizers.Adam(0.05)


def set_schedule(model):
    model.optimizer.learning_rate = optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)


def clip(model):
    model.optimizer.clipnorm = 0.01


def freeze(model):
    model.layers[0].trainable = not model.layers[0].trainable


def overwrite(model):
    model.set_weights([np.ones_like(w) for w in model.get_weights()])


def pop(model):
    model.pop()


@pytest.mark.parametrize(
    "change", [replace_optimizer, set_schedule, clip, freeze, overwrite, pop]
)
def test_what_changes_between_trainings_changes_the_replay(change):
    eager = changed_between_fits(change, jit_compile=False)
    replayed = changed_between_fits(change, jit_compile=True)
    for a, b in zip(eager, replayed, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_graph_made_before_a_replay_knows_that_the_weights_have_changed():
    model = Sequential([Input((1,)), layers.Dense(1)])
    model.compile("sgd", "mse", jit_compile=True)
    data = np.ones((4, 1), "float32"), np.zeros((4, 1), "float32")
    for _ in range(3):
        model.train_on_batch(*data)
    squares = ops.sum(ops.square(model.weights[0]))
    model.train_on_batch(*data)
    with pytest.raises(RuntimeError, match="assigned between"):
        squares.backward()

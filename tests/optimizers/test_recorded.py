"""Recorded steps of optimizers: the bits of those that are run."""

import numpy as np
import pytest

from minikeras import Input, Sequential, layers, ops, optimizers, utils
from minikeras.compiled.capture import CaptureError
from minikeras.config import use_backend
from minikeras.optimizers import schedules
from tests.optimizers.test_optimizer import EVERY, Heavy

X = np.random.default_rng(0).normal(size=(40, 5)).astype("float32")
Y = (X @ np.arange(5.0)[:, None]).astype("float32")

OPTIMIZERS = {
    **{cls.__name__: lambda cls=cls: cls(0.01) for cls in EVERY},
    "nesterov": lambda: optimizers.SGD(0.01, momentum=0.9, nesterov=True),
    "centered": lambda: optimizers.RMSprop(0.01, centered=True, momentum=0.5),
    "amsgrad": lambda: optimizers.Adam(0.01, amsgrad=True, weight_decay=0.1),
    "clipnorm": lambda: optimizers.Adam(0.01, clipnorm=0.1),
    "clipvalue": lambda: optimizers.Adagrad(0.01, clipvalue=0.1),
    "global_clipnorm": lambda: optimizers.Lion(0.01, global_clipnorm=0.1),
    "loss scale": lambda: optimizers.Adam(0.01, loss_scale_factor=8.0),
    "averages": lambda: optimizers.Adam(0.01, use_ema=True, ema_overwrite_frequency=3),
    "accumulation": lambda: optimizers.Adam(0.01, gradient_accumulation_steps=3),
    "accumulation and averages": lambda: optimizers.Nadam(
        0.01,
        gradient_accumulation_steps=2,
        use_ema=True,
        ema_overwrite_frequency=2,
        global_clipnorm=0.5,
        weight_decay=0.1,
    ),
    "restarts": lambda: optimizers.SGD(schedules.CosineDecayRestarts(0.01, 4)),
    "cycle": lambda: optimizers.Ftrl(schedules.PolynomialDecay(0.01, 4, cycle=True)),
    "inverse": lambda: optimizers.Adamax(schedules.InverseTimeDecay(0.01, 4, 0.5)),
    "warmup": lambda: optimizers.Adadelta(
        schedules.CosineDecay(0.0, 10, warmup_target=0.1, warmup_steps=4)
    ),
    "one's own": Heavy,
}


def trained(make, jit_compile):
    """Returns a model after 15 steps."""
    utils.set_random_seed(1)
    model = Sequential(
        [
            Input((5,)),
            layers.Dense(8, "tanh", kernel_constraint="max_norm"),
            layers.Dense(1),
        ]
    )
    model.compile(make(), "mse", jit_compile=jit_compile)
    model.fit(X, Y, batch_size=8, epochs=3, verbose=0)
    return model


@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS.keys())
def test_recorded_steps_are_the_steps(make):
    recorded, run = trained(make, True), trained(make, False)
    assert recorded.train_program is not None
    states = [[*model.weights, *model.optimizer.variables] for model in (recorded, run)]
    for a, b in zip(*states, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy(), err_msg=a.path)


def test_steps_that_only_add_up_gradients_have_a_program_of_their_own():
    model = trained(OPTIMIZERS["accumulation"], True)
    (step,) = {id(s): s for s in model._programs.latest.values()}.values()
    sizes = {
        kind[-1][0].updates: len(program.instructions)
        for kind, program in step.programs.items()
    }
    assert sizes[False] < sizes[True]


class TwoOptimizers(Sequential):
    """Trains kernels and biases apart."""

    capturable = True
    rest = None  # another optimizer, if it is an attribute of the model

    def train_step(self, data):
        x, y = data
        loss = ops.mean(ops.square(self(x, training=True) - y))
        self.zero_grad()
        loss.backward()
        kernels, biases = self.trainable_weights[::2], self.trainable_weights[1::2]
        self.optimizer.apply([w.value.grad for w in kernels], kernels)
        (self.rest or REST[0]).apply([w.value.grad for w in biases], biases)
        return {"loss": loss}


REST = []


def trained_by_two(options, jit_compile, attribute=True):
    utils.set_random_seed(1)
    model = TwoOptimizers([Input((5,)), layers.Dense(4), layers.Dense(1)])
    rest = optimizers.Adam(**options)
    REST[:] = [rest]
    model.rest = rest if attribute else None
    model.compile(optimizers.SGD(0.01), jit_compile=jit_compile)
    model.fit(X, Y, batch_size=8, epochs=3, verbose=0)
    return model


ADDING_UP = {"learning_rate": 0.1, "gradient_accumulation_steps": 3}


def test_the_phases_of_all_optimizers_of_a_model_are_heeded():
    recorded, run = (trained_by_two(ADDING_UP, jit) for jit in (True, False))
    assert recorded.train_program is not None
    for a, b in zip(recorded.weights, run.weights, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


@pytest.mark.parametrize("options", [ADDING_UP, {"learning_rate": lambda: 0.1}])
def test_steps_of_an_optimizer_that_the_model_does_not_know_are_refused(options):
    with pytest.raises(CaptureError, match="was read while the step was recorded"):
        trained_by_two(options, True, attribute=False)


def test_a_function_as_learning_rate_is_not_recorded():
    model = Sequential([Input((5,)), layers.Dense(1)])
    optimizer = optimizers.SGD(lambda: 0.01)
    with pytest.raises(ValueError, match="function as learning rate"):
        model.compile(optimizer, "mse", jit_compile=True)
    with use_backend("numpy"):
        model.compile(optimizer, "mse")
        model.fit(X, Y, verbose=0)

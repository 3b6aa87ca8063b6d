"""All contestants start from the same weights and data; the FLOPs are counted right."""

import json

import numpy as np
import pytest

import minikeras
from benchmarks import models
from benchmarks.tasks import SHAPES, Task
from benchmarks.workloads import CASES, CIFAR, CONVNET, GPT, MLP, PROGRAM, text

TASKS = {
    "W1": PROGRAM,
    "W2": MLP,
    "W3": CONVNET,
    "W4": CIFAR,
    "W5": text(80),
    "W6": GPT,
}
SMALL = {
    "W1": PROGRAM._replace(batch=2),
    "W2": Task("mlp", {"widths": (6, 5, 4, 3)}, 2),
    "W3": CONVNET._replace(batch=2),
    "hidden": Task("mnist_convnet", {"hidden": 4, "rate": 0.3}, 2),
    "W4": CIFAR._replace(batch=2),
    "W5": Task("lstm", {"length": 3, "vocabulary": 5, "width": 4}, 2),
    "W6": GPT._replace(
        sizes={"vocabulary": 5, "length": 3, "width": 4, "heads": 2, "blocks": 2},
        batch=2,
    ),
}


@pytest.mark.parametrize("name", TASKS)
def test_a_task_survives_json_and_gives_the_same_weights_and_data(name):
    task = TASKS[name]
    copy = Task.of(json.loads(json.dumps(task._asdict())))
    assert copy == task
    for left, right in zip(task.weights(), copy.weights(), strict=True):
        np.testing.assert_array_equal(left, right)
    for left, right in zip(task.batches(2), copy.batches(2), strict=True):
        np.testing.assert_array_equal(left, right)


@pytest.mark.parametrize("name", TASKS)
def test_an_epoch_is_its_batches_end_to_end(name):
    task = TASKS[name]
    for batches, epoch in zip(task.batches(3), task.epoch(3), strict=True):
        assert len(epoch) == 3 * task.batch
        np.testing.assert_array_equal(batches[1], epoch[task.batch : 2 * task.batch])


def test_the_flops_of_a_perceptron_are_those_of_its_products():
    forward = 2 * (784 * 512 + 512 * 512 + 512 * 10)
    inputs = 2 * (512 * 512 + 512 * 10)  # no gradient of the data
    assert MLP.flops() == 128 * (2 * forward + inputs)
    assert MLP.predicting_flops() == 128 * forward


def test_the_parameters_that_are_trained_are_counted():
    assert MLP.parameters() == 784 * 512 + 512 + 512 * 512 + 512 + 5120 + 10
    total = sum(weight.size for weight in CIFAR.weights())
    assert total - CIFAR.parameters() == 2 * (32 + 64 + 128)


def test_every_architecture_has_a_model():
    assert set(SHAPES) == set(models.ARCHITECTURES)


@pytest.mark.parametrize("name", SMALL)
def test_a_model_has_the_weights_of_its_task_and_trains(name):
    task = SMALL[name]
    model = models.build(minikeras, task)
    for left, right in zip(model.get_weights(), task.weights(), strict=True):
        np.testing.assert_array_equal(left, right)
    models.compile_for(minikeras, model, task)
    before = model.get_weights()
    history = model.fit(*task.epoch(2), batch_size=task.batch, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    assert any((x != y).any() for x, y in zip(before, model.get_weights(), strict=True))


def test_without_dropout_nothing_is_random():
    task = SMALL["W3"].without_dropout()
    assert task.sizes["rate"] == 0
    assert MLP.without_dropout() is MLP
    losses = []
    for _ in range(2):
        model = models.build(minikeras, task)
        models.compile_for(minikeras, model, task)
        history = model.fit(*task.epoch(1), batch_size=task.batch, verbose=0)
        losses.append(history.history["loss"])
    assert losses[0] == losses[1]


def test_the_learning_rate_falls_to_nothing():
    model = models.build(minikeras, SMALL["W1"])
    models.compile_for(minikeras, model, SMALL["W1"], decay_steps=2)
    model.fit(*SMALL["W1"].epoch(2), batch_size=2, verbose=0)
    before = model.get_weights()
    model.fit(*SMALL["W1"].epoch(1), batch_size=2, verbose=0)
    for left, right in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(left, right)


def test_cases_have_names_of_their_own():
    names = [(case.workload, case.label) for case in CASES]
    assert len(set(names)) == len(names)

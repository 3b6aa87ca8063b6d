"""MultiOptimizer: every weight has the optimizer that the map says."""

import numpy as np
import pytest

from minikeras import Input, Sequential, Variable, layers, optimizers, saving, utils
from minikeras.optimizers import SGD, Adam, MultiOptimizer, OptimizerMap

X = np.random.default_rng(0).normal(size=(40, 5)).astype("float32")
Y = (X @ np.arange(5.0)[:, None]).astype("float32")


def mapped():
    return MultiOptimizer(
        OptimizerMap(
            SGD(0.01, momentum=0.9),
            {".*bias": Adam(0.1, gradient_accumulation_steps=2)},
        )
    )


def test_each_weight_goes_its_own_way():
    kernel, bias = Variable([1.0, 2.0], name="kernel"), Variable([3.0], name="bias")
    alone = Variable([1.0, 2.0]), Variable([3.0])
    optimizer, sgd = mapped(), SGD(0.01, momentum=0.9)
    adam = Adam(0.1, gradient_accumulation_steps=2)
    for _ in range(4):
        optimizer.apply([kernel * 2.0, bias * 2.0], [kernel, bias])
        sgd.apply([alone[0] * 2.0], alone[:1])
        adam.apply([alone[1] * 2.0], alone[1:])
    np.testing.assert_array_equal(kernel.numpy(), alone[0].numpy())
    np.testing.assert_array_equal(bias.numpy(), alone[1].numpy())
    assert int(optimizer.iterations) == 4
    assert [variable.name for variable in optimizer.variables] == [
        *("iteration", "learning_rate"),
        *("iteration", "learning_rate", "bias_gradient_accumulator"),
        *("bias_momentum", "bias_velocity"),
        *("iteration", "learning_rate", "kernel_momentum"),
    ]


def trained(jit_compile):
    utils.set_random_seed(1)
    model = Sequential([Input((5,)), layers.Dense(4), layers.Dense(1)])
    model.compile(mapped(), "mse", jit_compile=jit_compile)
    model.fit(X, Y, batch_size=8, epochs=3, verbose=0)
    return model


def test_its_steps_are_recorded():
    recorded, run = trained(True), trained(False)
    assert recorded.train_program is not None
    for a, b in zip(
        [*recorded.weights, *recorded.optimizer.variables],
        [*run.weights, *run.optimizer.variables],
        strict=True,
    ):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


def by_name(variable):
    return ADAM if variable.name == "bias" else REST


ADAM, REST = Adam(0.1), SGD(0.1)


def test_a_function_may_say_which():
    optimizer = MultiOptimizer(by_name)
    kernel, bias = Variable([1.0, 2.0], name="kernel"), Variable([3.0], name="bias")
    optimizer.build([kernel, bias])
    assert optimizer.optimizers == [REST, ADAM]
    with saving.custom_object_scope({"by_name": by_name}):
        again = optimizers.deserialize(optimizers.serialize(optimizer))
    assert again.get_config() == optimizer.get_config()


def test_the_config_makes_an_equal_optimizer():
    optimizer = mapped()
    again = optimizers.deserialize(optimizers.serialize(optimizer))
    assert again.get_config() == optimizer.get_config()
    assert [type(x) for x in again.optimizers] == [Adam, SGD]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: MultiOptimizer(Adam()), ValueError, "needs an OptimizerMap"),
        (lambda: OptimizerMap("adam"), TypeError, "must be an optimizer"),
        (lambda: OptimizerMap(SGD(), ["a"]), TypeError, "must be a dict"),
        (lambda: OptimizerMap(SGD(), {"a": "adam"}), ValueError, "for a; got 'adam'"),
        (lambda: OptimizerMap(SGD(), {"a": mapped()}), ValueError, "MultiOptimizer"),
        (
            lambda: OptimizerMap(SGD(), {"a.*": Adam(), ".*b": Adam()})["ab"],
            ValueError,
            "Several optimizers are for ab",
        ),
        (lambda: mapped().learning_rate, AttributeError, "no learning rate"),
    ],
)
def test_a_mistake_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_map_is_a_dict_of_its_keys():
    slow, fast = optimizers.SGD(0.1), optimizers.SGD(1.0)
    chosen = optimizers.OptimizerMap(optimizers.Adam(), {"a/.*": slow})
    chosen.update({"b": fast})
    assert dict(chosen.items()) == {"a/.*": slow, "b": fast}
    assert list(chosen) == list(chosen.keys()) == ["a/.*", "b"]
    assert chosen.pop("b") is fast
    assert len(chosen) == 1

"""Weights and averages change places when Keras's do, and come back."""

import numpy as np
import pytest

from minikeras import Input, Sequential, callbacks, layers, optimizers
from tests.golden import golden_files

CASES = [case for case in golden_files.read("callbacks") if "swap_on_epoch" in case]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_weights_are_those_of_keras_at_every_event(case):
    model = Sequential([Input((2,)), layers.Dense(1)])
    model.set_weights([np.ones((2, 1)), np.zeros(1)])
    sgd = optimizers.SGD(0.25, use_ema=True, ema_momentum=0.5)
    model.compile(sgd, "mse")
    seen = []

    def see(where):
        return lambda *_: seen.append([where, *model.get_weights()])

    used = []
    if case["swap_on_epoch"] is not None:
        used.append(callbacks.SwapEMAWeights(case["swap_on_epoch"]))
    used.append(
        callbacks.LambdaCallback(
            on_epoch_begin=see("epoch begins"),
            on_test_begin=see("test begins"),
            on_test_end=see("test ends"),
            on_epoch_end=see("epoch ends"),
            on_predict_begin=see("prediction begins"),
        )
    )
    x, y = case["x"], case["y"]
    history = model.fit(x, y, validation_data=(x, y), callbacks=used, **case["fit"])
    model.evaluate(x, y, verbose=0, callbacks=used)

    assert [where for where, *_ in seen] == [where for where, *_ in case["seen"]]
    for (where, *ours), (_, *theirs) in zip(seen, case["seen"], strict=True):
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6, err_msg=where)
    for name, values in case["history"].items():
        np.testing.assert_allclose(history.history[name], values, rtol=1e-5)
    for a, b in zip(model.get_weights(), case["weights"], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_an_optimizer_that_does_not_average_is_refused():
    model = Sequential([Input((2,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.ones((2, 2))
    with pytest.raises(ValueError, match="use_ema=True"):
        model.evaluate(x, x[:, :1], verbose=0, callbacks=[callbacks.SwapEMAWeights()])


def test_it_remembers_where_the_averages_are():
    callback = callbacks.SwapEMAWeights(True)
    callback.set_state({"averages_in_model": True})
    assert callback.get_state() == {"averages_in_model": True}

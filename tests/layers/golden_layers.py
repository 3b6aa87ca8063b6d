"""Holds a layer against what Keras answered: outputs, masks, gradients, configuration.

The cases are those that `tests/golden/layer_calls.py` records.
"""

import numpy as np

from minikeras import Tensor, layers, ops
from minikeras.tree import flatten, map_structure
from minikeras.values.naming import reset_names

CLOSE = {"rtol": 2e-5, "atol": 2e-6}


def agrees_with_keras(case, gradients=True):
    """Raises AssertionError unless a layer does all that the case says.

    Without `gradients` only what it computes is compared.
    """
    layer, inputs = built_layer(case)
    if "config" in case:
        config = case["config"]
        assert layer.get_config() == config
        assert list(layer.get_config()) == list(config)
        assert type(layer).from_config(layer.get_config()).get_config() == config
    found = [(w.path, w.trainable, w.shape) for w in layer.weights]
    assert found == [(p, t, w.shape) for p, t, w in case["weights"]]
    outputs = layer(*inputs, **case["call"])
    output = outputs[0] if isinstance(outputs, tuple) else outputs
    for ours, keras in zip(flatten(outputs), flatten(case["outputs"]), strict=True):
        assert ours.dtype == keras.dtype
        np.testing.assert_allclose(ours.numpy(), keras, **CLOSE)
    mask = getattr(output, "_keras_mask", None)
    if case["mask"] is None:
        assert mask is None
    else:
        np.testing.assert_array_equal(mask.numpy(), case["mask"])
    if not gradients:
        return
    if output.requires_grad:
        ops.sum(output * case["cotangent"]).backward()
    for x, keras in zip(of_floats(inputs), case["input gradients"], strict=True):
        np.testing.assert_allclose(x.grad.numpy(), keras, **CLOSE)
    weights = layer.trainable_weights
    for w, keras in zip(weights, case["weight gradients"], strict=True):
        np.testing.assert_allclose(w.grad.numpy(), keras, **CLOSE, err_msg=w.path)


def built_layer(case):
    """Returns the layer of a case, with its weights, and its inputs as Tensors."""
    reset_names()
    cls = getattr(layers, case["class"].removeprefix("layers."))
    layer = cls(**case["keywords"])
    inputs = map_structure(
        lambda x: Tensor(x, requires_grad=x.dtype.kind == "f"), case["inputs"]
    )
    layer(*inputs, **case["call"])
    layer.set_weights([weight for _, _, weight in case["weights"]])
    return layer, inputs


def of_floats(inputs):
    return [x for x in flatten(inputs) if x.dtype.startswith("float")]

"""InputSpec: what a layer expects, of one input or of several."""

import numpy as np
import pytest

from minikeras import InputSpec, layers

X = np.ones((2, 3), "float32")


class Expects(layers.Layer):
    def __init__(self, spec):
        super().__init__()
        self.input_spec = spec

    def call(self, inputs):
        return inputs


# (spec, inputs, what the error says, None if there is none), as in Keras 3.15.1
CASES = [
    (InputSpec(shape=(None, 3)), X, None),
    (
        InputSpec(shape=(None, 4)),
        X,
        r"shape=\(None, 4\), found shape=\(2, 3\)",
    ),
    (InputSpec(shape=(None, 3, 1)), X, "expected ndim=3, found ndim=2"),
    (InputSpec(shape=(2, 3, 1), allow_last_axis_squeeze=True), X, None),
    (InputSpec(shape=(2,), allow_last_axis_squeeze=True), X[:, :1], None),
    (InputSpec(dtype="int32"), X, "expected dtype=int32, found dtype=float32"),
    (InputSpec(dtype="float32"), X, None),
    (InputSpec(max_ndim=1), X, "expected max_ndim=1, found ndim=2"),
    (InputSpec(min_ndim=3), X, "expected min_ndim=3, found ndim=2"),
    (InputSpec(axes={-1: 4}), X, "expected axis -1 of input shape to have value 4"),
    (InputSpec(axes={-1: None}), X, None),
    ([InputSpec(ndim=2), InputSpec(ndim=1)], [X, X], "Input 1 .*expected ndim=1"),
    ([InputSpec(ndim=2), InputSpec(ndim=2)], [X, X], None),
    ([InputSpec(ndim=2)], [X, X], "expects 1 inputs; got 2"),
    ({"b": InputSpec(ndim=2), "a": InputSpec(ndim=1)}, {"a": X, "b": X}, "Input 0 "),
]


@pytest.mark.parametrize(("spec", "inputs", "message"), CASES)
def test_what_is_expected(spec, inputs, message):
    layer = Expects(spec)
    for _ in range(2):  # built or not
        if message is None:
            layer(inputs)
        else:
            with pytest.raises(ValueError, match=message):
                layer(inputs)
        layer.built = True


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"axes": {"a": 1}}, TypeError),
        ({"axes": [1]}, TypeError),
        ({"ndim": 1, "axes": {3: 1}}, ValueError),
        ({"max_ndim": 1, "axes": {3: 1}}, ValueError),
    ],
)
def test_axes_that_cannot_be_are_refused(options, error):
    with pytest.raises(error, match="axes"):
        InputSpec(**options)


def test_the_config_makes_an_equal_one():
    spec = InputSpec(dtype="float32", shape=(None, 3), axes={-1: 3})
    assert InputSpec.from_config(spec.get_config()) == spec


class Forgets(layers.Layer):
    def call(self, inputs):
        inputs * 2


def test_what_a_layer_forgot_to_return_is_looked_for_there():
    message = r'layer "next" is None.*`call` of "forgets" \(Forgets\) end with a ret'
    with pytest.raises(ValueError, match=message):
        layers.Dense(1, name="next")(Forgets(name="forgets")(X))

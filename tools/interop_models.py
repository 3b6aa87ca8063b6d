"""The models that are carried between Keras and minikeras: see `interop.py`.

Everything here is said in the words that both have: `keras` is the one or the other.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

# Layer, its arguments, the shapes of its inputs; "{Dense}" stands for a layer inside.
LAYERS: list[tuple[str, dict[str, Any], tuple[Any, ...]]] = [
    ("Activation", {"activation": "gelu"}, (5,)),
    ("ActivityRegularization", {"l2": 0.1}, (5,)),
    ("AdditiveAttention", {}, ((3, 4), (3, 4))),
    ("AlphaDropout", {"rate": 0.5}, (5,)),
    ("Attention", {"use_scale": True, "score_mode": "concat"}, ((3, 4), (3, 4))),
    ("AveragePooling1D", {"pool_size": 2}, (6, 3)),
    ("AveragePooling2D", {"pool_size": 2, "padding": "same"}, (5, 5, 3)),
    ("AveragePooling3D", {"pool_size": 2}, (4, 4, 4, 2)),
    ("BatchNormalization", {}, (5,)),
    ("BatchNormalization", {"renorm": True}, (5,)),
    ("Bidirectional", {"layer": "{LSTM}"}, (4, 3)),
    ("Conv1D", {"filters": 3, "kernel_size": 2, "padding": "causal"}, (6, 4)),
    ("Conv2D", {"filters": 4, "kernel_size": 3, "groups": 2}, (6, 6, 4)),
    ("Conv3D", {"filters": 2, "kernel_size": 2}, (4, 4, 4, 2)),
    ("Cropping1D", {"cropping": 1}, (6, 3)),
    ("Cropping2D", {"cropping": 1}, (6, 6, 3)),
    ("Cropping3D", {"cropping": 1}, (4, 4, 4, 2)),
    ("Dense", {"units": 3, "kernel_regularizer": "l2"}, (5,)),
    ("Dense", {"units": 3, "bias_constraint": "max_norm", "dtype": "float64"}, (5,)),
    ("Dropout", {"rate": 0.5, "seed": 3}, (5,)),
    ("ELU", {"alpha": 0.5}, (5,)),
    (
        "EinsumDense",
        {"equation": "abc,cde->abde", "output_shape": (None, 2, 3), "bias_axes": "e"},
        (4, 3),
    ),
    ("Embedding", {"input_dim": 10, "output_dim": 4, "mask_zero": True}, ("int32", 4)),
    ("Flatten", {}, (2, 3)),
    ("GRU", {"units": 3, "return_sequences": True}, (4, 3)),
    ("GRU", {"units": 3, "reset_after": False, "go_backwards": True}, (4, 3)),
    ("GaussianDropout", {"rate": 0.5}, (5,)),
    ("GaussianNoise", {"stddev": 0.5}, (5,)),
    ("GlobalAveragePooling1D", {}, (4, 3)),
    ("GlobalAveragePooling2D", {"keepdims": True}, (4, 4, 3)),
    ("GlobalAveragePooling3D", {}, (3, 3, 3, 2)),
    ("GlobalMaxPooling1D", {}, (4, 3)),
    ("GlobalMaxPooling2D", {}, (4, 4, 3)),
    ("GlobalMaxPooling3D", {}, (3, 3, 3, 2)),
    ("GroupNormalization", {"groups": 2}, (4, 6)),
    ("Identity", {}, (5,)),
    ("LSTM", {"units": 3, "dropout": 0.2, "recurrent_dropout": 0.2}, (4, 3)),
    ("LayerNormalization", {}, (4, 5)),
    ("LeakyReLU", {"negative_slope": 0.2}, (5,)),
    ("Masking", {"mask_value": 1.0}, (4, 3)),
    ("MaxPooling1D", {"pool_size": 2}, (6, 3)),
    ("MaxPooling2D", {"pool_size": 2}, (6, 6, 3)),
    ("MaxPooling3D", {"pool_size": 2}, (4, 4, 4, 2)),
    ("Normalization", {}, (5,)),
    ("Rescaling", {"scale": 0.5, "offset": 1.0}, (5,)),
    ("PReLU", {"shared_axes": [1]}, (4, 5)),
    ("Permute", {"dims": (2, 1)}, (3, 4)),
    ("RMSNormalization", {}, (5,)),
    ("RNN", {"cell": "{SimpleRNNCell}"}, (4, 3)),
    ("RNN", {"cell": ["{GRUCell}", "{LSTMCell}"]}, (4, 3)),
    ("ReLU", {"max_value": 1.0, "negative_slope": 0.1}, (5,)),
    ("RepeatVector", {"n": 3}, (5,)),
    ("Reshape", {"target_shape": (3, 2)}, (6,)),
    ("SimpleRNN", {"units": 3, "kernel_initializer": "he_normal"}, (4, 3)),
    ("Softmax", {}, (5,)),
    ("SpatialDropout1D", {"rate": 0.5}, (4, 3)),
    ("SpatialDropout2D", {"rate": 0.5}, (4, 4, 3)),
    ("SpatialDropout3D", {"rate": 0.5}, (3, 3, 3, 2)),
    ("SpectralNormalization", {"layer": "{Dense}"}, (5,)),
    ("TimeDistributed", {"layer": "{Dense}"}, (4, 3)),
    ("UnitNormalization", {}, (5,)),
    ("UpSampling1D", {"size": 2}, (4, 3)),
    ("UpSampling2D", {"size": 2}, (4, 4, 3)),
    ("UpSampling3D", {"size": 2}, (3, 3, 3, 2)),
    ("ZeroPadding1D", {"padding": 1}, (4, 3)),
    ("ZeroPadding2D", {"padding": 1}, (4, 4, 3)),
    ("ZeroPadding3D", {"padding": 1}, (3, 3, 3, 2)),
]
MERGING = ("Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply")
INNER = {
    "Dense": {"units": 3},
    "LSTM": {"units": 3},
    "SimpleRNNCell": {"units": 3},
    "GRUCell": {"units": 3},
    "LSTMCell": {"units": 2},
}

OPTIMIZERS: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {"learning_rate": 0.1}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True}),
    ("RMSprop", {"momentum": 0.5, "centered": True}),
    ("Adam", {"amsgrad": True, "clipnorm": 1.0}),
    ("Adam", {"use_ema": True, "gradient_accumulation_steps": 2}),
    ("AdamW", {"weight_decay": 0.01}),
    ("Adagrad", {}),
    ("Adadelta", {}),
    ("Adamax", {}),
    ("Nadam", {}),
    ("Ftrl", {}),
    ("Lion", {}),
    ("Adafactor", {}),
    ("Lamb", {}),
    ("Muon", {}),
    ("ScheduleFreeAdamW", {}),
]
SCHEDULES: list[tuple[str, dict[str, Any]]] = [
    ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 10}),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 3}),
    (
        "ExponentialDecay",
        {"initial_learning_rate": 0.1, "decay_steps": 2, "decay_rate": 0.5},
    ),
    (
        "InverseTimeDecay",
        {"initial_learning_rate": 0.1, "decay_steps": 2, "decay_rate": 0.5},
    ),
    ("PiecewiseConstantDecay", {"boundaries": [1, 5], "values": [0.1, 0.05, 0.01]}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 10}),
]

Build = Callable[[Any], Any]


def models(keras: Any) -> dict[str, Build]:
    """Returns {name: what builds it} for all models that a package has the parts of."""
    found: dict[str, Build] = {}
    for name, arguments, shapes in LAYERS:
        if hasattr(keras.layers, name):
            key = numbered(f"layer {name}", found)
            found[key] = one_layer(name, arguments, shapes)
    for name in MERGING:
        found[f"layer {name}"] = one_layer(name, {}, ((4,), (4,)))
    found["layer Dot"] = one_layer("Dot", {"axes": 1}, ((4,), (4,)))
    found["layer Subtract"] = one_layer("Subtract", {}, ((4,), (4,)))
    heads = {"num_heads": 2, "key_dim": 3}
    found["layer MultiHeadAttention"] = one_layer(
        "MultiHeadAttention", heads, ((4, 5), (4, 5)), unpacked=True
    )
    groups = {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2}
    found["layer GroupQueryAttention"] = one_layer(
        "GroupQueryAttention", groups, ((4, 5), (4, 5)), unpacked=True
    )
    for name, arguments in OPTIMIZERS:
        if hasattr(keras.optimizers, name):
            key = numbered(f"optimizer {name}", found)
            found[key] = trained_by(name, arguments)
    if hasattr(keras.optimizers, "LossScaleOptimizer"):
        found["optimizer LossScaleOptimizer"] = scaled
    for name, arguments in SCHEDULES:
        found[f"schedule {name}"] = scheduled(name, arguments)
    return found | {
        "losses and metrics": with_metrics,
        "graph of operations": graph_of_operations,
        "graph with a shared layer": shared_layer,
        "graph with masks": masked,
        "models inside of models": nested,
        "several inputs and outputs": several,
        "a subclass": subclass,
    }


def numbered(name: str, taken: dict[str, Build]) -> str:
    """Returns a name that is not taken."""
    number = sum(key == name or key.startswith(f"{name} #") for key in taken)
    return f"{name} #{number + 1}" if number else name


def one_layer(
    name: str, arguments: dict[str, Any], shapes: Any, unpacked: bool = False
) -> Build:
    """Returns what builds a model of one layer."""
    if not isinstance(shapes[0], tuple):
        shapes = (shapes,)

    def build(keras: Any) -> Any:
        inputs = [entrance(keras, shape, i) for i, shape in enumerate(shapes)]
        filled_in = {key: with_layers(keras, x) for key, x in arguments.items()}
        layer = getattr(keras.layers, name)(**filled_in)
        if unpacked:
            outputs = layer(*inputs)
        else:
            outputs = layer(inputs if len(inputs) > 1 else inputs[0])
        return keras.Model(inputs if len(inputs) > 1 else inputs[0], outputs)

    return build


def entrance(keras: Any, shape: tuple[Any, ...], number: int) -> Any:
    """Returns a symbolic input; a shape may begin with its dtype."""
    dtype = "float32"
    if isinstance(shape[0], str):
        dtype, *rest = shape
        shape = tuple(rest)
    return keras.Input(shape, dtype=dtype, name=f"input_{number}")


def with_layers(keras: Any, argument: Any) -> Any:
    """Returns an argument with the layers that it names in braces."""
    if isinstance(argument, list):
        return [with_layers(keras, part) for part in argument]
    if isinstance(argument, str) and argument.startswith("{"):
        name = argument[1:-1]
        return getattr(keras.layers, name)(**INNER[name])
    return argument


def small_model(keras: Any) -> Any:
    """Returns a chain with what optimizers treat differently: matrices and vectors."""
    return keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(3, activation="tanh", name="hidden"),
            keras.layers.BatchNormalization(),
            keras.layers.Dense(2),
        ]
    )


def compiled(keras: Any, optimizer: Any, loss: Any = "mse", metrics: Any = None) -> Any:
    """Returns a small model, compiled."""
    model = small_model(keras)
    model.compile(optimizer, loss, metrics=metrics)
    return model


def trained_by(name: str, arguments: dict[str, Any]) -> Build:
    """Returns what builds a model with an optimizer."""

    def build(keras: Any) -> Any:
        return compiled(keras, getattr(keras.optimizers, name)(**arguments))

    return build


def scaled(keras: Any) -> Any:
    """Returns a model whose loss is scaled."""
    inner = keras.optimizers.Adam(0.01)
    return compiled(keras, keras.optimizers.LossScaleOptimizer(inner))


def scheduled(name: str, arguments: dict[str, Any]) -> Build:
    """Returns what builds a model whose learning rate has a schedule."""

    def build(keras: Any) -> Any:
        schedule = getattr(keras.optimizers.schedules, name)(**arguments)
        return compiled(keras, keras.optimizers.SGD(schedule, momentum=0.9))

    return build


def with_metrics(keras: Any) -> Any:
    """Returns a model with a loss object, and metrics of several kinds."""
    model = small_model(keras)
    model.compile(
        "adam",
        keras.losses.LogCosh(),
        metrics=["mae", keras.metrics.RootMeanSquaredError(name="root")],
        weighted_metrics=["mse"],
        loss_weights=[0.5],
    )
    return model


def graph_of_operations(keras: Any) -> Any:
    """Returns a graph with operators, slices, constants and reductions."""
    ops = keras.ops
    x = keras.Input((4,), name="x")
    y = keras.layers.Dense(4)(x) * 2.0 + x
    y = ops.relu(ops.concatenate([y, x], axis=-1))[:, 1:5]
    y = 1.0 - ops.matmul(y, np.ones((4, 3), "float32"))
    scale = ops.mean(ops.square(y), axis=-1, keepdims=True)
    return keras.Model(x, ops.where(y > 0, y / ops.sqrt(scale + 1.0), 0.0))


def shared_layer(keras: Any) -> Any:
    """Returns a graph that calls a layer three times."""
    shared = keras.layers.Dense(4, name="shared")
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    return keras.Model([a, b], keras.layers.Add()([shared(a), shared(shared(b))]))


def masked(keras: Any) -> Any:
    """Returns a graph in which a mask goes from layer to layer."""
    ids = keras.Input((5,), dtype="int32", name="ids")
    x = keras.layers.Embedding(10, 4, mask_zero=True)(ids)
    x = keras.layers.LSTM(3, return_sequences=True)(x)
    return keras.Model(ids, keras.layers.GlobalAveragePooling1D()(x))


def nested(keras: Any) -> Any:
    """Returns a model of models."""
    x = keras.Input((4,), name="inner_input")
    inner = keras.Model(x, keras.layers.Dense(4)(x), name="inner")
    chain = keras.Sequential([keras.layers.Dense(4), keras.layers.ReLU()], name="chain")
    y = keras.Input((4,), name="outer_input")
    both = keras.layers.Concatenate()([inner(chain(y)), inner(y)])
    return keras.Model(y, both, name="outer")


def several(keras: Any) -> Any:
    """Returns a model with dicts of inputs and outputs."""
    a, b = keras.Input((4,), name="a"), keras.Input((3,), name="b")
    x = keras.layers.Concatenate()([a, b])
    outputs = {"p": keras.layers.Dense(2, name="p")(x), "q": [x, a]}
    return keras.Model({"a": a, "b": b}, outputs, name="named_inputs")


def subclass(keras: Any) -> Any:
    """Returns a model with a call of its own, and layers in several places."""

    @keras.saving.register_keras_serializable(package="interop")
    class Blocks(keras.Model):
        def __init__(self, units: int = 3, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.units = units
            self.blocks = [keras.layers.Dense(units) for _ in range(2)]
            self.by_name = {"last": keras.layers.Dense(2), "rest": [Scaled()]}
            self._hidden = keras.layers.BatchNormalization()

        def call(self, x: Any) -> Any:
            for block in self.blocks:
                x = block(x)
            x = self.by_name["rest"][0](self._hidden(x))
            return self.by_name["last"](x)

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "units": self.units}

    @keras.saving.register_keras_serializable(package="interop")
    class Scaled(keras.layers.Layer):
        def build(self, input_shape: Any) -> None:
            self.scale = self.add_weight(shape=(input_shape[-1],), name="scale")

        def call(self, x: Any) -> Any:
            return x * self.scale

    model = Blocks()
    model(np.ones((2, 4), "float32"))
    return model

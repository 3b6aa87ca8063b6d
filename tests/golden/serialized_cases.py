"""What is described as a configuration by Keras and by minikeras, to be compared.

Apart from the recorder, for the tests must not need Keras.
"""

from typing import Any

import numpy as np

VALUES: dict[str, Any] = {
    "None": None,
    "numbers": [True, 1, 2.5, "text"],
    "tuple": (1, (2, 3)),
    "dict": {"a": [1], "b": {"c": None}},
    "bytes": b"text",
    "slice": slice(1, None, 2),
    "ellipsis": ...,
    "array": np.arange(4, dtype="int32").reshape(2, 2),
    "number of NumPy": np.float32(0.5),
}
OBJECTS: dict[str, Any] = {
    "activation": lambda keras: keras.activations.relu,
    "loss function": lambda keras: keras.losses.mean_squared_error,
    "loss": lambda keras: keras.losses.BinaryCrossentropy(from_logits=True),
    "metric": lambda keras: keras.metrics.MeanSquaredError(name="m"),
    "regularizer": lambda keras: keras.regularizers.L1L2(0.1, 0.2),
    "constraint": lambda keras: keras.constraints.MaxNorm(3),
    "initializer": lambda keras: keras.initializers.HeNormal(seed=3),
    "schedule": lambda keras: keras.optimizers.schedules.CosineDecay(0.1, 10),
    "generator": lambda keras: keras.random.SeedGenerator(3),
    "policy": lambda keras: keras.dtype_policies.DTypePolicy("mixed_float16"),
    "symbolic tensor": lambda keras: keras.KerasTensor((None, 3)),
    "tensor": lambda keras: keras.ops.ones((2,)),
    "layer": lambda keras: keras.layers.Dense(2, activation="relu", name="d"),
}
MODELS = (
    "graph with a shared layer",
    "graph with masks",
    "models inside of models",
    "layer Bidirectional",
    "layer MultiHeadAttention",
    "several inputs and outputs",
)

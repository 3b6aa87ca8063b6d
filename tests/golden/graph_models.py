"""Models that are graphs, written once for Keras and for minikeras.

Each function takes the library, and makes the same model with it.
"""

from typing import Any


def chain(keras: Any) -> Any:
    """Layers that follow one another."""
    x = keras.Input((3,), name="measured")
    hidden = keras.layers.Dense(4, activation="relu")(x)
    return keras.Model(x, keras.layers.Dense(2)(hidden), name="chain")


def branches(keras: Any) -> Any:
    """Two ways from two inputs to two outputs."""
    left, right = keras.Input((3,), name="left"), keras.Input((5,), name="right")
    first = keras.layers.Dense(4)(left)
    second = keras.layers.Dense(4, trainable=False)(right)
    total = keras.layers.Add()([first, keras.layers.ReLU()(second)])
    joined = keras.layers.Concatenate()([total, first, second])
    score = keras.layers.Dense(1, name="score")(joined)
    return keras.Model([left, right], [score, total], name="branches")


def shared(keras: Any) -> Any:
    """One layer for two inputs."""
    one, other = keras.Input((4,)), keras.Input((4,))
    encode = keras.layers.Dense(2, name="encode")
    both = keras.layers.Multiply()([encode(one), encode(other)])
    return keras.Model([one, other], both)


def residual(keras: Any) -> Any:
    """Convolutions with a way around them, normalization, pooling."""
    x = keras.Input((8, 8, 1), batch_size=2)
    y = keras.layers.Conv2D(4, 3, padding="same")(x)
    z = keras.layers.BatchNormalization()(y)
    z = keras.layers.ReLU()(z)
    y = keras.layers.Add()([y, z])
    y = keras.layers.GlobalAveragePooling2D()(y)
    return keras.Model(x, keras.layers.Dense(3, activation="softmax")(y))


def nested(keras: Any) -> Any:
    """A chain and a graph in a graph, the latter used twice."""
    a, b = keras.Input((4,)), keras.Input((4,))
    inner = keras.Model(
        [a, b], keras.layers.Average()([keras.layers.Dense(4)(a), b]), name="inner"
    )
    tail = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3), keras.layers.Dense(2)], name="tail"
    )
    x, y = keras.Input((4,), name="x"), keras.Input((4,), name="y")
    once = inner([x, y])
    twice = inner([once, y])
    return keras.Model([x, y], tail(twice), name="outer")


def states(keras: Any) -> Any:
    """A layer with several results, of which two are used."""
    words = keras.Input((None,), dtype="int32", name="words")
    vectors = keras.layers.Embedding(7, 3)(words)
    steps, hidden, _ = keras.layers.LSTM(2, return_sequences=True, return_state=True)(
        vectors
    )
    return keras.Model(words, {"steps": steps, "last": hidden})


def operators(keras: Any) -> Any:
    """Operators and operations between the layers."""
    x = keras.Input((4,), name="x")
    y = keras.layers.Dense(4)(x)
    z = keras.ops.relu(y) * 2.0 + x
    return keras.Model(x, [z[:, 0], keras.ops.mean(z, axis=-1)], name="operators")


MODELS = {
    make.__name__: make
    for make in (chain, branches, shared, residual, nested, states, operators)
}

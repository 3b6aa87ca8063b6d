"""The models of the workloads, written once in Keras's language.

`keras` is a namespace: minikeras, or Keras itself.
"""


def build(keras, task):
    """Returns the task's model with its initial weights, not compiled yet."""
    model = ARCHITECTURES[task.architecture](keras, **task.sizes)
    model.set_weights(task.weights())
    return model


def compile_for(keras, model, task, decay_steps=None, **options):
    """Compiles a model as its task says, with the accuracy as metric.

    With `decay_steps` the learning rate falls to zero in so many, along half a cosine.
    """
    rate = task.options["learning_rate"]
    if decay_steps is not None:
        rate = keras.optimizers.schedules.CosineDecay(rate, decay_steps)
    optimizers = {
        "adam": keras.optimizers.Adam,
        "adamw": keras.optimizers.AdamW,
        "sgd": keras.optimizers.SGD,
    }
    if task.architecture == "lstm":
        loss = keras.losses.BinaryCrossentropy()
    elif task.architecture == "gpt":
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    elif task.one_hot:
        loss = keras.losses.CategoricalCrossentropy()
    else:
        loss = keras.losses.SparseCategoricalCrossentropy()
    model.compile(
        optimizer=optimizers[task.optimizer](**task.options | {"learning_rate": rate}),
        loss=loss,
        metrics=["accuracy"],
        **options,
    )


def mlp(keras, widths):
    """Dense layers, the last one with softmax."""
    inputs, *hidden, classes = widths
    model = keras.Sequential([keras.Input((inputs,))])
    for units in hidden:
        model.add(keras.layers.Dense(units, activation="relu"))
    model.add(keras.layers.Dense(classes, activation="softmax"))
    return model


def mnist_convnet(keras, hidden, rate):
    """Two convolutions with pooling on 28 × 28 pixels; a hidden layer, if it is wanted.

    `rate` is that of the dropout.
    """
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(rate),
        ]
    )
    if hidden:
        model.add(layers.Dense(hidden, activation="relu"))
    model.add(layers.Dense(10, activation="softmax"))
    return model


def cifar_convnet(keras):
    """Five convolutions with batch normalization on 32 × 32 colours."""
    layers = keras.layers

    def convolution(filters):
        return layers.Conv2D(filters, 3, padding="same", activation="relu")

    return keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            convolution(32),
            convolution(32),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            convolution(64),
            convolution(64),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            convolution(128),
            layers.BatchNormalization(),
            layers.GlobalAveragePooling2D(),
            layers.Dense(10, activation="softmax"),
        ]
    )


def lstm(keras, length, vocabulary, width):
    """Says yes or no to a text."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((length,), dtype="int32"),
            layers.Embedding(vocabulary, width),
            layers.LSTM(width),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


def gpt(keras, vocabulary, length, width, heads, blocks):
    """A transformer that guesses the next character: returns scores (logits)."""
    layers = keras.layers

    class Positions(layers.Layer):
        """Adds a learned vector for each place in the text."""

        capturable = True

        def build(self, input_shape):
            self.table = self.add_weight(shape=(length, width), name="table")

        def call(self, x):
            return x + self.table

    class Block(layers.Layer):
        """Attention and two Dense layers, each normalized first and added."""

        capturable = True

        def __init__(self):
            super().__init__()
            self.norm_1 = layers.LayerNormalization()
            self.attention = layers.MultiHeadAttention(heads, width // heads)
            self.norm_2 = layers.LayerNormalization()
            self.up = layers.Dense(4 * width, activation="gelu")
            self.down = layers.Dense(width)

        def build(self, input_shape):
            self.norm_1.build(input_shape)
            self.attention.build(input_shape, input_shape)
            self.norm_2.build(input_shape)
            self.up.build(input_shape)
            self.down.build((*input_shape[:-1], 4 * width))

        def call(self, x):
            y = self.norm_1(x)
            x = x + self.attention(y, y, use_causal_mask=True)
            return x + self.down(self.up(self.norm_2(x)))

    class MiniGPT(keras.Model):
        """Embeddings, blocks, and scores for each character."""

        capturable = True

        def __init__(self):
            super().__init__()
            self.tokens = layers.Embedding(vocabulary, width)
            self.positions = Positions()
            self.blocks = [Block() for _ in range(blocks)]
            self.norm = layers.LayerNormalization()
            self.scores = layers.Dense(vocabulary)

        def build(self, input_shape):
            features = (*input_shape, width)
            self.tokens.build(input_shape)
            for layer in (self.positions, *self.blocks, self.norm, self.scores):
                layer.build(features)

        def call(self, x):
            x = self.positions(self.tokens(x))
            for block in self.blocks:
                x = block(x)
            return self.scores(self.norm(x))

    model = MiniGPT()
    model.build((None, length))
    return model


ARCHITECTURES = {
    "mlp": mlp,
    "mnist_convnet": mnist_convnet,
    "cifar_convnet": cifar_convnet,
    "lstm": lstm,
    "gpt": gpt,
}

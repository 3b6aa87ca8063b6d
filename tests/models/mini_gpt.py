"""A small transformer by subclassing, written once for minikeras and for Keras.

`keras` is a namespace: minikeras, or Keras itself.  Nothing has a `build`: all is built
by being called, layers in lists and in layers too.
"""


def mini_gpt(keras, vocabulary, length, width, heads, blocks, causal=True):
    """Returns a model that guesses, at each place, the next word: scores (logits)."""
    layers = keras.layers

    class Block(layers.Layer):
        """Attention and two Dense layers, each normalized first and added."""

        capturable = True

        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.before_attention = layers.LayerNormalization()
            self.attention = layers.MultiHeadAttention(heads, width // heads)
            self.before_dense = layers.LayerNormalization()
            self.dense = [
                layers.Dense(4 * width, activation="gelu"),
                layers.Dense(width),
            ]

        def call(self, x):
            y = self.before_attention(x)
            x = x + self.attention(y, y, use_causal_mask=causal)
            y = self.before_dense(x)
            for layer in self.dense:
                y = layer(y)
            return x + y

    class MiniGPT(keras.Model):
        """Words and places become vectors, blocks mix them, and each gets scores."""

        capturable = True

        def __init__(self):
            super().__init__()
            self.words = layers.Embedding(vocabulary, width)
            self.places = layers.Embedding(length, width)
            self.blocks = [Block() for _ in range(blocks)]
            self.last = layers.LayerNormalization()
            self.scores = layers.Dense(vocabulary)

        def call(self, words):
            x = self.words(words) + self.places(keras.ops.arange(length))
            for block in self.blocks:
                x = block(x)
            return self.scores(self.last(x))

    return MiniGPT()

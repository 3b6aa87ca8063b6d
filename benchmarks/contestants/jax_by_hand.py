"""JAX by hand: one training step under `jax.jit`, in a bare loop.

    python -m benchmarks.contestants.jax_by_hand

The weights are a list in Keras's order and layout; the step gives its buffers back
(donation), and the loss is computed from scores.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from benchmarks.interleaved import serve
from benchmarks.tasks import Task

# Forward passes: (weights, inputs, training, key, sizes) → scores, new weights --------
# The new weights are those that change without a gradient, by their position.


def mlp(weights, x, training, key, widths):
    for i in range(0, len(weights) - 2, 2):
        x = jax.nn.relu(x @ weights[i] + weights[i + 1])
    return x @ weights[-2] + weights[-1], {}


def mnist_convnet(weights, x, training, key, hidden, rate):
    x = pool(jax.nn.relu(convolve(x, *weights[0:2], "VALID")))
    x = pool(jax.nn.relu(convolve(x, *weights[2:4], "VALID")))
    x = x.reshape(len(x), -1)
    if training and rate:
        kept = jax.random.bernoulli(key, 1 - rate, x.shape)
        x = jnp.where(kept, x / (1 - rate), 0)
    return mlp(weights[4:], x, training, key, None)


def cifar_convnet(weights, x, training, key):
    changed = {}
    place = 0
    for stage, convolutions in enumerate((2, 2, 1)):
        if stage:
            x = pool(x)
        for _ in range(convolutions):
            x = jax.nn.relu(convolve(x, *weights[place : place + 2], "SAME"))
            place += 2
        x, mean, variance = batch_normalize(x, *weights[place : place + 4], training)
        changed |= {place + 2: mean, place + 3: variance}
        place += 4
    return x.mean((1, 2)) @ weights[-2] + weights[-1], changed


def lstm(weights, x, training, key, length, vocabulary, width):
    table, kernel, recurrent, bias, *last = weights
    projected = table[x.T] @ kernel + bias  # (length, n, 4 · width), at once

    def cell(state, gates):
        h, c = state
        i, f, g, o = jnp.split(gates + h @ recurrent, 4, axis=1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

    start = jnp.zeros((len(x), width), "float32")
    (h, _), _ = lax.scan(cell, (start, start), projected)
    return h @ last[0] + last[1], {}


def gpt(weights, x, training, key, vocabulary, length, width, heads, blocks):
    x = weights[0][x] + weights[1]
    causal = jnp.tril(jnp.ones((length, length), bool))
    for block in range(blocks):
        w = weights[2 + 16 * block : 18 + 16 * block]
        y = layer_normalize(x, *w[0:2])
        q, k, v = (
            jnp.einsum("ntd,dhk->nhtk", y, w[i]) + w[i + 1][:, None, :]
            for i in (2, 4, 6)
        )
        scores = jnp.einsum("nhqk,nhtk->nhqt", q, k) * (width // heads) ** -0.5
        shares = jax.nn.softmax(jnp.where(causal, scores, -jnp.inf))
        y = jnp.einsum("nhqt,nhtk->nqhk", shares, v)
        x = x + jnp.einsum("nqhk,hkd->nqd", y, w[8]) + w[9]
        y = layer_normalize(x, *w[10:12])
        x = x + jax.nn.gelu(y @ w[12] + w[13], approximate=False) @ w[14] + w[15]
    return layer_normalize(x, *weights[-4:-2]) @ weights[-2] + weights[-1], {}


def convolve(x, kernel, bias, padding):
    axes = ("NHWC", "HWIO", "NHWC")
    strides = (1, 1)
    return (
        lax.conv_general_dilated(x, kernel, strides, padding, dimension_numbers=axes)
        + bias
    )


def pool(x):
    window = (1, 2, 2, 1)
    return lax.reduce_window(x, -jnp.inf, lax.max, window, window, "VALID")


def batch_normalize(x, gamma, beta, mean, variance, training):
    """Returns the output, and the moving mean and variance as they are then."""
    if training:
        batch_mean, batch_variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
        new = 0.99 * mean + 0.01 * batch_mean, 0.99 * variance + 0.01 * batch_variance
    else:
        batch_mean, batch_variance = new = mean, variance
    scale = gamma * lax.rsqrt(batch_variance + 1e-3)
    return (x - batch_mean) * scale + beta, *new


def layer_normalize(x, gamma, beta):
    mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    return (x - mean) * lax.rsqrt(variance + 1e-3) * gamma + beta


ARCHITECTURES = {
    "mlp": mlp,
    "mnist_convnet": mnist_convnet,
    "cifar_convnet": cifar_convnet,
    "lstm": lstm,
    "gpt": gpt,
}


def loss_of(architecture, scores, y):
    if architecture == "lstm":
        return jnp.mean(jnp.logaddexp(0, scores) - scores * y)
    logs = jax.nn.log_softmax(scores)
    if y.ndim == scores.ndim:
        return -jnp.mean(jnp.sum(logs * y, -1))
    return -jnp.mean(jnp.take_along_axis(logs, y[..., None], -1))


# Optimizers: (options, step, weight, gradient, slots) → weight, slots -----------------


def adam(options, step, w, g, slots):
    m, v = slots
    m = 0.9 * m + 0.1 * g
    v = 0.999 * v + 0.001 * g * g
    rate = options["learning_rate"] * jnp.sqrt(1 - 0.999**step) / (1 - 0.9**step)
    return w - rate * m / (jnp.sqrt(v) + 1e-7), (m, v)


def adamw(options, step, w, g, slots):
    decayed = w * (1 - options["learning_rate"] * options["weight_decay"])
    return adam(options, step, decayed, g, slots)


def sgd(options, step, w, g, slots):
    (m,) = slots
    m = options["momentum"] * m - options["learning_rate"] * g
    return w + m, (m,)


OPTIMIZERS = {"adam": (adam, 2), "adamw": (adamw, 2), "sgd": (sgd, 1)}


class Training:
    """A loop over batches that are on the device already."""

    def __init__(self, task):
        self.task = task
        self.step = jax.jit(partial(train_step, task), donate_argnums=0)
        self.state = initial_state(task)
        self.batches = []

    def cut(self, steps):
        pairs = zip(*self.task.batches(steps), strict=True)
        return [(jnp.asarray(x), jnp.asarray(y)) for x, y in pairs]

    def prepare(self, steps):
        if len(self.batches) != steps:
            self.batches = jax.block_until_ready(self.cut(steps))

    def run(self, steps):
        state = self.state
        for x, y in self.batches:
            state, loss = self.step(state, x, y)
        self.state = jax.block_until_ready(state)
        return loss

    def losses(self, steps):
        task = self.task.without_dropout()
        step = jax.jit(partial(train_step, task), donate_argnums=0)
        state = initial_state(task)
        for x, y in self.cut(steps):
            state, loss = step(state, x, y)
            yield loss


def initial_state(task):
    """Returns weights, slots, the number of steps and the random state."""
    weights = [jnp.asarray(w) for w in task.weights()]
    slots = OPTIMIZERS[task.optimizer][1]
    zeros = [tuple(jnp.zeros_like(w) for _ in range(slots)) for w in weights]
    return weights, zeros, jnp.zeros((), "float32"), jax.random.key(0)


def train_step(task, state, x, y):
    """Returns the next state, and the loss."""
    weights, slots, step, key = state
    if task.architecture == "mnist_convnet":
        key, drawn = jax.random.split(key)
    else:
        drawn = key

    def loss(weights):
        forward = ARCHITECTURES[task.architecture]
        scores, changed = forward(weights, x, True, drawn, **task.sizes)
        return loss_of(task.architecture, scores, y), changed

    (value, changed), gradients = jax.value_and_grad(loss, has_aux=True)(weights)
    step = step + 1
    update, _ = OPTIMIZERS[task.optimizer]
    for i, gradient in enumerate(gradients):
        if i in changed:
            weights[i] = changed[i]
        else:
            weights[i], slots[i] = update(
                task.options, step, weights[i], gradient, slots[i]
            )
    return (weights, slots, step, key), value


class Predicting:
    """Prediction: NumPy in, NumPy out, one batch each time."""

    def __init__(self, task):
        forward = partial(ARCHITECTURES[task.architecture], **task.sizes)
        self.weights = [jnp.asarray(w) for w in task.weights()]
        self.x = task.batches(1)[0][0]
        self.forward = jax.jit(
            lambda weights, x: jax.nn.softmax(forward(weights, x, False, None)[0])
        )

    def prepare(self, steps):
        pass

    def run(self, steps):
        for _ in range(steps):
            out = np.asarray(self.forward(self.weights, self.x))
        return out[0, 0]

    def losses(self, steps):
        """Returns the outputs for the first sample: what there is to compare."""
        return np.asarray(self.forward(self.weights, self.x))[0]


def build(kind, task):
    kinds = {"training": Training, "prediction": Predicting}
    return kinds[kind](Task.of(task))


if __name__ == "__main__":
    serve(build)

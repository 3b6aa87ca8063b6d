"""Training steps of one's own, in the styles that are common with Keras.

Each model is trained step by step, recorded because its class says it may be, and
recorded on request: the bits are the same.
"""

import numpy as np
import pytest

from minikeras import (
    GradientTape,
    Input,
    Model,
    Sequential,
    layers,
    losses,
    metrics,
    no_grad,
    ops,
    optimizers,
    random,
    utils,
)
from minikeras.config import use_backend
from minikeras.values.backends import fast

X = np.random.default_rng(0).normal(size=(22, 3)).astype("float32")
Y = X.sum(axis=1, keepdims=True)
WEIGHTS = np.linspace(0, 1, 22, dtype="float32")


def two_layers():
    return Sequential([Input((3,)), layers.Dense(4, "relu"), layers.Dense(1)])


class Wrapping(Model):
    """A model around two layers, for its subclasses to train."""

    def __init__(self):
        super().__init__()
        self.inner = two_layers()

    def call(self, inputs):
        return self.inner(inputs)


class WithBackward(Wrapping):
    def train_step(self, data):
        x, y = data
        self.zero_grad()
        y_pred = self(x, training=True)
        loss = self.compute_loss(y=y, y_pred=y_pred)
        loss.backward()
        trainable_weights = list(self.trainable_weights)
        gradients = [v.value.grad for v in trainable_weights]
        with no_grad():
            self.optimizer.apply(gradients, trainable_weights)
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss)
            else:
                metric.update_state(y, y_pred)
        return {m.name: m.result() for m in self.metrics}


class WithTape(Wrapping):
    def train_step(self, data):
        x, y = data
        with GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(x, y, y_pred)
        gradients = tape.gradient(loss, self.trainable_variables)
        pairs = zip(gradients, self.trainable_variables, strict=True)
        self.optimizer.apply_gradients(pairs)
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss)
            else:
                metric.update_state(y, y_pred)
        return self.get_metrics_result()


class WithTrackers(Wrapping):
    """Needs neither loss nor metrics of compile."""

    def __init__(self):
        super().__init__()
        self.loss_tracker = metrics.Mean(name="loss")
        self.mae_metric = metrics.MeanAbsoluteError(name="mae")
        self.loss_fn = losses.MeanSquaredError()

    def train_step(self, data):
        x, y, sample_weight = utils.unpack_x_y_sample_weight(data)
        y_pred = self(x, training=True)
        loss = self.loss_fn(y, y_pred, sample_weight=sample_weight)
        self.zero_grad()
        loss.backward()
        gradients = [v.value.grad for v in self.trainable_weights]
        with no_grad():
            self.optimizer.apply(gradients, self.trainable_weights)
        self.loss_tracker.update_state(loss)
        self.mae_metric.update_state(y, y_pred)
        return {m.name: m.result() for m in self.metrics}

    def test_step(self, data):
        x, y, _ = utils.unpack_x_y_sample_weight(data)
        y_pred = self(x, training=False)
        self.loss_tracker.update_state(self.loss_fn(y, y_pred))
        self.mae_metric.update_state(y, y_pred)
        return {m.name: m.result() for m in self.metrics}

    @property
    def metrics(self):
        return [self.loss_tracker, self.mae_metric]


class WithLossOfItsOwn(Wrapping):
    """`compute_loss` as it was before it had the argument `training`."""

    def __init__(self):
        super().__init__()
        self.loss_tracker = metrics.Mean(name="tracked")

    def compute_loss(self, x, y, y_pred, sample_weight):
        loss = ops.mean((y_pred - y) ** 2)
        loss += 0.01 * ops.sum(ops.abs(y_pred))
        self.loss_tracker.update_state(loss)
        return loss


class WithMetricsOfItsOwn(Wrapping):
    def compute_metrics(self, x, y, y_pred, sample_weight):
        logs = super().compute_metrics(x, y, y_pred, sample_weight)
        logs["largest"] = ops.max(y_pred)
        return logs


class WithPredictStep(Wrapping):
    def predict_step(self, data):
        x, _, _ = utils.unpack_x_y_sample_weight(data)
        return {"scores": self(x, training=False), "inputs": x}


STYLES = [
    WithBackward,
    WithTape,
    WithTrackers,
    WithLossOfItsOwn,
    WithMetricsOfItsOwn,
    WithPredictStep,
]


def run(style, jit_compile, capturable):
    """Returns all that training, evaluating and predicting give."""
    utils.set_random_seed(5)
    model = type(style.__name__, (style,), {"capturable": capturable})()
    optimizer = optimizers.Adam(0.05)
    model.compile(optimizer, "mse", metrics=["mae"], jit_compile=jit_compile)
    with use_backend("numpy" if fast is None else "fast"):
        history = model.fit(
            X, Y, batch_size=5, epochs=3, validation_data=(X, Y), verbose=0
        )
        evaluated = model.evaluate(X, Y, batch_size=5, verbose=0, return_dict=True)
        predicted = model.predict(X, batch_size=5, verbose=0)
    return history.history, evaluated, predicted, model.get_weights()


@pytest.mark.parametrize("style", STYLES)
def test_recorded_or_not_the_bits_are_the_same(style):
    expected = run(style, jit_compile="auto", capturable=False)
    np.testing.assert_equal(run(style, "auto", capturable=True), expected)
    np.testing.assert_equal(run(style, True, capturable=False), expected)


@pytest.mark.parametrize("style", STYLES)
def test_it_learns_and_reports(style):
    history, evaluated, _, _ = run(style, "auto", capturable=False)
    assert history["loss"][-1] < history["loss"][0]
    assert history["val_loss"][-1] == evaluated["loss"]


def test_the_styles_agree():
    of_layers = [run(style, "auto", False)[3] for style in STYLES[:3]]
    for weights in of_layers[1:]:
        for a, b in zip(of_layers[0], weights, strict=True):
            np.testing.assert_array_equal(a, b)


def test_sample_weights_reach_the_step():
    model = WithTrackers()
    model.compile("sgd")
    history = model.fit(X, Y, sample_weight=0 * WEIGHTS, verbose=0)
    assert history.history["loss"] == [0.0]


class Gan(Model):
    """Two networks, two optimizers, one step."""

    def __init__(self, discriminator, generator):
        super().__init__()
        self.discriminator = discriminator
        self.generator = generator
        self.d_loss_tracker = metrics.Mean(name="d_loss")
        self.g_loss_tracker = metrics.Mean(name="g_loss")
        self.seed_generator = random.SeedGenerator(1337)

    def compile(self, d_optimizer, g_optimizer, loss_fn, **options):
        super().compile(**options)
        self.d_optimizer = d_optimizer
        self.g_optimizer = g_optimizer
        self.loss_fn = loss_fn

    @property
    def metrics(self):
        return [self.d_loss_tracker, self.g_loss_tracker]

    def train_step(self, data):
        real = data[0] if isinstance(data, tuple) else data
        n = real.shape[0]
        latent = random.normal((n, 2), seed=self.seed_generator)
        fake = self.generator(latent)
        both = ops.concatenate([fake, real], axis=0)
        labels = ops.concatenate([ops.ones((n, 1)), ops.zeros((n, 1))], axis=0)
        self.zero_grad()
        d_loss = self.loss_fn(labels, self.discriminator(both))
        d_loss.backward()
        weights = self.discriminator.trainable_weights
        gradients = [v.value.grad for v in weights]
        with no_grad():
            self.d_optimizer.apply(gradients, weights)

        latent = random.normal((n, 2), seed=self.seed_generator)
        self.zero_grad()
        g_loss = self.loss_fn(
            ops.zeros((n, 1)), self.discriminator(self.generator(latent))
        )
        g_loss.backward()
        weights = self.generator.trainable_weights
        gradients = [v.value.grad for v in weights]
        with no_grad():
            self.g_optimizer.apply(gradients, weights)
        self.d_loss_tracker.update_state(d_loss)
        self.g_loss_tracker.update_state(g_loss)
        return {m.name: m.result() for m in self.metrics}


class TapedGan(Gan):
    """The same, in the manner of TensorFlow: two tapes share the generator's graph."""

    def train_step(self, data):
        real = data[0] if isinstance(data, tuple) else data
        n = real.shape[0]
        latent = random.normal((n, 2), seed=self.seed_generator)
        with GradientTape() as g_tape, GradientTape() as d_tape:
            fake = self.generator(latent, training=True)
            d_fake = self.discriminator(fake)
            d_real = self.discriminator(real)
            g_loss = self.loss_fn(ops.zeros((n, 1)), d_fake)
            d_loss = self.loss_fn(ops.ones((n, 1)), d_fake)
            d_loss += self.loss_fn(ops.zeros((n, 1)), d_real)
        g_weights = self.generator.trainable_variables
        d_weights = self.discriminator.trainable_variables
        g_gradients = g_tape.gradient(g_loss, g_weights)
        d_gradients = d_tape.gradient(d_loss, d_weights)
        self.g_optimizer.apply(g_gradients, g_weights)
        self.d_optimizer.apply(d_gradients, d_weights)
        self.d_loss_tracker.update_state(d_loss)
        self.g_loss_tracker.update_state(g_loss)
        return {m.name: m.result() for m in self.metrics}


@pytest.mark.parametrize("kind", [Gan, TapedGan])
def test_a_gan_trains_both_networks_recorded_or_not(kind):
    results = []
    for jit_compile in (False, True):
        utils.set_random_seed(5)
        discriminator = Sequential([Input((3,)), layers.Dense(4, "relu")])
        discriminator.add(layers.Dense(1))
        gan = kind(discriminator, Sequential([Input((2,)), layers.Dense(3)]))
        gan.compile(
            optimizers.Adam(0.01),
            optimizers.SGD(0.01),
            losses.BinaryCrossentropy(from_logits=True),
            jit_compile=jit_compile,
        )
        before = gan.get_weights()
        history = gan.fit(X, batch_size=5, epochs=3, verbose=0)
        changed = [
            (a != b).any() for a, b in zip(before, gan.get_weights(), strict=True)
        ]
        assert all(changed)
        results.append((history.history, gan.get_weights()))
    assert sorted(results[0][0]) == ["d_loss", "g_loss"]
    np.testing.assert_equal(results[0], results[1])


class Sampling(layers.Layer):
    """Draws from the distribution that an encoder has found."""

    capturable = True

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = random.SeedGenerator(7)

    def call(self, inputs):
        mean, log_var = inputs
        noise = random.normal(mean.shape, seed=self.seed_generator)
        kl = -0.5 * ops.mean(1 + log_var - ops.square(mean) - ops.exp(log_var))
        self.add_loss(0.1 * kl)
        return mean + ops.exp(0.5 * log_var) * noise


class Autoencoder(Model):
    capturable = True

    def __init__(self):
        super().__init__()
        self.mean, self.log_var = layers.Dense(2), layers.Dense(2)
        self.sampling = Sampling()
        self.decoder = layers.Dense(3)

    def call(self, inputs):
        code = self.sampling([self.mean(inputs), self.log_var(inputs)])
        return self.decoder(code)


def test_an_autoencoder_adds_losses_recorded_or_not():
    results = []
    for jit_compile in (False, True):
        utils.set_random_seed(2)
        model = Autoencoder()
        model.compile("adam", "mse", jit_compile=jit_compile)
        history = model.fit(X, X, batch_size=5, epochs=4, verbose=0).history
        results.append((history, model.get_weights()))
    assert results[0][0]["loss"][-1] < results[0][0]["loss"][0]
    np.testing.assert_equal(results[0], results[1])


def test_a_loop_without_fit():
    utils.set_random_seed(1)
    model = two_layers()
    optimizer = optimizers.SGD(0.05)
    loss_fn = losses.MeanSquaredError()
    metric = metrics.MeanAbsoluteError()
    seen = []
    for _ in range(20):
        for start in range(0, 20, 5):
            x, y = X[start : start + 5], Y[start : start + 5]
            y_pred = model(x, training=True)
            loss = loss_fn(y, y_pred)
            model.zero_grad()
            loss.backward()
            gradients = [v.value.grad for v in model.trainable_weights]
            with no_grad():
                optimizer.apply(gradients, model.trainable_weights)
            metric.update_state(y, y_pred)
        seen.append(float(metric.result()))
        metric.reset_state()
    assert seen[-1] < 0.3 * seen[0]

"""Steps through pooling, merging and reshaping layers: recorded, and compiled whole."""

import numpy as np
import pytest

from minikeras import Model, Sequential, Tensor, layers, ops, utils
from minikeras.compiled import capture
from minikeras.values.backends import BACKENDS, use_backend

AVAILABLE = [name for name, kernels in BACKENDS.items() if kernels is not None]
IMAGES = np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype("float32")


class Joined(Model):
    """What goes down and up again is joined with what did not."""

    def __init__(self):
        super().__init__()
        self.first = layers.Conv2D(4, 3, padding="same")
        self.second = layers.Conv2D(4, 3, padding="same")
        self.down = layers.MaxPooling2D()
        self.middle = layers.Conv2D(4, 3, padding="same")
        self.up = layers.UpSampling2D()
        self.crop = layers.Cropping2D(1)
        self.pad = layers.ZeroPadding2D(1)
        self.last = layers.Conv2D(4, 3)
        self.turn = layers.Permute((2, 1, 3))
        self.pool = layers.AveragePooling2D(3, 2, padding="same")

    def call(self, inputs):
        first, second = self.first(inputs), self.second(inputs)
        low = self.middle(self.down(layers.add([first, second])))
        joined = layers.concatenate([self.up(low), first, second])
        last = self.last(self.pad(self.crop(joined)))
        return self.pool(self.turn(last))


def narrowed():
    """Returns a model of the layers that have arguments, noise or slopes."""
    return Sequential(
        [
            layers.Rescaling(1 / 4, offset=-1),
            layers.Conv2D(4, 3),
            layers.MaxPooling2D(3, 2, padding="same"),
            layers.PReLU(shared_axes=[1, 2]),
            layers.UpSampling2D(interpolation="bilinear"),
            layers.SpatialDropout2D(0.25, seed=1),
            layers.LeakyReLU(),
            layers.GaussianNoise(0.1, seed=2),
            layers.GlobalAveragePooling2D(),
            layers.AlphaDropout(0.25, seed=3),
            layers.RepeatVector(2),
            layers.Reshape((4, 2)),
            layers.Softmax(),
        ]
    )


@pytest.mark.parametrize("backend", AVAILABLE)
@pytest.mark.parametrize("make", [Joined, narrowed])
def test_a_step_is_replayed_bit_for_bit_and_needs_no_python(backend, make):
    with use_backend(backend):
        utils.set_random_seed(0)
        model = make()
        model(IMAGES)

        def step(batch):
            for weight in model.trainable_variables:
                weight.zero_grad()
            loss = ops.mean(ops.square(model(batch[0], training=True)))
            loss.backward()
            grads = {v.path: v.grad for v in model.trainable_variables}
            return {"loss": loss, **grads}

        seeds = [v for v in model.variables if not v.trainable]
        before = [np.array(v) for v in seeds]
        expected, program = capture(step, (Tensor(IMAGES),))
        for variable, value in zip(seeds, before, strict=True):
            variable.assign(value)
        results = program.run()
        for name, result in expected.items():
            np.testing.assert_array_equal(results[name].numpy(), result.numpy(), name)
        if backend == "fast":
            assert [i.name for i in program.from_python] == []

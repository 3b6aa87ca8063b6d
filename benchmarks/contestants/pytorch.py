"""PyTorch in a bare loop: eagerly, or with `torch.compile`.

    python -m benchmarks.contestants.pytorch [--compile]

Its best settings: fused optimizers, no denormals, gradients set to None, pictures in
the memory layout that is faster here (tried once at the beginning), a malloc that keeps
memory (from the environment).  The loss is computed from scores.
"""

import argparse
import os
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from benchmarks.interleaved import serve
from benchmarks.tasks import Task, load


class MLP(nn.Module):
    def __init__(self, weights, widths):
        super().__init__()
        self.layers = nn.ModuleList(
            linear(*weights[i : i + 2]) for i in range(0, len(weights), 2)
        )

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = torch.relu(layer(x))
        return self.layers[-1](x)


class MnistConvnet(nn.Module):
    def __init__(self, weights, hidden, rate):
        super().__init__()
        self.convolution_1 = convolution(*weights[0:2])
        self.convolution_2 = convolution(*weights[2:4])
        # Keras flattens rows, columns, channels; here it is channels, rows, columns.
        kernel = weights[4].reshape(5, 5, 64, -1).transpose(2, 0, 1, 3)
        first = linear(kernel.reshape(1600, -1), weights[5])
        last = [nn.ReLU(), linear(*weights[6:8])] if hidden else []
        self.dense = nn.Sequential(nn.Dropout(rate), first, *last)

    def forward(self, x):
        x = functional.max_pool2d(torch.relu(self.convolution_1(x)), 2)
        x = functional.max_pool2d(torch.relu(self.convolution_2(x)), 2)
        return self.dense(torch.flatten(x, 1))


class CifarConvnet(nn.Module):
    def __init__(self, weights):
        super().__init__()
        w = iter(weights)

        def stage(convolutions):
            layers = []
            for _ in range(convolutions):
                layers += [convolution(next(w), next(w), padding="same"), nn.ReLU()]
            return [*layers, normalization(next(w), next(w), next(w), next(w))]

        self.features = nn.Sequential(
            *stage(2), nn.MaxPool2d(2), *stage(2), nn.MaxPool2d(2), *stage(1)
        )
        self.scores = linear(next(w), next(w))

    def forward(self, x):
        return self.scores(self.features(x).mean((2, 3)))


class LSTM(nn.Module):
    def __init__(self, weights, length, vocabulary, width):
        super().__init__()
        table, kernel, recurrent, bias, *last = weights
        self.table = nn.Embedding(vocabulary, width, _weight=torch.from_numpy(table))
        self.lstm = nn.LSTM(width, width, batch_first=True)
        with torch.no_grad():
            self.lstm.weight_ih_l0.copy_(torch.from_numpy(kernel.T))
            self.lstm.weight_hh_l0.copy_(torch.from_numpy(recurrent.T))
            self.lstm.bias_ih_l0.copy_(torch.from_numpy(bias))
            self.lstm.bias_hh_l0.zero_()
        self.lstm.bias_hh_l0.requires_grad_(False)  # Keras has one bias, not two
        self.scores = linear(*last)

    def forward(self, x):
        out, _ = self.lstm(self.table(x))
        return self.scores(out[:, -1])


class GPT(nn.Module):
    def __init__(self, weights, vocabulary, length, width, heads, blocks):
        super().__init__()
        w = iter(weights)
        table = torch.from_numpy(next(w))
        self.table = nn.Embedding(vocabulary, width, _weight=table)
        self.places = nn.Parameter(torch.from_numpy(next(w)))
        self.blocks = nn.ModuleList(Block(w, width, heads) for _ in range(blocks))
        self.norm = layer_norm(next(w), next(w))
        self.scores = linear(next(w), next(w))

    def forward(self, x):
        x = self.table(x) + self.places
        for block in self.blocks:
            x = block(x)
        return self.scores(self.norm(x))


class Block(nn.Module):
    """Takes its weights from an iterator; the three projections are one product."""

    def __init__(self, w, width, heads):
        super().__init__()
        self.heads = heads
        self.norm_1 = layer_norm(next(w), next(w))
        pairs = [(next(w).reshape(width, width), next(w).ravel()) for _ in range(3)]
        kernels, biases = zip(*pairs, strict=True)
        self.projections = linear(np.concatenate(kernels, 1), np.concatenate(biases))
        self.out = linear(next(w).reshape(width, width), next(w))
        self.norm_2 = layer_norm(next(w), next(w))
        self.up = linear(next(w), next(w))
        self.down = linear(next(w), next(w))

    def forward(self, x):
        n, length, width = x.shape
        projected = self.projections(self.norm_1(x))
        q, k, v = (
            part.view(n, length, self.heads, width // self.heads).transpose(1, 2)
            for part in projected.split(width, dim=2)
        )
        y = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(y.transpose(1, 2).reshape(n, length, width))
        return x + self.down(functional.gelu(self.up(self.norm_2(x))))


def linear(kernel, bias):
    """Returns a Linear with Keras's weights."""
    layer = nn.Linear(*kernel.shape)
    set_weights(layer, kernel.T, bias)
    return layer


def convolution(kernel, bias, padding=0):
    """Returns a Conv2d with Keras's weights."""
    size, _, inputs, filters = kernel.shape
    layer = nn.Conv2d(inputs, filters, size, padding=padding)
    set_weights(layer, kernel.transpose(3, 2, 0, 1), bias)
    return layer


def normalization(gamma, beta, mean, variance):
    """Returns a BatchNorm2d with Keras's weights, epsilon and momentum."""
    layer = nn.BatchNorm2d(len(gamma), eps=1e-3, momentum=0.01)
    set_weights(layer, gamma, beta)
    layer.running_mean.copy_(torch.from_numpy(mean))
    layer.running_var.copy_(torch.from_numpy(variance))
    return layer


def layer_norm(gamma, beta):
    """Returns a LayerNorm with Keras's weights and epsilon."""
    layer = nn.LayerNorm(len(gamma), eps=1e-3)
    set_weights(layer, gamma, beta)
    return layer


@torch.no_grad()
def set_weights(layer, weight, bias):
    layer.weight.copy_(torch.from_numpy(np.ascontiguousarray(weight)))
    layer.bias.copy_(torch.from_numpy(bias))


ARCHITECTURES = {
    "mlp": MLP,
    "mnist_convnet": MnistConvnet,
    "cifar_convnet": CifarConvnet,
    "lstm": LSTM,
    "gpt": GPT,
}


def model_of(task, memory_format):
    """Returns the task's model."""
    model = ARCHITECTURES[task.architecture](task.weights(), **task.sizes)
    return model.to(memory_format=memory_format)


def optimizer_of(task, model):
    """Returns the task's optimizer: fused."""
    parameters = [p for p in model.parameters() if p.requires_grad]
    options = {"lr": task.options["learning_rate"], "fused": True}
    if task.optimizer == "sgd":
        momentum = task.options["momentum"]
        return torch.optim.SGD(parameters, momentum=momentum, **options)
    if task.optimizer == "adamw":
        decay = task.options["weight_decay"]
        return torch.optim.AdamW(parameters, eps=1e-7, weight_decay=decay, **options)
    return torch.optim.Adam(parameters, eps=1e-7, **options)


def loss_of(task, scores, y):
    if task.architecture == "lstm":
        return functional.binary_cross_entropy_with_logits(scores, y)
    return functional.cross_entropy(
        scores.flatten(0, -2), y.flatten(0, scores.ndim - 2)
    )


def inputs_of(task, x, memory_format):
    """Returns inputs as torch wants them: pictures with the channels first."""
    x = torch.from_numpy(x)
    if task.architecture.endswith("convnet"):
        return x.permute(0, 3, 1, 2).contiguous(memory_format=memory_format)
    return x


def targets_of(y):
    return torch.from_numpy(y if y.dtype == "float32" else y.astype("int64"))


class Training:
    """A loop over batches that were cut before."""

    def __init__(self, task, compiled, memory_format=None):
        self.task, self.compiled = task, compiled
        self.memory_format = memory_format or faster_format(task)
        self.step = self.step_of(model_of(task, self.memory_format))
        self.batches = []

    def step_of(self, model):
        """Returns a function that runs one step and returns its loss."""
        optimizer = optimizer_of(self.task, model)

        def forward(x, y):
            return loss_of(self.task, model(x), y)

        if self.compiled:
            forward = torch.compile(forward)

        def step(x, y):
            loss = forward(x, y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            return loss.detach()

        return step

    def cut(self, steps):
        return [
            (inputs_of(self.task, x, self.memory_format), targets_of(y))
            for x, y in zip(*self.task.batches(steps), strict=True)
        ]

    def prepare(self, steps):
        if len(self.batches) != steps:
            self.batches = self.cut(steps)

    def run(self, steps):
        for x, y in self.batches:
            loss = self.step(x, y)
        return loss

    def losses(self, steps):
        task = self.task.without_dropout()
        step = self.step_of(model_of(task, self.memory_format))
        return [step(x, y) for x, y in self.cut(steps)]


def faster_format(task):
    """Returns the layout of pictures that trains faster here, after trying both."""
    formats = (torch.contiguous_format, torch.channels_last)
    if not task.architecture.endswith("convnet"):
        return formats[0]
    seconds = []
    for memory_format in formats:
        trial = Training(task, compiled=False, memory_format=memory_format)
        trial.prepare(3)
        trial.run(3)
        start = time.perf_counter()
        trial.run(3)
        seconds.append(time.perf_counter() - start)
    return formats[seconds.index(min(seconds))]


class FashionMnist:
    """Real data: a step is an epoch, and what there is to compare is the accuracy."""

    def __init__(self, task, compiled, data, epochs):
        self.task = task
        arrays = load(data)
        self.format = faster_format(task)
        self.x = inputs_of(task, arrays["x_train"], self.format)
        self.y = targets_of(arrays["y_train"])
        self.x_test = inputs_of(task, arrays["x_test"], self.format)
        self.y_test = targets_of(arrays["y_test"])
        self.model = model_of(task, self.format)
        self.optimizer = optimizer_of(task, self.model)
        batches = -(-len(self.x) // task.batch)
        self.schedule = torch.optim.lr_scheduler.CosineAnnealingLR(
            self.optimizer, epochs * batches
        )
        self.forward = torch.compile(self.model) if compiled else self.model

    def prepare(self, steps):
        pass

    def run(self, steps):
        self.model.train()
        for _ in range(steps):
            for rows in torch.randperm(len(self.x)).split(self.task.batch):
                loss = loss_of(self.task, self.forward(self.x[rows]), self.y[rows])
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
                self.schedule.step()
        return loss.detach()

    @torch.inference_mode()
    def losses(self, steps):
        """Returns the accuracy on the test data."""
        self.model.eval()
        scores = torch.cat([self.model(x) for x in self.x_test.split(500)])
        return [(scores.argmax(1) == self.y_test).float().mean()]


class Predicting:
    """Prediction: NumPy in, NumPy out, one batch each time."""

    def __init__(self, task, compiled):
        self.memory_format = faster_format(task)
        model = model_of(task, self.memory_format).eval()
        self.task = task
        self.x = task.batches(1)[0][0]

        def probabilities(x):
            return torch.softmax(model(x), -1)

        self.forward = torch.compile(probabilities) if compiled else probabilities

    def prepare(self, steps):
        pass

    @torch.inference_mode()
    def run(self, steps):
        for _ in range(steps):
            x = inputs_of(self.task, self.x, self.memory_format)
            out = self.forward(x).numpy()
        return out[0, 0]

    @torch.inference_mode()
    def losses(self, steps):
        """Returns the outputs for the first sample: what there is to compare."""
        return self.forward(inputs_of(self.task, self.x, self.memory_format))[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--compile", action="store_true")
    compiled = parser.parse_args().compile
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    torch.set_flush_denormal(True)

    def build(kind, task, **more):
        kinds = {
            "training": Training,
            "prediction": Predicting,
            "fashion": FashionMnist,
        }
        return kinds[kind](Task.of(task), compiled, **more)

    serve(build)


if __name__ == "__main__":
    main()

"""Arguments for the kernels of whole layers: the sizes of the workloads, fewer samples.

`cases(name, dtype)` gives what `benchmarks.kernels` times.  The kernels of elements,
rows and matrices are not here: they take the shapes that are in that module.
"""

from functools import lru_cache

import numpy as np

from minikeras.kernels.reference import reference


def cases(name, dtype):
    """Returns [(label, inputs, parameters)] for a kernel of layers."""
    return [
        (label, *calls[name])
        for label, calls in calls_of(FAMILIES[name], dtype)
        if name in calls
    ]


@lru_cache(maxsize=2)
def calls_of(family, dtype):
    """Returns what a family yields, [(label, {kernel: (inputs, parameters)})]."""
    rng = np.random.default_rng(0)
    return list(family(lambda *shape: rng.uniform(0.01, 1, shape).astype(dtype)))


def convolutions(draw):
    """Convolutions of W3 and W4: yields (label, {kernel: (inputs, parameters)})."""
    for side, channels, filters, padding in (
        (28, 1, 32, "valid"),
        (13, 32, 64, "valid"),
        (32, 32, 32, "same"),
        (8, 64, 128, "same"),
    ):
        x = draw(8, side, side, channels)
        kernel, bias = draw(3, 3, channels, filters), draw(filters)
        around = (1, 1) if padding == "same" else (0, 0)
        parameters = {
            "strides": (1, 1),
            "padding": (around, around),
            "dilation": (1, 1),
            "groups": 1,
        }
        grad = np.ones_like(reference.convolution(x, kernel, **parameters))
        yield (
            f"8×{side}×{side}×{channels} → {filters}, {padding}",
            {
                "convolution": ((x, kernel), parameters),
                "convolution_bias": ((x, kernel, bias), parameters),
                "convolution_bias_relu": ((x, kernel, bias), parameters),
                "convolution_input_grad": ((grad, x, kernel), parameters),
                "convolution_kernel_grad": ((grad, x, kernel), parameters),
            },
        )


def poolings(draw):
    """Pooling in W3 and W4."""
    for side, channels in ((26, 32), (11, 64), (32, 32)):
        x = draw(32, side, side, channels)
        parameters = {"pool_size": (2, 2), "strides": (2, 2), "padding": "valid"}
        largest, places = reference.max_pool(x, **parameters)
        grad = np.ones_like(largest)
        yield (
            f"32×{side}×{side}×{channels}",
            {
                "max_pool": ((x,), parameters),
                "max_pool_pick": ((x, places), parameters),
                "max_pool_grad": ((grad, places, x), parameters),
                "average_pool": ((x,), parameters),
                "average_pool_grad": ((grad, x), parameters),
            },
        )


def normalizations(draw):
    """Over batches in W4, over features in W6."""
    for name, shape, axis in (
        ("batch", (64, 32, 32, 32), (0, 1, 2)),
        ("batch", (64, 8, 8, 128), (0, 1, 2)),
        ("layer", (16, 128, 128), (2,)),
    ):
        x = draw(*shape)
        scale = (*(1 for _ in shape[1:]), shape[-1])
        gamma, beta = draw(*scale), draw(*scale)
        parameters = {"axis": axis, "epsilon": 1e-3}
        kernel = f"{name}_normalization"
        _, mean, variance = getattr(reference, kernel)(x, gamma, beta, **parameters)
        yield (
            "×".join(map(str, shape)),
            {
                kernel: ((x, gamma, beta), parameters),
                f"{kernel}_grad": ((x, x, mean, variance, gamma), parameters),
            },
        )


def recurrences(draw):
    """An LSTM as in W5 but shorter, and a GRU of that size."""
    for n, steps, units in ((32, 20, 128), (1, 20, 128)):
        x, state, cell = draw(n, steps, units), draw(n, units), draw(n, units)
        kernel, recurrent = draw(units, 4 * units), draw(units, 4 * units)
        lstm = (x, kernel, state, cell, None, None, recurrent)
        outputs, cells, gates = reference.lstm(*lstm)
        lstm_grad = (outputs, None, None, cells, gates, cell, None, recurrent)
        kernel, recurrent = draw(units, 3 * units), draw(units, 3 * units)
        gru = (x, kernel, state, None, None, None, recurrent)
        outputs, gates = reference.gru(*gru, reset_after=True)
        gru_grad = (outputs, None, outputs, gates, state, None, recurrent)
        yield (
            f"{n} samples, {steps} steps, {units} units",
            {
                "lstm": (lstm, {}),
                "lstm_grad": (lstm_grad, {}),
                "gru": (gru, {"reset_after": True}),
                "gru_grad": (gru_grad, {"reset_after": True}),
            },
        )


def attentions(draw):
    """Attention as in W6, all of it and the causal half."""
    shape = (4, 128, 4, 32)
    query, key, value = draw(*shape), draw(*shape), draw(*shape)
    mask = np.ones((4, 1, 1, 128), bool)
    for causal in (False, True):
        parameters = {"causal": causal, "scale": 32**-0.5}
        three = (query, key, value)
        yield (
            f"{'×'.join(map(str, shape))}{', causal' if causal else ''}",
            {
                "attention": (three, parameters),
                "attention_grad": ((query, *three), parameters),
                "masked_attention": ((*three, mask), parameters),
                "masked_attention_grad": ((query, *three, mask), parameters),
            },
        )


# Who gives the arguments of a kernel.
FAMILIES = {
    **dict.fromkeys(
        (
            "convolution",
            "convolution_bias",
            "convolution_bias_relu",
            "convolution_input_grad",
            "convolution_kernel_grad",
        ),
        convolutions,
    ),
    **dict.fromkeys(
        (
            "max_pool",
            "max_pool_pick",
            "max_pool_grad",
            "average_pool",
            "average_pool_grad",
        ),
        poolings,
    ),
    **dict.fromkeys(
        (
            "batch_normalization",
            "batch_normalization_grad",
            "layer_normalization",
            "layer_normalization_grad",
        ),
        normalizations,
    ),
    **dict.fromkeys(("lstm", "lstm_grad", "gru", "gru_grad"), recurrences),
    **dict.fromkeys(
        (
            "attention",
            "attention_grad",
            "masked_attention",
            "masked_attention_grad",
        ),
        attentions,
    ),
}

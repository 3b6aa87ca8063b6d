"""Example calls of every operation: what the laws in `test_laws.py` are checked with.

Arrays are float64, and away from kinks and ties, so that every call can be checked
against finite differences; integers are positions, labels or counts.
"""

from typing import Any, NamedTuple

import numpy as np

generator = np.random.default_rng(0)


class Call(NamedTuple):
    """Positional arguments (arrays, lists of arrays, plain values) and keywords."""

    arguments: tuple[Any, ...]
    keywords: dict[str, Any]


def call(*arguments, **keywords):
    return Call(arguments, keywords)


def floats(*shape, low=-2.0, high=2.0):
    """Returns numbers in [low, high), none nearly whole, no two nearly equal."""
    size = int(np.prod(shape))
    places = generator.permutation(size) + generator.uniform(0.3, 0.7, size)
    return (low + (high - low) * places / max(size, 1)).reshape(shape)


def whole(*shape, high=5):
    """Returns integers in [0, high)."""
    return generator.integers(0, high, shape).astype("int32")


MATRIX = floats(3, 4)
OTHER = floats(3, 4)
VECTOR = floats(4)
CUBE = floats(2, 3, 4)
IMAGES = floats(2, 5, 4, 2)
QUERIES = floats(2, 3, 2, 4)
POSITIVE = floats(3, 4, low=0.2, high=3.0)
SMALL = floats(3, 4, low=-0.9, high=0.9)
TRUTH = whole(3, 4, high=2).astype(bool)
LABELS = np.array([0, 2, 1, 1], "int32")
TARGETS = np.eye(3)[LABELS]
SHARES = floats(4, 3, low=0.05, high=0.95)
LOGITS = floats(4, 3, low=-4.0, high=4.0)

OF_ONE = (
    *("negative", "abs", "absolute", "sign", "square", "floor", "ceil", "round"),
    *("exp", "exp2", "expm1", "sin", "cos", "tan", "arctan", "sinh", "cosh"),
    *("tanh", "arcsinh", "erf", "conj", "copy", "nan_to_num", "isnan", "isinf"),
    *("isfinite", "logical_not", "relu", "relu6", "sigmoid", "gelu", "elu", "selu"),
    *(
        "silu",
        "swish",
        "hard_swish",
        "softplus",
        "softsign",
        "hard_sigmoid",
        "leaky_relu",
        "log_sigmoid",
    ),
    *("hard_silu", "celu", "hard_tanh", "hard_shrink", "soft_shrink"),
    *("tanh_shrink", "squareplus", "sparse_plus", "sparse_sigmoid", "ravel"),
    *("zeros_like", "ones_like", "convert_to_tensor", "stop_gradient", "array"),
)

CALLS: dict[str, list[Call]] = {name: [call(MATRIX)] for name in OF_ONE}
CALLS |= {
    name: [call(POSITIVE)]
    for name in ("sqrt", "rsqrt", "log", "log1p", "log2", "log10", "reciprocal")
}
CALLS |= {name: [call(SMALL)] for name in ("arcsin", "arccos", "arctanh")}
CALLS |= {
    name: [call(MATRIX, VECTOR), call(MATRIX, 2.0), call(3.0, MATRIX)]
    for name in (
        *("add", "subtract", "multiply", "divide", "true_divide", "maximum"),
        *("minimum", "arctan2", "logaddexp", "divide_no_nan", "mod", "floor_divide"),
        *("equal", "not_equal", "less", "less_equal", "greater", "greater_equal"),
        "isclose",
    )
}
CALLS |= {
    name: [call(TRUTH, TRUTH[:1]), call(whole(4), True)]
    for name in ("logical_and", "logical_or", "logical_xor")
}
REDUCTIONS = [
    call(CUBE),
    call(CUBE, axis=0),
    call(CUBE, axis=-1, keepdims=True),
    call(CUBE, axis=(0, 2)),
    call(CUBE, axis=[1, 2], keepdims=True),
]
CALLS |= {
    name: list(REDUCTIONS)
    for name in (
        *("sum", "mean", "var", "std", "max", "min", "amax", "amin", "prod", "all"),
        *("logsumexp", "any", "median", "norm"),
    )
}
CALLS |= {
    name: [call(CUBE), call(CUBE, axis=1), call(CUBE, axis=-1, keepdims=True)]
    for name in ("argmax", "argmin")
}
CALLS |= {
    name: [call(CUBE), call(CUBE, axis=0), call(CUBE, axis=-1)]
    for name in ("cumsum", "cumprod", "argsort", "sort")
}
CALLS |= {
    name: [call(CUBE), call(CUBE, axis=0), call(CUBE, axis=(1, 2)), call(CUBE, None)]
    for name in ("softmax", "log_softmax")
}
CALLS["max"] = [*REDUCTIONS, call(CUBE, axis=1, initial=0.1)]
CALLS["min"] = [*REDUCTIONS, call(CUBE, initial=0.1)]
CALLS["gelu"] = [call(MATRIX), call(MATRIX, approximate=False)]
CALLS["norm"] = [
    *REDUCTIONS[:4],
    *(call(MATRIX, ord, axis=1) for ord in (0, 1, 2, 3, 0.5, -1, np.inf, -np.inf)),
    *(call(CUBE, ord, axis=(2, 0)) for ord in ("fro", 1, -1, np.inf, -np.inf)),
    call(MATRIX, 1, keepdims=True),
]
CALLS |= {
    "arccosh": [call(floats(3, 4, low=1.1, high=3.0))],
    "cast": [call(MATRIX, "float64"), call(MATRIX, "int32")],
    "power": [
        call(POSITIVE, VECTOR),
        call(MATRIX, 2),
        call(2.0, MATRIX),
        call(whole(4), whole(4)),
    ],
    "clip": [
        call(MATRIX, -1.0, 1.0),
        call(MATRIX, VECTOR - 3.0, 1),
        call(whole(4), 1, 3),
    ],
    "where": [call(TRUTH, MATRIX, OTHER), call(whole(3, 4), MATRIX, 0.0)],
    "threshold": [call(MATRIX, 0.5, -1.0)],
    "count_nonzero": [call(whole(3, 4, high=2)), call(TRUTH, axis=1)],
    "average": [
        call(MATRIX),
        call(MATRIX, axis=1, weights=POSITIVE[0]),
        call(MATRIX, axis=0, weights=POSITIVE),
    ],
    "moments": [call(CUBE, axes=[0, 1]), call(CUBE, axes=[2], keepdims=True)],
    "quantile": [
        call(CUBE, [0.1, 0.5, 0.77], axis=2),
        call(CUBE, 0.3, axis=(0, 1), keepdims=True),
        *(
            call(CUBE, 0.4, method=method)
            for method in ("lower", "higher", "midpoint", "nearest")
        ),
    ],
    "normalize": [call(MATRIX), call(MATRIX, axis=0, order=1), call(MATRIX, order=3)],
    "diff": [call(CUBE, axis=1), call(MATRIX, n=2), call(TRUTH)],
    "reshape": [call(CUBE, (4, -1)), call(CUBE, 24)],
    "expand_dims": [call(MATRIX, 1), call(MATRIX, (0, -1))],
    "squeeze": [call(MATRIX[:, None], 1), call(MATRIX[:, None, :, None], (1, -1))],
    "transpose": [call(CUBE), call(CUBE, axes=(1, 2, 0))],
    "moveaxis": [call(CUBE, 0, -1), call(CUBE, (0, 1), (2, 0)), call(CUBE, [-1], [0])],
    "swapaxes": [call(CUBE, 0, 2), call(CUBE, -1, 1)],
    "broadcast_to": [call(VECTOR, (3, 4))],
    "flip": [call(CUBE), call(CUBE, axis=(0, 1)), call(CUBE, axis=-1)],
    "concatenate": [call([MATRIX, OTHER]), call([MATRIX, OTHER, MATRIX], axis=-1)],
    "append": [call(MATRIX, OTHER), call(MATRIX, OTHER, axis=1)],
    "stack": [call([MATRIX, OTHER]), call([MATRIX, OTHER], axis=-1)],
    "hstack": [call([MATRIX, OTHER]), call([VECTOR, VECTOR])],
    "vstack": [call([MATRIX, OTHER]), call([VECTOR, VECTOR])],
    "split": [call(CUBE, 2, axis=-1), call(CUBE, [1, 2], axis=2)],
    "unstack": [call(CUBE, axis=-1), call(CUBE, 3, 1)],
    "tile": [call(MATRIX, (2, 3)), call(MATRIX, 2), call(MATRIX, (2, 1, 2))],
    "repeat": [
        call(MATRIX, 2),
        call(MATRIX, 3, axis=0),
        call(MATRIX, [1, 0, 2, 1], axis=1),
    ],
    "roll": [
        call(MATRIX, 1),
        call(MATRIX, -2, axis=1),
        call(CUBE, (1, 5), axis=(1, 2)),
    ],
    "pad": [
        call(MATRIX, 1),
        call(MATRIX, (1, 2), constant_values=0.5),
        call(MATRIX, ((1, 2), (0, 3)), mode="reflect"),
        call(CUBE, ((0, 0), (3, 1), (2, 4)), mode="symmetric"),
    ],
    "meshgrid": [call(VECTOR, VECTOR[:3]), call(VECTOR, VECTOR[:2], indexing="ij")],
    "diag": [call(VECTOR), call(VECTOR, k=-2), call(MATRIX, k=1)],
    "diagonal": [call(MATRIX), call(CUBE, -1, 2, 0), call(CUBE, 2, 1, 2)],
    "trace": [call(MATRIX), call(CUBE, 1, 2, 1)],
    "tril": [call(MATRIX), call(CUBE, k=1)],
    "triu": [call(MATRIX, k=-1), call(CUBE)],
    "full_like": [call(MATRIX, 3), call(MATRIX, -0.0, dtype="float32")],
    "linspace": [call(0.5, 2.5, 5), call(VECTOR, 3.0, 4, axis=-1)],
    "full": [call((2, 3), VECTOR[:3], dtype="float64"), call((2, 3), 4)],
    "take": [
        call(MATRIX, whole(2, 2, high=3), axis=0),
        call(MATRIX, np.array([0, -1]), axis=1),
        call(MATRIX, whole(5)),
    ],
    "take_along_axis": [
        call(MATRIX, whole(3, 2, high=4), axis=1),
        call(MATRIX, whole(1, 4, high=3), axis=0),
        call(MATRIX, whole(5)),
    ],
    "one_hot": [call(whole(3, 2), 5), call(whole(3, 2), 5, axis=1, dtype="int32")],
    "multi_hot": [call(whole(3, 2), 5), call(whole(3), 5, dtype="int32")],
    "top_k": [call(CUBE, 2), call(CUBE, 4)],
    "in_top_k": [call(LABELS, LOGITS, 2)],
    "searchsorted": [
        call(np.sort(VECTOR), MATRIX),
        call(np.sort(VECTOR), MATRIX, side="right"),
    ],
    "digitize": [call(MATRIX, np.array([-1.0, 0.0, 1.0]))],
    "unravel_index": [call(whole(4, high=12), (3, 4))],
    "slice": [call(CUBE, [0, 1, 1], [2, 2, 1])],
    "get_item": [call(CUBE, (slice(None), 0)), call(CUBE, [slice(1, None), None])],
    "slice_update": [call(CUBE, [0, 1, 1], floats(2, 2, 1))],
    "scatter": [
        call(whole(5, 1, high=3), floats(5, 4), (3, 4)),
        call(whole(5, 2, high=3), floats(5), (3, 4)),
    ],
    "scatter_update": [
        call(MATRIX, whole(6, 2, high=3), floats(6), reduction)
        for reduction in (None, "add", "max", "min", "mul")
    ]
    + [
        call(MATRIX, np.array([[2], [-3], [2]]), floats(3, 4), reduction)
        for reduction in (None, "add", "max", "min", "mul")
    ],
    "matmul": [
        call(MATRIX, floats(4, 2)),
        call(VECTOR, floats(4, 2)),
        call(CUBE, VECTOR),
        call(VECTOR, VECTOR),
        call(floats(5, 1, 3, 4), floats(2, 4, 1)),
        call(whole(2, 3), whole(3, 2)),
    ],
    "dot": [call(MATRIX, VECTOR), call(MATRIX, floats(2, 4, 3)), call(2.0, MATRIX)],
    "vdot": [call(MATRIX, OTHER)],
    "outer": [call(VECTOR, VECTOR), call(MATRIX, VECTOR)],
    "tensordot": [
        call(CUBE, floats(4, 2), axes=1),
        call(CUBE, floats(3, 4, 2), axes=2),
        call(CUBE, floats(4, 3), axes=([1, 2], [1, 0])),
        call(CUBE, floats(5, 3), axes=(1, 1)),
        call(VECTOR, VECTOR, axes=0),
    ],
    "cross": [
        call(floats(2, 3), floats(2, 3)),
        call(floats(3, 2), floats(3, 2), axis=0),
        call(floats(2), floats(2)),
        call(floats(4, 2), floats(4, 3)),
        call(floats(4, 3), floats(3), axisc=0),
    ],
    "einsum": [
        call("ij,jk->ik", MATRIX, floats(4, 2)),
        call("ij,jk", MATRIX, floats(4, 2)),
        call("bij,bjk->bki", CUBE, floats(2, 4, 3)),
        call("ij->", MATRIX),
        call("ij->ji", MATRIX),
        call("ii->i", floats(3, 3)),
        call("iij->j", floats(3, 3, 2)),
        call("i,j->ij", VECTOR, VECTOR),
        call("ij,ij->ij", MATRIX, OTHER),
        call("ij,jk,kl->il", MATRIX, floats(4, 2), floats(2, 3)),
        call("ij,jk,ki->", MATRIX, floats(4, 2), floats(2, 3)),
        call("...ij,...jk->...ik", CUBE, floats(4, 2)),
        call("...ij,...ij->...", CUBE, MATRIX),
        call("i...->...i", CUBE),
        call("bhqd,bhkd->bhqk", floats(2, 2, 3, 2), floats(2, 2, 4, 2)),
        call("abc,cd->abd", CUBE, floats(4, 2)),
        call("ab,c->", MATRIX, VECTOR),
    ],
    "binary_crossentropy": [
        call(TARGETS, SHARES),
        call(TARGETS, LOGITS, from_logits=True),
    ],
    "categorical_crossentropy": [
        call(TARGETS, SHARES),
        call(TARGETS, LOGITS, from_logits=True),
        call(TARGETS.T, LOGITS.T, from_logits=True, axis=0),
        call(TARGETS.T, SHARES.T, axis=0),
    ],
    "ctc_loss": [
        call(np.array([[1, 2], [2, 0]]), floats(2, 4, 3), [2, 1], [4, 3]),
        call(np.array([[0, 1]]), floats(1, 3, 3), [2], [3], mask_index=2),
    ],
    "sparse_categorical_crossentropy": [
        call(LABELS, SHARES),
        call(LABELS[:, None], LOGITS, from_logits=True),
        call(LABELS, LOGITS.T, from_logits=True, axis=0),
    ],
    "max_pool": [
        call(IMAGES, 2),
        call(IMAGES, (3, 2), strides=1, padding="same"),
        call(IMAGES, 2, data_format="channels_first"),
        call(CUBE, 2, strides=1),
    ],
    "average_pool": [
        call(IMAGES, 2),
        call(IMAGES, (3, 2), strides=1, padding="same"),
        call(CUBE, 2, strides=1, data_format="channels_first"),
    ],
    "conv": [
        call(IMAGES, floats(2, 3, 2, 4)),
        call(IMAGES, floats(3, 3, 2, 1), strides=2, padding="same"),
        call(IMAGES, floats(2, 2, 1, 4), dilation_rate=2),
        call(IMAGES, floats(2, 1, 5, 3), data_format="channels_first"),
        call(CUBE, floats(2, 4, 3)),
        call(floats(2, 3, 3, 2, 2), floats(2, 2, 1, 2, 3)),
    ],
    "batch_normalization": [
        call(MATRIX, VECTOR, np.abs(VECTOR) + 0.5, -1),
        call(CUBE, floats(3), floats(3, low=0.5), 1, offset=floats(3), scale=floats(3)),
        call(MATRIX, VECTOR, np.abs(VECTOR) + 0.5, 1, scale=VECTOR, epsilon=0.1),
    ],
    "layer_normalization": [
        call(MATRIX),
        call(MATRIX, VECTOR, VECTOR, epsilon=0.1),
        call(CUBE, floats(3, 4), axis=(1, 2)),
    ],
    "rms_normalization": [call(MATRIX), call(CUBE, VECTOR), call(CUBE, axis=1)],
    "dot_product_attention": [
        call(floats(2, 3, 2, 4), floats(2, 5, 2, 4), floats(2, 5, 2, 3)),
        call(QUERIES, QUERIES, QUERIES, is_causal=True),
        call(QUERIES, QUERIES, QUERIES, mask=TRUTH[:, :3].reshape(1, 1, 3, 3), scale=2),
        call(QUERIES, QUERIES, QUERIES, bias=floats(1, 2, 3, 3)),
        call(floats(2, 3, 4, 2), floats(2, 3, 2, 2), floats(2, 3, 2, 2)),
    ],
}

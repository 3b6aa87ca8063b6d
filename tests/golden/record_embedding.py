"""Embedding: vectors looked up, the mask of what is padding, gradients of the table."""

import numpy as np

from tests.golden.layer_calls import Case, layer_case

WORDS = np.array([[1, 0, 2, 4], [3, 3, 0, 0]], "int32")
PATH = "layers.Embedding"


def record() -> list[Case]:
    """Returns a case for each kind of index and for the options."""
    size = {"input_dim": 5, "output_dim": 3}
    return [
        layer_case("int32", PATH, size, [WORDS]),
        layer_case("uint8", PATH, size, [WORDS.astype("uint8")]),
        layer_case("fractions", PATH, size, [np.float32([1.7, 0.2, 4.0])]),
        layer_case("one number", PATH, size, [np.array(2, "int64")]),
        layer_case("negative", PATH, size, [np.array([-1, -5, 1], "int32")]),
        layer_case("mask_zero", PATH, {**size, "mask_zero": True}, [WORDS]),
        layer_case(
            "options",
            PATH,
            {
                **size,
                "embeddings_initializer": "he_normal",
                "embeddings_regularizer": "l2",
                "embeddings_constraint": "non_neg",
                "name": "words",
                "trainable": False,
            },
            [WORDS],
        ),
    ]

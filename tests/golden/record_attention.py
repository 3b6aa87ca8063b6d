"""Attention: the operation, and the layers around it, with masks of all kinds."""

from typing import Any

import numpy as np
import torch

from tests.golden.keras_calls import as_arrays, cotangent_for, public
from tests.golden.layer_calls import Case, layer_case, uneven, without_repetition

X = uneven((2, 3, 4), 10)  # (samples, times, features)
Y = uneven((2, 4, 3), 11)
Z = uneven((2, 4, 2), 12)
IMAGE = uneven((1, 2, 3, 2), 13)
HEADS = [uneven((2, 3, 2, 2), 14), uneven((2, 4, 2, 2), 15), uneven((2, 4, 2, 3), 16)]
# Every query sees some key, also among those that are no later than itself.
SEEN = np.array(
    [
        [[1, 1, 0, 1], [0, 1, 1, 0], [1, 0, 0, 0]],
        [[1, 0, 1, 1], [1, 1, 0, 0], [0, 1, 1, 1]],
    ],
    bool,
)
TIMES = np.array([[1, 1, 0], [1, 0, 1]], bool)
PLACES = np.array([[1, 1, 0, 1], [0, 1, 0, 1]], bool)
# In sample 1 nothing is seen.
NOTHING = np.array([[1, 1, 0, 1], [0, 0, 0, 0]], bool)

HEADED = {"num_heads": 2, "key_dim": 3}
GROUPED = {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2}


def record() -> list[Case]:
    """Returns the cases of the operation, then those of each layer."""
    cases = [
        *operation_cases(),
        *dense_cases(),
        *softmax_cases(),
        *multi_head_cases(),
        *grouped_cases(),
        *plain_cases(),
    ]
    return without_repetition(cases)


def operation_cases() -> list[Case]:
    """Returns dot_product_attention with its gradients."""
    q, k, v = HEADS
    seen = SEEN[:, np.newaxis]
    return [
        operation_case("plain", [q, k, v]),
        operation_case("scale", [q, k, v], scale=0.3),
        operation_case("causal", [q, k, v], is_causal=True),
        operation_case("more queries", [k, q, q], is_causal=True),
        operation_case("mask", [q, k, v], mask=seen),
        operation_case("mask and causal", [q, k, v], mask=seen, is_causal=True),
        operation_case("mask of two axes", [q, k, v], mask=SEEN[0]),
        operation_case("nothing is seen", [q, k, v], mask=NOTHING[:, None, None]),
        operation_case("bias", [q, k, v], bias=uneven((2, 1, 3, 4), 17)),
        operation_case("shared keys", [q, k[:, :, :1], v[:, :, :1]]),
    ]


def operation_case(label: str, inputs: list[np.ndarray], **keywords: Any) -> Case:
    """Returns one call of the operation."""
    tensors = [torch.tensor(x, requires_grad=True) for x in inputs]
    given = {
        key: torch.tensor(x) if isinstance(x, np.ndarray) else x
        for key, x in keywords.items()
    }
    out = public("ops.dot_product_attention")(*tensors, **given)
    cotangent = cotangent_for(tuple(out.shape))
    (out * torch.tensor(cotangent)).sum().backward()
    return {
        "name": f"ops: {label}",
        "inputs": inputs,
        "keywords": keywords,
        "outputs": as_arrays(out),
        "cotangent": cotangent,
        "input gradients": [x.grad.numpy() for x in tensors],
    }


def dense_cases() -> list[Case]:
    """Returns EinsumDense with equations of each kind."""

    def case(label: str, x: np.ndarray, **keywords: Any) -> Case:
        return layer_case(label, "layers.EinsumDense", keywords, [x])

    return [
        case(
            "heads", X, equation="abc,cde->abde", output_shape=(None, 2, 3),
            bias_axes="de", activation="relu",
        ),
        case(
            "back", HEADS[0], equation="abcd,cde->abe", output_shape=(None, 4),
            bias_axes="e", kernel_regularizer="l2", bias_constraint="non_neg",
        ),
        case("by time", X, equation="abc,bcd->abd", output_shape=(3, 2)),
        case(
            "dots before", X, equation="...x,xy->...y", output_shape=2, bias_axes="y"
        ),
        case(
            "dots after", X, equation="ab...,bc->ac...", output_shape=2, bias_axes="c"
        ),
        case("bias of times", X, equation="abc,cd->abd", output_shape=(3, 2),
             bias_axes="b"),
    ]  # fmt: skip


def softmax_cases() -> list[Case]:
    """Returns Softmax with masks."""
    path = "layers.Softmax"
    scores = uneven((2, 3, 4), 18)
    return [
        layer_case("plain", path, {}, [scores]),
        layer_case("mask", path, {}, [scores], mask=SEEN),
        layer_case("axes", path, {"axis": (1, 2)}, [scores], mask=SEEN),
    ]


def multi_head_cases() -> list[Case]:
    """Returns MultiHeadAttention: options, masks, and more axes."""

    def case(
        label: str, inputs: list[np.ndarray], options: Case | None = None, **call: Any
    ) -> Case:
        keywords = {**HEADED, **(options or {})}
        return layer_case(label, "layers.MultiHeadAttention", keywords, inputs, **call)

    scores = {"return_attention_scores": True}
    return [
        case("self", [X, X]),
        case("other values", [X, Y]),
        case("keys", [X, Y, Z]),
        case("causal", [X, X], use_causal_mask=True),
        case("causal scores", [X, X], use_causal_mask=True, **scores),
        case("mask", [X, Y], attention_mask=SEEN),
        case("mask, scores", [X, Y], attention_mask=SEEN, **scores),
        case("mask of integers", [X, Y], attention_mask=SEEN.astype("int32")),
        case("masks of each", [X, Y], query_mask=TIMES, value_mask=PLACES),
        case("key mask", [X, Y], {"dropout": 0.5}, key_mask=PLACES),
        case("nothing is seen", [X, Y], value_mask=NOTHING),
        case("nothing is seen, scores", [X, Y], value_mask=NOTHING, **scores),
        case(
            "all masks", [X, X], attention_mask=SEEN[:, :, :3], value_mask=TIMES,
            use_causal_mask=True,
        ),
        case(
            "options", [X, Y],
            {
                "value_dim": 2, "use_bias": False, "output_shape": (2, 2),
                "kernel_initializer": "he_normal", "kernel_regularizer": "l2",
                "kernel_constraint": "max_norm", "name": "attentive",
            },
        ),
        case("gate", [X, Y], {"use_gate": True, "value_dim": 2}),
        case("window", [X, Y], {"sliding_window": 2}),
        case("axes", [IMAGE, IMAGE], {}, **scores),
        case("second axis", [IMAGE, IMAGE], {"attention_axes": 2}, **scores),
        case(
            "first axis, mask", [IMAGE, IMAGE], {"attention_axes": (1,)},
            attention_mask=np.array([[[True, False], [False, False]]] * 3)[None],
        ),
    ]  # fmt: skip


def grouped_cases() -> list[Case]:
    """Returns GroupQueryAttention."""
    path = "layers.GroupQueryAttention"
    return [
        layer_case("plain", path, GROUPED, [X, Y]),
        layer_case("causal", path, GROUPED, [X, X], use_causal_mask=True),
        layer_case(
            "mask", path, GROUPED, [X, Y], attention_mask=SEEN,
            return_attention_scores=True,
        ),
    ]  # fmt: skip


def plain_cases() -> list[Case]:
    """Returns Attention and AdditiveAttention, which take lists."""
    cases = []
    for name, options in (
        ("Attention", {"use_scale": True}),
        ("Attention", {"score_mode": "concat", "use_scale": True}),
        ("AdditiveAttention", {}),
    ):
        for label, call in (
            ("plain", {}),
            ("masks", {"mask": [TIMES, PLACES], "return_attention_scores": True}),
            ("nothing is seen", {"mask": [TIMES, NOTHING]}),
            ("causal", {"use_causal_mask": True, "return_attention_scores": True}),
        ):
            cases.append(
                layer_case(
                    f"{options} {label}",
                    f"layers.{name}",
                    options,
                    [[X, uneven((2, 4, 4), 19)]],
                    **call,
                )
            )
    return cases

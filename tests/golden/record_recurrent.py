"""Recurrent layers: options, masks, states; outputs, gradients, weights."""

from typing import Any

import numpy as np

from tests.golden.layer_calls import Case, layer_case, uneven

SEQUENCES = uneven((2, 3, 4), 11)
MASK = np.array([[True, True, False], [False, True, True]])
NOTHING = np.array([[True, False, False], [False, False, False]])
H, C = uneven((2, 2), 12), uneven((2, 2), 13)
STATES: dict[str, list[np.ndarray]] = {"LSTM": [H, C], "GRU": [H], "SimpleRNN": [H]}


def record() -> list[Case]:
    """Returns the cases of LSTM, GRU, SimpleRNN and Masking."""
    cases = [case for name in STATES for case in cases_of(name)]
    return [*cases, *special_cases()]


def cases_of(name: str) -> list[Case]:
    """Returns a case for each option that the layers share."""
    every = {"return_sequences": True, "return_state": True}
    masked = {"mask": MASK}
    return [
        case(name, "last output", {}),
        case(name, "from a state", every, initial_state=STATES[name]),
        case(name, "sequences and states", every),
        case(name, "backwards", {**every, "go_backwards": True}, **masked),
        case(name, "masked", every, **masked),
        case(name, "masked, last output", {"return_state": True}, **masked),
        case(
            name,
            "masked, from a state",
            every,
            mask=NOTHING,
            initial_state=STATES[name],
        ),
        case(name, "without bias", {**every, "use_bias": False}),
        case(
            name,
            "other activation",
            {**every, "activation": "softsign"},
            **masked,
        ),
        case(
            name,
            "options",
            {
                "kernel_initializer": "he_normal",
                "recurrent_initializer": "glorot_normal",
                "bias_initializer": "ones",
                "kernel_regularizer": "l2",
                "recurrent_regularizer": "l2",
                "bias_regularizer": "l2",
                # Keras's SimpleRNN takes one and forgets it.
                "activity_regularizer": None if name == "SimpleRNN" else "l2",
                "kernel_constraint": "non_neg",
                "recurrent_constraint": "max_norm",
                "bias_constraint": "unit_norm",
                "dropout": 0.25,
                "recurrent_dropout": 0.5,
                "seed": 7,
                "unroll": True,
                "name": "reader",
            },
        ),
    ]


def case(name: str, label: str, keywords: dict[str, Any], **call: Any) -> Case:
    """Returns a case with two units."""
    return layer_case(
        label, f"layers.{name}", {"units": 2, **keywords}, [SEQUENCES], **call
    )


def special_cases() -> list[Case]:
    """Returns what only one of the layers has, and Masking."""
    every = {"return_sequences": True, "return_state": True}
    padded = SEQUENCES * MASK[:, :, None]
    return [
        case("LSTM", "no forget bias", {**every, "unit_forget_bias": False}),
        case("LSTM", "hard gates", {**every, "recurrent_activation": "hard_sigmoid"}),
        case("GRU", "reset before", {**every, "reset_after": False}, mask=MASK),
        case("GRU", "reset before, plain", {"reset_after": False, "use_bias": False}),
        case(
            "GRU",
            "reset before, other activation",
            {**every, "reset_after": False, "activation": "softsign"},
        ),
        layer_case("padding", "layers.Masking", {}, [padded]),
        layer_case("a value", "layers.Masking", {"mask_value": 0.5}, [padded + 0.5]),
    ]

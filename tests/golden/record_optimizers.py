"""Optimizers: the way of two weights over six steps, and the optimizer's variables."""

from typing import Any

import keras
import numpy as np
import torch

from tests.golden.keras_calls import as_arrays, public, reset

Case = dict[str, Any]

KERNEL = np.array([[0.5, -1.0], [0.25, 1.5]], dtype="float32")
BIAS = np.array([0.1, -0.3], dtype="float32")
# Of very different sizes, with zeros and a change of sign, so that clipping, the
# second moment and the bias correction all matter.
KERNEL_GRADIENTS = np.array(
    [
        [[0.5, -0.25], [0.0, 2.0]],
        [[-0.5, 0.75], [0.01, -3.0]],
        [[4.0, 0.1], [0.0, 0.3]],
        [[0.0, 0.0], [0.0, 0.0]],
        [[-1.0, 0.6], [-0.02, 1.2]],
        [[0.3, -0.9], [5.0, -0.6]],
    ],
    dtype="float32",
)
BIAS_GRADIENTS = np.array(
    [[1.0, -2.0], [0.25, 0.0], [-0.01, 0.02], [3.0, 1.0], [0.0, 0.1], [-0.4, 10.0]],
    dtype="float32",
)

VARIANTS: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.9}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"learning_rate": 0.1, "weight_decay": 0.1}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.5, "weight_decay": 0.1}),
    ("RMSprop", {}),
    ("RMSprop", {"learning_rate": 0.05, "rho": 0.8, "momentum": 0.9}),
    ("RMSprop", {"learning_rate": 0.05, "centered": True, "momentum": 0.5}),
    ("RMSprop", {"learning_rate": 0.05, "epsilon": 0.1, "weight_decay": 0.1}),
    ("Adam", {}),
    ("Adam", {"learning_rate": 0.1, "beta_1": 0.8, "beta_2": 0.9, "epsilon": 0.01}),
    ("Adam", {"learning_rate": 0.1, "amsgrad": True, "beta_2": 0.5}),
    ("Adam", {"learning_rate": 0.1, "weight_decay": 0.1}),
    ("AdamW", {}),
    ("AdamW", {"learning_rate": 0.1, "weight_decay": 0.2}),
]
BASES: dict[str, dict[str, Any]] = {
    "SGD": {"learning_rate": 0.1, "momentum": 0.9},
    "RMSprop": {"learning_rate": 0.05},
    "Adam": {"learning_rate": 0.1},
    "AdamW": {"learning_rate": 0.1, "weight_decay": 0.1},
}
CLIPPING: dict[str, list[dict[str, Any]]] = {
    "SGD": [{"clipnorm": 1.0}, {"clipvalue": 0.3}, {"global_clipnorm": 1.0}],
    "RMSprop": [{"global_clipnorm": 1.0}],
    "Adam": [{"clipnorm": 1.0}, {"clipvalue": 0.3}, {"global_clipnorm": 1.0}],
    "AdamW": [{"clipvalue": 0.3}],
}
AVERAGING = [
    {"use_ema": True, "ema_momentum": 0.5},
    {"use_ema": True, "ema_momentum": 0.5, "ema_overwrite_frequency": 2},
]


def record() -> list[Case]:
    """Returns the inputs that all cases share, then one case for each optimizer."""
    inputs = {
        "name": "inputs",
        "kernel": KERNEL,
        "bias": BIAS,
        "kernel_gradients": KERNEL_GRADIENTS,
        "bias_gradients": BIAS_GRADIENTS,
    }
    cases = [trajectory(name, keywords) for name, keywords in VARIANTS]
    for name, base in BASES.items():
        cases += [trajectory(name, base | clipping) for clipping in CLIPPING[name]]
        cases.append(trajectory(name, base | {"gradient_accumulation_steps": 2}))
    for name in ("SGD", "Adam"):
        cases += [trajectory(name, BASES[name] | averaging) for averaging in AVERAGING]
    both = {"gradient_accumulation_steps": 3, "clipnorm": 0.5, "use_ema": True}
    cases.append(trajectory("SGD", {"learning_rate": 0.5} | both))
    return [inputs, *cases, *scheduled(), *changed_on_the_way()]


def scheduled() -> list[Case]:
    """Returns optimizers whose learning rate is a schedule."""
    exponential = {
        "class": "optimizers.schedules.ExponentialDecay",
        "keywords": {
            "initial_learning_rate": 0.2,
            "decay_steps": 2,
            "decay_rate": 0.5,
            "staircase": True,
        },
    }
    piecewise = {
        "class": "optimizers.schedules.PiecewiseConstantDecay",
        "keywords": {"boundaries": [1, 3], "values": [0.3, 0.1, 0.05]},
    }
    accumulated = {"gradient_accumulation_steps": 2}
    return [
        trajectory("SGD", {}, schedule=exponential),
        trajectory("Adam", {}, schedule=exponential),
        trajectory("SGD", {"weight_decay": 0.1}, schedule=piecewise),
        trajectory("SGD", accumulated, schedule=exponential),
    ]


def changed_on_the_way() -> list[Case]:
    """Returns runs in which something about the optimizer or a gradient changes."""
    return [
        trajectory("SGD", BASES["SGD"], new_learning_rates={2: 0.01, 4: 1}),
        trajectory("AdamW", BASES["AdamW"], not_decayed=["bias"]),
        trajectory("Adam", BASES["Adam"], no_bias_gradient_at=[1, 2]),
    ]


def trajectory(
    optimizer: str,
    keywords: dict[str, Any],
    *,
    schedule: dict[str, Any] | None = None,
    new_learning_rates: dict[int, float] | None = None,
    not_decayed: list[str] | None = None,
    no_bias_gradient_at: list[int] | None = None,
    dtype: str = "float32",
) -> Case:
    """Returns the weights after each step, and all the optimizer's variables.

    `new_learning_rates` are set before the steps that they name, `not_decayed` goes to
    `exclude_from_weight_decay`, and the steps of `no_bias_gradient_at` pass None.
    """
    extras = {
        "schedule": schedule,
        "new_learning_rates": new_learning_rates,
        "not_decayed": not_decayed,
        "no_bias_gradient_at": no_bias_gradient_at,
    }
    extras = {key: value for key, value in extras.items() if value is not None}
    if dtype != "float32":
        extras["dtype"] = dtype
    reset()
    made = public(f"optimizers.{optimizer}")(**keywords, **learning_rate(schedule))
    if not_decayed:
        made.exclude_from_weight_decay(var_names=not_decayed)
    kernel, bias = (
        keras.Variable(KERNEL, dtype=dtype, name="kernel"),
        keras.Variable(BIAS, dtype=dtype, name="bias"),
    )
    made.build([kernel, bias])
    case = {
        "name": f"{optimizer} {keywords}{f' {extras}' if extras else ''}",
        "class": f"optimizers.{optimizer}",
        "keywords": keywords,
        **extras,
        "variables_when_built": [variable.path for variable in made.variables],
        "kernel": [],
        "bias": [],
    }
    for step in range(len(KERNEL_GRADIENTS)):
        if step in (new_learning_rates or {}):
            made.learning_rate = new_learning_rates[step]
        bias_gradient = None
        if step not in (no_bias_gradient_at or []):
            bias_gradient = torch.tensor(BIAS_GRADIENTS[step])
        made.apply(
            [torch.tensor(KERNEL_GRADIENTS[step]), bias_gradient], [kernel, bias]
        )
        case["kernel"].append(as_arrays(kernel))
        case["bias"].append(as_arrays(bias))
    case["variables"] = [as_arrays(variable) for variable in made.variables]
    case["iterations"] = int(made.iterations)
    if keywords.get("use_ema"):
        made.finalize_variable_values([kernel, bias])
        case["finalized"] = [as_arrays(kernel), as_arrays(bias)]
    case["kernel"], case["bias"] = np.stack(case["kernel"]), np.stack(case["bias"])
    return case


def learning_rate(schedule: dict[str, Any] | None) -> dict[str, Any]:
    """Returns the keyword argument for a schedule, if there is one."""
    if schedule is None:
        return {}
    return {"learning_rate": public(schedule["class"])(**schedule["keywords"])}

"""Schedules: the learning rate that they give at some steps."""

from typing import Any

import numpy as np

from tests.golden.keras_calls import as_arrays, public

Case = dict[str, Any]

STEPS = (0, 1, 2, 3, 4, 5, 7, 9, 10, 11, 14, 15, 16, 20, 29, 31, 50, 1000)
VARIANTS: list[tuple[str, dict[str, Any]]] = [
    ("ExponentialDecay", {"decay_steps": 4, "decay_rate": 0.5}),
    ("ExponentialDecay", {"decay_steps": 4, "decay_rate": 0.5, "staircase": True}),
    ("InverseTimeDecay", {"decay_steps": 4, "decay_rate": 0.5}),
    ("InverseTimeDecay", {"decay_steps": 4, "decay_rate": 0.5, "staircase": True}),
    ("PolynomialDecay", {"decay_steps": 10}),
    ("PolynomialDecay", {"decay_steps": 10, "power": 2.5, "end_learning_rate": 0.01}),
    ("PolynomialDecay", {"decay_steps": 5, "power": 0.5, "cycle": True}),
    ("CosineDecay", {"decay_steps": 10}),
    ("CosineDecay", {"decay_steps": 10, "alpha": 0.2}),
    ("CosineDecay", {"decay_steps": 10, "warmup_target": 0.5, "warmup_steps": 5}),
    ("CosineDecay", {"decay_steps": 10, "warmup_target": 0.5, "alpha": 0.1}),
    ("CosineDecayRestarts", {"first_decay_steps": 10}),
    ("CosineDecayRestarts", {"first_decay_steps": 5, "t_mul": 1.0, "m_mul": 0.5}),
    (
        "CosineDecayRestarts",
        {"first_decay_steps": 3, "t_mul": 1.5, "m_mul": 0.9, "alpha": 0.1},
    ),
]


def record() -> list[Case]:
    """Returns a case for each schedule."""
    cases = [
        case(name, {"initial_learning_rate": 0.1} | keywords)
        for name, keywords in VARIANTS
    ]
    pieces = {"boundaries": [5, 10], "values": [1.0, 0.5, 0.1]}
    return [*cases, case("PiecewiseConstantDecay", pieces)]


def case(name: str, keywords: dict[str, Any]) -> Case:
    """Returns the rates of one schedule, and its configuration."""
    schedule = public(f"optimizers.schedules.{name}")(**keywords)
    return {
        "name": f"{name} {keywords}",
        "class": name,
        "keywords": keywords,
        "config": schedule.get_config(),
        "steps": list(STEPS),
        "rates": np.array([as_arrays(schedule(step)) for step in STEPS], "float32"),
    }

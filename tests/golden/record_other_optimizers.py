"""The optimizers beyond SGD, RMSprop and Adam, with the steps of record_optimizers."""

from typing import Any

from tests.golden.record_optimizers import trajectory

Case = dict[str, Any]

VARIANTS: list[tuple[str, dict[str, Any]]] = [
    ("Adadelta", {}),
    ("Adadelta", {"learning_rate": 1.0, "rho": 0.8, "epsilon": 0.01}),
    ("Adagrad", {}),
    ("Adagrad", {"learning_rate": 0.1, "initial_accumulator_value": 0.0}),
    ("Adagrad", {"learning_rate": 0.1, "epsilon": 0.5, "weight_decay": 0.1}),
    ("Adamax", {}),
    ("Adamax", {"learning_rate": 0.1, "beta_1": 0.8, "beta_2": 0.6, "epsilon": 0.01}),
    ("Nadam", {}),
    ("Nadam", {"learning_rate": 0.1, "beta_1": 0.8, "beta_2": 0.9, "epsilon": 0.01}),
    ("Ftrl", {}),
    ("Ftrl", {"learning_rate": 0.1, "l1_regularization_strength": 0.3, "beta": 0.2}),
    (
        "Ftrl",
        {
            "learning_rate": 0.1,
            "learning_rate_power": -0.3,
            "initial_accumulator_value": 0.5,
            "l2_regularization_strength": 0.2,
            "l2_shrinkage_regularization_strength": 0.1,
        },
    ),
    ("Lion", {}),
    ("Lion", {"learning_rate": 0.1, "beta_1": 0.8, "beta_2": 0.5, "weight_decay": 0.1}),
    ("Lamb", {}),
    ("Lamb", {"learning_rate": 0.1, "beta_1": 0.8, "beta_2": 0.9, "epsilon": 0.01}),
    ("Adafactor", {}),
    ("Adafactor", {"learning_rate": 0.3, "relative_step": False, "epsilon_2": 0.7}),
    ("Muon", {}),
    ("Muon", {"learning_rate": 0.1, "nesterov": False, "adam_lr_ratio": 0.5}),
    ("Muon", {"learning_rate": 0.1, "exclude_layers": ["k.r"], "rms_rate": None}),
]
# Every way to change a step, with some optimizer.
OPTIONS: list[tuple[str, dict[str, Any]]] = [
    ("Adadelta", {"clipnorm": 1.0}),
    ("Adagrad", {"global_clipnorm": 1.0}),
    ("Adamax", {"clipvalue": 0.3}),
    ("Nadam", {"gradient_accumulation_steps": 2, "clipnorm": 1.0}),
    ("Ftrl", {"gradient_accumulation_steps": 3, "loss_scale_factor": 4.0}),
    ("Lion", {"use_ema": True, "ema_momentum": 0.5, "ema_overwrite_frequency": 3}),
    ("Nadam", {"use_ema": True, "ema_momentum": 0.9, "weight_decay": 0.1}),
    ("AdamW", {"loss_scale_factor": 8.0, "global_clipnorm": 0.5}),
    (
        "Adam",
        {
            "use_ema": True,
            "ema_momentum": 0.5,
            "ema_overwrite_frequency": 2,
            "gradient_accumulation_steps": 2,
        },
    ),
]
RATE = 0.125  # the same number in float32 and float64
IN_FLOAT64 = (
    ("SGD", {"momentum": 0.9, "nesterov": True}),
    ("RMSprop", {"centered": True, "momentum": 0.5}),
    ("Adam", {}),
    ("AdamW", {"amsgrad": True}),
    ("Adadelta", {}),
    ("Adagrad", {}),
    ("Adamax", {}),
    ("Nadam", {}),
    ("Ftrl", {"l1_regularization_strength": 0.3}),
    ("Lion", {}),
)


def record() -> list[Case]:
    """Returns a case for each optimizer and its settings."""
    power = {
        "class": "optimizers.schedules.PolynomialDecay",
        "keywords": {"initial_learning_rate": 0.2, "decay_steps": 3, "power": 2.0},
    }
    return [
        *(trajectory(name, keywords) for name, keywords in VARIANTS),
        *(trajectory(name, {"learning_rate": RATE} | more) for name, more in OPTIONS),
        *(
            trajectory(name, {"learning_rate": RATE} | more, dtype="float64")
            for name, more in IN_FLOAT64
        ),
        trajectory("Lion", {}, schedule=power),
        trajectory("Nadam", {}, no_bias_gradient_at=[0, 3]),
        trajectory(
            "Adagrad", {"learning_rate": RATE, "weight_decay": 0.5}, not_decayed=["b.a"]
        ),
    ]

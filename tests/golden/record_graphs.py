"""Summaries of models that are graphs: what is connected to what."""

import os
from typing import Any
from unittest import mock

import keras

from tests.golden.graph_models import MODELS
from tests.golden.keras_calls import reset
from tests.golden.record_printed import printed

Case = dict[str, Any]

WAYS: list[tuple[str, int, dict[str, Any]]] = [
    *((name, 120, {}) for name in MODELS),
    ("branches", 80, {}),
    ("branches", 120, {"show_trainable": True}),
    ("shared", 120, {"positions": [0.25, 0.5, 0.7, 1.0], "line_length": 100}),
    ("branches", 120, {"layer_range": ["dense", "concatenate"]}),
    ("nested", 120, {"expand_nested": True}),
    ("nested", 140, {"expand_nested": True, "show_trainable": True}),
    ("chain", 120, {"show_trainable": True}),
]


def record() -> list[Case]:
    """Returns the text of a summary for each model and way to print it."""
    cases = []
    for name, columns, keywords in WAYS:
        reset()
        model = MODELS[name](keras)
        with mock.patch.dict(os.environ, {"COLUMNS": str(columns)}), printed() as text:
            model.summary(**keywords)
        cases.append(
            {
                "name": f"summary: {name} {columns} {keywords}",
                "model": name,
                "columns": columns,
                "keywords": keywords,
                "printed": text.getvalue(),
            }
        )
    return cases

"""Objects as configurations: what `serialize_keras_object` makes of them."""

from typing import Any

import keras

from tests.golden.keras_calls import reset
from tests.golden.serialized_cases import MODELS, OBJECTS, VALUES
from tools.interop_models import models


def record() -> list[dict[str, Any]]:
    """Returns the configurations of values, objects and models."""
    serialize = keras.saving.serialize_keras_object
    cases = [{"name": name, "config": serialize(x)} for name, x in VALUES.items()]
    for name, make in OBJECTS.items():
        cases.append({"name": name, "config": serialize(make(keras))})
    for name in MODELS:
        reset()
        model = models(keras)[name](keras)
        cases.append({"name": name, "config": serialize(model)})
    return cases

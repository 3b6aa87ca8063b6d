"""Saving and loading: what becomes of objects when they are written down.

What reads and writes files is loaded when it is asked for.
"""

from typing import TYPE_CHECKING

from minikeras.lazy import names_loaded_on_use
from minikeras.saving.objects import (
    deserialize_keras_object as deserialize_keras_object,
)
from minikeras.saving.objects import deserialize_object as deserialize_object
from minikeras.saving.objects import serialize_keras_object as serialize_keras_object
from minikeras.saving.objects import serialize_object as serialize_object
from minikeras.saving.registry import CustomObjectScope as CustomObjectScope
from minikeras.saving.registry import custom_object_scope as custom_object_scope
from minikeras.saving.registry import get_custom_objects as get_custom_objects
from minikeras.saving.registry import get_registered_name as get_registered_name
from minikeras.saving.registry import get_registered_object as get_registered_object
from minikeras.saving.registry import (
    register_keras_serializable as register_keras_serializable,
)

if TYPE_CHECKING:
    from minikeras.saving.errors import SavingError as SavingError
    from minikeras.saving.model_file import load_model as load_model
    from minikeras.saving.model_file import save_model as save_model
    from minikeras.saving.weights import load_weights as load_weights
    from minikeras.saving.weights import save_weights as save_weights
else:
    __getattr__, __dir__ = names_loaded_on_use(
        __name__,
        {
            "SavingError": "minikeras.saving.errors",
            "load_model": "minikeras.saving.model_file",
            "load_weights": "minikeras.saving.weights",
            "save_model": "minikeras.saving.model_file",
            "save_weights": "minikeras.saving.weights",
        },
    )

"""Models: layers put together, and trained."""

from typing import TYPE_CHECKING

from minikeras.lazy import names_loaded_on_use
from minikeras.models import known_classes as known_classes
from minikeras.models.cloning import clone_model as clone_model
from minikeras.models.function import Function as Function
from minikeras.models.functional import Functional as Functional
from minikeras.models.model import Model as Model
from minikeras.models.sequential import Sequential as Sequential

if TYPE_CHECKING:
    from minikeras.saving.model_file import load_model as load_model
    from minikeras.saving.model_file import model_from_json as model_from_json
    from minikeras.saving.model_file import save_model as save_model
else:  # files need more than models do
    __getattr__, __dir__ = names_loaded_on_use(
        __name__,
        {
            "load_model": "minikeras.saving.model_file",
            "model_from_json": "minikeras.saving.model_file",
            "save_model": "minikeras.saving.model_file",
        },
    )

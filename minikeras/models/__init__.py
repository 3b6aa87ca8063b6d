"""Models: layers put together, and trained."""

from minikeras.models import known_classes as known_classes
from minikeras.models.cloning import clone_model as clone_model
from minikeras.models.function import Function as Function
from minikeras.models.functional import Functional as Functional
from minikeras.models.model import Model as Model
from minikeras.models.sequential import Sequential as Sequential
from minikeras.saving.model_file import load_model as load_model
from minikeras.saving.model_file import model_from_json as model_from_json
from minikeras.saving.model_file import save_model as save_model

"""Models: layers put together, and trained."""

from minikeras.models import known_classes as known_classes
from minikeras.models.model import Model as Model
from minikeras.models.sequential import Sequential as Sequential

"""Saving and loading: what becomes of objects when they are written down."""

from minikeras.saving.objects import deserialize_object as deserialize_object
from minikeras.saving.objects import serialize_object as serialize_object

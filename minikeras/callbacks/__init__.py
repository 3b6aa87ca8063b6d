"""Callbacks: what happens beside training, at every batch and epoch."""

from minikeras.callbacks.callback import Callback as Callback
from minikeras.callbacks.callback import LambdaCallback as LambdaCallback
from minikeras.callbacks.callback_list import CallbackList as CallbackList
from minikeras.callbacks.history import History as History
from minikeras.callbacks.progbar_logger import ProgbarLogger as ProgbarLogger

"""Callbacks: what happens beside training, at every batch and epoch."""

from minikeras.callbacks.backup_and_restore import BackupAndRestore as BackupAndRestore
from minikeras.callbacks.callback import Callback as Callback
from minikeras.callbacks.callback import LambdaCallback as LambdaCallback
from minikeras.callbacks.callback_list import CallbackList as CallbackList
from minikeras.callbacks.csv_logger import CSVLogger as CSVLogger
from minikeras.callbacks.early_stopping import EarlyStopping as EarlyStopping
from minikeras.callbacks.gradient_history import GradientHistory as GradientHistory
from minikeras.callbacks.history import History as History
from minikeras.callbacks.learning_rates import (
    LearningRateScheduler as LearningRateScheduler,
)
from minikeras.callbacks.learning_rates import ReduceLROnPlateau as ReduceLROnPlateau
from minikeras.callbacks.model_checkpoint import ModelCheckpoint as ModelCheckpoint
from minikeras.callbacks.non_finite_report import NonFiniteReport as NonFiniteReport
from minikeras.callbacks.progbar_logger import ProgbarLogger as ProgbarLogger
from minikeras.callbacks.swap_ema_weights import SwapEMAWeights as SwapEMAWeights
from minikeras.callbacks.tensorboard import TensorBoard as TensorBoard
from minikeras.callbacks.terminate_on_nan import TerminateOnNaN as TerminateOnNaN

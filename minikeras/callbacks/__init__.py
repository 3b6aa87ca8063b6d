"""Callbacks: what happens beside training, at every batch and epoch.

Those that `fit` needs are here at once, the others when they are asked for.
"""

from typing import TYPE_CHECKING

from minikeras.callbacks.callback import Callback as Callback
from minikeras.callbacks.callback import LambdaCallback as LambdaCallback
from minikeras.callbacks.callback_list import CallbackList as CallbackList
from minikeras.callbacks.history import History as History
from minikeras.callbacks.progbar_logger import ProgbarLogger as ProgbarLogger
from minikeras.lazy import names_loaded_on_use

if TYPE_CHECKING:
    from minikeras.callbacks.backup_and_restore import (
        BackupAndRestore as BackupAndRestore,
    )
    from minikeras.callbacks.csv_logger import CSVLogger as CSVLogger
    from minikeras.callbacks.early_stopping import EarlyStopping as EarlyStopping
    from minikeras.callbacks.gradient_history import GradientHistory as GradientHistory
    from minikeras.callbacks.learning_rates import (
        LearningRateScheduler as LearningRateScheduler,
    )
    from minikeras.callbacks.learning_rates import (
        ReduceLROnPlateau as ReduceLROnPlateau,
    )
    from minikeras.callbacks.model_checkpoint import ModelCheckpoint as ModelCheckpoint
    from minikeras.callbacks.non_finite_report import NonFiniteReport as NonFiniteReport
    from minikeras.callbacks.swap_ema_weights import SwapEMAWeights as SwapEMAWeights
    from minikeras.callbacks.tensorboard import TensorBoard as TensorBoard
    from minikeras.callbacks.terminate_on_nan import TerminateOnNaN as TerminateOnNaN
else:
    __getattr__, __dir__ = names_loaded_on_use(
        __name__,
        {
            "BackupAndRestore": "minikeras.callbacks.backup_and_restore",
            "CSVLogger": "minikeras.callbacks.csv_logger",
            "EarlyStopping": "minikeras.callbacks.early_stopping",
            "GradientHistory": "minikeras.callbacks.gradient_history",
            "LearningRateScheduler": "minikeras.callbacks.learning_rates",
            "ModelCheckpoint": "minikeras.callbacks.model_checkpoint",
            "NonFiniteReport": "minikeras.callbacks.non_finite_report",
            "ReduceLROnPlateau": "minikeras.callbacks.learning_rates",
            "SwapEMAWeights": "minikeras.callbacks.swap_ema_weights",
            "TensorBoard": "minikeras.callbacks.tensorboard",
            "TerminateOnNaN": "minikeras.callbacks.terminate_on_nan",
        },
    )

"""What helps around a model: seeds, arrays, pictures, the progress bar."""

from minikeras.utils.arrays import normalize as normalize
from minikeras.utils.arrays import to_categorical as to_categorical
from minikeras.utils.history_plot import plot_history as plot_history
from minikeras.utils.model_plot import model_to_dot as model_to_dot
from minikeras.utils.model_plot import plot_model as plot_model
from minikeras.utils.progbar import Progbar as Progbar
from minikeras.utils.seeding import set_random_seed as set_random_seed

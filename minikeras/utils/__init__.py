"""What helps around a model: seeds, arrays, the progress bar."""

from minikeras.utils.arrays import normalize as normalize
from minikeras.utils.arrays import to_categorical as to_categorical
from minikeras.utils.progbar import Progbar as Progbar
from minikeras.utils.seeding import set_random_seed as set_random_seed

"""What helps around a model: seeds, arrays, files, pictures, the progress bar.

What training needs is here at once, the rest when it is asked for.
"""

from typing import TYPE_CHECKING

from minikeras.backend import clear_session as clear_session
from minikeras.backend import is_keras_tensor as is_keras_tensor
from minikeras.backend import standardize_dtype as standardize_dtype
from minikeras.config import (
    disable_interactive_logging as disable_interactive_logging,
)
from minikeras.config import enable_interactive_logging as enable_interactive_logging
from minikeras.config import (
    is_interactive_logging_enabled as is_interactive_logging_enabled,
)
from minikeras.lazy import names_loaded_on_use
from minikeras.saving import CustomObjectScope as CustomObjectScope
from minikeras.saving import custom_object_scope as custom_object_scope
from minikeras.saving import deserialize_keras_object as deserialize_keras_object
from minikeras.saving import get_custom_objects as get_custom_objects
from minikeras.saving import get_registered_name as get_registered_name
from minikeras.saving import get_registered_object as get_registered_object
from minikeras.saving import register_keras_serializable as register_keras_serializable
from minikeras.saving import serialize_keras_object as serialize_keras_object
from minikeras.utils.batch_parts import (
    pack_x_y_sample_weight as pack_x_y_sample_weight,
)
from minikeras.utils.batch_parts import (
    unpack_x_y_sample_weight as unpack_x_y_sample_weight,
)
from minikeras.utils.progbar import Progbar as Progbar
from minikeras.utils.py_dataset import PyDataset as PyDataset
from minikeras.utils.py_dataset import Sequence as Sequence
from minikeras.utils.seeding import set_random_seed as set_random_seed
from minikeras.values.node import get_source_inputs as get_source_inputs

if TYPE_CHECKING:
    from minikeras.utils.arrays import normalize as normalize
    from minikeras.utils.arrays import to_categorical as to_categorical
    from minikeras.utils.dataset_split import split_dataset as split_dataset
    from minikeras.utils.files import get_file as get_file
    from minikeras.utils.folder_datasets import (
        image_dataset_from_directory as image_dataset_from_directory,
    )
    from minikeras.utils.folder_datasets import (
        text_dataset_from_directory as text_dataset_from_directory,
    )
    from minikeras.utils.history_plot import plot_history as plot_history
    from minikeras.utils.images import array_to_img as array_to_img
    from minikeras.utils.images import img_to_array as img_to_array
    from minikeras.utils.images import load_img as load_img
    from minikeras.utils.images import save_img as save_img
    from minikeras.utils.model_plot import model_to_dot as model_to_dot
    from minikeras.utils.model_plot import plot_model as plot_model
    from minikeras.utils.sequences import pad_sequences as pad_sequences
    from minikeras.utils.timeseries import (
        timeseries_dataset_from_array as timeseries_dataset_from_array,
    )
else:
    __getattr__, __dir__ = names_loaded_on_use(
        __name__,
        {
            "array_to_img": "minikeras.utils.images",
            "get_file": "minikeras.utils.files",
            "image_dataset_from_directory": "minikeras.utils.folder_datasets",
            "img_to_array": "minikeras.utils.images",
            "load_img": "minikeras.utils.images",
            "model_to_dot": "minikeras.utils.model_plot",
            "normalize": "minikeras.utils.arrays",
            "pad_sequences": "minikeras.utils.sequences",
            "plot_history": "minikeras.utils.history_plot",
            "plot_model": "minikeras.utils.model_plot",
            "save_img": "minikeras.utils.images",
            "split_dataset": "minikeras.utils.dataset_split",
            "text_dataset_from_directory": "minikeras.utils.folder_datasets",
            "timeseries_dataset_from_array": "minikeras.utils.timeseries",
            "to_categorical": "minikeras.utils.arrays",
        },
    )

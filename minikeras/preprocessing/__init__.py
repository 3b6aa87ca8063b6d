"""Data from arrays and folders to batches, under the names that Keras has for them."""

from minikeras.preprocessing import image as image
from minikeras.preprocessing import sequence as sequence
from minikeras.utils.folder_datasets import (
    image_dataset_from_directory as image_dataset_from_directory,
)
from minikeras.utils.folder_datasets import (
    text_dataset_from_directory as text_dataset_from_directory,
)
from minikeras.utils.timeseries import (
    timeseries_dataset_from_array as timeseries_dataset_from_array,
)

"""Layers: functions with weights, to build models from."""

from typing import Any

from minikeras.layers.convolution import Conv1D as Conv1D
from minikeras.layers.convolution import Conv2D as Conv2D
from minikeras.layers.convolution import Conv3D as Conv3D
from minikeras.layers.convolution import Convolution1D as Convolution1D
from minikeras.layers.convolution import Convolution2D as Convolution2D
from minikeras.layers.convolution import Convolution3D as Convolution3D
from minikeras.layers.core import Activation as Activation
from minikeras.layers.core import Dense as Dense
from minikeras.layers.core import Dropout as Dropout
from minikeras.layers.core import Flatten as Flatten
from minikeras.layers.core import Input as Input
from minikeras.layers.core import InputLayer as InputLayer
from minikeras.layers.embedding import Embedding as Embedding
from minikeras.layers.input_spec import InputSpec as InputSpec
from minikeras.layers.layer import Layer as Layer
from minikeras.layers.pooling import AveragePooling1D as AveragePooling1D
from minikeras.layers.pooling import AveragePooling2D as AveragePooling2D
from minikeras.layers.pooling import AveragePooling3D as AveragePooling3D
from minikeras.layers.pooling import AvgPool1D as AvgPool1D
from minikeras.layers.pooling import AvgPool2D as AvgPool2D
from minikeras.layers.pooling import AvgPool3D as AvgPool3D
from minikeras.layers.pooling import GlobalAveragePooling1D as GlobalAveragePooling1D
from minikeras.layers.pooling import GlobalAveragePooling2D as GlobalAveragePooling2D
from minikeras.layers.pooling import GlobalAveragePooling3D as GlobalAveragePooling3D
from minikeras.layers.pooling import GlobalAvgPool1D as GlobalAvgPool1D
from minikeras.layers.pooling import GlobalAvgPool2D as GlobalAvgPool2D
from minikeras.layers.pooling import GlobalAvgPool3D as GlobalAvgPool3D
from minikeras.layers.pooling import GlobalMaxPool1D as GlobalMaxPool1D
from minikeras.layers.pooling import GlobalMaxPool2D as GlobalMaxPool2D
from minikeras.layers.pooling import GlobalMaxPool3D as GlobalMaxPool3D
from minikeras.layers.pooling import GlobalMaxPooling1D as GlobalMaxPooling1D
from minikeras.layers.pooling import GlobalMaxPooling2D as GlobalMaxPooling2D
from minikeras.layers.pooling import GlobalMaxPooling3D as GlobalMaxPooling3D
from minikeras.layers.pooling import MaxPool1D as MaxPool1D
from minikeras.layers.pooling import MaxPool2D as MaxPool2D
from minikeras.layers.pooling import MaxPool3D as MaxPool3D
from minikeras.layers.pooling import MaxPooling1D as MaxPooling1D
from minikeras.layers.pooling import MaxPooling2D as MaxPooling2D
from minikeras.layers.pooling import MaxPooling3D as MaxPooling3D
from minikeras.saving.objects import deserialize_object, serialize_object

CLASSES = {
    cls.__name__: cls
    for cls in (
        Activation,
        AveragePooling1D,
        AveragePooling2D,
        AveragePooling3D,
        Conv1D,
        Conv2D,
        Conv3D,
        Dense,
        Dropout,
        Embedding,
        Flatten,
        GlobalAveragePooling1D,
        GlobalAveragePooling2D,
        GlobalAveragePooling3D,
        GlobalMaxPooling1D,
        GlobalMaxPooling2D,
        GlobalMaxPooling3D,
        InputLayer,
        MaxPooling1D,
        MaxPooling2D,
        MaxPooling3D,
    )
}


def serialize(layer: Layer) -> dict[str, Any]:
    """Returns the configuration of a layer, with the name of its class."""
    return serialize_object("layers", layer)


def deserialize(
    config: dict[str, Any], custom_objects: dict[str, Any] | None = None
) -> Layer:
    """Makes a layer, with new weights, from its configuration."""
    return deserialize_object(config, CLASSES, "layer", custom_objects)

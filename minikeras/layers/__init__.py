"""Layers: functions with weights, to build models from."""

from minikeras import absent
from minikeras.layers.activation import ELU as ELU
from minikeras.layers.activation import LeakyReLU as LeakyReLU
from minikeras.layers.activation import PReLU as PReLU
from minikeras.layers.activation import ReLU as ReLU
from minikeras.layers.activation import Softmax as Softmax
from minikeras.layers.attention.additive_attention import (
    AdditiveAttention as AdditiveAttention,
)
from minikeras.layers.attention.attention import Attention as Attention
from minikeras.layers.attention.grouped_query_attention import (
    GroupedQueryAttention as GroupedQueryAttention,
)
from minikeras.layers.attention.grouped_query_attention import (
    GroupQueryAttention as GroupQueryAttention,
)
from minikeras.layers.attention.multi_head_attention import (
    MultiHeadAttention as MultiHeadAttention,
)
from minikeras.layers.batch_normalization import (
    BatchNormalization as BatchNormalization,
)
from minikeras.layers.composed import Lambda as Lambda
from minikeras.layers.composed import Pipeline as Pipeline
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
from minikeras.layers.core import Identity as Identity
from minikeras.layers.einsum_dense import EinsumDense as EinsumDense
from minikeras.layers.embedding import Embedding as Embedding
from minikeras.layers.feature_normalization import Normalization as Normalization
from minikeras.layers.input_layer import Input as Input
from minikeras.layers.input_layer import InputLayer as InputLayer
from minikeras.layers.input_spec import InputSpec as InputSpec
from minikeras.layers.layer import Layer as Layer
from minikeras.layers.masking import Masking as Masking
from minikeras.layers.merging import Add as Add
from minikeras.layers.merging import Average as Average
from minikeras.layers.merging import Concatenate as Concatenate
from minikeras.layers.merging import Dot as Dot
from minikeras.layers.merging import Maximum as Maximum
from minikeras.layers.merging import Minimum as Minimum
from minikeras.layers.merging import Multiply as Multiply
from minikeras.layers.merging import Subtract as Subtract
from minikeras.layers.merging import add as add
from minikeras.layers.merging import average as average
from minikeras.layers.merging import concatenate as concatenate
from minikeras.layers.merging import dot as dot
from minikeras.layers.merging import maximum as maximum
from minikeras.layers.merging import minimum as minimum
from minikeras.layers.merging import multiply as multiply
from minikeras.layers.merging import subtract as subtract
from minikeras.layers.normalization import GroupNormalization as GroupNormalization
from minikeras.layers.normalization import LayerNormalization as LayerNormalization
from minikeras.layers.normalization import RMSNormalization as RMSNormalization
from minikeras.layers.normalization import UnitNormalization as UnitNormalization
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
from minikeras.layers.recurrent import GRU as GRU
from minikeras.layers.recurrent import LSTM as LSTM
from minikeras.layers.recurrent import RNN as RNN
from minikeras.layers.recurrent import Bidirectional as Bidirectional
from minikeras.layers.recurrent import GRUCell as GRUCell
from minikeras.layers.recurrent import LSTMCell as LSTMCell
from minikeras.layers.recurrent import SimpleRNN as SimpleRNN
from minikeras.layers.recurrent import SimpleRNNCell as SimpleRNNCell
from minikeras.layers.recurrent import StackedRNNCells as StackedRNNCells
from minikeras.layers.recurrent import TimeDistributed as TimeDistributed
from minikeras.layers.regularization import (
    ActivityRegularization as ActivityRegularization,
)
from minikeras.layers.regularization import AlphaDropout as AlphaDropout
from minikeras.layers.regularization import GaussianDropout as GaussianDropout
from minikeras.layers.regularization import GaussianNoise as GaussianNoise
from minikeras.layers.regularization import SpatialDropout1D as SpatialDropout1D
from minikeras.layers.regularization import SpatialDropout2D as SpatialDropout2D
from minikeras.layers.regularization import SpatialDropout3D as SpatialDropout3D
from minikeras.layers.rescaling import Rescaling as Rescaling
from minikeras.layers.reshaping import Cropping1D as Cropping1D
from minikeras.layers.reshaping import Cropping2D as Cropping2D
from minikeras.layers.reshaping import Cropping3D as Cropping3D
from minikeras.layers.reshaping import Permute as Permute
from minikeras.layers.reshaping import RepeatVector as RepeatVector
from minikeras.layers.reshaping import Reshape as Reshape
from minikeras.layers.reshaping import UpSampling1D as UpSampling1D
from minikeras.layers.reshaping import UpSampling2D as UpSampling2D
from minikeras.layers.reshaping import UpSampling3D as UpSampling3D
from minikeras.layers.reshaping import ZeroPadding1D as ZeroPadding1D
from minikeras.layers.reshaping import ZeroPadding2D as ZeroPadding2D
from minikeras.layers.reshaping import ZeroPadding3D as ZeroPadding3D
from minikeras.layers.serialization import CLASSES as CLASSES
from minikeras.layers.serialization import deserialize as deserialize
from minikeras.layers.serialization import serialize as serialize
from minikeras.layers.wrapper import SpectralNormalization as SpectralNormalization
from minikeras.layers.wrapper import Wrapper as Wrapper

CLASSES |= {
    cls.__name__: cls
    for cls in (
        Activation,
        ActivityRegularization,
        Add,
        AdditiveAttention,
        AlphaDropout,
        Attention,
        Average,
        AveragePooling1D,
        AveragePooling2D,
        AveragePooling3D,
        BatchNormalization,
        Bidirectional,
        Concatenate,
        Conv1D,
        Conv2D,
        Conv3D,
        Cropping1D,
        Cropping2D,
        Cropping3D,
        Dense,
        Dot,
        Dropout,
        ELU,
        EinsumDense,
        Embedding,
        Flatten,
        GRU,
        GRUCell,
        GaussianDropout,
        GaussianNoise,
        GlobalAveragePooling1D,
        GlobalAveragePooling2D,
        GlobalAveragePooling3D,
        GlobalMaxPooling1D,
        GlobalMaxPooling2D,
        GlobalMaxPooling3D,
        GroupNormalization,
        GroupedQueryAttention,
        Identity,
        InputLayer,
        LSTM,
        LSTMCell,
        Lambda,
        LayerNormalization,
        LeakyReLU,
        Masking,
        MaxPooling1D,
        MaxPooling2D,
        MaxPooling3D,
        Maximum,
        Minimum,
        MultiHeadAttention,
        Multiply,
        Normalization,
        PReLU,
        Permute,
        Pipeline,
        RMSNormalization,
        RNN,
        ReLU,
        RepeatVector,
        Rescaling,
        Reshape,
        SimpleRNN,
        SimpleRNNCell,
        Softmax,
        SpatialDropout1D,
        SpatialDropout2D,
        SpatialDropout3D,
        SpectralNormalization,
        StackedRNNCells,
        Subtract,
        TimeDistributed,
        UnitNormalization,
        UpSampling1D,
        UpSampling2D,
        UpSampling3D,
        Wrapper,
        ZeroPadding1D,
        ZeroPadding2D,
        ZeroPadding3D,
    )
}


def __getattr__(name: str) -> object:
    """Says of names of Keras that they are not here yet."""
    raise absent.no_such_name("layers", name)

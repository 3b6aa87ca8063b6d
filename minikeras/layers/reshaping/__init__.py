"""Reshaping layers: the same numbers in another order, fewer of them, or more."""

from minikeras.layers.reshaping.borders import Cropping1D as Cropping1D
from minikeras.layers.reshaping.borders import Cropping2D as Cropping2D
from minikeras.layers.reshaping.borders import Cropping3D as Cropping3D
from minikeras.layers.reshaping.borders import ZeroPadding1D as ZeroPadding1D
from minikeras.layers.reshaping.borders import ZeroPadding2D as ZeroPadding2D
from minikeras.layers.reshaping.borders import ZeroPadding3D as ZeroPadding3D
from minikeras.layers.reshaping.samples import Permute as Permute
from minikeras.layers.reshaping.samples import RepeatVector as RepeatVector
from minikeras.layers.reshaping.samples import Reshape as Reshape
from minikeras.layers.reshaping.upsampling import UpSampling1D as UpSampling1D
from minikeras.layers.reshaping.upsampling import UpSampling2D as UpSampling2D
from minikeras.layers.reshaping.upsampling import UpSampling3D as UpSampling3D

"""Pictures as arrays: other names of what is in `utils`."""

from minikeras.utils.images import array_to_img as array_to_img
from minikeras.utils.images import img_to_array as img_to_array
from minikeras.utils.images import load_img as load_img
from minikeras.utils.images import save_img as save_img

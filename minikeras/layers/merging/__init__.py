"""Merging layers: several tensors become one.

Each takes a list of tensors, and has a function beside it.
"""

from minikeras.layers.merging.concatenation import Concatenate as Concatenate
from minikeras.layers.merging.dot_products import Dot as Dot
from minikeras.layers.merging.elementwise import Add as Add
from minikeras.layers.merging.elementwise import Average as Average
from minikeras.layers.merging.elementwise import Maximum as Maximum
from minikeras.layers.merging.elementwise import Minimum as Minimum
from minikeras.layers.merging.elementwise import Multiply as Multiply
from minikeras.layers.merging.elementwise import Subtract as Subtract
from minikeras.layers.merging.functions import add as add
from minikeras.layers.merging.functions import average as average
from minikeras.layers.merging.functions import concatenate as concatenate
from minikeras.layers.merging.functions import dot as dot
from minikeras.layers.merging.functions import maximum as maximum
from minikeras.layers.merging.functions import minimum as minimum
from minikeras.layers.merging.functions import multiply as multiply
from minikeras.layers.merging.functions import subtract as subtract

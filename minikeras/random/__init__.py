"""Random numbers: distributions, and where the state of the drawing is kept.

Every draw is a function of a pair (seed, counter) and of nothing else, so it can be
repeated: an int as seed gives the same numbers at every call, a SeedGenerator others
each time, and no seed at all those of one generator that `set_seed` starts anew.
"""

from minikeras.random.distributions import beta as beta
from minikeras.random.distributions import binomial as binomial
from minikeras.random.distributions import categorical as categorical
from minikeras.random.distributions import dropout as dropout
from minikeras.random.distributions import float_dtype as float_dtype
from minikeras.random.distributions import gamma as gamma
from minikeras.random.distributions import normal as normal
from minikeras.random.distributions import randint as randint
from minikeras.random.distributions import shuffle as shuffle
from minikeras.random.distributions import truncated_normal as truncated_normal
from minikeras.random.distributions import uniform as uniform
from minikeras.random.seeds import Seed as Seed
from minikeras.random.seeds import SeedGenerator as SeedGenerator
from minikeras.random.seeds import get_state as get_state
from minikeras.random.seeds import global_generator as global_generator
from minikeras.random.seeds import is_whole as is_whole
from minikeras.random.seeds import new_seed as new_seed
from minikeras.random.seeds import set_seed as set_seed
from minikeras.random.seeds import set_state as set_state
from minikeras.random.seeds import set_state_of as set_state_of
from minikeras.random.seeds import state_of as state_of

"""Record one run of a function as a list of kernel calls, and run that list again.

`capture` records, `simplify` takes away what is not needed, `memory` says where results
lie, `replay` makes the calls, and `step` decides when which of this happens.
"""

from minikeras.compiled.capture import CaptureError as CaptureError
from minikeras.compiled.capture import capture as capture
from minikeras.compiled.memory import Arena as Arena
from minikeras.compiled.program import Program as Program
from minikeras.compiled.step import CapturedStep as CapturedStep

"""Record one run of a function as a list of kernel calls, and run that list again.

`program` is the list; `capture` makes it and decides when it may be used.
"""

from minikeras.compiled.capture import Captured as Captured
from minikeras.compiled.capture import CaptureError as CaptureError
from minikeras.compiled.capture import capture as capture
from minikeras.compiled.program import Program as Program

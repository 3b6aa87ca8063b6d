"""Where an error came from: layers add their names to those that pass through them.

As notes, which a traceback shows below the message: the error itself stays the one that
was raised, so whoever catches it finds what is expected there.
"""

from typing import Any

from minikeras.layers.context import context

MOST_NOTES = 8  # layers inside of each other that are named, from the innermost on


def note_layer(error: Exception, layer: Any, inputs: Any) -> None:
    """Adds a layer, and the shapes it was called on, to an error."""
    kind = type(layer).__name__
    note = f'In layer "{layer.name}" ({kind}), called on {shapes_in(inputs)}.'
    if inputs is None and context.returned_none:
        note += f" That is what layer {context.returned_none} returned."
    notes = getattr(error, "__notes__", [])
    if len(notes) < MOST_NOTES and notes[-1:] != [note]:
        error.add_note(note)


def shapes_in(inputs: Any) -> str:
    """Returns the shapes of what a layer was called on, in words.

    >>> import numpy as np
    >>> shapes_in([np.ones((2, 3)), np.ones(4)])
    'a list of shape (2, 3), shape (4,)'
    """
    if isinstance(inputs, (list, tuple)):
        inside = ", ".join(map(shapes_in, inputs))
        return f"a {type(inputs).__name__} of {inside or 'nothing'}"
    if isinstance(inputs, dict):
        inside = ", ".join(f"{key!r} of {shapes_in(x)}" for key, x in inputs.items())
        return f"a dict with {inside or 'nothing'}"
    if hasattr(inputs, "shape"):
        return f"shape {tuple(inputs.shape)}"
    return f"{inputs!r}" if inputs is None else f"a {type(inputs).__name__}"

"""Shapes of layers that read sequences step by step.

The checks are used by the sets that compute too: one text of each error.
"""

from minikeras.kernels.shapes.shape_dtype import ShapeDtype


def lstm(x, kernel, state, cell, mask, bias, recurrent_kernel):
    """(n, steps, inputs) → (n, steps, units), the same, (n, steps, 4·units)."""
    n, steps, units = check_lstm(x, kernel, state, cell, mask, bias, recurrent_kernel)
    return sequences(x.dtype, n, steps, units, units, times(4, units))


def lstm_grad(
    outputs_grad, state_grad, cell_grad, cells, gates, cell, mask, recurrent_kernel
):
    """(n, steps, 4·units) → the same, (n, units), (n, units)."""
    n, steps, units = check_lstm_grad(
        outputs_grad, state_grad, cell_grad, cells, gates, cell, mask, recurrent_kernel
    )
    state = ShapeDtype((n, units), gates.dtype)
    return *sequences(gates.dtype, n, steps, times(4, units)), state, state


def gru(x, kernel, state, mask, bias, recurrent_bias, recurrent_kernel, *, reset_after):
    """(n, steps, inputs) → (n, steps, units), (n, steps, 4·units)."""
    n, steps, units = check_gru(
        x, kernel, state, mask, bias, recurrent_bias, recurrent_kernel
    )
    return sequences(x.dtype, n, steps, units, times(4, units))


def gru_grad(
    outputs_grad,
    state_grad,
    outputs,
    gates,
    state,
    mask,
    recurrent_kernel,
    *,
    reset_after,
):
    """(n, steps, 4·units) → (n, steps, 3·units), (n, steps, units), (n, units)."""
    n, steps, units = check_gru_grad(
        outputs_grad, state_grad, outputs, gates, state, mask, recurrent_kernel
    )
    parts = sequences(gates.dtype, n, steps, times(3, units), units)
    return *parts, ShapeDtype((n, units), gates.dtype)


def sequences(dtype, n, steps, *sizes):
    """Returns n sequences for each of the sizes of a step."""
    return tuple(ShapeDtype((n, steps, size), dtype) for size in sizes)


# --- Checks ---------------------------------------------------------------------------


def check_lstm(x, kernel, state, cell, mask, bias, recurrent_kernel):
    """Returns n, steps and units where they are known; refuses what does not fit."""
    return agreement(
        "lstm",
        x=(x, ("n", "steps", "inputs")),
        kernel=(kernel, ("inputs", "4·units")),
        state=(state, ("n", "units")),
        cell=(cell, ("n", "units")),
        mask=(mask, ("n", "steps")),
        bias=(bias, ("4·units",)),
        recurrent_kernel=(recurrent_kernel, ("units", "4·units")),
    )


def check_lstm_grad(
    outputs_grad, state_grad, cell_grad, cells, gates, cell, mask, recurrent_kernel
):
    """Returns n, steps and units where they are known; refuses what does not fit."""
    return agreement(
        "lstm_grad",
        outputs_grad=(outputs_grad, ("n", "steps", "units")),
        state_grad=(state_grad, ("n", "units")),
        cell_grad=(cell_grad, ("n", "units")),
        cells=(cells, ("n", "steps", "units")),
        gates=(gates, ("n", "steps", "4·units")),
        cell=(cell, ("n", "units")),
        mask=(mask, ("n", "steps")),
        recurrent_kernel=(recurrent_kernel, ("units", "4·units")),
    )


def check_gru(x, kernel, state, mask, bias, recurrent_bias, recurrent_kernel):
    """Returns n, steps and units where they are known; refuses what does not fit."""
    return agreement(
        "gru",
        x=(x, ("n", "steps", "inputs")),
        kernel=(kernel, ("inputs", "3·units")),
        state=(state, ("n", "units")),
        mask=(mask, ("n", "steps")),
        bias=(bias, ("3·units",)),
        recurrent_bias=(recurrent_bias, ("3·units",)),
        recurrent_kernel=(recurrent_kernel, ("units", "3·units")),
    )


def check_gru_grad(
    outputs_grad, state_grad, outputs, gates, state, mask, recurrent_kernel
):
    """Returns n, steps and units where they are known; refuses what does not fit."""
    return agreement(
        "gru_grad",
        outputs_grad=(outputs_grad, ("n", "steps", "units")),
        state_grad=(state_grad, ("n", "units")),
        outputs=(outputs, ("n", "steps", "units")),
        gates=(gates, ("n", "steps", "4·units")),
        state=(state, ("n", "units")),
        mask=(mask, ("n", "steps")),
        recurrent_kernel=(recurrent_kernel, ("units", "3·units")),
    )


def agreement(name, **arguments):
    """Returns the sizes n, steps and units that all arguments agree on.

    Each is given as (array or None, the names of its sizes); "4·units" is four times
    as many.

    Raises: ValueError if two disagree, if an argument has another number of axes, or
    if there is no step.
    """
    found = dict.fromkeys(("n", "steps", "inputs", "units"))
    for x, names in arguments.values():
        if x is None:
            continue
        if len(x.shape) != len(names):
            raise misfit(name, arguments)
        for size, size_name in zip(x.shape, names, strict=True):
            factor, _, base = size_name.rpartition("·")
            if size is not None and size % int(factor or 1):
                raise misfit(name, arguments)
            size = None if size is None else size // int(factor or 1)
            if None not in (size, found[base]) and size != found[base]:
                raise misfit(name, arguments)
            found[base] = size if found[base] is None else found[base]
    if found["steps"] == 0:
        raise ValueError(
            f"{name} needs sequences of at least one step; got {shapes_in(arguments)}. "
            "Pad them, or leave empty ones out."
        )
    return found["n"], found["steps"], found["units"]


def misfit(name, arguments):
    """Returns the error for arguments whose shapes do not fit."""
    wanted = ", ".join(
        f"{key} ({', '.join(names)})" for key, (_, names) in arguments.items()
    )
    return ValueError(
        f"{name} needs {wanted}; got {shapes_in(arguments)}. Were the kernels made for "
        "another number of units?"
    )


def shapes_in(arguments):
    """Returns the shapes of arguments as text."""
    return ", ".join(
        f"{key} {x.shape}" for key, (x, _) in arguments.items() if x is not None
    )


def times(factor, size):
    """Returns factor · size, None if it is unknown."""
    return None if size is None else factor * size

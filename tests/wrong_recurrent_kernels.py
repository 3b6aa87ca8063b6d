"""Recurrent kernels with one mistake each.

`tests/test_mutations.py` shows that the laws of `tests/kernels` catch them.
"""

import numpy as np

from minikeras.kernels.reference import reference


def forgets_the_mask(x, kernel, state, cell, mask, bias, recurrent_kernel, *, out=None):
    """Right where no step is masked."""
    return reference.lstm(x, kernel, state, cell, None, bias, recurrent_kernel, out=out)


def reads_backwards(x, kernel, state, cell, mask, bias, recurrent_kernel, *, out=None):
    """Right for one step."""
    mask = None if mask is None else mask[:, ::-1]
    return reference.lstm(x[:, ::-1], kernel, state, cell, mask, bias, recurrent_kernel)


def is_off_by_a_hair(x, kernel, state, cell, mask, bias, recurrent_kernel, *, out=None):
    """Each h by 2⁻¹⁶ of itself: a hundred roundings of float32."""
    outputs, *others = reference.lstm(
        x, kernel, state, cell, mask, bias, recurrent_kernel
    )
    return outputs * np.asarray(1 + 2.0**-16, x.dtype), *others


def forgets_the_first_cell(
    outputs_grad,
    state_grad,
    cell_grad,
    cells,
    gates,
    cell,
    mask,
    recurrent_kernel,
    *,
    out=None,
):
    """Right where c_0 is 0."""
    nothing = np.zeros_like(cell)
    return reference.lstm_grad(
        outputs_grad,
        state_grad,
        cell_grad,
        cells,
        gates,
        nothing,
        mask,
        recurrent_kernel,
        out=out,
    )


def lets_masked_steps_through(
    outputs_grad,
    state_grad,
    cell_grad,
    cells,
    gates,
    cell,
    mask,
    recurrent_kernel,
    *,
    out=None,
):
    """Right where no step is masked."""
    return reference.lstm_grad(
        outputs_grad,
        state_grad,
        cell_grad,
        cells,
        gates,
        cell,
        None,
        recurrent_kernel,
        out=out,
    )


def resets_before(
    x,
    kernel,
    state,
    mask,
    bias,
    recurrent_bias,
    recurrent_kernel,
    *,
    reset_after,
    out=None,
):
    """Right for reset_after=False."""
    inputs = (x, kernel, state, mask, bias, recurrent_bias, recurrent_kernel)
    return reference.gru(*inputs, reset_after=False, out=out)


def adds_the_last_gradient_twice(
    outputs_grad,
    state_grad,
    outputs,
    gates,
    state,
    mask,
    recurrent_kernel,
    *,
    reset_after,
    out=None,
):
    """Right where only the outputs, or only the last state, have a gradient."""
    if outputs_grad is not None and state_grad is not None:
        state_grad = state_grad + outputs_grad[:, -1]
    return reference.gru_grad(
        outputs_grad,
        state_grad,
        outputs,
        gates,
        state,
        mask,
        recurrent_kernel,
        reset_after=reset_after,
        out=out,
    )

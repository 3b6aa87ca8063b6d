"""Layers that read sequences: a primitive each, which does all steps in one call.

The same steps in plain operations are in `recurrent_steps`; the derivatives of the
gradients here are made of them.
"""

from functools import partial

from minikeras.autograd.primitive import Primitive
from minikeras.autograd.replay import replayed_vjp
from minikeras.primitives.recurrent_steps import (
    EVERY,
    composed_gru,
    composed_gru_grad,
    composed_lstm,
    composed_lstm_grad,
)

LAST = (EVERY, -1)  # the last step of sequences


class LSTM(Primitive):
    """Long short-term memory: a state h and a cell c go through the steps of sequences.

        i, f, g, o = σ(z_i), σ(z_f), tanh(z_g), σ(z_o),   z = x_t W + h_{t-1} U + b
        c_t = f · c_{t-1} + i · g,   h_t = o · tanh(c_t)
        ∂L/∂x_t = δz_t Wᵀ,   ∂L/∂W = Σ_t x_tᵀ δz_t
        ∂L/∂U = Σ_t h_{t-1}ᵀ δz_t,   ∂L/∂b = Σ_t δz_t

    with the δz of `LSTMGrad`.  Where the mask is False a step changes nothing.  `mask`
    and `bias` may be None.

    Returns all h_t, the last h, the last c, and for the gradient all c_t and all gates.

    Shapes: x (n, steps, inputs), kernel W (inputs, 4·units), state and cell (n, units),
    mask (n, steps), bias (4·units,), recurrent_kernel U (units, 4·units) → (n, steps,
    units), (n, units), (n, units), (n, steps, units), (n, steps, 4·units).
    Raises: ValueError if the shapes do not fit or there is no step.
    Source: Hochreiter & Schmidhuber, Long short-term memory (1997); Gers et al.,
    Learning to forget (2000).
    """

    def forward(self, k, x, kernel, state, cell, mask, bias, recurrent_kernel):
        outputs, cells, gates = k.lstm(
            x, kernel, state, cell, mask, bias, recurrent_kernel
        )
        last = k.getitem(outputs, key=LAST), k.getitem(cells, key=LAST)
        return outputs, *last, cells, gates

    def vjp(self, k, wanted, grad, out, /, *inputs):
        outputs_grad, state_grad, cell_grad, *saved_grads = grad
        outputs, _, _, cells, gates = out
        x, kernel, state, cell, mask, bias, recurrent_kernel = inputs
        through_saved = (None,) * 7
        if any(saved is not None for saved in saved_grads):
            grads = (None, *saved_grads)
            through_saved = replayed_vjp(k, wanted, grads, composed_lstm, *inputs)
        if outputs_grad is None and state_grad is None and cell_grad is None:
            return through_saved
        z_grad, first_state_grad, first_cell_grad = k.lstm_grad(
            outputs_grad,
            state_grad,
            cell_grad,
            cells,
            gates,
            cell,
            mask,
            recurrent_kernel,
        )
        bias_grad = recurrent_grad = None
        if bias is not None and wanted[5]:
            bias_grad = k.sum(z_grad, axis=(0, 1), keepdims=False)
        if wanted[6]:
            recurrent_grad = product_over_steps(k, before(k, state, outputs), z_grad)
        gradients = (
            product_with_kernel(k, z_grad, kernel) if wanted[0] else None,
            product_over_steps(k, x, z_grad) if wanted[1] else None,
            first_state_grad,
            first_cell_grad,
            None,
            bias_grad,
            recurrent_grad,
        )
        return sums(k, wanted, gradients, through_saved)


class LSTMGrad(Primitive):
    """The gradient of `lstm`: of z at every step, of h_0 and of c_0.

        δc = ∂L/∂c_t + ∂L/∂h_t · o (1 - tanh²c_t)
        δz_i = δc · g i (1 - i),         δz_f = δc · c_{t-1} f (1 - f)
        δz_g = δc · i (1 - g²),          δz_o = ∂L/∂h_t · tanh(c_t) o (1 - o)
        ∂L/∂c_{t-1} = δc · f,            ∂L/∂h_{t-1} = δz Uᵀ + outputs_grad_{t-1}

    The gradients of all h_t, of the last h and of the last c may be None.  Its own
    derivative is that of `composed_lstm_grad`.

    Shapes: outputs_grad (n, steps, units), state_grad and cell_grad (n, units), cells
    (n, steps, units), gates (n, steps, 4·units), the others as in `lstm` →
    (n, steps, 4·units), (n, units), (n, units).
    Raises: ValueError if the shapes do not fit or there is no step.
    """

    def forward(
        self,
        k,
        outputs_grad,
        state_grad,
        cell_grad,
        cells,
        gates,
        cell,
        mask,
        recurrent_kernel,
    ):
        return k.lstm_grad(
            outputs_grad,
            state_grad,
            cell_grad,
            cells,
            gates,
            cell,
            mask,
            recurrent_kernel,
        )

    def vjp(self, k, wanted, upstream, out, /, *inputs):
        return replayed_vjp(k, wanted, upstream, composed_lstm_grad, *inputs)


class GRU(Primitive):
    """Gated recurrent units: a state h goes through the steps of sequences.

        z, r = σ(x_z + h U_z + b_z),  σ(x_r + h U_r + b_r),   h = h_{t-1}
        g = tanh(x_g + s),   x_z, x_r, x_g = x_t W + a
        s = r · (h U_g + b_g) if reset_after, else (r · h) U_g + b_g
        h_t = z · h_{t-1} + (1 - z) · g
        ∂L/∂x_t = δ Wᵀ,   ∂L/∂W = Σ_t x_tᵀ δ,   δ = δz, δr, δg
        ∂L/∂U_z = Σ_t hᵀ δz,   ∂L/∂U_r = Σ_t hᵀ δr
        ∂L/∂U_g = Σ_t hᵀ δq if reset_after, else Σ_t (r · h)ᵀ δg

    with the δ of `GRUGrad`.  a is `bias`, b is `recurrent_bias`; they and the mask may
    be None.  Where the mask is False a step changes nothing.

    Returns all h_t, the last h, and for the gradient all z, r, g and q: h U_g + b_g if
    reset_after, else r · h.

    Shapes: x (n, steps, inputs), kernel W (inputs, 3·units), state (n, units), mask
    (n, steps), bias and recurrent_bias (3·units,), recurrent_kernel U (units, 3·units)
    → (n, steps, units), (n, units), (n, steps, 4·units).
    Raises: ValueError if the shapes do not fit or there is no step.
    Source: Cho et al., Learning phrase representations using RNN encoder-decoder
    (2014).
    """

    def forward(
        self,
        k,
        x,
        kernel,
        state,
        mask,
        bias,
        recurrent_bias,
        recurrent_kernel,
        *,
        reset_after,
    ):
        outputs, gates = k.gru(
            x,
            kernel,
            state,
            mask,
            bias,
            recurrent_bias,
            recurrent_kernel,
            reset_after=reset_after,
        )
        return outputs, k.getitem(outputs, key=LAST), gates

    def vjp(self, k, wanted, grad, out, /, *inputs, reset_after):
        outputs_grad, state_grad, gates_grad = grad
        outputs, _, gates = out
        x, kernel, state, mask, bias, recurrent_bias, recurrent_kernel = inputs
        through_gates = (None,) * 7
        if gates_grad is not None:
            composed = partial(composed_gru, reset_after=reset_after)
            through_gates = replayed_vjp(
                k, wanted, (None, gates_grad), composed, *inputs
            )
        if outputs_grad is None and state_grad is None:
            return through_gates
        zrg_grad, q_grad, first_state_grad = k.gru_grad(
            outputs_grad,
            state_grad,
            outputs,
            gates,
            state,
            mask,
            recurrent_kernel,
            reset_after=reset_after,
        )
        units = state.shape[-1]
        zr_grad = k.getitem(zrg_grad, key=(..., slice(2 * units)))
        # The gradient of (h or q) U_g + b_g.
        inner_grad = q_grad
        if not reset_after:
            inner_grad = k.getitem(zrg_grad, key=(..., slice(2 * units, None)))
        bias_grad = recurrent_bias_grad = recurrent_grad = None
        if bias is not None and wanted[4]:
            bias_grad = k.sum(zrg_grad, axis=(0, 1), keepdims=False)
        if recurrent_bias is not None and wanted[5]:
            recurrent_bias_grad = k.concatenate(
                k.sum(zr_grad, axis=(0, 1), keepdims=False),
                k.sum(inner_grad, axis=(0, 1), keepdims=False),
                axis=0,
            )
        if wanted[6]:
            states = before(k, state, outputs)
            factor = states
            if not reset_after:
                factor = k.getitem(gates, key=(..., slice(3 * units, None)))
            recurrent_grad = k.concatenate(
                product_over_steps(k, states, zr_grad),
                product_over_steps(k, factor, inner_grad),
                axis=1,
            )
        gradients = (
            product_with_kernel(k, zrg_grad, kernel) if wanted[0] else None,
            product_over_steps(k, x, zrg_grad) if wanted[1] else None,
            first_state_grad,
            None,
            bias_grad,
            recurrent_bias_grad,
            recurrent_grad,
        )
        return sums(k, wanted, gradients, through_gates)


class GRUGrad(Primitive):
    """The gradient of `gru`: of what went into z, r, g and q at every step, and of h_0.

        δh = ∂L/∂h_t,   δg = δh (1 - z) (1 - g²),   δz = δh (h - g) z (1 - z)
        reset_after:  δr = δg q r (1 - r),  δq = δg r,
                      ∂L/∂h = δh z + δz U_zᵀ + δr U_rᵀ + δq U_gᵀ
        else:         δq = δg U_gᵀ,  δr = δq h r (1 - r),
                      ∂L/∂h = δh z + δz U_zᵀ + δr U_rᵀ + δq r,   h = h_{t-1}

    The gradients of all h_t and of the last may be None.  Its own derivative is that of
    `composed_gru_grad`.

    Shapes: outputs_grad (n, steps, units), state_grad (n, units), outputs (n, steps,
    units), gates (n, steps, 4·units), the others as in `gru` → δz, δr, δg (n, steps,
    3·units), δq (n, steps, units), ∂L/∂h_0 (n, units).
    Raises: ValueError if the shapes do not fit or there is no step.
    """

    def forward(
        self,
        k,
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
        return k.gru_grad(
            outputs_grad,
            state_grad,
            outputs,
            gates,
            state,
            mask,
            recurrent_kernel,
            reset_after=reset_after,
        )

    def vjp(self, k, wanted, upstream, out, /, *inputs, reset_after):
        composed = partial(composed_gru_grad, reset_after=reset_after)
        return replayed_vjp(k, wanted, upstream, composed, *inputs)


# --- Gradients of weights: sums over all steps, as one product ------------------------


def before(k, state, outputs):
    """Returns the state that each step started from."""
    earlier = k.getitem(outputs, key=(EVERY, slice(-1)))
    return k.concatenate(k.expand_dims(state, axis=1), earlier, axis=1)


def product_over_steps(k, x, y):
    """Returns Σ_nt x_ntᵀ y_nt, as one product."""
    return k.matmul(k.swap_last(rows_of(k, x)), rows_of(k, y))


def product_with_kernel(k, grad, kernel):
    """Returns grad_nt kernelᵀ for every n and t, as one product."""
    out = k.matmul(rows_of(k, grad), k.swap_last(kernel))
    return k.reshape(out, shape=(*grad.shape[:2], kernel.shape[0]))


def rows_of(k, x):
    """Returns the steps of all sequences as rows of one matrix."""
    n, steps, size = x.shape
    return k.reshape(k.contiguous(x), shape=(n * steps, size))


def sums(k, wanted, gradients, others):
    """Returns the sums of two gradients for each input; None where none is wanted."""
    return tuple(
        None if not want else y if x is None else x if y is None else k.add(x, y)
        for want, x, y in zip(wanted, gradients, others, strict=True)
    )


lstm = LSTM()
lstm_grad = LSTMGrad()
gru = GRU()
gru_grad = GRUGrad()

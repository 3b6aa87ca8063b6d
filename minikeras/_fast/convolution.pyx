"""Convolutions and their gradients. Contract: kernels/reference/convolution.py.

Here calls are looked at; sweep.pyx and kernel_grad.pyx compute. README.md tells how.
"""

from numpy cimport (
    NPY_DOUBLE,
    NPY_FLOAT,
    PyArray_DATA,
    PyArray_DIMS,
    PyArray_ITEMSIZE,
    PyArray_NDIM,
    PyArray_TYPE,
    import_array,
    ndarray,
    npy_intp,
)

from minikeras._fast.arrays cimport is_native, otherwise
from minikeras._fast.kernel_grad cimport KernelGrad, correlate
from minikeras._fast.sweep cimport Sweep, perform_sweep
from minikeras._fast.tasks cimport perform
from minikeras._fast.windows cimport (
    AXES,
    Window,
    as_flat,
    delivered,
    describe,
    flat_result,
    has_shape,
    places_of,
    shape_of_result,
    taps_of,
)

import_array()

# --- Kernels --------------------------------------------------------------------------

def convolution(x, kernel, *, strides, padding, dilation, groups, out=None):
    """out[o, f] = Σ_{t, c} x[o·strides + t·dilation - before, c] kernel[t, c, f]."""
    result = convolved(
        x, kernel, None, False, strides, padding, dilation, groups, out
    )
    if result is not None:
        return result
    return otherwise(
        "convolution", (x, kernel),
        parameters(strides, padding, dilation, groups, out),
    )


def convolution_bias(x, kernel, bias, *, strides, padding, dilation, groups, out=None):
    """convolution(x, kernel) + bias, with the bits of two calls."""
    result = convolved(x, kernel, bias, False, strides, padding, dilation, groups, out)
    if result is not None:
        return result
    return otherwise(
        "convolution_bias", (x, kernel, bias),
        parameters(strides, padding, dilation, groups, out),
    )


def convolution_bias_relu(
    x, kernel, bias, *, strides, padding, dilation, groups, out=None
):
    """max(convolution(x, kernel) + bias, 0), with the bits of three calls."""
    result = convolved(x, kernel, bias, True, strides, padding, dilation, groups, out)
    if result is not None:
        return result
    return otherwise(
        "convolution_bias_relu", (x, kernel, bias),
        parameters(strides, padding, dilation, groups, out),
    )


def convolution_input_grad(
    grad, x, kernel, *, strides, padding, dilation, groups, out=None
):
    """out[o·strides + t·dilation - before, c] = Σ_{t, f} grad[o, f] kernel[t, c, f]."""
    result = convolved_back(
        grad, x, kernel, strides, padding, dilation, groups, out
    )
    if result is not None:
        return result
    return otherwise(
        "convolution_input_grad", (grad, x, kernel),
        parameters(strides, padding, dilation, groups, out),
    )


def convolution_kernel_grad(
    grad, x, kernel, *, strides, padding, dilation, groups, out=None
):
    """out[t, c, f] = Σ_o x[o·strides + t·dilation - before, c] grad[o, f]."""
    result = correlated(grad, x, kernel, strides, padding, dilation, groups, out)
    if result is not None:
        return result
    return otherwise(
        "convolution_kernel_grad", (grad, x, kernel),
        parameters(strides, padding, dilation, groups, out),
    )


cdef dict parameters(strides, padding, dilation, groups, out):
    return {
        "strides": strides,
        "padding": padding,
        "dilation": dilation,
        "groups": groups,
        "out": out,
    }


cdef object convolved(
    object x, object kernel, object bias, bint rectifies, object strides,
    object padding, object dilation, object groups, object out
):
    """Returns a convolution, or None if it is not for compiled code."""
    cdef Sweep sweep
    cdef npy_intp shape[AXES + 2]
    cdef int ndim, type
    if not (is_native(x, NPY_FLOAT) or is_native(x, NPY_DOUBLE)):
        return None
    type = PyArray_TYPE(<ndarray> x)
    if not (
        is_native(kernel, type)
        and describe(x, kernel, strides, padding, dilation, groups, &sweep.window)
    ):
        return None
    ndim = PyArray_NDIM(<ndarray> x)
    shape_of_result(&sweep.window, ndim, shape)
    if bias is not None and not (
        is_native(bias, type) and PyArray_NDIM(<ndarray> bias) == 1
        and PyArray_DIMS(<ndarray> bias)[0] == shape[ndim - 1]
    ):
        return None
    result = flat_result(out, type, ndim, shape, (x, kernel, bias))
    x, kernel = as_flat(x), as_flat(kernel)
    if result is None or x is None or kernel is None:
        return None
    if bias is not None:
        bias = as_flat(bias)
        if bias is None:
            return None
    sweep.back, sweep.rectifies = False, rectifies
    sweep.bias = NULL if bias is None else <char*> PyArray_DATA(<ndarray> bias)
    run_sweep(&sweep, x, kernel, result)
    return delivered(result, out)


cdef object convolved_back(
    object grad, object x, object kernel, object strides, object padding,
    object dilation, object groups, object out
):
    """Returns the gradient of the input, or None if it is not for compiled code."""
    cdef Sweep sweep
    cdef npy_intp shape[AXES + 2]
    cdef int ndim, type
    if not (is_native(grad, NPY_FLOAT) or is_native(grad, NPY_DOUBLE)):
        return None
    type = PyArray_TYPE(<ndarray> grad)
    if not (
        is_native(kernel, type) and is_native(x, type)
        and describe(x, kernel, strides, padding, dilation, groups, &sweep.window)
    ):
        return None
    ndim = PyArray_NDIM(<ndarray> x)
    shape_of_result(&sweep.window, ndim, shape)
    if not has_shape(grad, ndim, shape):
        return None
    result = flat_result(out, type, ndim, PyArray_DIMS(<ndarray> x), (grad, kernel))
    grad, kernel = as_flat(grad), as_flat(kernel)
    if result is None or grad is None or kernel is None:
        return None
    sweep.back, sweep.rectifies, sweep.bias = True, False, NULL
    run_sweep(&sweep, grad, kernel, result)
    return delivered(result, out)


cdef int run_sweep(
    Sweep* sweep, ndarray source, ndarray kernel, ndarray out
) except -1:
    """Computes `out`, now or in a replay."""
    sweep.itemsize = PyArray_ITEMSIZE(source)
    sweep.source = <char*> PyArray_DATA(source)
    sweep.kernel = <char*> PyArray_DATA(kernel)
    sweep.out = <char*> PyArray_DATA(out)
    return perform_sweep(sweep)


cdef object correlated(
    object grad, object x, object kernel, object strides, object padding,
    object dilation, object groups, object out
):
    """Returns the gradient of the kernel, or None if it is not for compiled code."""
    cdef KernelGrad task
    cdef Window* window = &task.window
    cdef npy_intp shape[AXES + 2]
    cdef int ndim, type
    if not (is_native(x, NPY_FLOAT) or is_native(x, NPY_DOUBLE)):
        return None
    type = PyArray_TYPE(<ndarray> x)
    if not (
        is_native(grad, type) and is_native(kernel, type)
        and describe(x, kernel, strides, padding, dilation, groups, window)
    ):
        return None
    ndim = PyArray_NDIM(<ndarray> x)
    shape_of_result(window, ndim, shape)
    if not has_shape(grad, ndim, shape):
        return None
    result = flat_result(out, type, ndim, PyArray_DIMS(<ndarray> kernel), (grad, x))
    grad, x = as_flat(grad), as_flat(x)
    if result is None or grad is None or x is None:
        return None
    task.itemsize = PyArray_ITEMSIZE(<ndarray> x)
    task.grad = <char*> PyArray_DATA(<ndarray> grad)
    task.x = <char*> PyArray_DATA(<ndarray> x)
    task.out = <char*> PyArray_DATA(<ndarray> result)
    perform(
        correlate, &task, sizeof(task),
        window.images * places_of(window) * taps_of(window)
        * window.groups * window.channels * window.filters,
    )
    return delivered(result, out)

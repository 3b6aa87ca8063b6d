"""Attention, whose weights are never all in memory. Contract: reference/attention.py.

Here arrays are looked at; heads.pyx tells what is done with them. Heads do not depend on
each other, and threads take them one by one.
"""

from numpy cimport (
    NPY_ARRAY_ALIGNED,
    NPY_BOOL,
    NPY_DOUBLE,
    NPY_FLOAT,
    PyArray_CheckExact,
    PyArray_CopyInto,
    PyArray_DATA,
    PyArray_DIMS,
    PyArray_EMPTY,
    PyArray_FLAGS,
    PyArray_ITEMSIZE,
    PyArray_NDIM,
    PyArray_STRIDES,
    PyArray_TYPE,
    import_array,
    ndarray,
    npy_intp,
)

from minikeras._fast.arrays cimport is_native, is_writeable, otherwise
from minikeras._fast.heads cimport Heads, Looking, find_doubles, find_floats
from minikeras._fast.tasks cimport noting, perform_parts

import_array()

cdef enum:
    GRAIN = 1 << 18         # multiplications that are worth a thread


def attention(query, key, value, *, causal, scale, out=None):
    """out_i = Σ_j p_ij v_j,   p_i = softmax_j(scale · q_i · k_j), for each head."""
    cdef object result = looked(query, key, value, None, causal, scale, out)
    if result is None:
        result = otherwise(
            "attention", (query, key, value),
            {"causal": causal, "scale": scale, "out": out},
        )
    return result


def masked_attention(query, key, value, mask, *, causal, scale, out=None):
    """Does the same where only those keys are seen for which `mask` is True."""
    cdef object result = None
    if is_native(mask, NPY_BOOL):
        result = looked(query, key, value, mask, causal, scale, out)
    if result is None:
        result = otherwise(
            "masked_attention", (query, key, value, mask),
            {"causal": causal, "scale": scale, "out": out},
        )
    return result


def attention_grad(grad, query, key, value, *, causal, scale, out=None):
    """The gradients of `attention` with respect to query, key and value."""
    cdef object result = looked_back(grad, query, key, value, None, causal, scale, out)
    if result is None:
        result = otherwise(
            "attention_grad", (grad, query, key, value),
            {"causal": causal, "scale": scale, "out": out},
        )
    return result


def masked_attention_grad(grad, query, key, value, mask, *, causal, scale, out=None):
    """The gradients of `masked_attention` with respect to query, key and value."""
    cdef object result = None
    if is_native(mask, NPY_BOOL):
        result = looked_back(grad, query, key, value, mask, causal, scale, out)
    if result is None:
        result = otherwise(
            "masked_attention_grad", (grad, query, key, value, mask),
            {"causal": causal, "scale": scale, "out": out},
        )
    return result


cdef object looked(
    object query, object key, object value, object mask, object causal, object scale,
    object out
):
    """Attends; returns None if this is not for compiled code."""
    cdef Looking look
    cdef npy_intp shape[4]
    cdef ndarray result
    if not describe(query, key, value, mask, causal, scale, &look, shape):
        return None
    result = result_for(out, <ndarray> query, shape)
    if result is None or not locate(result, &look.found):
        return None
    run(&look, PyArray_TYPE(<ndarray> query), shape[0])
    return finished(result, out)


cdef object looked_back(
    object grad, object query, object key, object value, object mask, object causal,
    object scale, object out
):
    """Computes gradients; returns None if this is not for compiled code."""
    cdef Looking look
    cdef npy_intp shape[4]
    cdef ndarray query_grad, key_grad, value_grad
    cdef object into = (None, None, None) if out is None else out
    if not describe(query, key, value, mask, causal, scale, &look, shape):
        return None
    if not (
        is_native(grad, PyArray_TYPE(<ndarray> query))
        and has_shape(<ndarray> grad, shape)
        and locate(<ndarray> grad, &look.found)
    ):
        return None
    query_grad = result_for(into[0], <ndarray> query, PyArray_DIMS(<ndarray> query))
    key_grad = result_for(into[1], <ndarray> query, PyArray_DIMS(<ndarray> key))
    value_grad = result_for(into[2], <ndarray> query, PyArray_DIMS(<ndarray> value))
    if query_grad is None or key_grad is None or value_grad is None:
        return None
    if not (
        locate(query_grad, &look.query_grad)
        and locate(key_grad, &look.key_grad)
        and locate(value_grad, &look.value_grad)
    ):
        return None
    run(&look, PyArray_TYPE(<ndarray> query), shape[0])
    return (
        finished(query_grad, into[0]),
        finished(key_grad, into[1]),
        finished(value_grad, into[2]),
    )


cdef void run(Looking* look, int type, Py_ssize_t samples):
    """Runs the task: all heads of all samples."""
    cdef Py_ssize_t each = (
        look.queries * look.keys * (look.features + look.found_features)
    )
    perform_parts(
        find_floats if type == NPY_FLOAT else find_doubles, look, sizeof(Looking),
        samples * look.heads, max(<Py_ssize_t> 1, GRAIN // max(1, each)), 0,
    )


cdef bint describe(
    object query, object key, object value, object mask, object causal, object scale,
    Looking* look, npy_intp* shape
) except -1:
    """Fills in what is given, and the shape of the result; False if that won't do."""
    cdef npy_intp* q
    cdef npy_intp* k
    cdef npy_intp* v
    cdef int type
    if not PyArray_CheckExact(query):
        return False
    type = PyArray_TYPE(<ndarray> query)
    if not (
        (type == NPY_FLOAT or type == NPY_DOUBLE)
        and is_native(query, type)
        and is_native(key, type)
        and is_native(value, type)
        and locate(<ndarray> query, &look.query)
        and locate(<ndarray> key, &look.key)
        and locate(<ndarray> value, &look.value)
    ):
        return False
    q, k, v = (
        PyArray_DIMS(<ndarray> query), PyArray_DIMS(<ndarray> key),
        PyArray_DIMS(<ndarray> value),
    )
    if not (
        q[0] == k[0] and k[0] == v[0] and k[1] == v[1] and q[2] == k[2]
        and k[2] == v[2] and q[3] == k[3]
    ):
        return False
    shape[0], shape[1], shape[2], shape[3] = q[0], q[1], q[2], v[3]
    look.queries, look.keys, look.heads = q[1], k[1], q[2]
    look.features, look.found_features = q[3], v[3]
    look.causal, look.scale = causal, scale
    look.query_grad.data = look.key_grad.data = look.value_grad.data = NULL
    look.mask = NULL
    if look.keys == 0 or look.features == 0:
        return False    # nothing to find
    return mask is None or describe_mask(<ndarray> mask, look, q[0])


cdef bint describe_mask(ndarray mask, Looking* look, Py_ssize_t samples):
    """Fills in where the mask is; False if it does not fit."""
    cdef npy_intp* sides = PyArray_DIMS(mask)
    cdef npy_intp* distances = PyArray_STRIDES(mask)
    if PyArray_NDIM(mask) != 4 or not (
        (sides[0] == 1 or sides[0] == samples)
        and (sides[1] == 1 or sides[1] == look.heads)
        and (sides[2] == 1 or sides[2] == look.queries)
        and (sides[3] == 1 or sides[3] == look.keys)
    ):
        return False
    look.mask = <const unsigned char*> PyArray_DATA(mask)
    look.mask_sample = 0 if sides[0] == 1 else distances[0]
    look.mask_head = 0 if sides[1] == 1 else distances[1]
    look.mask_query = 0 if sides[2] == 1 else distances[2]
    look.mask_key = 0 if sides[3] == 1 else distances[3]
    return True


cdef bint locate(ndarray x, Heads* heads):
    """Fills in where an array is; False if its numbers are at odd distances."""
    cdef npy_intp* distances = PyArray_STRIDES(x)
    cdef Py_ssize_t itemsize = PyArray_ITEMSIZE(x)
    cdef int axis
    if PyArray_NDIM(x) != 4 or not PyArray_FLAGS(x) & NPY_ARRAY_ALIGNED:
        return False
    for axis in range(4):
        if distances[axis] % itemsize:
            return False
    heads.data = <char*> PyArray_DATA(x)
    heads.sample, heads.time = distances[0] // itemsize, distances[1] // itemsize
    heads.head, heads.feature = distances[2] // itemsize, distances[3] // itemsize
    return True


cdef bint has_shape(ndarray x, const npy_intp* shape):
    cdef int axis
    if PyArray_NDIM(x) != 4:
        return False
    for axis in range(4):
        if PyArray_DIMS(x)[axis] != shape[axis]:
            return False
    return True


cdef ndarray result_for(object out, ndarray like, npy_intp* shape):
    """Returns where to write a result: `out` if its rows are runs of numbers.

    Else an array to copy from; None if `out` does not fit, or nothing may be copied.
    """
    cdef int type = PyArray_TYPE(like)
    if out is not None:
        if not (
            is_native(out, type) and is_writeable(<ndarray> out)
            and has_shape(<ndarray> out, shape)
        ):
            return None
        if (
            PyArray_STRIDES(<ndarray> out)[3] == PyArray_ITEMSIZE(like)
            and PyArray_FLAGS(<ndarray> out) & NPY_ARRAY_ALIGNED
        ):
            return <ndarray> out
        if noting():
            return None
    return PyArray_EMPTY(4, shape, type, 0)


cdef object finished(ndarray result, object out):
    """Returns the result in `out`."""
    if out is None or result is out:
        return result
    PyArray_CopyInto(<ndarray> out, result)
    return out

"""ops that normalize: what they take, and what is said of what does not fit."""

import numpy as np
import pytest

from minikeras import ops

X = np.array([[1.0, 2.0, 3.0], [4.0, 6.0, 9.0]], "float32")


def test_batch_normalization_along_either_axis():
    mean, variance = np.array([1.0, 2.0]), np.array([4.0, 0.25])
    scale, offset = np.array([2.0, 1.0]), np.array([0.5, -0.5])
    expected = (X - mean[:, None]) / np.sqrt(variance + 0.01)[:, None]
    plain = ops.batch_normalization(X, mean, variance, 0, epsilon=0.01)
    np.testing.assert_allclose(plain.numpy(), expected, rtol=1e-6)
    expected = expected * scale[:, None] + offset[:, None]
    full = ops.batch_normalization(X.T, mean, variance, -1, offset, scale, 0.01)
    np.testing.assert_allclose(full.numpy().T, expected, rtol=1e-6)
    assert full.dtype == "float64"


def test_layer_normalization_with_either_scale():
    row = np.array([1.0, 2.0, 3.0], "float32")
    plain = ops.layer_normalization(X).numpy()
    np.testing.assert_allclose(plain.mean(-1), 0.0, atol=1e-6)
    np.testing.assert_allclose(plain.var(-1), 1.0, rtol=1e-5)
    scaled = ops.layer_normalization(X, gamma=row).numpy()
    np.testing.assert_allclose(scaled, plain * row, rtol=1e-6)
    shifted = ops.layer_normalization(X, beta=row).numpy()
    np.testing.assert_allclose(shifted, plain + row, rtol=1e-6)
    both = ops.layer_normalization(X, X, X, axis=[1, 0]).numpy()
    expected = (X - X.mean()) / X.std() * X + X
    np.testing.assert_allclose(both, expected, rtol=1e-5)


def test_layer_normalization_without_the_mean():
    expected = X / np.sqrt(X.var(-1, keepdims=True) + 1e-3)
    with pytest.warns(UserWarning, match="rms_normalization"):
        scaled = ops.layer_normalization(X, epsilon=1e-3, rms_scaling=True)
    np.testing.assert_allclose(scaled.numpy(), expected, rtol=1e-6)


def test_rms_normalization_along_several_axes():
    expected = X / np.sqrt(np.mean(X * X))
    np.testing.assert_allclose(
        ops.rms_normalization(X, 2.0, axis=(0, 1)).numpy(), 2 * expected, rtol=1e-6
    )
    np.testing.assert_allclose(
        ops.rms_normalization(X, X, axis=[-1, 0]).numpy(), X * expected, rtol=1e-6
    )


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ops.batch_normalization(X, X, X, 0), ValueError, r"shape \(2, 3\)"),
        (
            lambda: ops.batch_normalization(X, X[0], X[0], 0),
            ValueError,
            r"each of its size or 1; got shape \(3, 1\)",
        ),
        (lambda: ops.batch_normalization(X, 0.0, 1.0, 0), ValueError, r"shape \(\)"),
        (lambda: ops.layer_normalization(X, axis=2), ValueError, "out of bounds"),
        (lambda: ops.layer_normalization(X, X), ValueError, r"the axes \(1,\)"),
        (lambda: ops.layer_normalization(X, foo=1), TypeError, "'foo'"),
        (lambda: ops.rms_normalization(X, X), ValueError, r"the axes \(1,\)"),
    ],
)
def test_mistakes_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()

"""Products: against NumPy, their dtypes, and what is refused."""

import numpy as np
import pytest

from minikeras import ops

generator = np.random.default_rng(0)
MATRIX, SQUARE = generator.normal(size=(3, 4)), generator.normal(size=(3, 3))
CUBE = generator.normal(size=(2, 3, 4))

EINSUMS = [
    ("ij,jk->ik", (3, 4), (4, 2)),
    ("ij,jk", (3, 4), (4, 2)),
    ("ji,jk", (4, 3), (4, 2)),
    ("i,j", (3,), (4,)),
    ("i,i", (3,), (3,)),
    ("ij,ij->j", (3, 4), (3, 4)),
    ("ij->", (3, 4)),
    ("ij->ji", (3, 4)),
    ("ba", (3, 4)),
    ("ii", (3, 3)),
    ("ii->i", (3, 3)),
    ("iij->j", (3, 3, 2)),
    ("iiji->ij", (3, 3, 2, 3)),
    ("ijij->ij", (2, 3, 2, 3)),
    ("bhqd,bhkd->bhqk", (2, 3, 4, 5), (2, 3, 6, 5)),
    ("abcd,cde->abe", (2, 3, 4, 5), (4, 5, 2)),
    ("ij,jk,kl->il", (2, 3), (3, 4), (4, 5)),
    ("ij,jk,ki->", (2, 3), (3, 4), (4, 2)),
    ("a,b,c->cab", (2,), (3,), (4,)),
    ("ab,c->", (2, 3), (4,)),
    ("ab,bc->c", (2, 3), (3, 4)),
    ("...ij,...jk->...ik", (5, 2, 3), (3, 4)),
    ("...ij,...jk->...ik", (5, 1, 2, 3), (6, 3, 4)),
    ("i...,i...->...", (3, 2, 4), (3, 4)),
    ("...i->...", (2, 3, 4)),
    ("...", (2, 3)),
    ("i...->...i", (2, 3, 4)),
    ("...ii->...i", (2, 3, 3)),
    ("ij , jk -> ik", (3, 4), (4, 2)),
    (",ij->ij", (), (2, 3)),
    ("ij->", (0, 3)),
    ("ij,jk->ik", (2, 0), (0, 3)),
]


def values(result):
    return result.numpy().tolist()


@pytest.mark.parametrize(("subscripts", "shapes"), [(s, x) for s, *x in EINSUMS])
def test_einsum_is_that_of_numpy(subscripts, shapes):
    operands = [generator.normal(size=shape) for shape in shapes]
    result = ops.einsum(subscripts, *operands)
    expected = np.einsum(subscripts, *operands)
    assert result.shape == expected.shape
    np.testing.assert_allclose(result.numpy(), expected, atol=1e-13)


@pytest.mark.parametrize(
    ("subscripts", "shapes"),
    [
        ("ij,jk->ik", [(2, 3)]),
        ("ij", [(2, 3, 4)]),
        ("ijk", [(2, 3)]),
        ("i->ij", [(2,)]),
        ("ij->ii", [(2, 3)]),
        ("ij,jk->ik", [(2, 3), (4, 5)]),
        ("...i->i", [(2, 3)]),
        ("i2->i", [(2, 3)]),
        ("...i,...i->...", [(2, 3), (4, 3)]),
    ],
)
def test_einsum_refuses_what_does_not_fit(subscripts, shapes):
    with pytest.raises(ValueError, match="einsum"):
        ops.einsum(subscripts, *map(np.ones, shapes))


def test_einsum_takes_no_options():
    with pytest.raises(TypeError, match="optimize"):
        ops.einsum("ij->ji", MATRIX, optimize=True)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda: ops.dot(CUBE, MATRIX.T), np.dot(CUBE, MATRIX.T)),
        (
            lambda: ops.dot(MATRIX, CUBE.swapaxes(1, 2)),
            np.dot(MATRIX, CUBE.swapaxes(1, 2)),
        ),
        (lambda: ops.dot(3.0, MATRIX), 3.0 * MATRIX),
        (lambda: ops.dot(MATRIX, MATRIX[0]), MATRIX @ MATRIX[0]),
        (lambda: ops.vdot(MATRIX, MATRIX), np.vdot(MATRIX, MATRIX)),
        (lambda: ops.outer(MATRIX, MATRIX[0]), np.outer(MATRIX, MATRIX[0])),
        (lambda: ops.tensordot(CUBE, MATRIX, axes=2), np.tensordot(CUBE, MATRIX)),
        (
            lambda: ops.tensordot(CUBE, MATRIX, axes=([1, -1], [0, 1])),
            np.tensordot(CUBE, MATRIX, ([1, -1], [0, 1])),
        ),
        (lambda: ops.tensordot(CUBE, MATRIX, axes=0), np.tensordot(CUBE, MATRIX, 0)),
        (lambda: ops.trace(CUBE, 1, 2, 1), np.trace(CUBE, 1, 2, 1)),
        (lambda: ops.cross(SQUARE, SQUARE[0]), np.cross(SQUARE, SQUARE[0])),
        (
            lambda: ops.cross(SQUARE, SQUARE.T, axisa=0, axisb=1, axisc=0),
            np.cross(SQUARE, SQUARE.T, axisa=0, axisb=1, axisc=0),
        ),
    ],
)
def test_products_are_those_of_numpy(call, expected):
    np.testing.assert_allclose(call().numpy(), expected, atol=1e-13)


def test_cross_products_in_the_plane():
    assert values(ops.cross([1.0, 0.0], [0.0, 1.0])) == 1.0
    assert values(ops.cross([1.0, 0.0, 0.0], [0.0, 1.0])) == [0.0, 0.0, 1.0]


def test_integers_are_multiplied_exactly():
    large = np.array([[2**26 + 1, 1]], "int64")
    assert values(ops.matmul(large, [[2**26 - 1], [1]])) == [[2**52]]
    assert (
        ops.matmul(np.ones((1, 200), "int8"), np.ones((200, 1), "int8")).item() == 200
    )
    assert ops.trace(np.full((3, 3), 100, "uint8")).item() == 300


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ops.matmul(MATRIX, MATRIX), "matmul needs"),
        (lambda: ops.matmul(MATRIX, 2.0), "at least one axis"),
        (lambda: ops.tensordot(MATRIX, MATRIX, axes=1), "equal sizes"),
        (lambda: ops.tensordot(MATRIX, MATRIX, axes=([0], [0, 1])), "equal sizes"),
        (lambda: ops.tensordot(MATRIX, MATRIX[0], axes=2), "as many on both"),
        (lambda: ops.cross(MATRIX, MATRIX), "2 or 3 numbers"),
        (lambda: ops.trace(MATRIX[0]), "two axes"),
    ],
)
def test_what_does_not_fit_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()

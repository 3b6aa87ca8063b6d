"""Nested structures: what is taken apart can be put together again."""

from collections import namedtuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras import tree

Pair = namedtuple("Pair", "left right")

STRUCTURES = st.recursive(
    st.integers() | st.none() | st.text(max_size=2),
    lambda parts: st.one_of(
        st.lists(parts, max_size=3),
        st.tuples(parts, parts),
        st.dictionaries(st.text(max_size=2), parts, max_size=3),
        st.builds(Pair, parts, parts),
    ),
    max_leaves=12,
)


@given(STRUCTURES)
def test_packing_undoes_flattening(structure):
    assert tree.pack_sequence_as(structure, tree.flatten(structure)) == structure


@given(STRUCTURES)
def test_mapping_maps_the_leaves(structure):
    mapped = tree.map_structure(lambda x: (x, x), structure)
    leaves = [(x, x) for x in tree.flatten(structure)]
    assert mapped == tree.pack_sequence_as(structure, leaves)


@given(STRUCTURES)
def test_several_structures_are_mapped_leaf_by_leaf(structure):
    pairs = tree.map_structure(lambda x, y: (x, y), structure, structure)
    assert pairs == tree.map_structure(lambda x: (x, x), structure)


@given(STRUCTURES)
def test_none_stays_none_if_it_is_no_leaf(structure):
    kept = tree.map_structure(lambda x: x, structure, none_is_leaf=False)
    assert kept == structure
    counted = []
    tree.map_structure(counted.append, structure, none_is_leaf=False)
    assert None not in counted


@pytest.mark.parametrize("other", [[1], (1, 2), [1, (2,)], {"a": 1}])
def test_structures_that_differ_are_refused(other):
    with pytest.raises((ValueError, TypeError)):
        tree.map_structure(lambda x, y: x + y, [1, [2]], other)


@pytest.mark.parametrize("leaves", [[], [1], [1, 2, 3]])
def test_another_number_of_leaves_is_refused(leaves):
    with pytest.raises(ValueError, match="needs 2 leaves"):
        tree.pack_sequence_as([0, (0,)], leaves)

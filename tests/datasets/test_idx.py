import struct

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from minikeras.datasets.idx import parse_idx, read_splits
from tests.datasets.tiny_files import (
    assert_tiny,
    encode_idx,
    gzip_contents,
    tiny_file_set,
    write_files,
)

byte_arrays = arrays(np.uint8, array_shapes(min_dims=1, max_dims=3, max_side=5))


@given(array=byte_arrays)
def test_parse_returns_what_was_written(array):
    parsed = parse_idx(encode_idx(array), array.ndim, "file")
    np.testing.assert_array_equal(parsed, array)
    assert parsed.dtype == np.uint8
    assert parsed.flags.writeable


def test_bytes_are_read_as_the_format_says():
    content = bytes.fromhex("00000803 00000001 00000002 00000003 010203 0405ff")
    assert parse_idx(content, 3, "file").tolist() == [[[1, 2, 3], [4, 5, 255]]]


@given(array=byte_arrays, data=st.data())
def test_every_cut_file_is_refused_by_name(array, data):
    content = encode_idx(array)
    length = data.draw(st.integers(0, len(content) - 1))
    with pytest.raises(ValueError, match="the-name"):
        parse_idx(content[:length], array.ndim, "the-name")


@given(array=byte_arrays, more=st.binary(min_size=1, max_size=9))
def test_bytes_to_spare_are_refused(array, more):
    with pytest.raises(ValueError, match="bytes to spare"):
        parse_idx(encode_idx(array) + more, array.ndim, "file")


@given(array=byte_arrays, lengths=st.data())
def test_lengths_that_disagree_with_the_file_are_refused(array, lengths):
    length = st.one_of(st.integers(0, 9), st.integers(0, 2**32 - 1))
    shape = lengths.draw(st.tuples(*[length] * array.ndim))
    assume(int(np.prod(shape, dtype=object)) != array.size)
    content = bytearray(encode_idx(array))
    struct.pack_into(f">{array.ndim}I", content, 4, *shape)
    with pytest.raises(ValueError, match=r"bytes to spare|is empty"):
        parse_idx(bytes(content), array.ndim, "file")


@pytest.mark.parametrize(
    "shape",
    [
        (2**32 - 1, 2**32 - 1, 2**32 - 1),
        (2**16, 2**16, 1),  # 0 elements, counted in 32 bits
        (2**31, 2**31, 4),  # 0 elements, counted in 64 bits
    ],
)
def test_huge_lengths_are_refused_without_allocating(shape):
    content = bytes([0, 0, 8, 3]) + struct.pack(">3I", *shape)
    with pytest.raises(ValueError, match=r"cut off .* needs \d+ bytes; got 16"):
        parse_idx(content, 3, "file")


@pytest.mark.parametrize("shape", [(0, 28, 28), (0, 2**32 - 1, 2**32 - 1)])
def test_a_file_without_elements_is_refused(shape):
    content = bytes([0, 0, 8, 3]) + struct.pack(">3I", *shape)
    with pytest.raises(ValueError, match="is empty"):
        parse_idx(content, 3, "file")


@pytest.mark.parametrize(
    "magic",
    ["01 00 08 01", "00 01 08 01", "00 00 09 01", "00 00 0d 01", "00 00 08 03"],
)
def test_another_format_type_or_number_of_axes_is_refused(magic):
    content = bytes.fromhex(magic) + bytes.fromhex("00000001 05")
    with pytest.raises(ValueError, match=f"00 00 08 01; got '{magic}'"):
        parse_idx(content, 1, "file")


def test_splits_come_in_the_order_of_keras(tmp_path):
    folder = write_files(tmp_path / "data", gzip_contents())
    assert_tiny(read_splits(folder, tiny_file_set("").files))

"""Golden files give back what was written, and stay small."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.accuracy import assert_same_bits
from tests.golden import golden_files
from tests.strategies import arrays

FAMILIES = sorted(path.stem for path in golden_files.FOLDER.glob("*.json"))


@pytest.mark.parametrize("dtype", sorted(golden_files.DTYPES))
@given(data=st.data())
def test_an_array_reads_back_to_the_bit(dtype, data):
    x = data.draw(arrays(dtype))
    again = written_and_read({"x": x})["x"]
    assert_same_bits(again, x)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        3,
        0.1,
        "a\x1b[1m\b\r\n━ ",
        [1, [2.5, None]],
        (1, (2, [3])),
        {},
        {"a": {"b": (1,)}},
        {0: 2.0, 2: 0.5},
        {1: np.float32(0.25)},
    ],
    ids=repr,
)
def test_a_value_reads_back_with_its_type(value):
    again = written_and_read({"value": value})["value"]
    assert again == value
    assert type(again) is type(value)


def test_what_json_cannot_hold_is_refused():
    with pytest.raises(TypeError, match="can't hold a set"):
        golden_files.to_text({}, [{"name": "odd", "value": {1, 2}}])


def test_two_cases_of_one_name_are_refused():
    with pytest.raises(ValueError, match="must be unique in nothing"):
        golden_files.write("nothing", {}, [{"name": "twice"}, {"name": "twice"}])


@pytest.mark.parametrize("family", FAMILIES)
def test_every_case_has_a_name_of_its_own(family):
    names = [case["name"] for case in golden_files.read(family)]
    assert len(names) > 1
    assert len(set(names)) == len(names)


def test_the_files_are_small_together():
    sizes = [path.stat().st_size for path in golden_files.FOLDER.glob("*.json")]
    assert sum(sizes) < 2_000_000


def written_and_read(case):
    """Returns a case as it comes back from the text of a golden file."""
    (again,) = golden_files.from_text(golden_files.to_text({}, [{"name": "it"} | case]))
    return again

"""Pictures as arrays: as Keras has them, to a file and back."""

import io

import numpy as np
import pytest

from minikeras.preprocessing.image import array_to_img, img_to_array, load_img, save_img
from tests.golden.golden_files import read

CASES = [c for c in read("arrays") if c["name"].startswith("pictures")]
SQUARES = np.arange(24).reshape(4, 2, 3) * 10  # 4 high, 2 wide


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_as_in_keras(case):
    if "error" in case:
        with pytest.raises(ValueError, match="array_to_img needs"):
            array_to_img(case["values"], **case["settings"])
        return
    picture = array_to_img(case["values"], **case["settings"])
    order = case["settings"].get("data_format")
    values = img_to_array(picture, data_format=order)
    np.testing.assert_array_equal(values, case["result"])
    assert values.dtype == case["result"].dtype


def test_one_channel_of_large_values_keeps_them():
    values = np.array([[[0.0], [300.0]], [[7.0], [70_000.0]]])
    picture = array_to_img(values, scale=False)
    assert picture.mode == "I"
    np.testing.assert_array_equal(img_to_array(picture), values)


def test_a_picture_of_one_colour_is_black():
    assert not np.asarray(array_to_img(np.full((2, 2, 3), 5.0))).any()


@pytest.mark.parametrize("suffix", ["png", "bmp"])
def test_a_file_gives_back_what_was_written(tmp_path, suffix):
    path = tmp_path / f"squares.{suffix}"
    save_img(path, SQUARES, scale=False)
    np.testing.assert_array_equal(img_to_array(load_img(path)), SQUARES)


def test_a_format_for_what_has_no_suffix():
    file = io.BytesIO()
    save_img(file, SQUARES, file_format="png", scale=False)
    np.testing.assert_array_equal(img_to_array(load_img(file)), SQUARES)


def test_jpg_is_jpeg_and_says_that_transparency_is_lost(tmp_path):
    path = tmp_path / "squares.jpg"
    with pytest.warns(UserWarning, match="JPEG knows no transparency"):
        save_img(path, np.zeros((4, 2, 4)))
    assert load_img(path).mode == "RGB"


@pytest.mark.parametrize(
    ("color_mode", "shape"),
    [("grayscale", (4, 2, 1)), ("rgb", (4, 2, 3)), ("rgba", (4, 2, 4))],
)
def test_color_modes(tmp_path, color_mode, shape):
    save_img(tmp_path / "squares.png", SQUARES)
    picture = load_img(tmp_path / "squares.png", color_mode=color_mode)
    assert img_to_array(picture).shape == shape


def test_resizing_to_a_height_and_a_width(tmp_path):
    save_img(tmp_path / "squares.png", SQUARES, scale=False)
    small = load_img(tmp_path / "squares.png", target_size=(2, 1))
    assert img_to_array(small).shape == (2, 1, 3)
    same = load_img(tmp_path / "squares.png", target_size=(4, 2))
    np.testing.assert_array_equal(img_to_array(same), SQUARES)


def test_keeping_the_aspect_ratio_cuts_out_the_middle(tmp_path):
    save_img(tmp_path / "squares.png", SQUARES, scale=False)
    square = load_img(
        tmp_path / "squares.png", target_size=(2, 2), keep_aspect_ratio=True
    )
    np.testing.assert_array_equal(img_to_array(square), SQUARES[1:3])


def test_mistakes(tmp_path):
    save_img(tmp_path / "squares.png", SQUARES)
    with pytest.raises(ValueError, match="color_mode must be"):
        load_img(tmp_path / "squares.png", color_mode="cmyk")
    with pytest.raises(ValueError, match="interpolation must be one of nearest"):
        load_img(tmp_path / "squares.png", target_size=(2, 2), interpolation="cubic")
    with pytest.raises(TypeError, match=r"needs a path or io.BytesIO; got a int"):
        load_img(3)
    with pytest.raises(FileNotFoundError):
        load_img(tmp_path / "none.png")
    with pytest.raises(ValueError, match="data_format must be"):
        img_to_array(SQUARES, data_format="last")
    with pytest.raises(ValueError, match=r"array of shape \(2,\)"):
        img_to_array(np.zeros(2))

"""Datasets of folders: which files they have, with which labels, in which shapes."""

import numpy as np
import pytest

from minikeras import Input, Sequential, layers
from minikeras.preprocessing import (
    image_dataset_from_directory,
    text_dataset_from_directory,
)
from minikeras.utils import save_img

QUIET = {"verbose": False, "shuffle": False}
SIZE = {"image_size": (4, 6), "interpolation": "nearest"}


@pytest.fixture
def pictures(tmp_path):
    """Folders `dark` and `light` with three and two pictures, and a stray file."""
    for name, values in (("dark", (0, 10, 20)), ("light", (200, 250))):
        (tmp_path / name / "inner").mkdir(parents=True)
        for number, value in enumerate(values):
            folder = tmp_path / name / ("inner" if number == 1 else "")
            picture = np.full((8, 12, 3), value)
            save_img(folder / f"{number}.PNG", picture, file_format="png", scale=False)
    (tmp_path / "light" / "readme.md").write_text("no picture")
    return tmp_path


@pytest.fixture
def texts(tmp_path):
    """Folders `bad` and `good` with two texts each."""
    for name in ("good", "bad"):
        (tmp_path / name).mkdir()
        for number in range(2):
            (tmp_path / name / f"{number}.txt").write_text(f"{name} text {number}")
    return tmp_path


def whole(dataset):
    """Returns all batches of a dataset, put together."""
    parts = [dataset[i] for i in range(len(dataset))]
    return tuple(np.concatenate(part) for part in zip(*parts, strict=True))


def test_pictures_come_with_the_numbers_of_their_folders(pictures, capsys):
    dataset = image_dataset_from_directory(
        pictures, shuffle=False, batch_size=2, **SIZE
    )
    assert capsys.readouterr().out == "Found 5 files belonging to 2 classes.\n"
    assert dataset.class_names == ["dark", "light"]
    assert len(dataset) == 3
    x, y = whole(dataset)
    assert (x.shape, x.dtype) == ((5, 4, 6, 3), np.dtype("float32"))
    assert x[:, 0, 0, 0].tolist() == [0, 20, 10, 200, 250]
    assert (y.tolist(), y.dtype) == ([0, 0, 0, 1, 1], np.dtype("int32"))


@pytest.mark.parametrize(
    ("settings", "labels"),
    [
        ({"label_mode": "binary"}, [[0], [0], [0], [1], [1]]),
        ({"label_mode": "categorical"}, [[1, 0]] * 3 + [[0, 1]] * 2),
        ({"class_names": ["light", "dark"]}, [0, 0, 1, 1, 1]),
        ({"labels": [4, 3, 2, 1, 0]}, [4, 3, 2, 1, 0]),
    ],
)
def test_labels(pictures, settings, labels):
    _, y = whole(image_dataset_from_directory(pictures, **settings, **SIZE, **QUIET))
    assert y.tolist() == labels


def test_pictures_without_labels_and_one_by_one(pictures):
    dataset = image_dataset_from_directory(
        pictures, labels=None, label_mode=None, batch_size=None, **SIZE, **QUIET
    )
    assert len(dataset) == 5
    assert dataset[4].shape == (4, 6, 3)
    with pytest.raises(IndexError, match="got index 5"):
        dataset[5]


def test_a_split_gives_each_file_to_one_part(pictures, capsys):
    settings = {"validation_split": 0.4, "seed": 3, **SIZE}
    training, validation = image_dataset_from_directory(
        pictures, subset="both", **settings
    )
    assert capsys.readouterr().out.splitlines()[1:] == [
        "Using 3 files for training.",
        "Using 2 files for validation.",
    ]
    assert len({*training.file_paths, *validation.file_paths}) == 5
    again = image_dataset_from_directory(pictures, subset="validation", **settings)
    assert again.file_paths == validation.file_paths


def test_another_order_in_each_epoch_with_the_right_labels(pictures):
    dataset = image_dataset_from_directory(pictures, seed=1, verbose=False, **SIZE)
    orders = []
    for _ in range(3):
        x, y = whole(dataset)
        assert np.array_equal(x[:, 0, 0, 0] > 100, y == 1)
        orders.append(tuple(x[:, 0, 0, 0]))
        dataset.on_epoch_end()
    assert len(set(orders)) > 1


def test_shapes_of_pictures(tmp_path):
    (tmp_path / "a").mkdir()
    columns = np.repeat([[0, 100, 200]], 2, axis=0)[..., np.newaxis]  # 2 high, 3 wide
    save_img(tmp_path / "a" / "columns.png", columns, scale=False)
    settings = {"color_mode": "grayscale", "interpolation": "nearest", **QUIET}

    def picture(**more):
        dataset = image_dataset_from_directory(tmp_path, **settings, **more)
        return dataset[0][0][0, ..., 0].tolist()

    cut = picture(image_size=(2, 1), crop_to_aspect_ratio=True)
    assert cut == [[100], [100]]
    framed = picture(image_size=(4, 3), pad_to_aspect_ratio=True)
    assert framed == [[0, 0, 0], [0, 100, 200], [0, 100, 200], [0, 0, 0]]
    first = image_dataset_from_directory(
        tmp_path, image_size=(2, 3), data_format="channels_first", **settings
    )
    assert first[0][0].shape == (1, 1, 2, 3)


def test_texts(texts):
    dataset = text_dataset_from_directory(texts, max_length=6, **QUIET)
    x, y = whole(dataset)
    assert x.tolist() == ["bad te", "bad te", "good t", "good t"]
    assert y.tolist() == [0, 0, 1, 1]


def test_a_model_trains_on_a_folder(pictures):
    dataset = image_dataset_from_directory(
        pictures, label_mode="binary", seed=0, verbose=False, **SIZE
    )
    model = Sequential(
        [Input((4, 6, 3)), layers.GlobalAveragePooling2D(), layers.Dense(1, "sigmoid")]
    )
    model.compile("adam", "binary_crossentropy")
    assert len(model.fit(dataset, epochs=2, verbose=0).epoch) == 2


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"label_mode": "float"}, "got 'float'"),
        ({"labels": "guessed"}, "got 'guessed'"),
        ({"labels": None}, "Give label_mode=None"),
        ({"labels": [1, 2]}, "one for each of the 5 files in"),
        ({"class_names": ["a", "b"]}, r"which are \['dark', 'light'\]; got"),
        ({"subset": "training"}, "subset needs a validation_split"),
        ({"validation_split": 0.5}, 'needs a subset, "training"'),
        ({"validation_split": 0.5, "subset": "both"}, "needs a seed"),
        (
            {"validation_split": 0.1, "subset": "validation", "seed": 1},
            "leaves none of the 5 files for validation",
        ),
        ({"interpolation": "gaussian"}, "got 'gaussian'"),
        ({"format": "torch"}, "got 'torch'"),
        ({"crop_to_aspect_ratio": True, "pad_to_aspect_ratio": True}, "choose one"),
    ],
)
def test_mistakes(pictures, settings, message):
    with pytest.raises(ValueError, match=message):
        image_dataset_from_directory(pictures, verbose=False, **settings)


def test_an_empty_folder_and_three_classes_for_two_answers(pictures, tmp_path):
    with pytest.raises(ValueError, match=r"no files .* end in \.txt"):
        text_dataset_from_directory(pictures, verbose=False)
    (tmp_path / "third").mkdir()
    with pytest.raises(ValueError, match='label_mode="binary" needs two classes'):
        image_dataset_from_directory(pictures, label_mode="binary", verbose=False)

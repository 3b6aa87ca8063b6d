"""Automatic names are those of Keras."""

import pytest

from minikeras.values.naming import auto_name, reset_names, snake_case


@pytest.mark.parametrize(
    ("class_name", "name"),
    [
        ("Dense", "dense"),
        ("LeakyReLU", "leaky_re_lu"),
        ("ReLU", "re_lu"),
        ("PReLU", "p_re_lu"),
        ("MaxPooling2D", "max_pooling2d"),
        ("GlobalAveragePooling2D", "global_average_pooling2d"),
        ("AdamW", "adam_w"),
        ("RMSprop", "rm_sprop"),
        ("MeanIoU", "mean_io_u"),
        ("MyNet", "my_net"),
        ("KerasTensor", "keras_tensor"),
    ],
)
def test_words_are_separated_as_keras_separates_them(class_name, name):
    assert snake_case(class_name) == name


def test_names_are_numbered_from_the_second_on():
    reset_names()
    assert [auto_name("Dense") for _ in range(3)] == ["dense", "dense_1", "dense_2"]
    assert auto_name("Conv2D") == "conv2d"
    reset_names()
    assert auto_name("Dense") == "dense"

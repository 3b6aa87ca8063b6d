"""Automatic names are those of Keras, and so are the paths of scopes."""

import pytest

from minikeras.values.naming import (
    auto_name,
    name_scope,
    path_of,
    reset_names,
    snake_case,
)


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


@pytest.mark.parametrize("name", ["a/b", 3, None])
def test_a_scope_refuses_its_name_before_it_is_entered(name):
    with pytest.raises(ValueError, match="without a slash"):
        name_scope(name)


def test_scopes_stand_in_each_other():
    with name_scope("encoder"), name_scope("block"):
        assert path_of("kernel") == "encoder/block/kernel"
        with name_scope("out", override_parent="other/model"):
            assert path_of("kernel") == "other/model/out/kernel"
    assert path_of("kernel") == "kernel"


def test_a_caller_enters_its_scope_once_and_others_again():
    caller = object()
    with name_scope("dense", caller=caller):
        with name_scope("dense", caller=caller):
            assert path_of("kernel") == "dense/kernel"
        with name_scope("other", caller=caller):
            assert path_of("kernel") == "dense/other/kernel"
        with name_scope("dense", caller=caller, deduplicate=False):
            assert path_of("kernel") == "dense/dense/kernel"


def test_a_scope_may_be_used_again_also_within_itself():
    block = name_scope("block")
    with block, block:
        assert path_of("kernel") == "block/block/kernel"
    with block:
        assert path_of("kernel") == "block/kernel"
    assert path_of("kernel") == "kernel"

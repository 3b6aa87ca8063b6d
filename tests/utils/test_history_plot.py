"""Training curves: what is drawn, where, and with which numbers beside it."""

from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras import layers
from minikeras.callbacks import History
from minikeras.models import Sequential
from minikeras.utils.history_plot import (
    epoch_ticks,
    plot_history,
    round_step,
    tick_text,
    value_ticks,
)

SVG = "{http://www.w3.org/2000/svg}"
numbers = st.floats(-1e9, 1e9).filter(lambda x: x == 0 or abs(x) > 1e-9)


def elements(picture, tag):
    """Returns the elements of a kind in a picture."""
    return ElementTree.fromstring(picture.to_svg()).findall(f"{SVG}{tag}")


def words(picture):
    """Returns all words in a picture."""
    return [element.text for element in elements(picture, "text")]


def paths(picture, kind):
    """Returns the corners of all lines of a series, without the legend's."""
    found = []
    for path in elements(picture, "path"):
        if path.get("class") == kind:
            steps = path.get("d").removeprefix("M ").split(" L ")
            found.append([tuple(map(float, step.split())) for step in steps])
    return found


HISTORY = {
    "accuracy": [0.5, 0.7, 0.8],
    "loss": [2.0, 1.0, 0.5],
    "val_accuracy": [0.4, 0.6, 0.75],
    "val_loss": [2.2, 1.3, 0.9],
}


def test_there_is_a_panel_for_the_loss_first_and_for_each_metric():
    shown = words(plot_history(HISTORY))
    assert [word for word in shown if word in HISTORY] == ["loss", "accuracy"]
    assert shown.count("epoch") == 2
    assert {"training", "validation", "0.5", "0.9", "0.8", "0.75"} <= set(shown)


def test_a_lower_value_is_lower_and_a_later_epoch_further_right():
    [curve] = paths(plot_history({"loss": [3.0, 1.0, 2.0]}), "first")
    (x1, y1), (x2, y2), (x3, y3) = curve
    assert x1 < x2 < x3
    assert x2 - x1 == pytest.approx(x3 - x2, abs=0.02)
    assert y2 > y3 > y1
    assert y2 - y3 == pytest.approx(y3 - y1, abs=0.02)


def test_without_validation_there_is_no_legend():
    assert "training" not in words(plot_history({"loss": [1.0, 0.5]}))


def test_a_value_that_is_not_finite_interrupts_the_line():
    values = [5.0, 4.0, float("nan"), 3.0, float("inf"), 2.0, 1.5]
    picture = plot_history({"loss": values})
    assert [len(path) for path in paths(picture, "first")] == [2, 2]
    assert len(elements(picture, "circle")) == 3  # a value alone is a dot


def test_a_panel_without_finite_values_says_so():
    shown = words(plot_history({"loss": [float("nan")], "mae": [1.0]}))
    assert "no finite values" in shown


@given(
    st.dictionaries(
        st.sampled_from(["loss", "val_loss", "mae", "val_mae", "rate"]),
        st.lists(st.floats(width=32), min_size=1, max_size=12),
        min_size=1,
    )
)
def test_whatever_was_recorded_everything_is_inside_the_picture(history):
    picture = plot_history(history)
    for kind in ("first", "second"):
        for x, y in [point for path in paths(picture, kind) for point in path]:
            assert 0 <= x <= picture.width
            assert 0 <= y <= picture.height
    for text in elements(picture, "text"):
        assert 0 <= float(text.get("x")) <= picture.width
        assert 0 <= float(text.get("y")) <= picture.height


@given(st.lists(numbers, min_size=1))
def test_ticks_hold_all_values_and_are_few_and_even(values):
    ticks = value_ticks(values)
    slack = 1e-6 * (ticks[-1] - ticks[0])
    assert ticks[0] <= min(values) + slack
    assert ticks[-1] >= max(values) - slack
    assert 3 <= len(ticks) <= 8
    assert np.allclose(np.diff(ticks), ticks[1] - ticks[0])


@given(st.lists(numbers, min_size=1))
def test_ticks_are_written_as_different_numbers(values):
    ticks = value_ticks(values)
    if ticks[-1] - ticks[0] > 1e-3 * abs(ticks[-1]):
        texts = [tick_text(tick, ticks[1] - ticks[0]) for tick in ticks]
        assert len(set(texts)) == len(texts)


@given(st.integers(1, 300), st.integers(0, 3000))
def test_epochs_are_numbered_from_the_first_to_at_most_the_last(first, more):
    ticks = epoch_ticks(first, first + more)
    assert ticks[0] == first
    assert ticks[-1] <= first + more
    assert ticks == sorted(set(ticks))
    assert len(ticks) <= 8


@given(st.floats(1e-12, 1e12))
def test_a_round_step_is_the_next_of_1_2_5(least):
    step = round_step(least)
    digits = f"{step:e}"
    assert least <= step <= 2.5 * least * (1 + 1e-9)
    assert digits[0] in "125"
    assert set(digits[2:8]) == {"0"}


class Named:
    """Stands for a model."""

    name = "classifier"


def recorded():
    """A History of epochs 4 to 7 with validation after every other one."""
    history = History()
    history.set_model(Named())
    history.on_train_begin()
    for epoch in range(3, 7):
        logs = {"loss": 1.0 / epoch}
        if epoch % 2:
            logs["val_loss"] = 2.0 / epoch
        history.on_epoch_end(epoch, logs)
    return history


def test_validation_is_drawn_at_the_epochs_that_had_it():
    history = recorded()
    assert history.epochs_of == {"loss": [3, 4, 5, 6], "val_loss": [3, 5]}
    picture = history.plot()
    [training] = paths(picture, "first")[1:]
    [validation] = paths(picture, "second")[1:]
    assert [x for x, _ in validation] == [training[0][0], training[2][0]]
    assert "4" in words(picture)


def test_the_title_names_the_model_unless_one_is_given():
    assert words(recorded().plot())[0] == "Training of classifier"
    assert words(recorded().plot(title="Digits"))[0] == "Digits"
    assert words(plot_history(HISTORY))[0] == "Training"


def test_a_history_of_two_trainings_is_drawn_end_to_end():
    history = History()
    history.set_model(Named())
    for _ in range(2):
        history.on_train_begin()
        history.on_epoch_end(0, {"loss": 1.0})
        history.on_epoch_end(1, {"loss": 0.5})
    [curve] = paths(history.plot(), "first")
    assert len(curve) == 4
    assert [x for x, _ in curve] == sorted(x for x, _ in curve)


def test_the_history_of_a_training_is_saved(tmp_path):
    model = Sequential([layers.Input((2,)), layers.Dense(1)])
    model.compile(loss="mse", metrics=["mae"])
    history = model.fit(np.ones((8, 2)), np.ones(8), epochs=2, verbose=0)
    picture = history.plot(to_file=tmp_path / "curves.svg")
    saved = (tmp_path / "curves.svg").read_text(encoding="utf-8")
    assert saved == picture.to_svg()
    assert {"loss", "mae"} <= set(words(picture))


@pytest.mark.parametrize("name", ["curves.png", "curves"])
def test_other_files_are_refused(name, tmp_path):
    with pytest.raises(ValueError, match=r"expected a name in \.svg; got"):
        plot_history(HISTORY, tmp_path / name)


@pytest.mark.parametrize("history", [{}, {"loss": []}])
def test_nothing_cannot_be_plotted(history):
    with pytest.raises(ValueError, match="nothing to plot"):
        plot_history(history)

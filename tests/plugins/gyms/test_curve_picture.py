"""The Curve gym's picture."""

from __future__ import annotations

import math

import numpy as np
import pytest
from matplotlib.figure import Figure


def draw(gym, tmp_path):
    figure = Figure(figsize=(9, 5))
    gym.draw(figure)
    path = tmp_path / "curve.png"
    figure.savefig(path)
    assert path.read_bytes().startswith(b"\x89PNG")
    return figure


def follow(gym, steps, prediction):
    _, info = gym.reset()
    for index in range(steps):
        *_, info = gym.step(prediction(index, info["y"]))


def legend(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_target_prediction_and_error(make_gym, tmp_path):
    gym = make_gym()
    follow(gym, 400, lambda index, y: y + 0.01)
    upper, lower = draw(gym, tmp_path).axes
    assert (lower.get_xlabel(), upper.get_ylabel(), lower.get_ylabel()) == (
        "x (radians)",
        "y",
        "error",
    )
    assert upper.get_title(loc="left") == (
        "Curve SIN: mean absolute error 0.01, 0% of 400 within 0.005"
    )
    assert legend(upper) == ["target", "prediction"]
    assert legend(lower) == ["within 0.005", "prediction - target"]
    target, prediction = upper.lines
    np.testing.assert_allclose(target.get_ydata(), np.sin(target.get_xdata()), atol=1e-12)
    assert np.isnan(prediction.get_ydata()[-1])
    np.testing.assert_allclose(lower.lines[1].get_ydata()[:-1], 0.01)


def test_unobserved_points_are_marked(make_gym, tmp_path):
    gym = make_gym("drop_ratio: 0.2 curve: RANDOM")
    follow(gym, 300, lambda index, y: None if index % 2 else y)
    upper, _ = draw(gym, tmp_path).axes
    assert legend(upper) == ["target", "prediction", "not observed"]
    unobserved = (gym.curve_points()["mask"] == 0).sum()
    assert len(upper.lines[2].get_xdata()) == unobserved > 0


def test_csv_axes_are_named_after_the_columns(make_csv_gym, tmp_path):
    content = "date,co2\n20010101,300\n20010108,\n20010115,310\n"
    text = 'csv_time_column: "date" csv_time_format: "%Y%m%d" csv_normalize: true'
    gym = make_csv_gym(content, text)
    follow(gym, 3, lambda index, y: 0.5)
    upper, lower = draw(gym, tmp_path).axes
    assert lower.get_xlabel() == "date (days from the first row)"
    assert upper.get_ylabel() == "co2 (normalized)"
    assert upper.get_title(loc="left").startswith("Curve CSV_FILE: mean absolute error")
    # Nobody knows the missing value, so its prediction is not judged.
    np.testing.assert_array_equal(np.isnan(lower.lines[1].get_ydata()), [False, True, False])


@pytest.mark.parametrize("steps", [None, 0, 1])
def test_few_points_can_be_drawn(make_gym, tmp_path, steps):
    gym = make_gym()
    if steps is not None:
        follow(gym, steps, lambda index, y: None)
    upper, _ = draw(gym, tmp_path).axes
    assert "no predictions yet" in upper.get_title(loc="left")


def test_drawing_again_replaces_the_picture(make_gym):
    gym = make_gym()
    follow(gym, 10, lambda index, y: 0.0)
    figure = Figure()
    gym.draw(figure)
    gym.draw(figure, tolerance=0.1)
    assert len(figure.axes) == 2
    assert legend(figure.axes[1])[0] == "within 0.1"


def test_x_grows_in_the_picture_where_it_starts_again(make_gym):
    gym = make_gym("x_limit: 1 step: 0.1 history: 50")
    follow(gym, 30, lambda index, y: 0.0)
    points = gym.curve_points()
    np.testing.assert_allclose(np.diff(points["x"]), 0.1)
    assert points["x"][-1] == pytest.approx(gym.step()[-1]["x"] - 0.1)
    assert points["target"].max() <= math.sin(1)

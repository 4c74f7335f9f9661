"""curve.png: the trainer's own picture, else its samples, else none."""

from __future__ import annotations

import json
import math

import pytest

from mycaffe_py.events import StepDone
from mycaffe_py.run import draw_samples, scattered
from mycaffe_py.run.live import LiveWriter
from mycaffe_py.run.pictures import draw_curve, draw_losses, draw_pictures


class Stand:
    """A trainer's drawing: what it does to the figure, and what it returns."""

    def __init__(self, draws=False, returns=True):
        self.draws, self.returns = draws, returns

    def draw(self, figure):
        if self.draws:
            figure.subplots().plot([1, 2], [5, 5])
        return self.returns


@pytest.fixture
def figure():
    from matplotlib.figure import Figure

    return Figure()


def write_samples(folder, count=4):
    writer = LiveWriter(folder, {"names": ["height"], "x_name": "hours", "tolerance": 0.1})
    for i in range(count):
        sample = {"x": i / 2, "target": [float(i)], "prediction": [i - 0.25]}
        writer.observe(StepDone(i + 1, {"loss": 0.0}, 0.1, False, sample, {}, False))
    writer.idle()
    writer.close()


def lines_of(axes):
    return [line.get_ydata().tolist() for line in axes.lines]


@pytest.mark.parametrize("stand", [Stand(), Stand(returns=None), Stand(returns=False)])
def test_samples_take_the_place_of_an_empty_picture(tmp_path, figure, stand):
    write_samples(tmp_path)
    assert draw_curve(figure, stand, tmp_path)
    upper, lower = figure.axes
    assert lines_of(upper) == [[0, 1, 2, 3], [-0.25, 0.75, 1.75, 2.75]]
    assert lines_of(lower) == [[-0.25] * 4]
    assert upper.lines[0].get_xdata().tolist() == [0, 0.5, 1, 1.5]
    assert lower.get_xlabel() == "hours"


def samples(x, **more):
    values = [[float(i) for i in range(len(x))]]
    found = {"names": ["height"], "x_name": "day", "tolerance": None, "dates": False}
    found |= {"x": x, "iteration": list(range(1, len(x) + 1)), "target": values}
    return found | {"prediction": values} | more


def test_samples_drawn_at_random_are_points_without_lines(figure):
    draw_samples(figure, samples([5, 1, 4, 0, 3, 2, 6, 1]))
    upper, lower = figure.axes
    for line in (*upper.lines, *lower.lines):
        assert line.get_linestyle() == "None" and line.get_marker() == "o"
    assert upper.lines[0].get_xdata().tolist() == [5, 1, 4, 0, 3, 2, 6, 1]


def test_samples_of_episodes_are_lines_that_break(figure):
    x = [0, 1, 2, 3, 0, 1, 2, 3]
    assert not scattered(x) and scattered([3, None, 1, 2, 0, 4, 1])
    draw_samples(figure, samples(x))
    assert figure.axes[0].lines[0].get_linestyle() == "-"
    assert len(figure.axes[0].lines[0].get_xdata()) == 9


def test_days_since_1970_are_dates(figure):
    draw_samples(figure, samples([0.0, 365.0, 731.0], dates=True))
    figure.canvas.draw()
    texts = [text.get_text() for text in figure.axes[1].get_xticklabels()]
    assert "1971" in texts and "1972" in texts


def test_a_picture_of_its_own_is_kept(tmp_path, figure):
    write_samples(tmp_path)
    assert draw_curve(figure, Stand(draws=True), tmp_path)
    assert [lines_of(axes) for axes in figure.axes] == [[[5, 5]]]


def test_without_samples_there_is_no_picture(tmp_path):
    warnings = []
    assert draw_pictures(tmp_path, Stand(), warnings.append) == []
    assert warnings == [] and not (tmp_path / "curve.png").exists()


def test_lines_break_where_an_episode_begins_again(tmp_path, figure):
    writer = LiveWriter(tmp_path, {"names": ["height"], "x_name": "hours"})
    for i, x in enumerate([5.0, 6.0, 7.0, 0.0, 1.0]):
        sample = {"x": x, "target": [float(i)], "prediction": [float(i)]}
        writer.observe(StepDone(i + 1, {"loss": 0.0}, 0.1, False, sample, {}, False))
    writer.idle()
    writer.close()
    assert draw_curve(figure, Stand(), tmp_path)
    for axes in figure.axes:
        for line in axes.lines:
            x = line.get_xdata().tolist()
            assert x[:3] == [5, 6, 7] and x[4:] == [0, 1] and math.isnan(x[3])
            assert math.isnan(line.get_ydata()[3])
        assert axes.get_xlim() == (0, 7)


def test_the_legend_of_many_tests_is_short(tmp_path, figure):
    (tmp_path / "metrics.csv").write_text(
        "iteration,loss,accuracy,baseline_accuracy\n1,0.5,,\n2,0.25,,\n"
    )
    row = {"iteration": 1, "net": 0, **{f"y[{i}]": i for i in range(2000)}}
    (tmp_path / "tests.jsonl").write_text(json.dumps(row) + "\n")
    assert draw_losses(figure, tmp_path)
    labels = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert labels[-1] == "and 1,976 more, in tests.jsonl" and len(labels) == 27


def test_what_is_better_when_higher_stands_with_accuracies(tmp_path, figure):
    (tmp_path / "metrics.csv").write_text("iteration,loss,accuracy,baseline_accuracy\n1,0.5,,\n")
    figures = ("map", "map_class1", "seg[0]", "seg[2]", "mapped", "loss")
    row = {"iteration": 1, "net": 0, **dict.fromkeys(figures, 0.5)}
    (tmp_path / "tests.jsonl").write_text(json.dumps(row) + "\n")
    assert draw_losses(figure, tmp_path, shares=["map", "seg[2]"])
    upper, lower = (
        [text.get_text() for text in axes.get_legend().get_texts()] for axes in figure.axes
    )
    assert lower == ["test map", "test map_class1", "test seg[0]", "test seg[2]"]
    assert upper[-2:] == ["test mapped", "test loss"]

"""History: the updates of a solver as columns, in bounded memory."""

from __future__ import annotations

import math
import sys
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

from mycaffe_py.errors import ConfigError, MissingExtraError, OutputError
from mycaffe_py.events import TestDone
from mycaffe_py.solver import History

from ..solving import SGD, one

STEP = SGD.replace("fixed", "step") + "gamma: 0.5 stepsize: 2"


def test_a_row_for_each_update():
    solver = one(w=1, start=STEP)
    history = solver.record()
    losses = []
    for _ in range(4):
        solver.step(1)
        losses.append(solver.loss)
    assert list(history) == ["iteration", "loss", "lr"] and len(history) == 4
    assert history["iteration"] == [1, 2, 3, 4] and history["loss"] == losses
    assert history["lr"] == [0.1, 0.1, 0.05, 0.05]
    assert history.last == {"iteration": 4, "loss": losses[-1], "lr": 0.05}
    assert solver.record() is history is solver.recorded and len(solver.listeners) == 1
    assert dict(history) == history.to_dict() and "loss" in history and "y" not in history
    assert repr(history) == f"History(4 rows, iteration 4, loss {losses[-1]:.4g}, lr 0.05)"


def test_outputs_are_columns():
    solver = one("average_loss: 2", w=1)
    history = solver.record()
    solver.step(2)
    assert list(history) == ["iteration", "loss", "loss_output", "lr"]
    assert history["loss"][1] == pytest.approx(sum(history["loss_output"]) / 2, rel=1e-15)


def test_an_unknown_column():
    history = one().record()
    assert len(history) == 0 and not history and list(history) == [] and history.to_dict() == {}
    history.add({"iteration": 1, "loss": 2.0, "lr": 0.1})
    with pytest.raises(ConfigError, match='has no column "los"') as caught:
        history["los"]
    assert "loss" in caught.value.hint


def rows(count, history, first=1):
    for iteration in range(first, first + count):
        history.add({"iteration": iteration, "loss": iteration / 2, "lr": 0.1})


@pytest.mark.parametrize(
    ("count", "every", "kept"),
    [
        (8, 1, [1, 2, 3, 4, 5, 6, 7, 8]),
        (9, 2, [2, 4, 6, 8, 9]),
        (16, 2, [2, 4, 6, 8, 10, 12, 14, 16]),
        (18, 4, [4, 8, 12, 16, 18]),
        (1001, 128, [128, 256, 384, 512, 640, 768, 896, 1001]),
    ],
)
def test_old_rows_are_thinned(count, every, kept):
    history = History(most_rows=8)
    rows(count, history)
    assert history.every == every and history["iteration"] == kept
    assert history["loss"] == [iteration / 2 for iteration in kept] and len(history) == len(kept)


def test_a_hundred_thousand_updates_stay_small():
    history = History()
    rows(100_001, history)
    assert history.every == 2 and len(history) == 50_001
    assert history._table.nbytes <= 100_000 * 3 * 8


def test_many_columns_mean_fewer_rows():
    history = History()
    names = [f"y[{index}]" for index in range(999)]
    for iteration in range(1, 2002):
        history.add({"iteration": iteration, "lr": 1.0} | dict.fromkeys(names, 0.0))
    assert history.every == 2 and history._table.size <= 2_100_000


def test_names_that_come_later_have_gaps_before():
    history = History()
    history.add({"iteration": 1, "loss": 2.0, "lr": 0.1})
    history.add({"iteration": 2, "loss": 1.0, "acc": 0.5, "lr": 0.1})
    history.add({"iteration": 3, "loss": 1.0, "lr": 0.1})
    assert list(history) == ["iteration", "loss", "acc", "lr"]
    assert (
        math.isnan(history["acc"][0]) and history["acc"][1] == 0.5 and math.isnan(history["acc"][2])
    )


def test_going_back_replaces_what_came_after():
    history = History()
    rows(10, history)
    history.observe(TestDone(4, 0, {"loss": 0.25}))
    history.observe(TestDone(8, 1, {"loss": 0.5}))
    assert history.tests == {"test loss": ([4], [0.25]), "test loss (#1)": ([8], [0.5])}
    rows(2, history, first=6)
    assert history["iteration"] == [1, 2, 3, 4, 5, 6, 7]
    assert history.tests == {"test loss": ([4], [0.25]), "test loss (#1)": ([], [])}
    rows(1, history, first=1)
    assert history["iteration"] == [1]


def test_pandas_if_it_is_there(monkeypatch):
    history = one(w=1).record()
    rows(2, history)
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtraError, match="to_pandas.. needs the package 'pandas'") as caught:
        history.to_pandas()
    assert "pip install pandas" in caught.value.hint

    class Frame(SimpleNamespace):
        def set_index(self, name):
            return name, self.data, self.columns

    stand_in = SimpleNamespace(DataFrame=lambda data, columns: Frame(data=data, columns=columns))
    monkeypatch.setitem(sys.modules, "pandas", stand_in)
    index, data, columns = history.to_pandas()
    assert index == "iteration" and columns == ["iteration", "loss", "lr"]
    assert data == {"iteration": [1, 2], "loss": [0.5, 1.0], "lr": [0.1, 0.1]}


def test_the_curve_as_svg():
    history = History()
    assert "no values yet" in history.svg()
    for iteration, loss in enumerate([100.0, math.nan, 10.0, 1.0, 0.1], start=1):
        history.add({"iteration": iteration, "loss": loss, "<b>&": -1.0, "lr": 0.1})
    root = ElementTree.fromstring(history.svg())
    (line,) = (node for node in root.iter() if node.tag.endswith("polyline"))
    points = [tuple(map(float, point.split(","))) for point in line.get("points").split()]
    heights = [y for _, y in points]
    assert len(points) == 3 and heights[0] < heights[1] < heights[2]
    assert heights[1] - heights[0] == pytest.approx(
        heights[2] - heights[1], abs=0.11
    )  # logarithmic
    assert ElementTree.fromstring(history.svg(["<b>&"])) is not None
    assert "<b>&" not in history._repr_html_() and "&lt;b&gt;&amp;" in history._repr_html_()


def test_a_long_curve_is_a_short_picture():
    history = History()
    rows(20_000, history)
    assert len(history.svg()) < 12_000


def test_a_solver_in_a_notebook():
    solver = one(w=1)
    assert solver._repr_html_() is None
    solver.record()
    solver.step(3)
    assert "image/svg+xml" in solver._repr_html_() and "iteration 3" in solver._repr_html_()


def test_a_plot_is_a_figure(tmp_path):
    pytest.importorskip("matplotlib")
    solver = one(w=1)
    history = solver.record()
    solver.step(5)
    history.tests["test loss"] = ([2, 4], [3.0, 2.0])
    figure = history.plot(tmp_path / "loss.svg")
    lines = {line.get_label(): line.get_xydata().tolist() for line in figure.axes[0].get_lines()}
    assert lines["loss"] == [
        [i, loss] for i, loss in zip(history["iteration"], history["loss"], strict=True)
    ]
    assert lines["test loss"] == [[2, 3.0], [4, 2.0]]
    assert "<svg" in (tmp_path / "loss.svg").read_text()
    with pytest.raises(ConfigError, match='no column "accuracy"'):
        history.plot(names="accuracy")


def test_what_names_no_column():
    history = History()
    history.add({"iteration": 1, "loss": 2.0, "lr": 0.1})
    with pytest.raises(ConfigError, match="read by column, not by 0"):
        history[0]
    with pytest.raises(ConfigError, match="names takes a column or a list of columns, not 3"):
        history.svg(3)


@pytest.mark.usefixtures("painted")
@pytest.mark.parametrize("path", ["nowhere/x.png", "x.nonsense"])
def test_pictures_that_cannot_be_written(tmp_path, path):
    history = History()
    history.add({"iteration": 1, "loss": 2.0, "lr": 0.1})
    with pytest.raises(OutputError, match="cannot write .*x"):
        history.plot(tmp_path / path)
    assert not list(tmp_path.iterdir())

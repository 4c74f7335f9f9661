from __future__ import annotations

import math

import pytest

from mycaffe_py.cli.curve import draw_loss
from mycaffe_py.cli.live_layout import TABLE, layout_for
from mycaffe_py.cli.loss_course import LossCourse
from mycaffe_py.events import SnapshotWritten, TestDone

from .test_views import live, text_of


@pytest.mark.parametrize(
    ("size", "rows", "loss_rows", "has_table"),
    [
        ((40, 10), 4, 0, False),
        ((80, 24), 10, 0, False),
        ((120, 24), 10, 0, True),
        ((80, 50), 30, 11, False),
        ((120, 30), 17, 6, True),
        ((200, 50), 30, 11, True),
        ((500, 200), 30, 12, True),
        ((30, 24), 0, 0, False),
        ((80, 9), 0, 0, False),
    ],
)
def test_what_fits_into_a_window(size, rows, loss_rows, has_table):
    layout = layout_for(*size)
    assert (layout.rows, layout.loss_rows, bool(layout.table_rows)) == (rows, loss_rows, has_table)
    assert rows + loss_rows <= size[1] - 5 or not rows


def test_a_wider_curve_spans_more_updates():
    assert layout_for(80, 24).points == 200
    assert layout_for(300, 24).points == 2 * (300 - 11 - TABLE)


def test_a_large_window_shows_a_larger_curve_and_more():
    small, large = live(80, 24, steps=900), live(200, 50, steps=900)
    for view in (small, large):
        view.observe(TestDone(900, 0, {"top 5": 0.875}))
        view.observe(SnapshotWritten(900, "a", "b", "end"))
    small, large = text_of(small), text_of(large)
    assert len(small) == 13 and len(large) == 45
    assert not any("test top 5" in line for line in small)
    assert any("test top 5" in line and "0.875" in line for line in large)
    assert any("snapshot" in line and "iteration 900" in line for line in large)
    assert "last 306 updates" in "".join(large) and "loss   since the start" in "".join(large)


def test_a_net_without_a_gym_shows_the_course_of_its_loss_in_a_large_window():
    lines = text_of(live(100, 40, sample=False))
    assert len(lines) > 20 and "loss   since the start, logarithmic" in lines[-1]


def test_the_legend_names_what_it_has_room_for():
    line = text_of(live(40, 10))[-1].rstrip()
    assert line == "          ━━ target   ━━ prediction"


@pytest.mark.parametrize("count", [0, 1, 2, 7, 8, 9, 100, 1000])
def test_the_course_of_the_loss_keeps_the_mean(count):
    course, losses = LossCourse(most=8), [float(index % 13) for index in range(count)]
    for loss in losses:
        course.add(loss)
    assert len(course.means(5)) <= 5 and len(course.means(1000)) <= 9
    one = course.means(1)
    assert one == ([pytest.approx(sum(losses) / count)] if count else [])


def test_the_course_of_the_loss_leaves_out_what_is_not_finite():
    course = LossCourse()
    for loss in (1.0, math.nan, 3.0, math.inf):
        course.add(loss)
    means = course.means(4)
    assert means[::2] == [1.0, 3.0] and math.isnan(means[1]) and math.isnan(means[3])
    assert course.means(2) == [1.0, 3.0]


def test_the_scale_of_the_loss_is_logarithmic_where_it_can_be():
    lines = [line.plain for line in draw_loss([100.0, 1.0], columns=20, rows=5)]
    assert lines[-1].endswith("logarithmic")
    assert float(lines[0].split()[0]) == pytest.approx(100 * 100**0.02, rel=0.01)
    lines = [line.plain for line in draw_loss([1.0, 0.0, -1.0], columns=20, rows=5)]
    assert lines[-1].endswith("since the start") and float(lines[0].split()[0]) > 1
    assert len(draw_loss([math.nan], columns=20, rows=5)) == 6

from __future__ import annotations

import math

from mycaffe_py.cli.curve import BOTH, PREDICTION, TARGET, Canvas, bounds, draw_curves

SINE = [math.sin(index / 20) for index in range(200)]


def drawn(targets, predictions, **options):
    settings = {"columns": 60, "rows": 10, "capacity": 200} | options
    return draw_curves(targets, predictions, **settings)


def colours(lines):
    return {str(span.style) for line in lines for span in line.spans}


def test_lines_have_the_size_asked_for():
    lines = drawn(SINE, SINE)
    assert len(lines) == 11
    assert {len(line.plain) for line in lines[:-1]} == {10 + 60}
    assert len(lines[-1].plain) <= 70


def test_curves_apart_have_two_colours_and_curves_together_a_third():
    apart = drawn([1.0] * 200, [-1.0] * 200)[:-1]
    assert {TARGET, PREDICTION} <= colours(apart) and BOTH not in colours(apart)
    together = drawn(SINE, SINE)[:-1]
    assert BOTH in colours(together) and PREDICTION not in colours(together)


def test_the_highest_value_is_in_the_first_row():
    canvas = Canvas(10, 4)
    canvas.line([0.0, 1.0], 0.0, 1.0, 2, 1)
    assert canvas.row(0).plain.strip() and canvas.row(0).plain[0] == " "
    assert canvas.row(3).plain[0] != " "


def test_the_curve_grows_from_the_left():
    lines = drawn(SINE[:50], SINE[:50])
    assert all(not line.plain[10 + 18 :].strip() for line in lines[:-1])


def test_values_that_are_not_finite_leave_a_gap():
    drawn([1.0, math.nan, 2.0], [math.nan] * 3)
    assert bounds([math.nan], [math.inf]) == (-1.0, 1.0)
    low, high = bounds([3.0, 3.0])
    assert low < 3.0 < high


def test_a_terminal_without_unicode_gets_ascii():
    text = "\n".join(line.plain for line in drawn(SINE, [-y for y in SINE], ascii_only=True))
    assert text.isascii() and "." in text and "o" in text

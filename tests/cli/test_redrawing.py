from __future__ import annotations

import pytest
from rich.console import Console
from rich.text import Text

from mycaffe_py.cli.live_view import LiveView
from mycaffe_py.cli.redrawing import RedrawnLines
from mycaffe_py.events import Log, TrainingEnded, TrainingStarted

from .terminal import Terminal
from .test_views import step


class Window:
    """A terminal with rich's console on it."""

    def __init__(self, columns, height=24):
        self.terminal = Terminal(columns)
        self.console = Console(
            file=self.terminal, force_terminal=True, width=columns, height=height, _environ={}
        )

    def resize(self, columns):
        self.terminal.columns = columns
        self.console.width = columns

    @property
    def lines(self):
        return [line.rstrip() for line in self.terminal.lines]


def block(*lines):
    return Text("\n".join(lines), no_wrap=True)


def test_lines_are_drawn_over_the_last_ones():
    window = Window(20)
    screen = RedrawnLines(window.console)
    screen.draw(block("one", "two", "three"))
    screen.draw(block("a longer one", "2"))
    assert window.lines == ["a longer one", "2", ""]
    screen.draw(block("1", "2", "3", "4"))
    assert window.lines == ["1", "2", "3", "4", ""]


def test_each_drawing_is_one_write_and_erases_nothing_before():
    window = Window(20)
    screen = RedrawnLines(window.console)
    screen.draw(block("one", "two"))
    seen = []
    write = window.terminal.write
    window.terminal.write = lambda text: (seen.append(text), write(text))
    screen.draw(block("ten", "two"))
    seen = [text for text in seen if text]
    assert len(seen) == 1
    assert "J" not in seen[0].partition("two")[0]


def test_text_above_stays_and_the_lines_follow_it():
    window = Window(30)
    screen = RedrawnLines(window.console)
    screen.draw(block("bar", "curve"))
    screen.draw(block("bar 2", "curve 2"), above="a message")
    screen.draw(block("bar 3", "curve 3"), above="another\nin two lines")
    assert window.lines == ["a message", "another", "in two lines", "bar 3", "curve 3", ""]


@pytest.mark.parametrize("columns", [39, 20, 11, 7, 5, 41, 100])
def test_another_width_leaves_nothing_of_the_lines_before(columns):
    window = Window(40)
    screen = RedrawnLines(window.console)
    screen.draw(block("x" * 40, "", "y" * 21), above="stays")
    window.resize(columns)
    screen.draw(block("new", "lines"))
    assert window.lines == ["stays", "new", "lines", ""]


def test_a_line_is_cut_by_a_window_that_becomes_narrower_just_now():
    window = Window(20)
    screen = RedrawnLines(window.console)
    window.terminal.columns = 10
    screen.draw(block("0123456789abcdef", "2"))
    assert window.lines == ["0123456789", "2", ""]


def test_lines_that_the_window_has_no_room_for_are_left_out():
    window = Window(10, height=4)
    RedrawnLines(window.console).draw(block(*"abcdefgh"))
    assert window.lines == ["a", "b", "c", ""]


def test_the_cursor_is_hidden_while_drawing_and_given_back():
    window = Window(20)
    screen = RedrawnLines(window.console)
    screen.draw(block("one"))
    assert not window.terminal.cursor
    screen.end()
    assert window.terminal.cursor and window.terminal.wraps and window.lines == ["one", ""]


@pytest.mark.parametrize("sizes", [(80, 60, 40, 79), (40, 200, 130, 50), (120, 119, 118, 45)])
def test_the_live_view_follows_the_window(sizes):
    window = Window(sizes[0], 30)
    view = LiveView(window.console, "x", refresh_per_second=1e9)
    view.observe(Log("before"))
    view.observe(TrainingStarted(0, 100))
    for index, columns in enumerate(sizes):
        window.resize(columns)
        for iteration in range(index * 20 + 1, index * 20 + 21):
            view.now = iteration / 10
            view.observe(step(iteration))
        view.idle()
        view.tick()
        if index == 1:
            view.observe(Log("between"))
    view.observe(TrainingEnded(80, "interrupted"))
    view.close()
    text = "\n".join(window.lines)
    assert [line for line in window.lines if "80/100" in line] == [window.lines[2]]
    assert window.lines[:2] == ["before", "between"]
    assert text.count("lr 0.01") == 1 and "train " not in text
    assert window.terminal.cursor


def test_the_live_view_draws_a_few_times_a_second_only():
    window = Window(80)
    view = LiveView(window.console, "x", refresh_per_second=1e-9)
    view.observe(TrainingStarted(0, 100))
    view.tick()
    before = window.terminal.writes
    for iteration in range(1, 50):
        view.observe(step(iteration))
        view.idle()
        view.tick()
    assert window.terminal.writes == before

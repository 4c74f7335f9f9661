from __future__ import annotations

import re

import pytest

from mycaffe_py.cli.views import _console


def test_the_live_view_can_be_had_without_a_terminal(train, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("LINES", "30")
    result = train("--iterations", 3, "--live")
    assert result.exit_code == 0 and "mycaffe] Iteration" not in result.stderr
    plain = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", result.stderr)
    assert "3/3" in plain and "baseline_accuracy" in plain
    assert result.stderr.count("\x1b[?25l") == result.stderr.count("\x1b[?25h") == 1
    assert "\x1b[36m" in result.stderr  # a colour


def test_the_live_view_without_colours(train, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    result = train("--iterations", 3, "--live")
    assert result.exit_code == 0 and not re.search(r"\x1b\[[\d;]*3\dm", result.stderr)


def test_plain_lines_can_be_had_on_a_terminal(train, monkeypatch):
    monkeypatch.setattr("mycaffe_py.cli.views.is_live_terminal", lambda: True)
    assert "\x1b[?25l" in train("--iterations", 1).stderr
    result = train("--iterations", 1, "--no-live")
    assert result.exit_code == 0 and "\x1b" not in result.stderr
    assert "mycaffe] Iteration 0, loss" in result.stderr


def test_quiet_needs_no_other_option(train, monkeypatch):
    monkeypatch.setattr("mycaffe_py.cli.views.is_live_terminal", lambda: True)
    for options in (["-q"], ["-q", "--no-live"]):
        assert train("--iterations", 1, *options).stderr == ""


@pytest.mark.parametrize(
    ("options", "term", "words"),
    [
        (["--live", "--no-live"], "xterm", "--live and --no-live exclude each other"),
        (["--live", "-q"], "xterm", "--live and --quiet exclude each other"),
        (["--live"], "dumb", "TERM=dumb"),
    ],
)
def test_options_that_contradict_each_other(train, runs, monkeypatch, options, term, words):
    monkeypatch.setenv("TERM", term)
    result = train("--iterations", 1, *options)
    assert result.exit_code == 2 and words in result.stderr and not runs.exists()


@pytest.mark.parametrize("value", ["0", "", "wide", "-3", "²"])
def test_a_size_of_the_window_that_is_none_does_not_count(monkeypatch, value):
    monkeypatch.setenv("COLUMNS", value)
    monkeypatch.setenv("LINES", value)
    size = _console(forced=True).size
    assert size.width > 0 and size.height > 0


def test_the_size_of_the_window_may_be_given(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("LINES", "50")
    assert _console(forced=True).size == (200, 50)

"""Signals that other systems have, by their imitation."""

from __future__ import annotations

import os
import signal

import pytest

from mycaffe_py.cli.interrupts import ending_cleanly
from mycaffe_py.run.signals import SignalEffects


class Asked:
    """A solver that notes what it is asked for."""

    def __init__(self):
        self.requests = []

    def request(self, what):
        self.requests.append(what)


@pytest.fixture
def ctrl_break(monkeypatch):
    """Windows has SIGBREAK, for Ctrl-Break and for a window that is closed."""
    monkeypatch.setattr(signal, "SIGBREAK", signal.SIGUSR1, raising=False)
    before = signal.signal(signal.SIGUSR1, signal.SIG_DFL)
    yield signal.SIGUSR1
    signal.signal(signal.SIGUSR1, before)


@pytest.mark.posix
def test_ctrl_break_stops_with_a_snapshot(ctrl_break):
    solver, lines = Asked(), []
    effects = SignalEffects(solver, lines.append)
    with effects.installed():
        os.kill(os.getpid(), ctrl_break)
        assert solver.requests == ["stop"] and effects.stopped_by == "SIGBREAK"
    assert lines == ["SIGBREAK: stopping after this step with a snapshot; repeat to stop at once"]


@pytest.mark.posix
def test_ctrl_break_ends_other_verbs_cleanly(ctrl_break):
    with pytest.raises(KeyboardInterrupt), ending_cleanly():
        os.kill(os.getpid(), ctrl_break)
    assert signal.getsignal(ctrl_break) is signal.SIG_DFL

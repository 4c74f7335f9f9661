"""Commands that pages ask for: how many may wait."""

from __future__ import annotations

import threading

import pytest
from mycaffe_plugins.designer.commands import Done
from mycaffe_plugins.designer.faults import Fault
from mycaffe_plugins.designer.jobs import Jobs


class Held:
    """Commands that end when they are told to."""

    def __init__(self):
        self.end = threading.Event()

    def options(self, arguments, last=()):
        return [*arguments, *last]

    def run(self, options, *, folder=None, longest=None):
        self.end.wait(30)
        return Done(0, "", "")


def test_only_so_many_commands_may_wait(tmp_path):
    commands = Held()
    jobs = Jobs(commands)
    try:
        for _ in range(20):
            jobs.start("Net/001", tmp_path, tmp_path, ["test"])
        with pytest.raises(Fault, match="20 commands run or wait already") as refused:
            jobs.start("Net/001", tmp_path, tmp_path, ["test"])
        assert refused.value.status == 429
    finally:
        commands.end.set()
        jobs.close()

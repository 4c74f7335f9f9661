"""Training sessions of small nets, for tests."""

from __future__ import annotations

import json

from mycaffe_py.events import StepDone
from mycaffe_py.run.directory import RunDirectory
from mycaffe_py.run.session import TrainingSession


def session_of(training, **options):
    return TrainingSession(training, RunDirectory.create("runs", training.net.name), **options)


def record_of(session):
    return json.loads((session.directory / "run.json").read_text())


class At:
    """Calls an action in the training thread after an update."""

    def __init__(self, iteration, action):
        self.iteration, self.action = iteration, action

    def __call__(self, event):
        if isinstance(event, StepDone) and event.iteration == self.iteration:
            self.action()

"""What the server works with: the folder, the plugins, trainings, jobs, followers."""

from __future__ import annotations

import json
import sys
import threading
import traceback
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from mycaffe_py import __version__
from mycaffe_py.errors import MyCaffeError
from mycaffe_py.plugins import Registry, default_registry, use_plugins
from mycaffe_py.visible import visible

from .commands import Commands
from .faults import Fault
from .folders import Folders
from .jobs import Job, Jobs
from .messages import problem_in
from .runs import Runs
from .streams import Streams
from .training import Trainings
from .worker import Worker

_LONGEST_DIAGNOSIS = 60.0


class Desk:
    """Everything behind the pages, for one served folder."""

    def __init__(self, root: Path, plugins: Sequence[str] = (), *, allow_python: bool = False):
        self.registry: Registry = use_plugins(*plugins) if plugins else default_registry()
        self.folders = Folders(root)
        self.worker = Worker(plugins, allow_python=allow_python)
        self.commands = Commands(plugins)
        self.trainings = Trainings(plugins, allow_python=allow_python)
        self.runs = Runs(self.trainings)
        self.streams = Streams(self.folders, self.runs, self.trainings, self.log)
        self.jobs = Jobs(self.commands, self._tell_of, allow_python=allow_python)
        self._found = threading.Lock()
        self._logged: set[str] = set()

    def warm_up(self) -> None:
        """Do what takes long before a page asks for it: start the worker, and look for devices."""
        for action in (self._try_worker, self.about):
            with suppress(Fault, MyCaffeError):  # a page that asks is told
                action()

    def _try_worker(self) -> None:
        folder = str(self.folders.root)
        self.worker.call(
            "look", kind="solver", text="", phase="TRAIN", folder=folder, filename="solver.prototxt"
        )

    def about(self) -> dict[str, Any]:
        """Return version, folder, devices, extras and plugins, which are looked for once."""
        with self._found:
            found = self._diagnosis
        return {
            "version": __version__,
            "folder": self.folders.shown,
            "single": self.folders.single,
            **found,
        }

    @cached_property
    def _diagnosis(self) -> dict[str, Any]:
        # In a process of its own: to look for GPUs takes memory on them as long as the process lives.
        options = self.commands.options(["doctor", "--json"])
        done = self.commands.run(options, longest=_LONGEST_DIAGNOSIS)
        if done.code:
            raise RuntimeError(f"mycaffe doctor: {problem_in(done.said)['message']}")
        found = json.loads(done.printed)
        return {
            "devices": [_device(one) for one in found["devices"]],
            "extras": {one["name"]: not one["missing"] for one in found["extras"]},
            "plugins": [{"name": one["name"], "error": one["error"]} for one in found["plugins"]],
        }

    def log(self, error: BaseException) -> None:
        """Show an error that no page waits for in the terminal, once: the next look may meet it again."""
        text = "".join(traceback.format_exception(error))
        if text not in self._logged:
            self._logged.add(text)
            print(visible(text), file=sys.stderr)

    def _tell_of(self, job: Job) -> None:
        self.streams.tell("job", job.id, job.as_json())

    def end(self) -> None:
        """Let go whatever a page waits for; from any thread, also from a signal handler."""
        self.streams.end()
        threading.Thread(target=self._end_processes, daemon=True).start()

    def _end_processes(self) -> None:
        self.commands.close()
        self.worker.close()

    def close(self) -> None:
        """End jobs and the worker; trainings go on."""
        self._end_processes()
        self.jobs.close()
        self.trainings.let_go()


def _device(found: dict[str, Any]) -> dict[str, Any]:
    name, details = found["name"], found["details"]
    label = "CPU" if name == "cpu" else f"{name.upper().replace(':', ' ')}, {details}"
    if found["usable"]:
        return {"name": name, "label": label, "ok": True, "reason": ""}
    hint = f" {found['hint']}" if found.get("hint") else ""
    return {"name": name, "label": name.upper(), "ok": False, "reason": f"{details}{hint}"}

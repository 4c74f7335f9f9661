"""Commands that answer after a while: test, forecast and explain, run as in a terminal, two at a time."""

from __future__ import annotations

import json
import os
import secrets
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .commands import Commands
from .faults import Fault
from .messages import problem_in
from .training import as_typed, python_options

_AT_ONCE = 2
_KEPT = 100
_MOST_WAITING = 20
_LONGEST_OUTPUT = 256 * 1024


@dataclass
class Job:
    """One command: its state, what it printed, the files and figures that came of it."""

    options: list[str]
    project: Path
    folder: Path
    run: str
    id: str = field(default_factory=lambda: secrets.token_hex(6))
    state: str = "running"
    output: str = ""
    files: list[str] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    problem: dict[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        """Return what the pages see."""
        return {
            "job": self.id,
            "run": self.run,
            "state": self.state,
            "output": self.output,
            "files": self.files,
            "figures": self.figures,
            "problem": self.problem,
            "command": ["mycaffe", *(as_typed(part, self.project) for part in self.options)],
        }


class Jobs:
    """Runs commands in threads; ``tell`` is called with a job whose state has changed."""

    def __init__(
        self,
        commands: Commands,
        tell: Callable[[Job], None] = lambda job: None,
        *,
        allow_python: bool = False,
    ):
        self._commands = commands
        self._python = python_options(allow_python)
        self._pool = ThreadPoolExecutor(_AT_ONCE, "mycaffe-job")
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()
        self.tell = tell

    def start(
        self,
        run: str,
        project: Path,
        folder: Path,
        arguments: Sequence[str],
        last: Sequence[str] = (),
    ) -> Job:
        """Start ``mycaffe ARGUMENTS LAST`` in a project's folder; the files that it makes belong to a run's folder.

        Refused if too many wait for their turn already.
        """
        job = Job(self._commands.options([*arguments, *self._python], last), project, folder, run)
        with self._lock:
            if sum(one.state == "running" for one in self._jobs.values()) >= _MOST_WAITING:
                raise Fault(
                    429, f"{_MOST_WAITING} commands run or wait already", "try it again later"
                )
            self._jobs[job.id] = job
            finished = [one.id for one in self._jobs.values() if one.state != "running"]
            for old in finished[: max(0, len(self._jobs) - _KEPT)]:
                del self._jobs[old]
        self._pool.submit(self._run, job)
        return job

    def find(self, name: str) -> Job:
        """Return a job by its id."""
        job = self._jobs.get(name)
        if job is None:
            raise Fault(404, "there is no such job, or it was long ago")
        return job

    def close(self) -> None:
        """Wait for the jobs, whose commands have been ended."""
        self._pool.shutdown(cancel_futures=True)

    def _run(self, job: Job) -> None:
        try:
            self._finish(job)
        except Exception as error:
            job.output = getattr(error, "message", f"{type(error).__name__}: {error}")
            job.problem = problem_in(job.output)
            job.state = "failed"
        self.tell(job)

    def _finish(self, job: Job) -> None:
        done = self._commands.run(job.options, folder=job.project)
        job.output = f"{done.said}{done.printed}"[-_LONGEST_OUTPUT:]
        if done.code:
            job.problem = problem_in(done.said)
            job.state = "failed"
            return
        names = [line.strip() for line in done.printed.splitlines()]
        with suppress(ValueError):
            job.figures = json.loads(done.printed)
            names = job.figures.pop("files", [])
            job.output = done.said[-_LONGEST_OUTPUT:]
        beside = str(job.folder.resolve())
        job.files = [
            os.path.basename(name)
            for name in names
            if name and os.path.dirname(os.path.abspath(name)) == beside
        ]
        job.state = "done"

"""Trainings that the Designer starts: the same command as in a terminal, in a session of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from mycaffe_py.permission import OPTION
from mycaffe_py.projects import Project
from mycaffe_py.run import RunDirectory, read_record

from .messages import problem_in

OUTPUT = "output.txt"
_LONGEST_OUTPUT = 64 * 1024


@dataclass
class Start:
    """A training that was started here."""

    folder: Path
    process: subprocess.Popen[bytes]
    started: str = field(default_factory=lambda: _now())


class Trainings:
    """Starts trainings and keeps their output; they outlive the server."""

    def __init__(self, plugins: Sequence[str], *, allow_python: bool = False):
        self._plugins = plugin_options(plugins) + python_options(allow_python)
        self._starts: dict[Path, Start] = {}
        self._lock = threading.Lock()

    def start(
        self,
        project: Project,
        net: str,
        *,
        names_its_net: bool,
        device: str | None = None,
        seed: int | None = None,
        iterations: int | None = None,
        resume: Path | None = None,
        weights: Path | None = None,
    ) -> tuple[Path, list[str]]:
        """Start ``mycaffe train`` on a project's files; return the run folder, and the command for a terminal.

        ``net`` is the net's name, which the folder is called after. ``names_its_net``: the solver file itself names
        the model. ``weights`` is a weights file.
        """
        options = [] if device in (None, "auto") else ["--device", str(device)]
        options += [] if seed is None else ["--seed", str(seed)]
        options += [] if iterations is None else ["--iterations", str(iterations)]
        options += [] if resume is None else ["--resume", str(resume)]
        options += [] if weights is None else ["--weights", str(weights)]
        options += self._plugins
        files = ["--solver", str(project.solver)]
        files += [] if names_its_net else ["--model", str(project.model)]
        directory = RunDirectory.create(project.runs, net)
        folder = directory.path.resolve()
        command = [*MYCAFFE, "train", *files, *options, "--run-dir", str(folder)]
        try:
            process = _spawn(command, project.folder, log_beside(folder))
        except OSError:
            directory.discard()
            raise
        with self._lock:
            self._starts[folder] = Start(folder, process)
        return folder, as_pasted([*MYCAFFE, "train", *files, *options], project.folder)

    def unfinished_start(self, folder: Path) -> dict[str, Any] | None:
        """Return state, message, problem and time of a start without a run.json, or None if there was no such."""
        begun = self._starts.get(folder)
        log = log_beside(folder)
        if begun is None and not os.path.isfile(log):
            return None
        if begun is not None and begun.process.poll() is None:
            return {"state": "starting", "message": "", "problem": None, "started": begun.started}
        problem = problem_in(output_of(folder) or "")
        if problem["message"] == "":
            code = begun.process.returncode if begun is not None else None
            ended = "" if code is None else f" with exit code {code}"
            problem["message"] = f"the training ended{ended} before it began"
        started = begun.started if begun is not None else _time_of(log)
        return {
            "state": "failed",
            "message": problem["message"],
            "problem": problem,
            "started": started,
        }

    def tidy(self) -> None:
        """Take note of processes that have ended, and put the output of runs that have begun into their folders."""
        for folder, begun in list(self._starts.items()):
            ended = begun.process.poll() is not None
            record = read_record(folder)
            if record and (ended or os.path.isfile(folder / "progress.json")):
                with suppress(OSError):  # Windows keeps open files where they are
                    os.replace(log_beside(folder), folder / OUTPUT)
            if ended and record:
                with self._lock:
                    self._starts.pop(folder, None)

    def running(self) -> list[Path]:
        """Return the folders of the trainings started here that go on."""
        return [begun.folder for begun in self._starts.values() if _goes_on(begun)]

    def wait(self, timeout: float) -> None:
        """Wait for all processes, at most ``timeout`` seconds each."""
        for begun in list(self._starts.values()):
            with suppress(subprocess.TimeoutExpired):
                begun.process.wait(timeout)

    def let_go(self) -> None:
        """Forget the processes, which go on."""
        for begun in self._starts.values():
            if begun.process.poll() is None:
                begun.process.returncode = 0  # so that Python does not warn of a child left behind
        self._starts.clear()


_MAIN = """import sys
sys.path[:] = [place for place in sys.path if place]
from mycaffe_py.cli import main
sys.argv[0] = "mycaffe"
main()"""

MYCAFFE = [sys.executable, "-c", _MAIN]
"""The command line in this Python; no module comes from the folder where it runs, as with -m before Python 3.11."""


def environment() -> dict[str, str]:
    """Return the environment of a command."""
    return os.environ | {"PYTHONUNBUFFERED": "1"}


def own_session() -> dict[str, Any]:
    """Return options with which a process does not get the terminal's Ctrl-C, and outlives its parent."""
    if os.name == "nt":
        flags = ("CREATE_NEW_PROCESS_GROUP", "CREATE_NO_WINDOW")
        return {"creationflags": sum(getattr(subprocess, flag, 0) for flag in flags)}
    return {"start_new_session": True}


def _spawn(command: list[str], folder: Path, log: Path) -> subprocess.Popen[bytes]:
    with log.open("xb") as output:
        return subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment(),
            **own_session(),
        )


def log_beside(folder: Path) -> Path:
    """Return where a training's output is kept while its folder has to be empty."""
    return folder.with_name(f"{folder.name}.log")


def output_of(folder: Path) -> str | None:
    """Return the end of what a training started here has printed, or None if there is nothing."""
    for path in (folder / OUTPUT, log_beside(folder)):
        if path.is_symlink():  # it may lead out of the served folder
            continue
        try:
            with path.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - _LONGEST_OUTPUT))
                data = file.read()
        except OSError:
            continue
        text = data.decode("utf-8", "replace")
        return text if size <= _LONGEST_OUTPUT else text.partition("\n")[2]
    return None


def _goes_on(begun: Start) -> bool:
    status = read_record(begun.folder).get("status", "running")
    return begun.process.poll() is None and status == "running"


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def _time_of(path: Path) -> str:
    stamp = datetime.fromtimestamp(path.stat().st_mtime, timezone.utc)
    return stamp.isoformat(timespec="seconds")


def plugin_options(plugins: Sequence[str]) -> list[str]:
    """Return the options that name the plugins in another folder: files by their whole paths."""
    names = [os.path.abspath(name) if os.path.isfile(name) else name for name in plugins]
    return [option for name in names for option in ("--plugin", name)]


def python_options(allowed: bool) -> list[str]:
    """Return the option with which a verb that builds nets builds Python layers too, if that is allowed."""
    return [OPTION] if allowed else []


def as_typed(part: str, folder: Path) -> str:
    """Return a path below the project's folder as one writes it there."""
    path = Path(part)
    if path.is_absolute() and folder.resolve() in path.resolve().parents:
        return re.sub("^-", "./-", os.path.relpath(path.resolve(), folder.resolve()))
    return part


def as_pasted(command: Sequence[str], folder: Path) -> list[str]:
    """Return the recorded command of a training as one would type it in ``folder``, for a new run."""
    parts = list(command)
    if "train" in parts:
        parts = parts[parts.index("train") :]
    kept: list[str] = []
    for index, part in enumerate(parts):
        if part == "--run-dir" or part.startswith("--run-dir=") or parts[index - 1] == "--run-dir":
            continue
        kept.append(as_typed(part, folder))
    return ["mycaffe", *kept]

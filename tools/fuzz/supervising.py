"""Runs the cases of a kind in processes of their own, and goes on after one that dies."""

from __future__ import annotations

import json
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import Any

from .findings import Finding
from .limits import Limits

ROOT = Path(__file__).parents[2]
START = 60.0
"""Seconds in which a process must have begun its first case."""
BATCH = 2000
"""Cases after which a new process is begun."""
HANG = "hang: it takes too long"
_FAREWELL = 5.0
"""Seconds in which a process that is asked for its traceback must have written it."""
_CHUNK = 1 << 16


@dataclass
class Result:
    """What was run of a kind, and what was found."""

    kind: str
    cases: int = 0
    seconds: float = 0.0
    findings: list[Finding] = field(default_factory=list)
    interrupted: bool = False


def run_kind(
    kind: str, seed: int, count: int, limits: Limits, *, first: int = 0, seconds: float = inf
) -> Result:
    """Run so many cases of a kind, or those that begin within so many seconds after the first one."""
    result, begun = Result(kind), time.monotonic()
    until, number = inf, first
    while number < first + count and time.monotonic() < until and not result.interrupted:
        end = min(first + count, number + BATCH)
        batch = _Batch(result, seed, limits, until, seconds)
        number, until = batch.run(number, end), batch.until
    result.cases, result.seconds = number - first, time.monotonic() - begun
    return result


class _Batch:
    def __init__(self, result: Result, seed: int, limits: Limits, until: float, seconds: float):
        self.result, self.seed, self.limits = result, seed, limits
        self.until, self.seconds = until, seconds
        self.current: int | None = None
        self.done = False

    def run(self, first: int, end: int) -> int:
        """Run cases in one process until it ends; return the number of the next case to run."""
        with (
            tempfile.NamedTemporaryFile("r", errors="replace") as log,
            tempfile.TemporaryFile("w+", errors="replace") as errors,
        ):
            words = [self.result.kind, self.seed, first, end]
            words += [self.limits.seconds, self.limits.memory, log.name]
            process = subprocess.Popen(
                [sys.executable, "-m", "tools.fuzz.worker", *map(str, words)],
                stdout=subprocess.PIPE,
                stderr=errors,
                stdin=subprocess.DEVNULL,
                cwd=ROOT,
            )
            try:
                hung = self._follow(process)
            except KeyboardInterrupt:
                self.result.interrupted, hung = True, None
            finally:
                process.kill()
                process.communicate()
            if self.done:
                return end
            errors.seek(0)
            text = log.read() + errors.read()
            if self.result.interrupted:
                return first if self.current is None else self.current
            if self.current is None or process.returncode == 1:
                raise SystemExit(f"cases of {self.result.kind} cannot be made:\n{text}")
            if hung is not None:
                what = hung or _ended(process.returncode)
                found = Finding(self.result.kind, self.seed, self.current, what, text[-6000:])
                self.result.findings.append(found)
            return self.current + 1

    def _follow(self, process: Any) -> str | None:
        """Read what the process says until it ends or time is over.

        Returns what is wrong: "" if it ended by itself before it was done, None if nothing is.
        """
        for message in self._messages(process):
            if message is None:
                return HANG
            if "found" in message:
                self.result.findings.append(Finding(**message["found"]))
            elif "begun" in message:
                self.until = min(self.until, time.monotonic() + self.seconds)
                if time.monotonic() >= self.until and self.current is not None:
                    return None
                self.current = message["begun"]
            else:
                self.done = True
                return None
        return ""

    def _messages(self, process: Any) -> Iterator[dict[str, Any] | None]:
        """Yield each message; None if there is none for too long."""
        rest = b""
        while True:
            patience = START if self.current is None else self.limits.patience
            if not select.select([process.stdout], [], [], patience)[0]:
                _ask_for_its_traceback(process)
                yield None
                return
            data = process.stdout.read1(_CHUNK)
            if not data:
                process.wait()
                return
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                yield json.loads(line)


def _ask_for_its_traceback(process: Any) -> None:
    """End a process as if it had computed too long: then it writes its traceback."""
    process.send_signal(signal.SIGPROF)
    with suppress(subprocess.TimeoutExpired):
        process.wait(_FAREWELL)


def _ended(code: int) -> str:
    if code == -signal.SIGPROF:
        return HANG
    if code < 0:
        return f"crash: {signal.Signals(-code).name}"
    return f"the process ended with exit code {code}"

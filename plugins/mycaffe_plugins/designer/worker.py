"""A process that looks at texts and edits them, so that no text, however odd, holds up or ends the server."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from mycaffe_py import errors
from mycaffe_py.errors import ConfigError, MyCaffeError

from .training import own_session

_START = (
    # First of all, no module may come from the current folder, json.py for instance.
    "import sys; sys.path[:] = [place for place in sys.path if place]; "
    "import json; sys.path[:] = json.loads(sys.argv[1]); "
    "from mycaffe_plugins.designer.working import main; main(sys.argv[2:])"
)
_TO_START, _TO_ANSWER = 60.0, 10.0
_CLOSED = "the Designer is being closed"


class Worker:
    """One child process that answers one request after the other.

    It starts with the first request, and anew after one that took more than 10 seconds or 2 GB, or ended it.
    Its methods may be called from any thread.
    """

    def __init__(self, plugins: Sequence[str] = (), *, allow_python: bool = False):
        self._arguments = json.dumps({"plugins": list(plugins), "allow_python": allow_python})
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._answers: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._closed = False

    def call(self, function: str, /, **arguments: Any) -> dict[str, Any]:
        """Return what ``look`` or ``edit`` returns for the arguments, which are JSON values.

        ``folder`` is where relative names of files count from. Raises the MyCaffeError that it raises, and ConfigError
        in words if the process had to be ended or ended itself.
        """
        request = json.dumps({"function": function, "arguments": arguments})
        with self._lock:
            answer = self._ask(request.encode() + b"\n")
        if "error" in answer:
            raise _raised(answer["error"])
        value: dict[str, Any] = answer["value"]
        return value

    def close(self) -> None:
        """End the process; later calls are refused."""
        self._closed = True
        self._end()

    def _ask(self, request: bytes) -> dict[str, Any]:
        if self._closed:
            raise ConfigError(_CLOSED)
        if self._process is None or self._process.poll() is not None:
            self._begin()
        process, answers = self._process, self._answers
        assert process is not None and process.stdin is not None
        with suppress(OSError):
            process.stdin.write(request)
            process.stdin.flush()
        line = self._next(answers, _TO_ANSWER)
        if line is None:
            self._end()
            raise ConfigError(
                f"looking at the text took longer than {_TO_ANSWER:.0f} seconds and was ended",
                hint="a layer may be very large, or wait for something; mycaffe check FILE has no limit",
            )
        if not line:
            self._end()
            if self._closed:
                raise ConfigError(_CLOSED)
            raise ConfigError(
                "the process that looked at the text ended: it may have needed more than 2 GB of memory",
                hint="a layer may be very large; mycaffe check FILE has no limit",
            )
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _begin(self) -> None:
        """Start a process and wait until it is ready, which takes about half a second."""
        self._end()
        path = json.dumps([entry for entry in sys.path if entry])
        self._answers = queue.SimpleQueue()
        self._process = subprocess.Popen(
            [sys.executable, "-c", _START, path, self._arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **_ONE_THREAD},
            **own_session(),
        )
        threading.Thread(
            target=_pass_on, args=(self._process.stdout, self._answers), daemon=True
        ).start()
        line = self._next(self._answers, _TO_START)
        if not line:
            self._end()
            raise ConfigError("the process that looks at texts could not be started")
        answer = json.loads(line)
        if "error" in answer:
            self._end()
            raise _raised(answer["error"])

    @staticmethod
    def _next(answers: queue.SimpleQueue[bytes], seconds: float) -> bytes | None:
        """Return the next line, b"" if the process has ended, or None if it takes longer."""
        with suppress(queue.Empty):
            return answers.get(timeout=seconds)
        return None

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()


_ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
"""Texts need no matrix products, and each thread takes address space."""


def _pass_on(stream: Any, answers: queue.SimpleQueue[bytes]) -> None:
    """Put a process's lines into a queue, and b"" when it has ended."""
    with suppress(OSError, ValueError):
        for line in stream:
            answers.put(line)
    answers.put(b"")


def _raised(error: dict[str, Any]) -> Exception:
    """Return the exception that a dict from the process describes."""
    cls = getattr(errors, error["class"], None)
    if not (isinstance(cls, type) and issubclass(cls, MyCaffeError)):
        return RuntimeError(error["message"])
    return cls(error["message"], hint=error["hint"], field=error["field"])

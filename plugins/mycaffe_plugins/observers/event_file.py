"""An event file: a sequence of Event messages in TensorFlow's record format."""

from __future__ import annotations

import os
import socket
import time
from itertools import count
from pathlib import Path
from typing import Any

from tensorboardX.proto.event_pb2 import Event, SessionLog
from tensorboardX.record_writer import RecordWriter


class EventFile:
    """Appends events to a new file ``events.out.tfevents.<time>.<host>.<process>`` in a folder.

    If there is a file of that name, which this process began in the same second, a number follows.
    The first event gives the version of the format, as readers expect.
    """

    def __init__(self, folder: Path):
        now = time.time()
        name = f"events.out.tfevents.{int(now)}.{socket.gethostname()}.{os.getpid()}"
        self.path = _new_file(folder, name)
        self._writer = RecordWriter(str(self.path))
        self._write(Event(wall_time=now, file_version="brain.Event:2"))

    def add(self, step: int, summary: Any) -> None:
        """Append a Summary for an iteration."""
        if summary.value:
            self._write(Event(wall_time=time.time(), step=step, summary=summary))

    def add_graph(self, graph: Any) -> None:
        """Append the net's graph, a GraphDef."""
        self._write(Event(wall_time=time.time(), graph_def=graph.SerializeToString()))

    def restart(self, step: int) -> None:
        """Say that what other files of this folder have from ``step`` on is no longer valid."""
        log = SessionLog(status=SessionLog.START)
        self._write(Event(wall_time=time.time(), step=step, session_log=log))

    def _write(self, event: Any) -> None:
        self._writer.write(event.SerializeToString())

    def flush(self) -> None:
        """Pass everything to the operating system."""
        self._writer.flush()

    def close(self) -> None:
        """Flush and close the file."""
        self._writer.close()


def _new_file(folder: Path, name: str) -> Path:
    """Create an empty file under a name, or under the first with a number that is free."""
    for number in count():
        path = folder / (f"{name}.{number:03}" if number else name)
        try:
            path.touch(exist_ok=False)
        except FileExistsError:
            continue
        return path
    raise AssertionError("unreachable")

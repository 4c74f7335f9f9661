"""What a disk may hold after a power failure: a run is recorded, and each moment gives the states that are possible.

``python power_loss.py FOLDER OUT ARGUMENT...`` runs the command in a folder and pickles what happened to its files:
their names and contents whenever a name is about to change or something is flushed. Only what was flushed is certain
to be there later: contents by fsync of the file, names by fsync of their folder.
"""

from __future__ import annotations

import itertools
import os
import pickle
import stat
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

Names = dict[int, dict[str, int]]
"""The entries of each folder, all by numbers."""
Contents = dict[int, bytes]
_CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.link"}


@dataclass
class Moment:
    """What the system shows: folders, files, and which of them were flushed since the moment before."""

    root: int
    names: Names
    contents: Contents
    flushed: list[int] = field(default_factory=list)


class Recorder:
    """Looks at a folder whenever this process is about to change a name below it, or flushes something."""

    def __init__(self, folder: Path):
        self.moments: list[Moment] = []
        self._folder = os.fspath(folder)
        self._busy = threading.local()
        self._lock = threading.Lock()
        self._on = True
        self._known: dict[int, int] = {}
        self._count = itertools.count(1)
        sync = os.fsync

        def fsync(number: int) -> None:
            sync(number)
            self._look(os.fstat(number).st_ino)

        os.fsync = fsync
        sys.addaudithook(self._hook)

    def finish(self) -> list[Moment]:
        """Stop, and return what was seen."""
        self._look()
        self._on = False
        return self.moments

    def _hook(self, event: str, arguments: tuple) -> None:
        if not self._on or getattr(self._busy, "now", False):
            return
        if event in _CHANGES or (event == "open" and arguments[2] & os.O_CREAT):
            self._look()

    def _look(self, flushed: int | None = None) -> None:
        with self._lock:
            self._busy.now = True
            try:
                found = self._seen()
            finally:
                self._busy.now = False
            number = self._numbers(found)
            if flushed in number:
                found.flushed.append(flushed)
            self.moments.append(
                Moment(
                    number[found.root],
                    {
                        number[folder]: {name: number[inode] for name, inode in entries.items()}
                        for folder, entries in found.names.items()
                    },
                    {number[inode]: data for inode, data in found.contents.items()},
                    [number[inode] for inode in found.flushed],
                )
            )

    def _numbers(self, found: Moment) -> dict[int, int]:
        """Return a number for each inode; one that a new file has got from a removed one is another number."""
        inodes = found.names.keys() | found.contents.keys()
        self._known = {inode: self._known.get(inode) or next(self._count) for inode in inodes}
        return self._known

    def _seen(self) -> Moment:
        before = None
        while True:  # until another thread has changed nothing meanwhile
            names: Names = {}
            contents: Contents = {}
            try:
                found = Moment(_walk(self._folder, names, contents), names, contents)
            except FileNotFoundError:
                continue
            if found == before:
                return found
            before = found


def _walk(folder: str, names: Names, contents: Contents) -> int:
    number = os.stat(folder).st_ino
    names[number] = {}
    for entry in os.scandir(folder):
        status = entry.stat(follow_symlinks=False)
        names[number][entry.name] = status.st_ino
        if stat.S_ISDIR(status.st_mode):
            _walk(entry.path, names, contents)
        else:
            with open(entry.path, "rb") as file:
                contents[status.st_ino] = file.read()
    return number


@dataclass(frozen=True)
class State:
    """What a disk may hold: the content of each file by its path, and the folders."""

    files: tuple[tuple[str, bytes], ...]
    folders: tuple[str, ...]

    def build(self, folder: Path) -> None:
        """Make these files and folders below ``folder``."""
        for name in self.folders:
            (folder / name).mkdir(parents=True, exist_ok=True)
        for name, content in self.files:
            (folder / name).write_bytes(content)


def disks(moments: list[Moment]) -> Iterator[Moment]:
    """Yield what is certain to be on the disk at each moment, in one object that changes."""
    disk = Moment(moments[0].root, dict(moments[0].names), dict(moments[0].contents))
    for moment in moments:
        for number in moment.flushed:
            if number in moment.names:
                disk.names[number] = dict(moment.names[number])
            elif number in moment.contents:
                disk.contents[number] = moment.contents[number]
        yield disk


def states(moments: list[Moment], promised: list[int]) -> Iterator[tuple[int, str, int, State]]:
    """Yield the number of each moment, how the power failed, what was promised, and what the disk may hold then.

    ``promised`` has the update that can be resumed at each moment. Each state comes only once for each of them.

    ``kept``: everything is there. ``lost``: nothing is that was not flushed. ``empty``: all names, but contents only as
    flushed; ``torn``: with half of what came after. ``only NAME`` and ``not NAME``: of the names that were changed and
    not flushed, just this one was changed, or all but this one.
    """
    seen: set[tuple[int, State]] = set()
    for number, (moment, disk) in enumerate(zip(moments, disks(moments), strict=True)):
        promise = promised[number]
        for how, state in _variants(moment, disk):
            if (promise, state) not in seen:
                seen.add((promise, state))
                yield number, how, promise, state


def _variants(moment: Moment, disk: Moment) -> Iterator[tuple[str, State]]:
    flushed = dict.fromkeys(moment.contents, b"") | disk.contents
    torn = {inode: _torn(data, flushed[inode]) for inode, data in moment.contents.items()}
    yield "kept", _state(moment.root, moment.names, moment.contents)
    yield "lost", _state(disk.root, disk.names, disk.contents)
    yield "empty", _state(moment.root, moment.names, flushed)
    yield "torn", _state(moment.root, moment.names, torn)
    everything = disk.contents | moment.contents
    for folder, entries in moment.names.items():
        before = disk.names.get(folder, {})
        changed = {
            name for name in before.keys() | entries if before.get(name) != entries.get(name)
        }
        for name in sorted(changed):
            for what, first, second in (("only", before, entries), ("not", entries, before)):
                mixed = {key: value for key, value in first.items() if key != name}
                if name in second:
                    mixed[name] = second[name]
                names = disk.names | moment.names | {folder: mixed}
                yield f"{what} {name}", _state(moment.root, names, everything)
                yield f"{what} {name}, empty", _state(moment.root, names, flushed)


def _torn(data: bytes, flushed: bytes) -> bytes:
    if data.startswith(flushed):
        return data[: (len(flushed) + len(data) + 1) // 2]
    return data[: len(data) // 2]


def _state(root: int, names: Names, contents: Contents) -> State:
    files: dict[str, bytes] = {}
    folders: list[str] = []

    def add(inode: int, path: str) -> None:
        for name, below in names.get(inode, {}).items():
            if below in names:
                folders.append(f"{path}{name}")
                add(below, f"{path}{name}/")
            else:
                files[f"{path}{name}"] = contents.get(below, b"")

    add(root, "")
    return State(tuple(sorted(files.items())), tuple(sorted(folders)))


def main() -> None:
    """Record a command."""
    folder, out, *arguments = sys.argv[1:]
    from mycaffe_py.cli.app import app

    os.chdir(folder)
    sys.modules["matplotlib"] = None  # type: ignore[assignment]
    recorder = Recorder(Path.cwd())
    app.main(arguments, standalone_mode=False)
    seen = [(each.root, each.names, each.contents, each.flushed) for each in recorder.finish()]
    Path(out).write_bytes(pickle.dumps(seen))


def load_moments(path: Path) -> list[Moment]:
    """Return the moments that a recorded command has left."""
    return [Moment(*each) for each in pickle.loads(path.read_bytes())]


if __name__ == "__main__":
    main()

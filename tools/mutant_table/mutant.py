"""One mutant of the table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """One mistake: in ``file``, ``old``, which is there exactly once, becomes ``new``.

    ``tests`` are the files or folders that should notice it. ``equivalent`` says why none can, where that is so.
    """

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    equivalent: str = ""

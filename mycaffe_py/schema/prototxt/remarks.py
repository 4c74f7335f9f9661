"""What a text has that Caffe does not take, but that is read all the same: for warnings, each kind once."""

from __future__ import annotations

from dataclasses import dataclass, field

from mycaffe_py.errors import Problem
from mycaffe_py.wording import counted

from .cursor import Cursor
from .tokens import Token

BARE_STRING = "bare string"


@dataclass
class Remark:
    """One kind: the first place, and how many more there are."""

    first: Token
    message: str
    more: list[Token] = field(default_factory=list)


class Remarks:
    """The remarks on one text, by kind."""

    def __init__(self) -> None:
        self.found: dict[str, Remark] = {}
        self.forks: set[str] = set()
        """The forks that something is of."""

    def add(self, kind: str, token: Token, message: str, fork: str = "") -> None:
        """Add a remark; of one kind only the first is worded."""
        if fork:
            self.forks.add(fork)
        if kind in self.found:
            self.found[kind].more.append(token)
        else:
            self.found[kind] = Remark(token, message)

    def upgrades(self) -> list[str]:
        """Return what a text that is written anew has otherwise, in words."""
        return ["strings without quotes"] if BARE_STRING in self.found else []

    def problems(self, cursor: Cursor) -> list[Problem]:
        """Return them with their places, in the order of the text."""
        ordered = sorted(self.found.values(), key=lambda remark: remark.first.offset)
        return [_problem(cursor, remark) for remark in ordered]


def _problem(cursor: Cursor, remark: Remark) -> Problem:
    place = cursor.lines.location(cursor.filename, remark.first.offset, len(remark.first.text))
    message = remark.message
    if remark.more:
        last = cursor.lines.number(remark.more[-1].offset)
        message += f"; so {'are' if len(remark.more) > 1 else 'is'} {counted(len(remark.more), 'other place')}"
        message += f", the last in line {last}"
    return Problem(message, place, None, "E200")

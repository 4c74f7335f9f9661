"""Times counted in seconds, or parts of them, since 1970."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .moments import SECOND
from .patterns import Parsed

EPOCHS = {
    1: "seconds",
    1000: "milliseconds",
    10**6: "microseconds",
    10**9: "nanoseconds",
}
_FROM, _TO = 631_152_000, 4_102_444_800  # 1990 and 2100, in seconds


@dataclass(frozen=True)
class Epoch:
    """Times counted from 1970 in whole seconds or parts of them."""

    per_second: int
    months = 0

    @property
    def unit(self) -> int:
        """The shortest step that can be written, in microseconds."""
        return max(1, SECOND // self.per_second)

    def read(self, cell: str) -> Parsed:
        """Return the time in ``cell``; ValueError if it is no integer."""
        text = cell.strip()
        if not text:
            raise ValueError("is empty: every row needs a time")
        if not re.fullmatch(r"-?\d{1,19}", text, re.ASCII):
            raise ValueError(f"is not a whole number of {EPOCHS[self.per_second]} since 1970")
        return Parsed(self.moment(int(text)), None)

    def moment(self, count: int) -> int:
        """Return a count as microseconds, rounded."""
        return (2 * count * SECOND + self.per_second) // (2 * self.per_second)

    def write(self, local: int, offset: int) -> str:
        """Return a moment as the column writes it."""
        return str(local * self.per_second // SECOND)


def counted(texts: Sequence[str]) -> Epoch | None:
    """Return what integers count if all of them are from 1990 to 2100; None if they are plain numbers."""
    if not all(text.isdecimal() and len(text) < 20 for text in texts):
        return None
    counts = [int(text) for text in texts]
    for per_second in EPOCHS:
        if _FROM * per_second <= min(counts) and max(counts) <= _TO * per_second:
            return Epoch(per_second)
    return None

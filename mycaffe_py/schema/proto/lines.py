"""Lines of a text, found once, for whoever asks for many places in it."""

from __future__ import annotations

import re
from bisect import bisect_right

from mycaffe_py.errors import Location

_LONGEST_LINE = 10_000
_SOMETHING = re.compile(r"\S|\Z")


class Lines:
    """Where the lines of a text begin; asking takes as long in a text of one line as in one of many."""

    def __init__(self, text: str):
        self.text = text
        self.starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self._margins: dict[int, int] = {}

    def number(self, offset: int) -> int:
        """Return the number of the line that an offset is in, counted from 1."""
        return bisect_right(self.starts, offset)

    def column(self, offset: int) -> int:
        """Return the column of an offset, counted from 1."""
        return offset - self.starts[self.number(offset) - 1] + 1

    def margin(self, offset: int) -> int:
        """Return the offset of the first character that is no space, on an offset's line, which is not blank."""
        number = self.number(offset)
        if number not in self._margins:
            found = _SOMETHING.search(self.text, self.starts[number - 1])
            self._margins[number] = found.start() if found else len(self.text)
        return self._margins[number]

    def location(self, filename: str, offset: int, length: int) -> Location:
        """Return an offset as line and column, with its line's text; a very long line is left out."""
        number = self.number(offset)
        start = self.starts[number - 1]
        end = self.starts[number] - 1 if number < len(self.starts) else len(self.text)
        shown = self.text[start:end].rstrip("\r") if end - start <= _LONGEST_LINE else ""
        return Location(filename, number, offset - start + 1, shown, max(1, length))

"""A terminal as far as the live view uses one: cursor up, erasing, wrapping; it wraps long lines anew when resized."""

from __future__ import annotations

import re

PIECE = re.compile(r"\x1b\[(\??)([\d;]*)([A-Za-z])|(\r)|(\n)|([^\x1b\r\n]+)")


class Terminal:
    def __init__(self, columns):
        self.columns = columns
        self.lines = [""]  # each was ended by a newline; a long one takes several rows
        self.row = 0  # among the lines; within one the cursor is at its end or beginning
        self.column = 0
        self.wraps, self.cursor = True, True
        self.writes = 0

    def isatty(self):
        return True

    def flush(self):
        pass

    def write(self, text):
        self.writes += 1
        end = 0
        for match in PIECE.finditer(text):
            assert match.start() == end, f"unknown: {text[end : end + 20]!r}"
            end = match.end()
            private, number, letter, back, newline, plain = match.groups()
            if back:
                self.column = 0
            elif newline:
                self.row, self.column = self.row + 1, 0
                self.lines += [""] * (self.row + 1 - len(self.lines))
            elif plain:
                self._type(plain)
            elif private:
                assert number in ("7", "25", "2026")
                self.wraps = letter == "h" if number == "7" else self.wraps
                self.cursor = letter == "h" if number == "25" else self.cursor
            else:
                self._control(letter, int(number or 1) if letter == "A" else 0)
        assert end == len(text)

    def _type(self, text):
        line = self.lines[self.row]
        whole = line[: self.column] + text + line[self.column + len(text) :]
        self.lines[self.row] = whole if self.wraps else whole[: self.columns]
        self.column = min(self.column + len(text), len(self.lines[self.row]))

    def _control(self, letter, count):
        if letter == "A":
            self._up(count)
        elif letter == "K":
            self.lines[self.row] = self.lines[self.row][: self.column]
        elif letter == "J":
            self.lines[self.row] = self.lines[self.row][: self.column]
            del self.lines[self.row + 1 :]
        else:
            assert letter == "m"

    def _up(self, rows):
        """Move up by rows of the window, of which a long line takes several."""
        while rows > 0 and self.row > 0:
            self.row -= 1
            rows -= max(1, -(-len(self.lines[self.row].rstrip()) // self.columns))
        assert rows <= 0, "above the first line"
        assert rows == 0, "in the middle of a line"

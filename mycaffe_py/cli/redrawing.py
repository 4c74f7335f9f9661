"""Lines at the bottom of a terminal that are drawn again and again, with text that stays above them."""

from __future__ import annotations

import math
from typing import Any

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.text import Text

_SHOW, _HIDE = "\x1b[?25h", "\x1b[?25l"
_TOGETHER, _DONE = "\x1b[?2026h", "\x1b[?2026l"
"""Terminals that know these show what is between them at once; others ignore them."""
_CUT, _WRAP = "\x1b[?7l", "\x1b[?7h"
"""Lines longer than the window, which may have become narrower just now, are cut rather than wrapped."""
_TO_LINE_END, _TO_SCREEN_END = "\x1b[K", "\x1b[J"


class RedrawnLines:
    """Each drawing is one write: cursor up, every line over its former text, and nothing is erased before.

    If the window has become narrower since the last drawing, the terminal may have wrapped the lines that are there;
    they are then counted as wrapped, and erased first.
    """

    def __init__(self, console: Console):
        self._console = console
        self._widths: list[int] = []
        self._columns = 0
        self._is_shown = False

    def draw(self, content: RenderableType, above: str = "") -> None:
        """Draw the lines, below the text ``above`` if there is any, which then stays."""
        size = self._console.size
        lines = self._text_of(content).split("\n")[: max(1, size.height - 1)]
        parts = [_TOGETHER, _CUT, "" if self._is_shown else _HIDE, self._back(size.width)]
        if above:
            parts += [_WRAP, _TO_SCREEN_END, above.rstrip("\n"), "\n", _CUT]
        parts += [f"{line}{_TO_LINE_END}\n" for line in lines]
        parts += [_TO_SCREEN_END, _WRAP, _DONE]
        self._is_shown, self._columns = True, size.width
        self._widths = [cell_len(Text.from_ansi(line).plain.rstrip()) for line in lines]
        self._write("".join(parts))

    def print(self, text: Text) -> None:
        """Write text as ordinary lines; only before the first drawing or after :meth:`end`."""
        self._write(self._text_of(text) + "\n")

    def _text_of(self, content: RenderableType) -> str:
        with self._console.capture() as captured:
            self._console.print(content)
        return captured.get().rstrip("\n")

    def text_of(self, text: Text) -> str:
        """Return text with its colours as the terminal gets it."""
        return self._text_of(text)

    def _back(self, columns: int) -> str:
        """Return what moves the cursor to the first of the lines drawn last."""
        if not self._widths:
            return ""
        if columns >= self._columns:
            return f"\r\x1b[{len(self._widths)}A"
        rows = sum(max(1, math.ceil(width / max(1, columns))) for width in self._widths)
        return f"\r\x1b[{rows}A{_TO_SCREEN_END}"

    def end(self) -> None:
        """Leave the lines as they are and show the cursor again."""
        if self._is_shown:
            self._is_shown, self._widths = False, []
            self._write(_SHOW)

    def _write(self, text: str) -> None:
        file: Any = self._console.file
        file.write(text)
        file.flush()

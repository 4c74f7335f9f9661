"""Reads R-CNN's window files: images, each with windows that have a class and an overlap."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from mycaffe_py.errors import DataError, Location
from mycaffe_py.stores import text_lines


@dataclass(frozen=True)
class WindowImage:
    """One image of a window file: its path as written, its size, and its line number."""

    path: str
    channels: int
    height: int
    width: int
    line: int


@dataclass(frozen=True)
class Window:
    """A rectangle of image number ``image``, including both corners."""

    image: int
    label: int
    overlap: float
    x1: int
    y1: int
    x2: int
    y2: int
    line: int


class _Words:
    """The words of a file, each with the number and text of its line."""

    def __init__(self, path: Path):
        self.path = path
        self._words: Iterator[tuple[int, str, str]] = (
            (number, line, word) for number, line in text_lines(path) for word in line.split()
        )
        self._place = (1, "")

    def next(self, what: str, convert: Callable[[str], Any], last: bool = False) -> Any:
        """Return the next word, which is ``what``; at the end of the file None, if ``last`` allows it to end."""
        found = next(self._words, None)
        if found is None:
            if last:
                return None
            self.fail(f"the file ends where {what} is expected")
        number, line, word = found
        self._place = number, line
        try:
            return convert(word)
        except ValueError:
            self.fail(f'expected {what}, got "{word}"')

    @property
    def line(self) -> int:
        return self._place[0]

    def fail(self, message: str) -> NoReturn:
        number, line = self._place
        raise DataError(
            f"line {number} of {self.path}: {message}",
            hint="an image is: # index, path, channels, height, width, number of windows; then for each "
            "window: class overlap x1 y1 x2 y2",
            location=Location(str(self.path), number, 1, line, max(1, len(line))),
        )


def read_windows(path: Path) -> tuple[list[WindowImage], list[Window]]:
    """Return the images and windows of a window file.

    Images are numbered in the order of the file, regardless of their ``# index``. Raises DataError
    naming file and line.
    """
    words = _Words(path)
    images: list[WindowImage] = []
    windows: list[Window] = []
    while (mark := words.next("#", str, last=True)) is not None:
        if mark != "#":
            words.fail(f'expected # and the number of an image, got "{mark}"')
        words.next("number of an image", int)
        name = words.next("path", str)
        line = words.line
        channels, height, width = (
            words.next(what, int) for what in ("channels", "height", "width")
        )
        if channels not in (1, 3) or min(channels, height, width) < 1:
            words.fail(f"an image cannot have channels, height, width {(channels, height, width)}")
        images.append(WindowImage(name, channels, height, width, line))
        for _ in range(words.next("number of windows", int)):
            windows.append(_window(words, images))
    if not images:
        raise DataError(f"{path} lists no images")
    return images, windows


def _window(words: _Words, images: list[WindowImage]) -> Window:
    label = words.next("class", int)
    overlap = words.next("overlap", np.float32)  # like the thresholds, so that 0.3 equals 0.3
    x1, y1, x2, y2 = (words.next(what, int) for what in ("x1", "y1", "x2", "y2"))
    image = images[-1]
    if not (0 <= x1 <= x2 < image.width and 0 <= y1 <= y2 < image.height):
        words.fail(
            f"window ({x1}, {y1}) to ({x2}, {y2}) does not lie in the image of height {image.height} "
            f"and width {image.width}"
        )
    return Window(len(images) - 1, label, float(overlap), x1, y1, x2, y2, words.line)

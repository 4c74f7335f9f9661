"""Text files that list images and their labels, one pair per line."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from mycaffe_py.errors import DataError, Location

from .files import read_bytes

_ENTRY = re.compile(r"(.*\S)\s+([+-]?[0-9]{1,12})")


@dataclass(frozen=True)
class ImageEntry:
    """One line of a list: the path as written, the label, and the line's number from 1."""

    path: str
    label: int
    line: int


def text_lines(path: str | os.PathLike[str]) -> list[tuple[int, str]]:
    """Return the lines of a text file that are not blank, with their numbers from 1.

    Names that are not UTF-8 keep their bytes. Raises MissingFileError or DataError.
    """
    text = read_bytes(path, "list file").decode("utf-8-sig", errors="surrogateescape")
    if "\0" in text:
        raise DataError(f"{os.fspath(path)} is a binary file, but a text list is expected")
    lines = enumerate(re.split(r"\r\n?|\n", text), start=1)
    return [(number, line.strip()) for number, line in lines if line.strip()]


def read_list(path: str | os.PathLike[str]) -> list[ImageEntry]:
    """Return the entries of a list of images; each line ends with a space and the label.

    Raises DataError naming file and line, also for a list without entries.
    """
    name, entries = os.fspath(path), []
    for number, line in text_lines(path):
        found = _ENTRY.fullmatch(line)
        if found is None or not -(2**31) <= int(found[2]) < 2**31:
            raise DataError(
                f'line {number} of {name} does not end with a label: "{line}"',
                hint='each line is a path, a space and a whole number: "cats/tom.jpg 3"',
                location=Location(name, number, 1, line, len(line)),
            )
        entries.append(ImageEntry(found[1], int(found[2]), number))
    if not entries:
        raise DataError(f"{name} lists no images")
    return entries


def listed_path(root: str, name: str) -> str:
    """Return ``root`` followed by ``name``: concatenated as in Caffe, or with a slash between them."""
    whole = root + name
    return whole if os.path.exists(whole) else os.path.join(root, name)

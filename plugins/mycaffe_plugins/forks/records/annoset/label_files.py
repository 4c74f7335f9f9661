"""Files of the boxes of an image: PASCAL VOC's XML, COCO's JSON for one image, lines of numbers."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from xml.etree import ElementTree

from mycaffe_py.errors import DataError, MissingFileError
from mycaffe_py.reading import read_bytes

from ..annotations import Box

MOST_BYTES = 16 << 20
_MOST_SIDE = 1 << 31
_CLASS = re.compile(r"-?[0-9]{1,10}")
Size = tuple[int, int]
"""Height and width of the image."""
Corners = tuple[float, float, float, float]


class UnknownClassError(DataError):
    """A file names a class that the label map lacks."""


def read_boxes(
    path: str, kind: str, size: Size, classes: Mapping[str, int], warn: Callable[[str], None]
) -> list[Box]:
    """Return the boxes in a file of ``kind`` xml, json or txt, in parts of the image's sides.

    ``classes``: {name: class}, for xml and json. What is odd about a box is said by ``warn``. Raises MissingFileError,
    DataError if the file cannot be read as its kind, or UnknownClassError.
    """
    if not os.path.exists(path):
        raise MissingFileError(f"file {path} does not exist")
    data = read_bytes(path, MOST_BYTES)
    read = {"xml": _xml, "json": _json, "txt": _txt}[kind]
    try:
        found, told = read(data, classes)
    except DataError as error:
        raise type(error)(f"{path}: {error.message}", hint=error.hint) from error
    height, width = told or size
    if (height, width) != size:
        warn(
            f"{path}: it says {height} x {width} (height, width), but the image is {size[0]} x {size[1]}"
        )
    result = []
    for number, (label, corners, difficult) in enumerate(found, start=1):
        if not all(map(math.isfinite, corners)):
            raise DataError(f"{path}: box {number} is no finite number")
        _look(path, number, corners, (height, width), warn)
        xmin, ymin, xmax, ymax = corners
        result.append(
            Box(label, xmin / width, ymin / height, xmax / width, ymax / height, difficult)
        )
    return result


Found = tuple[list[tuple[int, Corners, bool]], Size | None]


def _look(
    path: str, number: int, corners: Corners, size: Size, warn: Callable[[str], None]
) -> None:
    xmin, ymin, xmax, ymax = corners
    if min(corners) < 0 or max(xmin, xmax) > size[1] or max(ymin, ymax) > size[0]:
        warn(f"{path}: box {number} is not all in the image")
    if xmin > xmax or ymin > ymax:
        warn(f"{path}: box {number} ends before it begins")


def _class(name: str, classes: Mapping[str, int]) -> int:
    if name not in classes:
        raise UnknownClassError(f'class "{name}" is not in the label map')
    return classes[name]


def _told(height: Any, width: Any) -> Size | None:
    """Return the image's size as a file tells it, or None."""
    try:
        size = int(height), int(width)
    except (TypeError, ValueError, OverflowError):
        return None
    if max(size) > _MOST_SIDE:
        raise DataError(f"it says that a side of the image has more than {_MOST_SIDE} pixels")
    return size if min(size) > 0 else None


def _xml(data: bytes, classes: Mapping[str, int]) -> Found:
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise DataError("its XML has a document type, which no annotation needs")
    try:
        root = ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise DataError(f"it is no XML: {error}") from error
    size = _told(root.findtext("size/height"), root.findtext("size/width"))
    found = []
    for item in root.iter("object"):
        label = _class((item.findtext("name") or "").strip(), classes)
        corners = _numbers(
            item.findtext(f"bndbox/{name}") for name in ("xmin", "ymin", "xmax", "ymax")
        )
        found.append((label, corners, (item.findtext("difficult") or "").strip() == "1"))
    return found, size


def _json(data: bytes, classes: Mapping[str, int]) -> Found:
    try:
        root = json.loads(data)
        image, items = root.get("image", {}), root["annotation"]
        size = _told(image.get("height"), image.get("width"))
        found = []
        for item in items:
            x, y, width, height = _numbers(item["bbox"])
            corners = (x, y, x + width, y + height)
            label = _class(str(item["category_id"]), classes)
            found.append((label, corners, bool(item.get("iscrowd", False))))
    except DataError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DataError(
            "it is not of the form {image: {height, width}, annotation: [{category_id, bbox: [x, y, width, height], "
            f"iscrowd}}, ...]}}: {error}"
        ) from error
    return found, size


def _txt(data: bytes, classes: Mapping[str, int]) -> Found:
    found = []
    for number, line in enumerate(data.decode("utf-8", errors="replace").split("\n"), start=1):
        words = line.split()
        if not words:
            continue
        if len(words) != 5 or not _CLASS.fullmatch(words[0]):
            raise DataError(
                f'line {number} is not a class, xmin, ymin, xmax and ymax: "{line.strip()}"'
            )
        label = int(words[0])
        if not -(2**31) <= label < 2**31:
            raise DataError(f"line {number}: class {label} is too large")
        found.append((label, _numbers(words[1:]), False))
    return found, None


def _numbers(words: Iterable[Any]) -> Corners:
    try:
        a, b, c, d = (float(word) for word in words)
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError("a box does not have four numbers") from error
    return a, b, c, d

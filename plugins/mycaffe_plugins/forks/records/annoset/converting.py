"""Implementation of ``mycaffe convert-annoset``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mycaffe_py.cli import echo_result, say, warn
from mycaffe_py.errors import ConfigError, DataError, MissingFileError, naming_place
from mycaffe_py.seeding import drawn_seed, named_generator
from mycaffe_py.stores import (
    check_backend,
    check_image_type,
    encode_image,
    image_bytes,
    listed_path,
    read_image,
    resample,
)

from ..annotated_writer import AnnotatedWriter
from ..annotations import Box
from ..image_pairs import Pair, read_pairs
from .label_files import UnknownClassError, read_boxes
from .label_map import read_label_map

_SAY_EVERY = 1000


@dataclass(frozen=True)
class _Form:
    """How images and boxes are read and stored."""

    boxes: bool
    kind: str
    color: bool
    size: tuple[int, int] | None
    sides: tuple[int, int]
    encode_type: str | None

    def resized(self, image: np.ndarray) -> np.ndarray:
        """Return an image in the size that was asked for."""
        size, (least, most) = self.size, self.sides
        if size is None and (least or most):
            height, width = image.shape[1:]
            factor = least / min(height, width) if least else most / max(height, width)
            if most:
                factor = min(factor, most / max(height, width))
            size = max(1, round(height * factor)), max(1, round(width * factor))
        return image if size is None else resample(image, size)

    def stored(self, path: str, image: np.ndarray) -> np.ndarray | bytes:
        """Return what is stored of an image that was read: pixels, or an image file."""
        resized = self.resized(image)
        if self.encode_type is None:
            return resized
        own = os.path.splitext(path)[1].lstrip(".").lower()
        kind = (self.encode_type or own).lower().lstrip(".")
        same = kind == own or {kind, own} == {"jpg", "jpeg"}
        if same and self.color and resized is image:
            return image_bytes(path)  # unchanged, bit for bit
        return encode_image(resized, kind)


def convert(
    *,
    root: str,
    listed: str,
    database: str,
    anno_type: str,
    label_type: str,
    label_map_file: str | None,
    check_label: bool,
    gray: bool,
    shuffle: bool,
    seed: int | None,
    backend: str,
    min_dim: int,
    max_dim: int,
    resize_width: int,
    resize_height: int,
    check_size: bool,
    encoded: bool,
    encode_type: str | None,
) -> int:
    """Write the database and return the exit code."""
    check_backend(backend)
    boxes = anno_type == "detection"
    named = boxes and label_type != "txt"
    if seed is not None and not shuffle:
        raise ConfigError(
            "--seed has no effect without --shuffle", hint="add --shuffle, or omit --seed"
        )
    if bool(resize_width) != bool(resize_height):
        raise ConfigError("--resize-width and --resize-height must be given together")
    if resize_height and (min_dim or max_dim):
        raise ConfigError(
            "give --resize-width and --resize-height, or --min-dim and --max-dim, not both"
        )
    if named and not label_map_file:
        raise ConfigError(f"--label-type {label_type} needs --label-map-file")
    if encode_type:
        check_image_type(encode_type)
    if not os.path.isdir(root):
        raise MissingFileError(f"folder {root} does not exist")
    classes = read_label_map(label_map_file, check_label) if named and label_map_file else {}
    size = (resize_height, resize_width) if resize_height else None
    kept = (encode_type or "") if encoded or encode_type else None
    form = _Form(boxes, label_type, not gray, size, (min_dim, max_dim), kept)
    writer = AnnotatedWriter(database)
    pairs = read_pairs(Path(listed))
    if shuffle:
        pairs = _shuffled(pairs, seed)
    say(f"A total of {len(pairs)} images.")
    with writer:
        _write(writer, root, pairs, form, classes, check_size)
        if not writer.size:
            raise DataError(f"none of the {len(pairs)} images listed in {listed} can be read")
    if writer.size % _SAY_EVERY:
        say(f"Processed {writer.size} files.")
    echo_result(database)
    return 0


def _shuffled(pairs: list[Pair], seed: int | None) -> list[Pair]:
    seed = drawn_seed() if seed is None else seed
    say(f"Shuffling data (seed {seed})")
    return [
        pairs[index] for index in named_generator(seed, "convert-annoset").permutation(len(pairs))
    ]


def _write(
    writer: AnnotatedWriter,
    root: str,
    pairs: list[Pair],
    form: _Form,
    classes: Mapping[str, int],
    check_size: bool,
) -> None:
    first: tuple[str, tuple[int, ...]] | None = None
    for pair in pairs:
        path = listed_path(root, pair.image)
        try:
            image = read_image(path, form.color)
            label = _label(root, pair, form, image, classes)
            stored = form.stored(path, image)
        except UnknownClassError:
            raise
        except (DataError, MissingFileError) as error:
            warn(f"Could not read {path} or what belongs to it: {error.message}")
            continue
        shape = form.resized(image).shape if check_size else ()
        first = first or (path, shape)
        if shape != first[1]:
            raise DataError(
                f"{path} is {shape} (channels, height, width), but {first[0]} is {first[1]}",
                hint="give --resize-height and --resize-width, or omit --check-size",
            )
        writer.put(stored, label, pair.image)
        if writer.size % _SAY_EVERY == 0:
            say(f"Processed {writer.size} files.")


def _label(
    root: str, pair: Pair, form: _Form, image: np.ndarray, classes: Mapping[str, int]
) -> list[Box] | int:
    if form.boxes:
        size = (image.shape[1], image.shape[2])
        return read_boxes(listed_path(root, pair.label), form.kind, size, classes, warn)
    with naming_place(f"line {pair.line} of the list", DataError):
        try:
            label = int(pair.label)
        except ValueError as error:
            raise DataError(f'"{pair.label}" is no class') from error
        if not -(2**31) <= label < 2**31:
            raise DataError(f"class {label} is too large")
    return label

"""Implementation of ``mycaffe convert-imageset``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mycaffe_py.cli.failures import echo_result, say, warn
from mycaffe_py.errors import ConfigError, DataError, MissingFileError, naming_place, require
from mycaffe_py.plugins.registry import default_registry
from mycaffe_py.seeding import drawn_seed, named_generator
from mycaffe_py.stores import (
    DatabaseWriter,
    ImageEntry,
    array_to_datum,
    check_backend,
    check_image_type,
    encode_image,
    image_bytes,
    listed_path,
    read_image,
    read_list,
)

_SAY_EVERY = 1000
_LONGEST_KEY = 511  # LMDB's limit; the leading number keeps keys distinct


@dataclass(frozen=True)
class _Form:
    """How images are stored; an empty ``encode_type`` keeps that of each file."""

    color: bool
    size: tuple[int, int] | None
    encoded: bool
    encode_type: str


def convert(
    *,
    root: str,
    listed: str,
    database: str,
    gray: bool,
    shuffle: bool,
    seed: int | None,
    backend: str,
    resize_width: int,
    resize_height: int,
    check_size: bool,
    encoded: bool,
    encode_type: str | None,
) -> int:
    """Write the database and return the exit code."""
    check_backend(backend)
    if seed is not None and not shuffle:
        raise ConfigError(
            "--seed has no effect without --shuffle", hint="add --shuffle, or omit --seed"
        )
    if bool(resize_width) != bool(resize_height):
        raise ConfigError("--resize-width and --resize-height must be given together")
    if encode_type:
        check_image_type(encode_type)
        if not encoded:
            say("encode_type specified, assuming encoded=true.")
    if not os.path.isdir(root):
        raise MissingFileError(f"folder {root} does not exist")
    require("PIL.Image", "image")
    size = (resize_height, resize_width) if resize_height else None
    form = _Form(not gray, size, encoded or bool(encode_type), encode_type or "")
    writer = DatabaseWriter(database)
    entries = read_list(listed)
    if shuffle:
        entries = _shuffled(entries, seed)
    say(f"A total of {len(entries)} images.")
    with writer:
        _write(writer, root, entries, form, check_size)
        if not writer.size:
            raise DataError(f"none of the {len(entries)} images listed in {listed} can be read")
    if writer.size % _SAY_EVERY:
        say(f"Processed {writer.size} files.")
    echo_result(database)
    return 0


def _shuffled(entries: Sequence[ImageEntry], seed: int | None) -> list[ImageEntry]:
    seed = drawn_seed() if seed is None else seed
    say(f"Shuffling data (seed {seed})")
    order = named_generator(seed, "convert-imageset").permutation(len(entries))
    return [entries[index] for index in order]


def _write(
    writer: DatabaseWriter,
    root: str,
    entries: Sequence[ImageEntry],
    form: _Form,
    check_size: bool,
) -> None:
    schema = default_registry().schema
    first: tuple[str, tuple[int, ...]] | None = None
    for number, entry in enumerate(entries):
        path = listed_path(root, entry.path)
        try:
            image = read_image(path, form.color, form.size)
        except (DataError, MissingFileError) as error:
            warn(f"Could not open or find file {path}: {error.message}")
            continue
        first = first or (path, image.shape)
        if check_size and image.shape != first[1]:
            raise DataError(
                f"{path} is {image.shape} (channels, height, width), but {first[0]} is {first[1]}",
                hint="give --resize-height and --resize-width, or omit --check-size",
            )
        datum = _datum(schema, path, image, form)
        datum.label = entry.label
        key = f"{number:08}_{entry.path}".encode(errors="surrogateescape")
        writer.put(key[:_LONGEST_KEY], datum.SerializeToString())
        if writer.size % _SAY_EVERY == 0:
            say(f"Processed {writer.size} files.")


def _datum(schema: Any, path: str, image: np.ndarray, form: _Form) -> Any:
    if not form.encoded:
        return array_to_datum(schema, image)
    own = os.path.splitext(path)[1].lstrip(".").lower()
    kind = (form.encode_type or own).lower().lstrip(".")
    jpeg = {"jpg", "jpeg"}
    # A file that already has the requested form is stored unchanged, bit for bit.
    kept = form.size is None and (kind == own or {kind, own} == jpeg)
    with naming_place(path, DataError):
        data = image_bytes(path) if kept else encode_image(image, kind)
    return schema.new("Datum", encoded=True, data=data)

"""Reading files of weights and states, and identifying other files for errors."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from mycaffe_py.device.memory_limits import require_memory_for_file
from mycaffe_py.errors import MissingFileError, SnapshotError, closest, naming_place
from mycaffe_py.reading import read_bytes
from mycaffe_py.schema.texts import check_texts

from .hdf5 import holds_state, is_hdf5
from .hdf5_reading import net_from_hdf5, state_from_hdf5
from .nearby import runs_hint
from .seal import damage
from .wire import has_more_fields, top_level_fields

WEIGHTS, STATE, UNKNOWN = "weights", "solver state", ""
_SUFFIXES = (".caffemodel", ".solverstate")
ALL_SUFFIXES = tuple(f"{suffix}{more}" for suffix in _SUFFIXES for more in ("", ".h5"))
_READERS: dict[str, Any] = {"NetParameter": net_from_hdf5, "SolverState": state_from_hdf5}
_LAYERS = frozenset({2, 100})
"""The numbers of the fields of layers: of Caffe's first format, and of today's."""
_MOST_FIELDS = 500_000
_LOOK_AT = 4096


def read_file(path: Path, expected: str) -> bytes:
    """Return the bytes of a weights or state file.

    Raises MissingFileError naming similar files, or SnapshotError for a file that cannot be read, is
    empty or text, or does not have the size and the checksum with which it was written.
    """
    require_memory_for_file(path)
    try:
        data = read_bytes(path)
    except FileNotFoundError as error:
        raise MissingFileError(
            f"{expected} file {path} does not exist", hint=near_hint(path)
        ) from error
    except IsADirectoryError as error:
        last = path / f"last{_SUFFIXES[expected == STATE]}"
        hint = f'did you mean "{last}"?' if os.path.isfile(last) else runs_hint(path / "last")
        raise SnapshotError(
            f"{path} is a folder, but a {expected} file is expected", hint=hint
        ) from error
    except OSError as error:
        raise SnapshotError(f"cannot read {path}: {error.strerror or error}") from error
    _refuse_other_formats(path, data, expected)
    if found := damage(data):
        raise SnapshotError(f"{path} {found}")
    return data


def kind_of(data: bytes) -> str:
    """Return whether a file is WEIGHTS or a STATE by its fields, or UNKNOWN."""
    if is_hdf5(data):
        return {True: STATE, False: WEIGHTS, None: UNKNOWN}[holds_state(data)]
    fields = top_level_fields(data)
    # A state's field 1 is a number (iter) and 2 a string; a net's field 1 is a string (name).
    if (1, 0) in fields and fields & {(2, 2), (3, 2), (1000, 2)}:
        return STATE
    if fields & {(1, 2), (2, 2), (100, 2)} and (1, 0) not in fields:
        return WEIGHTS
    return UNKNOWN


def parse(
    schema: Any, data: bytes, message_name: str, path: Path, expected: str, shapes: Any
) -> Any:
    """Return the message in ``data``, binary or HDF5, or raise SnapshotError that names the file.

    ``shapes`` are those of the blobs that are to be filled, by layer, or of the history: of an HDF5 file, no others
    are read.
    """
    if is_hdf5(data):
        message = _READERS[message_name](schema, data, path, shapes)
        with naming_place(str(path), SnapshotError):
            check_texts(message)
        return message
    layers = _LAYERS if message_name == "NetParameter" else frozenset[int]()
    if has_more_fields(data, _MOST_FIELDS, layers):
        raise SnapshotError(
            f"{path} has more than {_MOST_FIELDS:,} parts, which no net needs: it is damaged"
        )
    try:
        message = schema.parse_binary(data, message_name)
        check_texts(message)
        return message
    except ValueError as error:  # SnapshotError, or invalid UTF-8 in a string
        if kind_of(data) == expected:
            reason = f"{path} is damaged or was cut short: its {len(data)} bytes are not a complete"
        else:
            reason = f"{path} is not a {expected} file: its {len(data)} bytes are not a"
        raise SnapshotError(f"{reason} {message_name}") from error


def _refuse_other_formats(path: Path, data: bytes, expected: str) -> None:
    from mycaffe_py.foreign.files import foreign_hint, foreign_kind

    ending = ".caffemodel" if expected == WEIGHTS else ".solverstate"
    if not data:
        raise SnapshotError(f"{path} is empty, but a {expected} file is expected")
    kind = foreign_kind(data, path)
    if kind:
        raise SnapshotError(
            f"{path} is {kind}, but a {expected} file is expected",
            hint=foreign_hint(kind)
            or f"give a {ending} or {ending}.h5 file; those of other frameworks are not read",
        )
    if _is_text(data):
        raise SnapshotError(
            f"{path} is text, but a binary {expected} file is expected",
            hint="a .prototxt describes a model or solver; it contains no weights and no state"
            if path.suffix in (".prototxt", ".txt", "")
            else f"give a {ending} or {ending}.h5 file",
        )


def _is_text(data: bytes) -> bool:
    head = data[:_LOOK_AT]
    if any(byte < 32 and byte not in b"\t\n\v\f\r\x1b" for byte in head):
        return False
    try:
        head.decode()
    except UnicodeDecodeError as error:
        # The last character may be cut off at the end of the part examined.
        return len(head) == _LOOK_AT and error.start >= _LOOK_AT - 3
    return True


def near_hint(path: Path) -> str | None:
    """Return which weights or runs are near a path that does not exist, as a hint; None if there are none."""
    try:
        names = sorted(name for name in os.listdir(path.parent) if name.endswith(ALL_SUFFIXES))
    except OSError:
        missing = f"the folder {path.parent} does not exist either"
        runs = runs_hint(path.parent)
        return f"{missing}\n{runs}" if runs else missing
    if not names:
        return runs_hint(path)
    near = closest(path.name, names)
    if near:
        return f'did you mean "{path.with_name(near)}"?'
    shown = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
    return f"in that folder: {shown}"

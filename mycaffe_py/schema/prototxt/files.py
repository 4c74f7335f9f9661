"""Reading text files, with clear errors for files that are not text."""

from __future__ import annotations

import errno
import os

from mycaffe_py.errors import ConfigError, Location, MissingFileError
from mycaffe_py.reading import read_bytes, size_setting

SIZE_SETTING = "MYCAFFE_TEXT_SIZE"
"""Names the environment variable with the most bytes that a text of a model or solver may have."""
MOST_TEXT = 4 << 20
"""Large nets have some hundred kilobytes; a message of 4 MiB takes about 0.6 GiB and some seconds to read."""
_HDF5 = b"\x89HDF\r\n\x1a\n"
_TEXT_CONTROLS = b"\t\n\v\f\r\x1b"
_LOOK_AT = 4096
_MOST_NAMED = 6
_ENDING = ".prototxt"
_END_MARK = b"\x1a"  # what old editors of DOS put at the end of a text


def read_text_file(path: str | os.PathLike[str]) -> str:
    """Return the text of a UTF-8 file, with or without a byte order mark."""
    name = os.fspath(path)
    try:
        data = read_bytes(path, size_setting(SIZE_SETTING) or MOST_TEXT)
    except FileNotFoundError as error:
        raise MissingFileError(f"no such file: {name}") from error
    except IsADirectoryError as error:
        raise ConfigError(
            f"{name} is a directory, not a prototxt file", hint=_files_in(name, ".")
        ) from error
    except OSError as error:
        reason = error.strerror or str(error)
        hint = f"chmod u+r {name}" if isinstance(error, PermissionError) else None
        if error.errno == errno.EFBIG:
            hint = f"if it is to be read all the same: {SIZE_SETTING}=64M"
        raise ConfigError(f"cannot read {name}: {reason}", hint=hint) from error
    data = data.removesuffix(_END_MARK)
    _refuse_binary(name, data[:_LOOK_AT])
    return _decode(name, data)


def refuse_empty(text: str, path: str | os.PathLike[str], what: str) -> None:
    """Raise ConfigError for a file without any field."""
    if not any(line.partition("#")[0].strip() for line in text.splitlines()):
        raise ConfigError(f"{os.fspath(path)} is empty: {what} is expected")


def _refuse_binary(name: str, head: bytes) -> None:
    if head.startswith(_HDF5):
        kind = "an HDF5 file"
        hint = "weights are not a model: use this file where weights are expected"
    elif head.startswith((b"\xff\xfe", b"\xfe\xff")):
        kind = "text in UTF-16"
        hint = "save it as UTF-8"
    elif any(byte < 32 and byte not in _TEXT_CONTROLS for byte in head):
        raise _binary(name, head)
    else:
        return
    raise ConfigError(f"{name} is {kind}, but prototxt text is expected", hint=hint)


def _binary(name: str, data: bytes = b"") -> ConfigError:
    from mycaffe_py.foreign.files import foreign_kind

    kind = foreign_kind(data, name)
    if kind:
        return ConfigError(f"{name} is {kind}, but prototxt text is expected")
    hint = None if name.endswith(_ENDING) else _files_in(os.path.dirname(name) or ".", "beside it")
    return ConfigError(
        f"{name} is a binary file, but prototxt text is expected",
        hint=hint
        or "it may be a .caffemodel or .solverstate: those contain weights or states, "
        "while the model is the .prototxt beside them",
    )


def _files_in(folder: str, where: str) -> str | None:
    """Return which prototxt files there are in a folder, as a hint."""
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(_ENDING))
    except OSError:
        return None
    if not names or len(names) > _MOST_NAMED:
        return None
    place = "in it" if where == "." else where
    paths = ", ".join(name if folder == "." else os.path.join(folder, name) for name in names)
    return f"{place}: {paths}"


def _decode(name: str, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        head = data[:_LOOK_AT].decode("utf-8", "replace")
        if head.count("\ufffd") * 10 > len(head):
            raise _binary(name, data) from error
        start = data.rfind(b"\n", 0, error.start) + 1
        line = data.count(b"\n", 0, error.start) + 1
        end = data.find(b"\n", start)
        source = data[start : end if end >= 0 else len(data)]
        column = len(source[: error.start - start].decode("utf-8", "replace")) + 1
        shown = source.decode("utf-8", "replace").rstrip("\r")
        raise ConfigError(
            f"the byte 0x{data[error.start]:02x} is not UTF-8 text",
            hint="save the file as UTF-8",
            location=Location(name, line, column, shown),
        ) from error

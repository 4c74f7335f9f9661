"""Parquet, Feather and Arrow files, by pyarrow or else polars (extra ``tables``)."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mycaffe_py.errors import DataError, naming_place, require

from .arrow_claims import claimed
from .frames import index_first, table_of
from .marks import Marks
from .table import Table

_PARQUET, _ARROW, _FEATHER_1, _STREAM = b"PAR1", b"ARROW1", b"FEA1", b"\xff\xff\xff\xff"
_CELLS_OF_SMALL, _CELLS_PER_BYTE, _CELL = 4_000_000, 12, 8
"""A column of one value takes a few bytes, however long it is: how many cells a file may have, by its size."""
_KINDS = {".parquet": "Parquet", ".feather": "Feather", ".arrow": "Arrow"}


def is_columnar(path: Path, raw: bytes) -> bool:
    """Whether a file is Parquet, Feather or Arrow, by its first bytes or by its name."""
    return raw.startswith((_PARQUET, _ARROW, _FEATHER_1)) or path.suffix.lower() in _KINDS


def read_columnar(path: Path, raw: bytes, marks: Marks) -> Table:
    """Read such a file; MissingExtraError with the pip command if nothing that reads it is installed."""
    kind = "Parquet" if raw.startswith(_PARQUET) else _KINDS.get(path.suffix.lower(), "Arrow")
    if not raw.startswith((_PARQUET, _ARROW, _FEATHER_1, _STREAM)):
        raise DataError(
            f"{path} is no {kind} file, though its name says so",
            hint="name a file of text .csv" if raw[:100].isascii() else None,
        )
    rows, size = claimed(raw)
    with naming_place(str(path), DataError):
        _refuse_bombs(raw, rows, 1, size)
    library = "polars" if find_spec("pyarrow") is None and find_spec("polars") else "pyarrow"
    module = require(library, "tables")
    reader = (_by_polars if library == "polars" else _by_pyarrow)(module, raw)
    try:
        table = table_of(reader(io.BytesIO(raw)))
    except BaseException as error:
        # A panic of polars, which is written in Rust, is no Exception.
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            if isinstance(error, DataError):
                raise DataError(f"{path}: {error.message}", hint=error.hint) from error
            reason = str(error).strip().partition("\n")[0]
            raise DataError(f"{path}: cannot be read as a {kind} file: {reason}") from error
        raise
    return replace(table, path=path, marks=marks)


def _by_pyarrow(pyarrow: Any, raw: bytes) -> Callable[[io.BytesIO], Any]:
    def read(file: io.BytesIO) -> Any:
        if raw.startswith(_PARQUET):
            parquet = require("pyarrow.parquet", "tables")
            about = parquet.read_metadata(file)
            groups = map(about.row_group, range(about.num_row_groups))
            size = sum(group.total_byte_size for group in groups)
            _refuse_bombs(raw, about.num_rows, about.num_columns, size)
            file.seek(0)
            table = parquet.read_table(file)
        elif raw.startswith(_STREAM):
            table = pyarrow.ipc.open_stream(file).read_all()
        else:
            table = require("pyarrow.feather", "tables").read_table(file)
        # Unchecked, pyarrow ends the process at offsets that lead outside of the data.
        table.validate(full=True)
        return table

    return read


def _refuse_bombs(raw: bytes, rows: int, columns: int, size: int = 0) -> None:
    """Refuse a small file that claims very many cells, or bytes when it is unpacked, before they are made."""
    most = max(_CELLS_OF_SMALL, _CELLS_PER_BYTE * len(raw))
    if rows * columns > most or size > _CELL * most:
        claim = f"{rows * columns:,} cells" if rows * columns > most else f"{size:,} bytes"
        raise DataError(
            f"a file of {len(raw):,} bytes claims {claim}, which is too much for its size",
            hint="if it is what it should be, write it anew without compression",
        )


def _by_polars(polars: Any, raw: bytes) -> Callable[[io.BytesIO], Any]:
    if raw.startswith(_PARQUET):
        return lambda file: _polars_parquet(polars, file)
    return polars.read_ipc_stream if raw.startswith(_STREAM) else polars.read_ipc


def _polars_parquet(polars: Any, file: io.BytesIO) -> Any:
    """Return a frame whose columns have the order that pyarrow's would get from ``table_of``."""
    if not hasattr(polars, "read_parquet_metadata"):
        raise DataError("this polars is too old", hint="install a newer one, or pyarrow")
    lazy = polars.scan_parquet(file)
    rows = lazy.select(polars.len()).collect().item()
    _refuse_bombs(file.getvalue(), rows, len(lazy.collect_schema()))
    file.seek(0)
    frame = polars.read_parquet(file)
    file.seek(0)
    about = polars.read_parquet_metadata(file).get("pandas", "")
    moments = [str(kind).startswith("Datetime") for kind in frame.dtypes]
    return frame.select([frame.columns[k] for k in index_first(frame.columns, moments, about)])

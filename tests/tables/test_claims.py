"""Tables that a small file claims to hold are refused before they are made."""

from __future__ import annotations

import gzip
import io

import pytest

from mycaffe_py.errors import DataError
from mycaffe_py.tables import columnar, read_table
from mycaffe_py.tables.arrow_claims import claimed

pyarrow = pytest.importorskip("pyarrow")
feather = pytest.importorskip("pyarrow.feather")
parquet = pytest.importorskip("pyarrow.parquet")

ROWS = 5_000_000


def table(rows=ROWS, text=None):
    zeros = pyarrow.repeat(0.0, rows)
    columns = {
        "t": zeros,
        "y": zeros if text is None else pyarrow.array([text + str(row) for row in range(rows)]),
    }
    return pyarrow.table(columns)


def written(kind, made):
    file = io.BytesIO()
    if kind == "parquet":
        parquet.write_table(made, file, compression="zstd")
    elif kind == "stream":
        options = pyarrow.ipc.IpcWriteOptions(compression="zstd")
        with pyarrow.ipc.new_stream(file, made.schema, options=options) as writer:
            writer.write_table(made)
    else:
        feather.write_feather(made, file, compression=kind)
    return file.getvalue()


@pytest.mark.parametrize("library", ["pyarrow", "polars"])
@pytest.mark.parametrize("kind", ["parquet", "zstd", "lz4", "stream"])
def test_many_rows_of_one_value(tmp_path, monkeypatch, kind, library):
    pytest.importorskip(library)
    if library == "polars":
        monkeypatch.setattr(columnar, "find_spec", lambda name: None if name == "pyarrow" else 1)
    path = tmp_path / ("d.parquet" if kind == "parquet" else "d.arrow")
    path.write_bytes(written(kind, table()))
    assert path.stat().st_size < 400_000
    with pytest.raises(DataError, match="too much for its size"):
        read_table(path)


@pytest.mark.parametrize("kind", ["parquet", "zstd", "stream"])
def test_few_long_texts(tmp_path, kind):
    path = tmp_path / ("d.parquet" if kind == "parquet" else "d.arrow")
    path.write_bytes(written(kind, table(3, "a" * 20_000_000)))
    with pytest.raises(DataError, match="too much for its size"):
        read_table(path)


@pytest.mark.parametrize("kind", ["parquet", "zstd", "lz4", "stream", "uncompressed"])
def test_ordinary_files_are_read(tmp_path, kind):
    raw = written(kind, table(1000))
    path = tmp_path / ("d.parquet" if kind == "parquet" else "d.arrow")
    path.write_bytes(raw)
    assert len(read_table(path)) == 1000
    if kind != "parquet":
        rows, size = claimed(raw)
        assert rows == 1000 and 16_000 <= size < 20_000


@pytest.mark.parametrize("cut", range(0, 1500, 37))
def test_damaged_messages_are_left_to_the_reader(cut):
    raw = written("zstd", table(100))
    assert claimed(raw[:cut])[0] in (0, 100)
    damaged = raw[:cut] + b"\xff" * 8 + raw[cut + 8 :]
    assert len(claimed(damaged)) == 2


def test_a_packed_text_that_grows_too_much(tmp_path):
    path = tmp_path / "d.csv.gz"
    path.write_bytes(gzip.compress(b"1,2\n" * (2 << 20)))
    with pytest.raises(DataError, match="become more than 4,194,304 when") as caught:
        read_table(path)
    assert caught.value.hint == "if the file is what it should be, unpack it first: gunzip FILE"

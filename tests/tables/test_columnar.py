"""Parquet, Feather and Arrow files, with pyarrow, with polars, and without both."""

from __future__ import annotations

import sys
from datetime import datetime, timezone

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import feather

from mycaffe_py.errors import DataError, MissingExtraError
from mycaffe_py.tables import read_table

MOMENTS = [datetime(2001, 1, day, tzinfo=timezone.utc) for day in (1, 2, 3)]
FRAME = pd.DataFrame({"a": [1, 2, 3], "b": [0.5, None, 2.0], "c": ["1,5", None, "2"], "t": MOMENTS})


@pytest.fixture(params=["pyarrow", "polars"])
def library(request, monkeypatch):
    """Hide pyarrow from the second half of the tests, once files are written."""

    def hide():
        if request.param == "polars":
            for name in [name for name in sys.modules if name.partition(".")[0] == "pyarrow"]:
                monkeypatch.setitem(sys.modules, name, None)

    return hide


def write_stream(path):
    table = pa.Table.from_pandas(FRAME)
    with pa.ipc.new_stream(str(path), table.schema) as stream:
        stream.write_table(table)


WRITERS = {
    "d.parquet": FRAME.to_parquet,
    "parquet.bin": FRAME.to_parquet,
    "d.feather": FRAME.to_feather,
    "D.ARROW": FRAME.to_feather,
    "d.arrow": write_stream,
}


@pytest.mark.parametrize("name", WRITERS)
def test_files_are_read_with_their_types(tmp_path, library, name):
    WRITERS[name](tmp_path / name)
    library()
    table = read_table(tmp_path / name)
    assert table.names == ("a", "b", "c", "t") and len(table) == 3
    assert table.cells(0).dtype == np.int64 and table.numbers(0).tolist() == [1, 2, 3]
    np.testing.assert_array_equal(table.numbers(1), [0.5, np.nan, 2])
    np.testing.assert_array_equal(table.numbers(2), [1.5, np.nan, 2])
    assert table.cells(3).dtype == "datetime64[ns]" and table.zone(3) == "UTC"
    with pytest.raises(DataError, match=f'{name}, row 0, column "t"'):
        table.numbers(3)


def test_the_index_of_pandas_is_first_again(tmp_path, library):
    named = FRAME.set_index("t")
    named.to_parquet(tmp_path / "named.parquet")
    named.rename_axis(None).to_parquet(tmp_path / "unnamed.parquet")
    FRAME[FRAME.a > 1].to_parquet(tmp_path / "filtered.parquet")
    library()
    assert read_table(tmp_path / "named.parquet").names == ("t", "a", "b", "c")
    assert read_table(tmp_path / "unnamed.parquet").names == ("", "a", "b", "c")
    assert read_table(tmp_path / "filtered.parquet").names == ("a", "b", "c", "t")


def test_marks_are_given_for_text(tmp_path):
    pd.DataFrame({"x": ["1,234", "2,345"]}).to_parquet(tmp_path / "d.parquet")
    with pytest.raises(DataError, match='row 0, column "x": "1,234" can be 1234 or 1.234'):
        read_table(tmp_path / "d.parquet").numbers(0)
    assert read_table(tmp_path / "d.parquet", decimal=",").numbers(0).tolist() == [1.234, 2.345]


@pytest.mark.parametrize("name", ["d.parquet", "d.feather", "d.arrow"])
def test_broken_files(tmp_path, library, name):
    WRITERS[name](tmp_path / "whole")
    whole = (tmp_path / "whole").read_bytes()
    library()
    (tmp_path / name).write_bytes(b"a,b\n1,2\n3,4\n")
    with pytest.raises(DataError, match="though its name says so .name a file of text .csv"):
        read_table(tmp_path / name)
    for size in (8, len(whole) // 2):
        (tmp_path / name).write_bytes(whole[:size])
        with pytest.raises(DataError, match=f"{name}: cannot be read as a"):
            read_table(tmp_path / name)


@pytest.mark.parametrize("name", ["d.parquet", "d.feather"])
def test_spoilt_bytes_are_read_or_refused(tmp_path, name):
    WRITERS[name](tmp_path / name)
    whole = (tmp_path / name).read_bytes()
    rng = np.random.default_rng(5)
    refused = 0
    for _ in range(300):
        spoilt = bytearray(whole)
        for at in rng.integers(6, len(whole), 3):
            spoilt[at] = rng.integers(256)
        (tmp_path / name).write_bytes(bytes(spoilt))
        try:
            assert len(read_table(tmp_path / name).rows) >= 2
        except DataError as error:
            assert name in error.message
            refused += 1
    assert 0 < refused < 300


def test_text_that_leads_outside_of_the_file(tmp_path):
    """Unchecked, pyarrow gives what it finds there, or ends the process."""
    table = pa.table({"x": pa.array(["1,5", "", "2"], pa.string())})
    feather.write_feather(table, str(tmp_path / "d.feather"), compression="uncompressed")
    whole = (tmp_path / "d.feather").read_bytes()
    ends = [np.array([0, 3, 3, last], np.int32).tobytes() for last in (4, 2**30)]
    assert whole.count(ends[0]) == 1
    (tmp_path / "d.feather").write_bytes(whole.replace(*ends))
    with pytest.raises(DataError, match="cannot be read as a Feather file: .*offset"):
        read_table(tmp_path / "d.feather")


def test_too_few_rows(tmp_path):
    FRAME[:1].to_parquet(tmp_path / "d.parquet")
    with pytest.raises(DataError, match="needs at least 2 rows of data, has 1"):
        read_table(tmp_path / "d.parquet")


def test_without_either_library_the_error_has_the_command(tmp_path, monkeypatch):
    FRAME.to_parquet(tmp_path / "d.parquet")
    for name in ("pyarrow", "polars"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtraError, match="pyarrow") as caught:
        read_table(tmp_path / "d.parquet")
    assert caught.value.hint == 'install it with: pip install "mycaffe-py[tables]"'


def test_an_old_polars_would_lose_the_index(tmp_path, monkeypatch):
    FRAME.to_parquet(tmp_path / "d.parquet")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.delattr("polars.read_parquet_metadata")
    with pytest.raises(DataError, match="d.parquet: this polars is too old"):
        read_table(tmp_path / "d.parquet")

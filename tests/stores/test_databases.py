"""Databases: random access, writing whole or not at all."""

from __future__ import annotations

import sys

import lmdb
import pytest

from mycaffe_py.errors import DataError, MissingExtraError, MissingFileError, OutputError
from mycaffe_py.stores import DatabaseWriter, open_database


def written(path, count=10):
    with DatabaseWriter(path) as writer:
        for index in range(count):
            writer.put(f"{index:03}".encode(), str(index).encode())
    return path


def test_records_by_number(tmp_path):
    database = open_database(written(tmp_path / "db"))
    assert database.size == 10
    records = database.records()
    for index in (3, 4, 9, 0, 9, 5, 5, 2):
        assert records.read(index) == (f"{index:03}".encode(), str(index).encode())
    for index in (10, 99):
        with pytest.raises(DataError, match=f"has no record number {index}"):
            records.read(index)


def test_every_record_in_the_order_of_the_keys(tmp_path):
    with DatabaseWriter(tmp_path / "db") as writer:
        for key in (b"b", b"c", b"a"):
            writer.put(key, key * 2)
    assert list(open_database(tmp_path / "db")) == [(b"a", b"aa"), (b"b", b"bb"), (b"c", b"cc")]


def test_a_later_record_takes_the_place_of_one_with_its_key(tmp_path):
    with DatabaseWriter(tmp_path / "db") as writer:
        writer.put(b"a", b"1")
        writer.put(b"a", b"2")
    assert list(open_database(tmp_path / "db")) == [(b"a", b"2")]


def test_caffe_can_read_it(tmp_path):
    """Caffe opens the folder's unnamed database with LMDB of any 0.9."""
    written(tmp_path / "db")
    with lmdb.open(str(tmp_path / "db"), readonly=True) as environment:
        assert environment.stat()["entries"] == 10
        with environment.begin() as transaction:
            assert transaction.get(b"007") == b"7"


@pytest.mark.parametrize("size", [1, 1 << 16])
def test_the_database_grows(tmp_path, monkeypatch, size):
    monkeypatch.setattr("mycaffe_py.stores.writing._FIRST_SIZE", 1 << 15)
    with DatabaseWriter(tmp_path / "db") as writer:
        for index in range(50):
            writer.put(str(index).encode(), bytes(size))
    assert open_database(tmp_path / "db").size == 50


def test_an_exception_leaves_nothing(tmp_path):
    with pytest.raises(ZeroDivisionError), DatabaseWriter(tmp_path / "db") as writer:
        writer.put(b"a", b"b")
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_not_written_over(tmp_path):
    written(tmp_path / "db", 3)
    with pytest.raises(OutputError, match="db already exists"):
        DatabaseWriter(tmp_path / "db")
    with (
        pytest.raises(OutputError, match="other already exists"),
        DatabaseWriter(tmp_path / "other"),
    ):
        (tmp_path / "other").mkdir()  # by another process meanwhile
    assert sorted(path.name for path in tmp_path.iterdir()) == ["db", "other"]
    assert open_database(tmp_path / "db").size == 3


def test_folders_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"), DatabaseWriter(tmp_path / "file/db"):
        pass


def test_keys_that_lmdb_refuses(tmp_path):
    with (
        pytest.raises(OutputError, match="cannot write"),
        DatabaseWriter(tmp_path / "db") as writer,
    ):
        writer.put(b"", b"a")
    assert list(tmp_path.iterdir()) == []


def test_folders_that_are_no_database(tmp_path, monkeypatch):
    with pytest.raises(MissingFileError, match="database .*lost does not exist"):
        open_database(tmp_path / "lost")
    with pytest.raises(DataError, match="is not an LMDB database"):
        open_database(tmp_path)
    (tmp_path / "CURRENT").write_text("MANIFEST-000001")
    with pytest.raises(DataError, match="is a LevelDB database"):
        open_database(tmp_path)
    monkeypatch.setitem(sys.modules, "lmdb", None)
    with pytest.raises(MissingExtraError):
        DatabaseWriter(tmp_path / "db")


def test_what_a_killed_process_left_is_removed_but_not_what_is_being_written(tmp_path):
    left = tmp_path / ".old.0123456789abcdef.tmp"
    left.mkdir()
    for name in ("writing.lock", "data.mdb"):
        (left / name).write_bytes(b"")
    with DatabaseWriter(tmp_path / "slow") as slow:
        slow.put(b"a", b"1")
        written(tmp_path / "quick")
        assert not left.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["quick", "slow"]
    assert list(open_database(tmp_path / "slow")) == [(b"a", b"1")]
    assert sorted(path.name for path in (tmp_path / "slow").iterdir()) == ["data.mdb"]

"""Our reading of LMDB files gives what LMDB's library gives, whatever it wrote."""

from __future__ import annotations

import struct

import lmdb
import numpy as np
import pytest

from mycaffe_py.errors import DataError
from mycaffe_py.stores import open_database
from mycaffe_py.stores.data_file import DataFile

from .lmdb_files import MAGIC, mixed, newest_meta, patched, read, write


def drawn(seed, count, longest):
    """Return records with keys and values of any length and content."""
    rng = np.random.default_rng(seed)
    keys = {rng.bytes(int(rng.integers(1, 200))) for _ in range(count)}
    return {key: rng.bytes(int(rng.integers(0, longest))) for key in sorted(keys)}


@pytest.mark.parametrize("engine", [0, 1], ids=["0.9", "1.0"])
@pytest.mark.parametrize(
    "records",
    [
        {},
        {b"a": b""},
        {b"k" * 511: b"v" * 5_000_000},
        {b"%06d" % n: b"x" for n in range(20_000)},
        drawn(1, 500, 30),
        drawn(2, 500, 2100),
        drawn(3, 200, 20_000),
        mixed(),
    ],
    ids=["none", "one", "large", "many", "short", "around half a page", "long", "mixed"],
)
def test_what_the_library_reads(tmp_path, records, engine):
    write(tmp_path / "db", records, engine)
    expected = read(tmp_path / "db")
    assert len(expected) == len(records)
    assert list(open_database(tmp_path / "db")) == expected


@pytest.mark.parametrize("engine", [0, 1], ids=["0.9", "1.0"])
def test_after_many_commits_and_deletions(tmp_path, engine):
    records = mixed(400)
    write(tmp_path / "db", records, engine, commits=7)
    with lmdb.open(str(tmp_path / "db"), map_size=1 << 24) as environment:
        for part in range(5):
            with environment.begin(write=True) as transaction:
                for key in list(records)[part * 60 :: 9]:
                    transaction.delete(key)
    expected = read(tmp_path / "db")
    assert 0 < len(expected) < 300
    assert list(open_database(tmp_path / "db")) == expected
    with lmdb.open(str(tmp_path / "db")) as environment:
        environment.copy(str(tmp_path), compact=True)
    assert list(open_database(tmp_path / "data.mdb")) == expected


@pytest.mark.parametrize("flags", [2, 8], ids=["from their ends", "as numbers"])
def test_other_orders_of_keys(tmp_path, flags):
    data = write(tmp_path / "db", {b"fully first": b"1", b"later": b"2"})
    whole = data.read_bytes()
    meta = newest_meta(whole)
    data.write_bytes(
        patched(whole.replace(b"fully first", b"zzzzz first"), (meta + 92, "H", flags))
    )
    assert list(open_database(tmp_path / "db")) == [(b"zzzzz first", b"1"), (b"later", b"2")]


def test_any_record_in_any_order(tmp_path):
    write(tmp_path / "db", mixed())
    expected, records = read(tmp_path / "db"), open_database(tmp_path / "db").records()
    for index in (299, 0, 1, 2, 150, 149, 150, 298, 299, 0):
        assert records.read(index) == expected[index]
    for index in (-1, 300):
        with pytest.raises(DataError, match=f"has no record number {index}"):
            records.read(index)
    assert records.read(1) == expected[1]


def test_without_the_systems_positional_read(tmp_path, monkeypatch):
    """As on Windows."""
    write(tmp_path / "db", mixed(50))
    monkeypatch.setattr(DataFile, "_read", DataFile._seek_and_read)
    assert list(open_database(tmp_path / "db")) == read(tmp_path / "db")


@pytest.mark.parametrize("size", [256, 16384, 65536])
def test_pages_of_another_size(tmp_path, size):
    """LMDB takes the system's: 16384 bytes on Apple's processors, 65536 on some others."""
    key, value = b"key", b"value"
    free = struct.pack("<IHH5Q", size, 8, 0, 0, 0, 0, 0, 2**64 - 1)
    main = struct.pack("<IHH5Q", 0, 0, 1, 0, 1, 0, 1, 2)
    metas = [
        (struct.pack("<QHHHH", number, 0, 8, 0, 0) + struct.pack("<IIQQ", MAGIC, 1, 0, 1 << 20))
        + (free + main + struct.pack("<QQ", 2, number))
        for number in (0, 1)
    ]
    node = struct.pack("<4H", len(value), 0, 0, len(key)) + key + value
    place = size - len(node)
    leaf = struct.pack("<QHHHHH", 2, 0, 2, 18, place, place).ljust(place, b"\0") + node
    data = b"".join(page.ljust(size, b"\0") for page in (*metas, leaf))
    (tmp_path / "data.mdb").write_bytes(data)
    assert list(open_database(tmp_path)) == [(key, value)]


def test_two_readers_of_one_database_do_not_disturb_each_other(tmp_path):
    write(tmp_path / "db", mixed())
    database, expected = open_database(tmp_path / "db"), read(tmp_path / "db")
    first, second = database.records(), database.records()
    for index in range(100):
        assert first.read(index) == expected[index]
        assert second.read(299 - index) == expected[299 - index]


# Written to meanwhile.


def test_one_commit_meanwhile_changes_nothing_and_more_are_noticed(tmp_path):
    write(tmp_path / "db", mixed())
    expected, database = read(tmp_path / "db"), open_database(tmp_path / "db")
    records = database.records()
    assert records.read(0) == expected[0]
    with lmdb.open(str(tmp_path / "db"), map_size=1 << 24) as environment:
        with environment.begin(write=True) as transaction:
            transaction.put(b"0", b"new")
        assert [records.read(index) for index in range(300)] == expected
        with environment.begin(write=True) as transaction:
            transaction.put(b"1", b"newer")
        with pytest.raises(DataError, match="was written to while it was read"):
            records.read(0)
    assert open_database(tmp_path / "db").size == 302


def test_commits_are_noticed_soon(tmp_path):
    write(tmp_path / "db", mixed(900))
    records, read_then = open_database(tmp_path / "db").records(), []
    records.read(0)
    for number in range(2):
        with (
            lmdb.open(str(tmp_path / "db"), map_size=1 << 24) as environment,
            environment.begin(write=True) as transaction,
        ):
            transaction.put(b"0", bytes([number]))
    with pytest.raises(DataError, match="was written to while it was read"):
        for index in range(1, 900):
            read_then.append(records.read(index))
    assert len(read_then) < 450


def test_what_does_not_concern_the_records_may_change(tmp_path):
    """The size of the map, which the next program to write may set."""
    data = write(tmp_path / "db", mixed())
    expected, records = read(tmp_path / "db"), open_database(tmp_path / "db").records()
    records.read(0)
    data.write_bytes(patched(data.read_bytes(), (32, "Q", 1 << 40)))
    assert [records.read(index) for index in range(300)] == expected


def test_another_database_in_the_same_file_is_noticed(tmp_path):
    data, other = write(tmp_path / "db", mixed()), write(tmp_path / "other", mixed(320))
    records = open_database(tmp_path / "db").records()
    records.read(0)
    data.write_bytes(other.read_bytes())
    with pytest.raises(DataError, match="was written to while it was read"):
        [records.read(index) for index in range(1, 300)]


@pytest.mark.posix
def test_a_file_put_in_its_place_is_not_seen_by_those_who_read(tmp_path):
    data, other = write(tmp_path / "db", mixed()), write(tmp_path / "other", mixed(200))
    expected, records = read(tmp_path / "db"), open_database(tmp_path / "db").records()
    records.read(0)
    other.replace(data)
    assert [records.read(index) for index in range(300)] == expected
    assert open_database(tmp_path / "db").size == 200

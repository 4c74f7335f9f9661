"""Damaged, cut and hostile LMDB files end in errors that say what is wrong: never in a killed process."""

from __future__ import annotations

import errno
import os
import struct

import lmdb
import pytest

from mycaffe_py.errors import DataError, MissingFileError
from mycaffe_py.stores import open_database, record_name
from mycaffe_py.stores.data_file import DataFile

from .lmdb_files import MAGIC, PAGE, mixed, newest_meta, pages, patched, write

END = 1 << 60


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A database with pages of all kinds, and several of each."""
    data = write(tmp_path_factory.mktemp("whole") / "db", mixed(900)).read_bytes()
    assert all(len(pages(data, kind)) > 1 for kind in ("branch", "leaf", "overflow"))
    return data


def refusal(folder, data):
    """Return the message with which reading a file's records ends."""
    (folder / "data.mdb").write_bytes(data)
    with pytest.raises(DataError) as caught:
        list(open_database(folder))
    assert str(folder) in caught.value.message
    return str(caught.value)


# kind of page: {what is wrong: (offset in the page, format, value, words of the message)}
DAMAGE = {
    "branch": {
        "number": (0, "Q", 12345, "says that it is page 12345"),
        "kind": (10, "H", 2, "should lead to other pages, and is of another kind"),
        "no entries": (12, "H", 16, "has no entries"),
        "entries beyond the page": (12, "H", 5000, "has no entries, or they lie outside it"),
        "an entry beyond the page": (16, "H", 4090, "an entry of page"),
        "an entry in the header": (16, "H", 2, "an entry of page"),
    },
    "leaf": {
        "number": (0, "Q", 2**64 - 1, "says that it is page 18446744073709551615"),
        "kind": (10, "H", 4, "should hold records, and is of another kind"),
        "kind of no database here": (10, "H", 0x22, "is of another kind"),
        "no entries": (12, "H", 0, "has no entries"),
        "half an entry": (12, "H", 17, "has no entries"),
        "free space beyond the page": (14, "H", 4097, "has no entries, or they lie outside it"),
        "an entry beyond the page": (18, "H", 65535, "an entry of page"),
    },
    "overflow": {
        "number": (0, "Q", 1, "says that it is page 1"),
        "kind": (10, "H", 2, "should begin a long record, and is of another kind"),
        "pages": (12, "I", 77, "which has 77"),
    },
}
CASES = [(kind, what) for kind, cases in DAMAGE.items() for what in cases]


@pytest.mark.parametrize(("kind", "what"), CASES)
@pytest.mark.parametrize("which", [0, -1], ids=["first", "last"])
def test_damaged_pages(tmp_path, whole, kind, what, which):
    offset, form, value, words = DAMAGE[kind][what]
    place = pages(whole, kind)[which]
    message = refusal(tmp_path, patched(whole, (place + offset, form, value)))
    assert "is damaged: " in message and words in message and "copy it again" in message


def first_node(data, kind, index=0):
    place = pages(data, kind)[index]
    return place + struct.unpack_from("<H", data, place + 16)[0]


# kind of page: {what is wrong: (offset in its first entry, format, value, words of the message)}
ENTRIES = {
    "branch": {
        "a page that is not there": (0, "H", 60000, "it refers to page"),
        "a description": (0, "HHH", 1, 0, 0, "it refers to page 1"),
        "a page beyond all bounds": (0, "HHH", 65535, 65535, 65535, "it refers to page 2814749"),
    },
    "leaf": {
        "a key beyond the page": (6, "H", 60000, "lies beyond its end"),
        "a value beyond the page": (0, "H", 60000, "lies beyond its end"),
        "several values": (4, "H", 4, "is of an unknown kind"),
    },
}
ENTRY_CASES = [(kind, what) for kind, cases in ENTRIES.items() for what in cases]


@pytest.mark.parametrize(("kind", "what"), ENTRY_CASES)
def test_damaged_entries(tmp_path, whole, kind, what):
    offset, form, *values, words = ENTRIES[kind][what]
    place = first_node(whole, kind)
    assert words in refusal(tmp_path, patched(whole, (place + offset, form, *values)))


def test_named_databases(tmp_path):
    with lmdb.open(str(tmp_path), max_dbs=1) as environment:
        environment.open_db(b"train")
    with pytest.raises(DataError, match="contains named databases, which Caffe's do not"):
        list(open_database(tmp_path))


def test_a_tree_that_leads_back_to_itself(tmp_path, whole):
    root = pages(whole, "branch")[0]
    changes = (first_node(whole, "branch"), "HHH", root // PAGE, 0, 0)
    assert "of another kind" in refusal(tmp_path, patched(whole, changes))


def test_a_page_that_is_led_to_twice(tmp_path, whole):
    """Its records would come again; where such pages lead to such pages, nearly for ever."""
    place = pages(whole, "branch")[0]
    nodes = [place + slot for slot in struct.unpack_from("<2H", whole, place + 16)]
    child = struct.unpack_from("<HH", whole, nodes[0])
    assert "not in order" in refusal(tmp_path, patched(whole, (nodes[1], "HH", *child)))


@pytest.mark.parametrize("key", [b"zzzzz", b"later"])
def test_keys_that_are_not_in_order(tmp_path, key):
    data = write(tmp_path / "db", {b"first": b"1", b"later": b"2"}).read_bytes()
    assert "not in order" in refusal(tmp_path, data.replace(b"first", key))


def test_pages_after_the_last_record(tmp_path, whole):
    counts = [struct.unpack_from("<H", whole, place + 12)[0] for place in pages(whole, "leaf")]
    left = 900 - (counts[-1] - 16) // 2  # keys were written in order: so were pages
    changed = patched(whole, (newest_meta(whole) + 120, "Q", left))
    assert f"has {left} records, and more are in its pages" in refusal(tmp_path, changed)


# What the description claims: {what: (offset in the description that counts, format, value, words)}
CLAIMS = {
    "another mark": (16, "I", 1, "page {page} does not describe a database"),
    "another version": (20, "I", 7, "page {page} does not describe a database"),
    "pages of no bytes": (40, "I", 0, "do not agree on the size of pages"),
    "another kind of page": (10, "H", 2, "page {page} does not describe a database"),
    "several values": (92, "H", 4, "several values under one key"),
    "a tree too deep": (94, "H", 33, "contradict each other"),
    "a tree of no depth": (94, "H", 0, "contradict each other"),
    "a tree deeper than it is": (94, "H", 9, "is of another kind"),
    "too many pages": (104, "Q", END, "contradict each other"),
    "fewer pages than there are": (104, "Q", 3, "holds records, and was not counted"),
    "too many records": (120, "Q", END, "contradict each other"),
    "no records": (120, "Q", 0, "contradict each other"),
    "more records than there are": (120, "Q", 901, "has 901 records, and fewer are in its pages"),
    "fewer records than there are": (120, "Q", 899, "has 899 records, and more are in its pages"),
    "a root that is not there": (128, "Q", END, "it refers to page 1152921504606846976"),
    "no root": (128, "Q", 2**64 - 1, "contradict each other"),
    "more pages than the file": (136, "Q", 100_000, "is cut short"),
    "a page beyond all bounds": (136, "Q", END, "is cut short"),
    "no pages": (136, "Q", 0, "contradict each other"),
    "another page's number": (0, "Q", 9, "page {page} does not describe a database"),
    "another number of the commit": (144, "Q", 99, "do not belong together"),
}


@pytest.mark.parametrize("what", CLAIMS)
def test_claims_of_the_description(tmp_path, whole, what):
    offset, form, value, words = CLAIMS[what]
    place = newest_meta(whole)
    message = refusal(tmp_path, patched(whole, (place + offset, form, value)))
    if place and "page 0" in message:
        words = words.replace("{page}", "0")
    assert words.format(page=place // PAGE) in message


@pytest.mark.parametrize("size", [0, 1, 3, 100, 4097, 1 << 17, 2**32 - 1])
def test_pages_of_impossible_sizes(tmp_path, whole, size):
    message = refusal(tmp_path, patched(whole, (40, "I", size)))
    assert f"its pages have {size} bytes" in message


@pytest.mark.parametrize("kept", [100, PAGE, PAGE + 100, 2 * PAGE, 7 * PAGE, -1])
def test_files_cut_short(tmp_path, whole, kept):
    assert "is cut short: its file has" in refusal(tmp_path, whole[:kept])


@pytest.mark.parametrize("kept", [0, PAGE, 5 * PAGE + 100])
def test_a_file_cut_short_while_it_is_read(tmp_path, whole, kept):
    path = tmp_path / "data.mdb"
    path.write_bytes(whole)
    records = open_database(tmp_path).records()
    records.read(0)
    os.truncate(path, kept)
    with pytest.raises(DataError, match=f"is cut short: its file has {kept} bytes of {len(whole)}"):
        [records.read(index) for index in range(1, 900)]
    path.write_bytes(whole)
    assert len([records.read(index) for index in range(900)]) == 900


def test_a_drive_that_fails_while_it_is_read(tmp_path, whole, monkeypatch):
    (tmp_path / "data.mdb").write_bytes(whole)
    records = open_database(tmp_path).records()
    records.read(0)

    def fail(*arguments):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(DataFile, "_read", fail)
    with pytest.raises(DataError, match="cannot read LMDB database .*: Input/output error"):
        [records.read(index) for index in range(1, 900)]


def test_a_drive_that_gives_a_part_at_a_time(tmp_path, whole, monkeypatch):
    (tmp_path / "data.mdb").write_bytes(whole)
    expected, inner = list(open_database(tmp_path)), DataFile._read
    monkeypatch.setattr(
        DataFile, "_read", lambda self, place, size: inner(self, place, min(size, 1000))
    )
    assert list(open_database(tmp_path)) == expected


@pytest.mark.parametrize(("length", "shown"), [(2**28 + 1, "256 MiB"), (2**32 - 1, "4.0 GiB")])
def test_a_record_that_is_too_long(tmp_path, length, shown):
    """A file with a hole has it with a few kilobytes on the disk."""
    data = write(tmp_path / "db", {b"key": bytes(10_000)})
    whole = data.read_bytes()
    node, meta = first_node(whole, "leaf"), newest_meta(whole)
    overflow = pages(whole, "overflow")[0]
    count = (15 + length) // PAGE + 1
    last = overflow // PAGE + count - 1
    data.write_bytes(
        patched(
            whole,
            (node, "HH", length & 0xFFFF, length >> 16),
            (overflow + 12, "I", count),
            (meta + 112, "Q", count),
            (meta + 136, "Q", last),
        )
    )
    os.truncate(data, (last + 1) * PAGE)
    with pytest.raises(DataError, match=f"has {shown}, and only those up to 256 MiB are read"):
        list(open_database(tmp_path / "db"))


# What is no database at all.

OTHERS = {
    "nothing": (b"", "it is empty"),
    "text": (b"0.png 1\n" * 20, 'it is a text file (lists of images are read by the layer "ImageData"'),
    "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(99), "it is an HDF5 file (HDF5 files are read by"),
    "SQLite": (b"SQLite format 3\0" + bytes(99), "it is an SQLite database"),
    "zeros": (bytes(9999), "it begins with zeros"),
    "two bytes": (b"\xfe\x01", "LMDB's mark is missing"),
    "noise": (b"\xfe\x01" * 99, "LMDB's mark is missing"),
    "a lock file": (struct.pack("<I", MAGIC) + bytes(99), "it is the lock file of one (name the folder"),
    "32 bits": (bytes(12) + struct.pack("<I", MAGIC) + bytes(99), "a machine of another kind"),
    "another byte order": (bytes(16) + struct.pack(">I", MAGIC) + bytes(99), "a machine of another kind"),
    "a later format": (bytes(16) + struct.pack("<II", MAGIC, 9) + bytes(99), "of format 9, but only"),
}  # fmt: skip


@pytest.mark.parametrize("kind", OTHERS)
def test_files_that_are_no_database(tmp_path, kind):
    data, words = OTHERS[kind]
    assert words in refusal(tmp_path, data)


@pytest.mark.posix
def test_places_where_there_is_no_file_to_read(tmp_path):
    (tmp_path / "folder" / "data.mdb").mkdir(parents=True)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "piped").mkdir()
    os.mkfifo(tmp_path / "piped" / "data.mdb")
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "data.mdb").symlink_to("nowhere")
    (tmp_path / "loose").symlink_to("nowhere")
    for place, words in {
        "folder": "data.mdb is a folder, not a file",
        "pipe": "pipe is a pipe or a device, not a file",
        "piped": "data.mdb is a pipe or a device, not a file",
    }.items():
        with pytest.raises(DataError, match=words):
            open_database(tmp_path / place)
    with pytest.raises(DataError, match="/dev/zero is a pipe or a device"):
        open_database("/dev/zero")
    for place in ("linked", "loose"):
        with pytest.raises(MissingFileError, match="is a link to nowhere, which does not exist"):
            open_database(tmp_path / place)


def test_a_file_that_may_not_be_read(tmp_path, whole, monkeypatch):
    (tmp_path / "data.mdb").write_bytes(whole)

    def refuse(*arguments):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(
        DataError, match=r"cannot read LMDB database .*data\.mdb: Permission denied"
    ):
        open_database(tmp_path)


def test_the_lock_file_does_not_matter(tmp_path, whole):
    (tmp_path / "data.mdb").write_bytes(whole)
    (tmp_path / "lock.mdb").mkdir()
    assert len(list(open_database(tmp_path))) == 900


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        (b"00000003_cat.png", 'record 3 (key "00000003_cat.png")'),
        ("b\u00e4r".encode(), 'record 3 (key "b\u00e4r")'),
        (b"\xff\x00a", 'record 3 (key "\\xff\\x00a")'),
        (b"\x1b[2J\n", 'record 3 (key "\\x1b[2J\\n")'),
        (b"k" * 511, f'record 3 (key "{"k" * 80}...")'),
        (b"", "record 3"),
    ],
)
def test_keys_in_messages(key, shown):
    assert record_name(3, key) == shown

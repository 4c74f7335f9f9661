"""Reading what was appended to a file."""

from __future__ import annotations

import os

import pytest

from mycaffe_py.run import tail
from mycaffe_py.run.tail import Tail


@pytest.fixture
def path(tmp_path):
    return tmp_path / "log"


def add(path, text):
    with open(path, "ab") as file:
        file.write(text)


def everything(reader):
    found = b""
    while part := reader.read():
        found += part
    return found


def test_a_file_that_comes_later(path):
    reader = Tail(path)
    assert reader.read() == b"" and reader.head == b""
    add(path, b"a,b\n1,2\n")
    assert reader.read() == b"1,2\n" and reader.head == b"a,b\n" and not reader.anew
    assert reader.read() == b""


def test_half_a_line_waits_for_its_other_half(path):
    reader = Tail(path)
    for text, found in (
        (b"a,", b""),
        (b"b\n1", b""),
        (b",2\n3,", b"1,2\n"),
        (b"", b""),
        (b"4\n5,6\n7", b"3,4\n5,6\n"),
    ):
        add(path, text)
        assert everything(reader) == found


def test_without_a_header_the_first_line_counts(path):
    reader = Tail(path, header=False)
    add(path, b"1\n2\n")
    assert reader.read() == b"1\n2\n"
    add(path, b"3\n")
    assert reader.read() == b"3\n"


@pytest.mark.parametrize("after", [b"h2\n1\n", b"h2\n" + b"9\n" * 50])
def test_a_file_that_was_replaced_is_read_anew(path, after):
    add(path, b"h1\n1\n2\n3\n")
    reader = Tail(path)
    reader.read()
    other = path.with_name("other")
    other.write_bytes(after)
    os.replace(other, path)
    assert reader.read() == after[3:] and reader.anew and reader.head == b"h2\n"
    assert reader.read() == b"" and not reader.anew


def test_a_file_that_became_shorter_is_read_anew(path):
    add(path, b"h\n1\n2\n3\n")
    reader = Tail(path)
    reader.read()
    path.write_bytes(b"h\n4\n")
    assert reader.read() == b"4\n" and reader.anew


def test_a_file_that_goes_away_is_no_error(path):
    add(path, b"h\n1\n")
    reader = Tail(path)
    reader.read()
    path.unlink()
    assert reader.read() == b""


@pytest.mark.parametrize("size", [1, 3, 8, 64])
def test_long_files_and_long_lines_come_in_parts(path, monkeypatch, size):
    monkeypatch.setattr(tail, "_CHUNK", size)
    text = b"".join(b"%d,%d\n" % (k, 10**k) for k in range(12))
    add(path, b"header\n" + text + b"half")
    reader = Tail(path)
    assert everything(reader) == text
    add(path, b" and half\n")
    assert everything(reader) == b"half and half\n"


def test_a_new_file_without_rows_yet_is_noticed_with_its_first_row(path):
    reader = Tail(path)
    add(path, b"h\n1\n2\n")
    reader.read()
    path.write_bytes(b"g\n")
    assert reader.read() == b""
    add(path, b"7\n")
    assert reader.read() == b"7\n" and reader.anew
    add(path, b"8\n")
    assert reader.read() == b"8\n" and not reader.anew

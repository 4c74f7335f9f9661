"""Files of text: encodings, gzip, ends of rows, quotes, and what is no table."""

from __future__ import annotations

import gzip
import os

import numpy as np
import pytest

from mycaffe_py.errors import DataError, MissingFileError
from mycaffe_py.tables import decoding, read_table

PLAIN = "a,b\n1,2\n3,4\n"


def packed(data):
    return gzip.compress(data, mtime=0)  # the same in every process of the tests


def values(table):
    return [table.numbers(index).tolist() for index in range(table.width)]


@pytest.mark.parametrize(
    "content",
    [
        PLAIN,
        "\ufeff" + PLAIN,
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace("\n", "\r"),
        PLAIN.rstrip("\n"),
        PLAIN.replace("\n", "\n\n \n"),
        'a, b\n"1", "2"\n3, 4\n',
        '"a","b"\n"1",2\n3,"4"\n',
        "a,b,\n1,2,\n3,4,\n",
        "a,b,,\n1,2\n3,4,\n",
        "a,b\n1,2,,,\n3,4\n",
        "\n\na,b\n1,2\n3,4\n",
        "a,b\n1,2\n3,4\n,\n,,\n",
        "sep=;\na;b\n1;2\n3;4\n",
        '"SEP=|"\r\na|b\r\n1|2\r\n3|4\r\n',
        "# by hand\na,b\n1,2\n3,4\n",
        packed(PLAIN.encode()),
        packed(PLAIN[:5].encode()) + packed(PLAIN[5:].encode()),
        packed(("\ufeff" + PLAIN).encode()),
    ],
)
def test_all_these_are_one_table(read, content):
    table = read(content)
    assert table.names == ("a", "b") and values(table) == [[1, 3], [2, 4]]
    assert len(table) == 2 and table.rows == [("1", "2"), ("3", "4")]


def test_columns_that_are_empty_stay_if_they_have_a_name(read):
    table = read("a,b\n1,\n2,\n")
    assert table.names == ("a", "b") and np.isnan(table.numbers(1)).all()
    assert read("1,,\n2,,\n").width == 1
    assert read("1,\n2,3\n").width == 2


def test_the_line_of_a_cell_counts_every_line_before_it(read):
    table = read('# one\n\n# two\nt,"a\nb"\n1,2\n\n3,x\n')
    assert table.names == ("t", "a\nb") and table.row_name(1) == "line 8"
    with pytest.raises(DataError, match="line 8, column"):
        table.numbers(1)


MISTAKES = {
    "empty": (b"", "needs at least 2 rows of data, has 0"),
    "comments only": (b"# a\n# b\n", "needs at least 2 rows of data, has 0"),
    "header only": (b"a,b\n", "needs at least 2 rows of data, has 0"),
    "one row": (b"a,b\n1,2\n", "needs at least 2 rows of data, has 1"),
    "short row": (b"a,b\n1,2\n3\n", "line 3: the row has 1 cells; the first has 2"),
    "long row": (b"a,b\n1,2\n3,4,5\n", "quote cells that contain a comma"),
    "long row of ;": (b"a;b\n1;2\n3;4;5\n", "quote cells that contain the delimiter"),
    "names of rows": (b"a,b\n1,2,3\n3,4,5\n", "the first row has one cell fewer than all others"),
    "decimal commas": (b"x\n1,5\n2,5\n", "line 2: the row has 2 cells; the first has 1 (put # before lines above"),
    "title": (b"A report\n\nt;x\n1;2\n2;3\n", "line 3: the row has 2 cells; the first has 1 (put # before lines above"),
    "open quote": (b'a,b\n1,2\n3,"4\n', "a cell that begins with a quote must end with one"),
    "text after a quote": (b'a,b\n1,2\n3,"4"5\n', "line 3: "),
    "long cell": (b"a,b\n1,2\n3," + b"4" * 200_000, "more than 131,072 characters"),
    "UTF-16": (PLAIN.encode("utf-16"), "is text in UTF-16"),
    "Latin 1": ("a,b\n1,2\n3,\u00e4\n".encode("latin-1"), "line 3: byte 0xe4 is not UTF-8 text"),
    "zeros": (b"\0" * 99, "is a binary file"),
    "workbook": (b"PK\x03\x04\x14\0\x06\0\xff\xfe", "is a zip archive or an Excel workbook"),
    "HDF5": (b"\x89HDF\r\n\x1a\n\0\0", "is an HDF5 file"),
    "web page": (b"\n<!DOCTYPE html><html>", "is a web page"),
    "cut gzip": (packed(PLAIN.encode())[:-9], "cannot be unpacked with gzip"),
    "spoilt gzip": (b"\x1f\x8b\x08" + bytes(99), "cannot be unpacked with gzip"),
    "gzip of bytes": (packed(bytes(9)), "is a binary file"),
}  # fmt: skip


@pytest.mark.parametrize("kind", MISTAKES)
def test_what_is_no_table(read, kind):
    content, words = MISTAKES[kind]
    with pytest.raises(DataError) as caught:
        read(content)
    assert "d.csv" in caught.value.message and words in str(caught.value)


def test_a_packed_file_that_is_too_large(read, monkeypatch):
    monkeypatch.setattr(decoding, "MOST_UNPACKED", len(PLAIN))
    assert len(read(packed(PLAIN.encode()))) == 2
    with pytest.raises(DataError, match="bytes become more than 12 when"):
        read(packed(PLAIN.encode() + b"\n"))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(MissingFileError, match="no CSV file"):
        read_table(tmp_path / "none.csv")
    for path in (tmp_path, "a\0b"):
        with pytest.raises(DataError, match="cannot be read"):
            read_table(path)


@pytest.mark.posix
def test_a_pipe_without_a_writer(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="a named pipe, not a file"):
        read_table(tmp_path / "pipe")


def test_many_cells_are_read_with_every_digit(read):
    expected = np.random.default_rng(1).normal(size=(50_000, 4)).round(9)
    text = "a,b,c,d\n" + "\n".join(",".join(map(repr, row)) for row in expected.tolist())
    table = read(text)
    np.testing.assert_array_equal(np.stack([table.numbers(k) for k in range(4)], 1), expected)

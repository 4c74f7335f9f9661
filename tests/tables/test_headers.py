"""Whether the first row is a header."""

from __future__ import annotations

import pytest

from mycaffe_py.errors import DataError


@pytest.mark.parametrize(
    ("content", "names"),
    [
        ("a,b\n1,2\n3,4\n", ("a", "b")),
        ("1,2\n3,4\n", None),
        ("a,b\nx,y\nz,w\n", ("a", "b")),
        ("inf,nan\n1,2\n3,4\n", ("inf", "nan")),
        ("t,inf\n1,2\n3,4\n", ("t", "inf")),
        ("nan\n1\n2\n", ("nan",)),
        ("nan,1\n2,3\n", None),
        ("na,na\n1,2\n3,4\n", None),
        ("t,2020,2021\n1,2,3\n2,3,4\n", ("t", "2020", "2021")),
        (",a,b\n0,1,2\n1,3,4\n", ("", "a", "b")),
        (",0,1\n0,1,2\n1,3,4\n", ("", "0", "1")),
        (",0\n0,5\n1,6\n", ("", "0")),
        (",0\n2001-01-01,5\n2001-01-02,6\n", ("", "0")),
        (",0\n7,5\n9,6\n", None),
        (",1,2\n0,1,2\n1,3,4\n", None),
        ("2001-01-01,5\n2001-01-02,6\n", None),
        ("2001-01-01,\n2001-01-02,6\n", None),
        ("2001-01-01,x\n2001-01-02,6\n", None),
        ("date,2001-01-01\n2001-01-01,5\n2001-01-02,6\n", ("date", "2001-01-01")),
        ("a,b\n,x\n,y\n", ("a", "b")),
        ("a,1\n2,3\n4,5\n", ("a", "1")),
        ("2020,a\n1,2\n2,x\n3,4\n", ("2020", "a")),
        ("x;y\n1,5;2,5\n2,5;3,5\n", ("x", "y")),
    ],
)
def test_the_rows_below_decide(read, content, names):
    assert read(content).names == names


def test_it_can_be_said(read):
    assert read("1,2\n3,4\n5,6\n", header=True).names == ("1", "2")
    table = read("nan,nan\n3,4\n", header=False)
    assert table.names is None and len(table) == 2


def test_a_column_without_a_name_is_called_by_its_number(read):
    table = read(",a\n0,1\n1,3\n")
    assert table.column_index("0", "f") == 0 and table.column_name(0) == "column 0"
    assert table.quoted_name(0) == "column 0" and table.quoted_name(1) == 'column "a"'


def test_a_number_that_is_also_the_name_of_another_column_is_refused(read):
    table = read(",0,1\n0,1,2\n1,3,4\n")
    with pytest.raises(DataError, match='"0" is the name of column 1 and the number of column 0'):
        table.column_index("0", "f")
    assert read("0,1\n5,6\n7,8\n", header=True).column_index("1", "f") == 1


@pytest.mark.parametrize(
    ("content", "names"),
    [
        ("# made by hand\n#\n\nt,x\n1,2\n3,4\n", ("t", "x")),
        ("# t,x\n1,2\n3,4\n", ("t", "x")),
        ("# t\n1,2\n3,4\n", None),
        ("# a, b\nt,x\n1,2\n3,4\n", ("t", "x")),
        ("#N/A,2\n3,4\n", None),
    ],
)
def test_comments_before_the_table(read, content, names):
    table = read(content)
    assert table.names == names and len(table) == 2
    assert table.row_name(1) == f"line {content.count(chr(10))}"

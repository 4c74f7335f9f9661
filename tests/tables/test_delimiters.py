"""Which sign separates columns."""

from __future__ import annotations

import pytest

from mycaffe_py.tables.delimiters import find_delimiter


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a,b\n1,2\n", ","),
        ("a;b\n1,5;2,5\n", ";"),
        ("1,5;2,5\n3,5;4,5\n", ";"),
        ("1,5\t2,5\n3,5\t4,5\n", "\t"),
        ("01.02.2001;1,5\n02.02.2001;2,5\n", ";"),
        ("0;1,5\n1;2,5\n2;3,5;5\n3;4,5\n", ";"),
        ("1,2\n3,4\n5,6,7\n", ","),
        ("a|b\n1|2\n", "|"),
        ('a,b\n1,"x;y"\n2,"z;w"\n', ","),
        ("a,b;c\n1;2\n3;4\n", ";"),
        ("one, two;b;c\n1;2;3\n", ";"),
        ("a,b,\n1,2\n3,4\n", ","),
        ("a,b\n1,2,3\n", ","),
        ("a;b\n1;2;3\n", ";"),
        ("a\n1\n", ","),
        ("", ","),
        ("\n" * 50 + "a;b\n1;2\n", ";"),
        ('"a\nb";c\n1;2\n', ";"),
        ("x" * 200_000, ","),
    ],
)
def test_the_delimiter_is_found(text, delimiter):
    assert find_delimiter(text) == delimiter

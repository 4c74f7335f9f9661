"""Hints for exceptions that Python code of Caffe's years raises today: each is raised here by running such code."""

from __future__ import annotations

import pytest

from mycaffe_py.foreign.old_code import old_code_hint

# code: words of the hint
HINTS = {
    "print 'loss', 3": "print(...)",
    "import sys\nprint >>sys.stderr, 'x'": "print(...)",
    "exec 'x = 1'": "exec(...)",
    "raise ValueError, 'text'": "raise Error(text)",
    "x = 10L": "leave out the L",
    "x = 0xFFL": "leave out the L",
    "x = 0755": "0o",
    "1 <> 2": "!=",
    "x = `3`": "repr(...)",
    "x = ur'a'": "r'...'",
    "f = lambda (a, b): a": "take the tuple apart",
    "def f(a, (b, c)):\n    pass": "take the tuple apart",
    "if 1:\n        x = 1\n\ty = 2": "tabs and spaces",
    "if 1:\n    x = 1\n  y = 2": "tabs and spaces",
    "xrange(3)": "write range for xrange",
    "unicode('x')": "write str for unicode",
    "reduce(max, [1])": "functools.reduce",
    "raw_input()": "write input",
    "import cPickle": "cPickle is pickle now",
    "import urllib2": "urllib.request",
    "from StringIO import StringIO": "StringIO is io now",
    "import ConfigParser": "configparser",
    "from itertools import izip": "itertools.zip_longest",
    "from collections import Iterable": "collections.abc",
    "import collections\ncollections.Mapping": "collections.abc",
    "{}.has_key(1)": "key in dict",
    "{}.iteritems()": "items()",
    "{}.keys()[0]": "list(...)",
    "{}.keys().sort()": "list(...)",
    "len(map(str, []))": "list(...)",
    "(x for x in []).next()": "next(it)",
    "range(3 / 2)": "//",
    "[1, 2][1 / 1]": "",
    "[1, 2][:2 / 1]": "//",
    "import time\ntime.clock()": "perf_counter",
    "import sys\nsys.maxint": "sys.maxsize",
    "import string\nstring.letters": "ascii_letters",
    "'x'.decode('utf8')": "decoded already",
    "b'x' + 'y'": "bytes from text",
    "import numpy\nnumpy.float": "as_caffe",
    "import pickle\npickle.loads(b'\\x80\\x02U\\x01\\xe9.')": 'encoding="latin1"',
    "def load(text, Loader): pass\nload('')": "yaml.safe_load",
    "1 / 0": "",
    "undefined": "",
    "import nothing_of_the_kind": "",
    "x = = 3": "",
}


@pytest.mark.parametrize("code", HINTS)
def test_the_hint(code):
    with pytest.raises(Exception) as caught:  # noqa: PT011  # of any kind
        exec(compile(code + "\n", "old.py", "exec"), {"__name__": "old"})
    words = HINTS[code]
    hint = old_code_hint(caught.value)
    assert words in hint if words else hint == ""


def test_except_with_a_comma():
    # Python 3.14 takes it for two classes.
    error = SyntaxError("multiple exception types must be parenthesized")
    error.text = "except IOError, e:\n"
    assert "except Error as name" in old_code_hint(error)


def test_an_encoding_that_is_not_named(tmp_path):
    path = tmp_path / "gbk.py"
    path.write_bytes("x = '\u4e2d\u6587'\n".encode("gbk"))
    with pytest.raises(SyntaxError) as caught:
        compile(path.read_bytes(), str(path), "exec")
    assert "coding: gbk" in old_code_hint(caught.value)


def test_an_exception_without_a_text():
    class Odd(Exception):
        def __str__(self):
            raise RuntimeError

    assert old_code_hint(Odd()) == ""

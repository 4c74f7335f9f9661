"""Python code of Caffe's years: what an exception of it says to somebody who runs it today."""

from __future__ import annotations

import re

_PRINT = "Python 2's print statement: write print(...)"
_DIVIDED = "in Python 3 / gives a float: write // for a whole number"
_VIEW = "Python 3 returns no list here: write list(...) around it"
_NUMPY = (
    "NumPy 1.24 took this name away: write the plain Python type (float, int, bool, object); "
    "python -m mycaffe_py.as_caffe SCRIPT keeps the old names"
)

_IN_SOURCE = (
    (r"\bprint\s+[^\s(=]|\bprint\s*>>", _PRINT),
    (r"\bexec\s+[^\s(=]", "Python 2's exec statement: write exec(...)"),
    (r"\bexcept\s+[^:(]+,\s*\w+\s*:", "Python 2's except: write except Error as name:"),
    (r"\braise\s+\w[\w.]*\s*,", "Python 2's raise: write raise Error(text)"),
    (r"(?<![\w.])(0[xX][0-9a-fA-F]+|\d+)[lL]\b", "a long number of Python 2: leave out the L"),
    (r"(?<![\w.])0[0-7]+\b", "an octal number of Python 2: write 0o before it"),
    (r"<>", "Python 2's <>: write !="),
    (r"`", "Python 2's backquotes: write repr(...)"),
    (r"(?i)(?<!\w)ur['\"]", "Python 2's ur'...': write r'...'"),
    (r"\b(def\s+\w+\s*\(|lambda\s+)[^)]*\(", "parameters in brackets are Python 2: take the tuple apart inside"),
)  # fmt: skip
"""What the line of a syntax error looks like -> what it is; the first that fits counts."""

_IN_SYNTAX = (
    (r"inconsistent use of tabs|unindent does not match|unexpected indent|expected an indented block",
     "tabs and spaces are mixed, or indented unevenly: write four spaces for each level"),
    (r"codec can't decode byte|Non-UTF-8 code|unicode error",
     "the file is not UTF-8: save it as UTF-8, or name its encoding in its first line: # -*- coding: gbk -*-"),
)  # fmt: skip
"""What the text of a syntax error is like -> what to do."""

_IN_TEXT = (
    (r"unsupported operand type\(s\) for >>: 'builtin_function", _PRINT),
    (r"object cannot be interpreted as an integer|slice indices must be integers|only integers, slices", _DIVIDED),
    (r"'(dict_keys|dict_values|dict_items|map|filter|zip|range)' object (is not subscriptable|does not support)|"
     r"object of type '(map|filter|zip)' has no len|'(dict_keys|dict_values|dict_items)' object has no attribute",
     _VIEW),
    (r"load\(\) missing 1 required positional argument: 'Loader'", "since PyYAML 6: write yaml.safe_load(text)"),
    (r"module 'numpy' has no attribute '(float|int|bool|object|str|complex|long|unicode)'", _NUMPY),
    (r"'dict' object has no attribute 'has_key'", "Python 2's has_key: write key in dict"),
    (r"has no attribute '(iteritems|iterkeys|itervalues)'", "Python 3 has items(), keys() and values() instead"),
    (r"'\w*(generator|iterator|reader|file|map|filter|zip)\w*' object has no attribute 'next'",
     "Python 3: write next(it)"),
    (r"'str' object has no attribute 'decode'", "a text of Python 3 is decoded already: leave out .decode(...)"),
    (r"a bytes-like object is required, not 'str'|must be str, not bytes|can't concat str to bytes",
     'Python 3 tells bytes from text: open binary files with "rb" or "wb", texts without b'),
    (r"'ascii' codec can't decode byte", 'a pickle of Python 2: write pickle.load(file, encoding="latin1")'),
    (r"cannot import name '(imread|imresize|imsave|imshow|imrotate)' from 'scipy|"
     r"scipy\.misc.*has no attribute '(imread|imresize|imsave|imshow|imrotate)'",
     "SciPy took this away: caffe.io.load_image and caffe.io.resize_image read and resize images"),
    (r"(cannot import name|has no attribute) '(Iterable|Mapping|Sequence|Callable|MutableMapping)'",
     "since Python 3.10 it is in collections.abc"),
    (r"(cannot import name|has no attribute) '(izip|imap|ifilter|izip_longest)'",
     "Python 3: zip, map, filter, itertools.zip_longest"),
    (r"module 'time' has no attribute 'clock'", "since Python 3.8: time.perf_counter()"),
    (r"module 'sys' has no attribute 'maxint'", "Python 3: sys.maxsize"),
    (r"module 'string' has no attribute '(letters|lowercase|uppercase)'", "Python 3: string.ascii_letters and so on"),
    (r"module 'os' has no attribute 'getcwdu'", "Python 3: os.getcwd()"),
)  # fmt: skip
"""What an exception's text is like -> what to do."""

_MODULES = {
    "cPickle": "pickle", "cStringIO": "io", "StringIO": "io", "urllib2": "urllib.request", "urlparse": "urllib.parse",
    "ConfigParser": "configparser", "Queue": "queue", "httplib": "http.client", "Tkinter": "tkinter",
    "tkMessageBox": "tkinter.messagebox", "__builtin__": "builtins", "commands": "subprocess", "copy_reg": "copyreg",
    "HTMLParser": "html.parser", "SocketServer": "socketserver", "thread": "_thread", "cookielib": "http.cookiejar",
    "BaseHTTPServer": "http.server", "SimpleHTTPServer": "http.server", "xmlrpclib": "xmlrpc.client", "sets": "set",
}  # fmt: skip
"""A module of Python 2 -> where that is now."""

_NAMES = {
    "xrange": "range", "unicode": "str", "raw_input": "input", "basestring": "str", "long": "int", "unichr": "chr",
    "file": "open", "reduce": "functools.reduce", "reload": "importlib.reload", "cmp": "(a > b) - (a < b)",
    "execfile": "exec(open(name).read())", "apply": "function(*arguments)", "buffer": "memoryview",
    "intern": "sys.intern",
}  # fmt: skip
"""A built-in name of Python 2 -> what is written now."""


def old_code_hint(error: BaseException) -> str:
    """Return what in old Python code an exception comes from, and what is written today; "" if that is unclear."""
    if isinstance(error, SyntaxError):
        return _of_syntax(error)
    name = getattr(error, "name", None)
    if isinstance(error, ModuleNotFoundError) and name in _MODULES:
        return f"a module of Python 2: {name} is {_MODULES[name]} now"
    if isinstance(error, NameError) and name in _NAMES:
        return f"a name of Python 2: write {_NAMES[name]} for {name}"
    return _of_text(error)


def _of_syntax(error: SyntaxError) -> str:
    of_text = _first(_IN_SYNTAX, str(error.msg))
    return of_text or _first(_IN_SOURCE, (error.text or "").strip())


def _of_text(error: BaseException) -> str:
    try:
        text = str(error)[:2000]
    except Exception:  # of a class of the user's own
        return ""
    return _first(_IN_TEXT, text)


def _first(table: tuple[tuple[str, str], ...], text: str) -> str:
    """Return the hint of the first pattern that is found in a text, or ""."""
    return next((hint for pattern, hint in table if re.search(pattern, text)), "")

"""NumPy's old names in programs that import caffe: each case is a process of its own."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from mycaffe_py.old_numpy import _SYNONYMS, _TYPES

START = "import mycaffe_py\nmycaffe_py.install_as_caffe()\nimport caffe\nimport numpy as np\n"


def run(tmp_path, code, *options):
    (tmp_path / "script.py").write_text(code)
    command = [sys.executable, *options, str(tmp_path / "script.py")]
    return subprocess.run(command, capture_output=True, text=True)


def test_a_script_of_the_time(tmp_path):
    code = (
        "import caffe\nimport numpy as np\n"
        "x = np.zeros(3, dtype=np.float)\n"
        "y = x.astype(np.int)\n"
        "keep = np.array([0, 1], dtype=np.bool)\n"
        "print(x.dtype, y.dtype.kind, keep.dtype, np.long(3), np.object, np.str, np.unicode is str)\n"
        "from numpy import float as number\n"
        "print(number is float, np.NaN, np.float_ is np.float64)\n"
    )
    (tmp_path / "old.py").write_text(code)
    command = [sys.executable, "-m", "mycaffe_py.as_caffe", str(tmp_path / "old.py")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout.splitlines() == [
        "float64 i bool 3 <class 'object'> <class 'str'> True",
        "True nan True",
    ]
    assert done.stderr.count("Warning") == 1
    assert "old.py:3: np.float stands for float: NumPy has it no more" in done.stderr


def test_every_name_is_there(tmp_path):
    names = sorted({*_TYPES, *_SYNONYMS})
    done = run(
        tmp_path, f"{START}for name in {names}:\n    assert getattr(np, name) is not None, name\n"
    )
    assert done.returncode == 0, done.stderr
    assert {*_SYNONYMS.values()} <= {*dir(np)}


def test_only_in_programs_that_import_caffe(tmp_path):
    done = run(tmp_path, "import mycaffe_py\nmycaffe_py.Net\nimport numpy as np\nnp.float\n")
    assert "has no attribute 'float'" in done.stderr and "AttributeError" in done.stderr


def test_packages_get_numpys_answer(tmp_path):
    """A library that looks whether NumPy is an old one must not think so."""
    code = f"""
import sysconfig
{START}
source = "def asks(np): return hasattr(np, 'float'), hasattr(np, 'product')"
for folder in ("purelib", "stdlib"):
    space = {{"__name__": "library"}}
    exec(compile(source, sysconfig.get_paths()[folder] + "/library.py", "exec"), space)
    print(space["asks"](np))
print(hasattr(np, "float"), "float" in dir(np), hasattr(np, "no_such_name"))
"""
    done = run(tmp_path, code)
    product = hasattr(np, "product")
    assert done.stdout.splitlines() == [str((False, product))] * 2 + ["True False False"]


def test_where_warnings_are_errors_numpy_answers(tmp_path):
    code = f"{START}print(hasattr(np, 'float'))\nnp.float\n"
    done = run(tmp_path, code, "-W", "error")
    assert done.stdout == "False\n"
    assert "has no attribute 'float'" in done.stderr and "MyCaffeWarning" in done.stderr


def test_names_that_numpy_has_are_numpys(tmp_path):
    done = run(tmp_path, f"{START}mycaffe_py.install_as_caffe()\nprint(np.bool is np.bool_)\n")
    assert done.stdout == f"{np.lib.NumpyVersion(np.__version__) >= '2.0.0'}\n"


@pytest.mark.parametrize(
    "code", ["print 'x'\n", "import cPickle\n", "import numpy as np\nrange(np.ones(1)[0] / 2)\n"]
)
def test_a_script_that_fails_gets_a_hint(tmp_path, code):
    (tmp_path / "old.py").write_text(code)
    command = [sys.executable, "-m", "mycaffe_py.as_caffe", str(tmp_path / "old.py")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1 and "Traceback" in done.stderr
    if sys.version_info >= (3, 11):  # which shows notes
        assert "Python 2" in done.stderr or "Python 3" in done.stderr

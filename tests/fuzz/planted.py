"""Kinds of input whose cases go wrong in known ways, to see whether the fuzzer notices."""

from __future__ import annotations

import faulthandler
import time
import warnings

from mycaffe_py.errors import ConfigError
from tools.fuzz.case import MYCAFFE, Case, Kind


def fault():
    raise KeyError("planted")


def refusal():
    raise ConfigError("as documented")


def loose():
    warnings.warn("planted", UserWarning, stacklevel=1)


def told():
    from mycaffe_py.layer.layer import python_warning

    python_warning("as documented")


def leaving():
    raise SystemExit(1)


def busy():
    while True:
        pass


def asleep():
    time.sleep(60)


def hog():
    bytearray(150 << 20)


def crash():
    faulthandler._sigsegv()


def traced():
    print("Traceback (most recent call last):")


def file_of(name, text):
    with open(name, encoding="utf-8") as file:
        assert file.read() == text


CALLS = {
    f.__name__: f
    for f in (fault, refusal, loose, told, leaving, busy, asleep, hog, crash, traced, file_of)
}


def always(*steps, files=()):
    """Return a kind whose every case is this one."""
    return Kind("planted", lambda rng, corpus: Case(steps, dict(files)), calls=CALLS)


FAULT, REFUSAL, LOOSE, TOLD = (
    always(["fault"]),
    always(["refusal"]),
    always(["loose"]),
    always(["told"]),
)
LEAVING, BUSY, ASLEEP, HOG = (
    always(["leaving"]),
    always(["busy"]),
    always(["asleep"]),
    always(["hog"]),
)
CRASH, TRACED = always(["crash"]), always(["traced"])
PYTHON = """
import caffe
class Bad(caffe.Layer):
    def reshape(self, bottom, top): raise IndexError("of the user")
    def forward(self, bottom, top): pass
"""
PLUGIN = """
from mycaffe_py import hookimpl
from mycaffe_py.layer import Layer
class Bad(Layer):
    type = "Bad"
    def reshape(self, bottom, top): raise IndexError("of the plugin")
    def forward(self, bottom, top): pass
@hookimpl
def mycaffe_layers(): return [Bad]
"""
_OF_PLUGIN = [MYCAFFE, "check", "net.prototxt", "--plugin", "plug.py"]
_NET = b'layer { name: "b" type: "Bad" top: "y" }'
OF_PLUGIN = always(_OF_PLUGIN, files={"plug.py": PLUGIN.encode(), "net.prototxt": _NET})
USAGE = always([MYCAFFE, "check", "--nonsense"])
HELP = always([MYCAFFE, "check", "--help"])

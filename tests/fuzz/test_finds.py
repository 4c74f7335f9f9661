"""What the fuzzer found, cut down: each was an error of Python's, or a warning that nobody asked for."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace

import click
import pytest

from mycaffe_py.cli.app import VERBS
from tools.fuzz.case import MYCAFFE
from tools.fuzz.kinds import commands, tables
from tools.fuzz.running import case_of, judge

from .planted import always

INPUT = (
    'layer { name: "d" type: "Input" top: "x" top: "t" input_param { shape { dim: 2 dim: 3 } } }\n'
)
SUM = """layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y"
inner_product_param { num_output: 3 weight_filler { %s } } }
layer { name: "l" type: "EuclideanLoss" bottom: "y" bottom: "t" top: "l" }
"""
TRAIN = ["train", "--model", "net.prototxt", "--solver", "solver.prototxt", "--device", "cpu", "-q"]
GOOD = {
    "weights": "s.caffemodel",
    "solver": "solver.prototxt",
    "source": "s.caffemodel",
    "target": "out",
}


def chunk(content):
    return struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))


HEADER = b"IHDR" + struct.pack(">IIBBBBB", 13_000, 13_000, 8, 2, 0, 0, 0)
LARGE = {
    "list.txt": b"a.png 0\n",
    "a.png": b"\x89PNG\r\n\x1a\n" + chunk(HEADER) + chunk(b"IDAT") + chunk(b"IEND"),
}


def finding(*words, **files):
    kind = always(
        [MYCAFFE, *words], files={f"{name}.prototxt": text.encode() for name, text in files.items()}
    )
    return judge(kind, case_of(kind, None, 0, 0), 0, 0)


@pytest.mark.parametrize("filler", ['type: "gaussian" std: -0.0', 'type: "gaussian" std: nan'])
def test_fillers(filler):
    assert finding("check", "net.prototxt", net=INPUT + SUM % filler) is None


@pytest.mark.parametrize(
    "policy",
    [
        'lr_policy: "poly" power: -1e308 max_iter: 2',
        'lr_policy: "poly" power: inf max_iter: 2',
        'lr_policy: "inv" gamma: -1 power: 2.5 max_iter: 2',
        'lr_policy: "exp" gamma: 1e308 max_iter: 3',
    ],
)
def test_learning_rates(policy):
    solver = f'type: "SGD" base_lr: 0.1 {policy}'
    net = INPUT + SUM % 'type: "xavier"'
    assert finding(*TRAIN, net=net, solver=solver) is None


def test_a_column_of_dates_with_one_that_has_a_letter():
    rows = "".join(f"1958{n:04}\n" for n in range(301, 330)) + "195<0607\n"
    kind = always(["series", "t.csv", ""], files={"t.csv": f"date\n{rows}".encode()})
    kind = replace(kind, calls={"series": tables.series})
    assert judge(kind, case_of(kind, None, 0, 0), 0, 0) is None


def test_a_large_image_is_refused_without_a_second_word_from_its_library():
    kind = always([MYCAFFE, "convert-imageset", ".", "list.txt", "db"], files=LARGE)
    assert judge(kind, case_of(kind, None, 0, 0), 0, 0) is None


@pytest.mark.parametrize("name", ["\u4e2d", "\\t", "\\x01"])
def test_pictures_of_names_that_the_font_lacks(name):
    assert finding("draw", "net.prototxt", "a.png", net=INPUT.replace('"d"', f'"{name}"')) is None


@pytest.mark.parametrize(
    "words",
    [
        ("upgrade-net", "net.prototxt", "/"),
        ("convert-weights", "a" * 5000, "out.pt"),
    ],
)
def test_paths(words):
    assert finding(*words, net=INPUT) is None


@pytest.fixture(scope="module")
def verbs(tmp_path_factory):
    return commands.prepare(tmp_path_factory.mktemp("commands"))


SLOW = {"train", "time", "test", "predict", "explain", "doctor"}
VERBS_TRIED = [
    pytest.param(verb, marks=[pytest.mark.slow] if verb in SLOW else [])
    for verb in [*sorted(VERBS), "convert-annoset", "convert-weights", "fold-bn", "plot", "report"]
]


@pytest.mark.parametrize("value", ["a" * 5000, "/", "\udcff", "x/../../y"], ids=ascii)
@pytest.mark.parametrize("verb", VERBS_TRIED)
def test_values_that_are_no_names_of_files(verbs, verb, value):
    """In every argument and option of every verb, among files that are right."""
    for odd in verbs.verbs[verb]:
        words = [verb]
        for param in verbs.verbs[verb]:
            if param is odd or param.required or param.name in ("model", "weights"):
                name = [] if isinstance(param, click.Argument) else [param.opts[0]]
                given = value if param is odd else GOOD.get(param.name, "net.prototxt")
                words += name if getattr(param, "is_flag", False) else [*name, given]
        kind = always([MYCAFFE, *words, *commands.SHORT.get(verb, ())], files=verbs.files)
        found = judge(kind, case_of(kind, None, 0, 0), 0, 0)
        assert found is None, f"{found}\n{found.trace[-3000:]}"

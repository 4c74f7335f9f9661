"""Command lines: verbs, options and values as they are, odd or misspelt; one plugin raises what it likes."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import click

from mycaffe_py.cli.app import app
from tools.fuzz.case import MYCAFFE, Case, Kind

from .small_run import MODEL, SOLVER, only, snapshot

_PLUGIN = """from mycaffe_py.layer import Layer
class Raising(Layer):
    type = "Raising"
    def reshape(self, bottom, top): top[0].reshape(bottom[0].shape)
    def forward(self, bottom, top): raise %s
"""
_RAISED = (
    "ValueError('x')",
    "KeyError(3)",
    "RecursionError()",
    "StopIteration",
    "SystemError",
    "MemoryError()",
    "OSError(28, 'full')",
)
_RAISING = """name: "r" layer { name: "d" type: "Input" top: "x" input_param { shape { dim: 2 } } }
layer { name: "r" type: "Raising" bottom: "x" top: "y" }"""
_VALUES = (
    *("", " ", "-", "--", "-1", "0", "1", "2", "1e9", "nan"),
    *("99999999999999999999", "x", "=", "a=b", "\u00e9", "\udcff", "\n", "\x1b[2J", "%s", "~", "~/x"),
    *("net.prototxt", "solver.prototxt", "s.caffemodel", "s.solverstate", "t.csv", "list.txt"),
    *("a.png", "missing.prototxt", ".", "..", "runs", "empty"),
    *("/dev/null", "/", "auto", "cpu", "gpu", "gpu:0", "gpu:-1", "cpu,"),
    *("all", "train", "test", "CFC", "Adam", "Curve", "sin", "LeNet.prototxt"),
    *("solver.base_lr=nan", "solver.max_iter=1", "fc1.inner_product_param.num_output=0"),
    *("fc1.=1", "solver.=", "x.y.z=1", "solver.type=Adam"),
    *("TensorBoard", "tensorboard:histograms=true", "plug.py", "os", "a" * 5000, "0x10", "9" * 5000, "\u00b2"),
    *("1.5", "-0", "true", "a,b,,c", "[", "*", "{}"),
)  # fmt: skip
_LEFT_OUT = ("designer", "benchmark")
"""Verbs that run until they are stopped, or for minutes."""
SHORT = {
    "train": ("--iterations", "1"),
    "test": ("--iterations", "1"),
    "time": ("--iterations", "1"),
    "predict": ("--steps", "1"),
    "explain": ("--iterations", "1"),
    "stop": ("--no-wait",),
}
"""What is added to a verb's words, so that it does not take long."""


@dataclass
class Corpus:
    """The verbs with their options, and files that the words name."""

    verbs: dict[str, list[click.Parameter]]
    files: dict[str, bytes]


def prepare(folder: Path) -> Corpus:
    """Collect the verbs and their options, and train a small net."""
    files = snapshot(folder, "commands")
    files |= {
        "s.caffemodel": files[only(files, ".caffemodel")],
        "s.solverstate": files[only(files, ".solverstate")],
        "t.csv": b"t,x\n" + b"".join(b"%d,%d\n" % (n, n % 7) for n in range(40)),
        "list.txt": b"a.png 0\n",
        "a.png": b"none",
        "empty": b"",
        "net.prototxt": MODEL.encode(),
        "solver.prototxt": f'net: "net.prototxt" {SOLVER}'.encode(),
    }
    context = click.Context(app, info_name="mycaffe")
    verbs = {}
    for name in app.list_commands(context):
        command = app.get_command(context, name)
        if command is not None and name not in _LEFT_OUT:
            verbs[name] = command.get_params(click.Context(command, parent=context))
    return Corpus(verbs, files)


def make(rng: random.Random, corpus: Corpus) -> Case:
    """Return a case: one command line among small files, mostly one that looks right at first."""
    files = dict(corpus.files)
    if rng.random() < 0.05:
        files["plug.py"] = (_PLUGIN % rng.choice(_RAISED)).encode()
        files["r.prototxt"] = _RAISING.encode()
        words = [
            "time",
            "--model",
            "r.prototxt",
            "--plugin",
            "plug.py",
            "--iterations",
            "1",
            "--device",
            "cpu",
        ]
        return Case([[MYCAFFE, *words]], files)
    verb = rng.choice(sorted(corpus.verbs))
    words = [verb] if rng.random() < 0.97 else [_misspelt(rng, verb)]
    for param in corpus.verbs[verb]:
        if isinstance(param, click.Argument):
            words += [rng.choice(_VALUES) for _ in range(rng.choice((0, 1, 1, 1, 2)))]
        elif rng.random() < (0.5 if param.required else 2.5 / max(len(corpus.verbs[verb]), 3)):
            words += _option(rng, param)
    words += [rng.choice(_VALUES)] * (rng.random() < 0.1)
    if rng.random() < 0.15 and len(words) > 1:
        place = rng.randrange(1, len(words))
        words[place] = _misspelt(rng, words[place])
    words += SHORT.get(verb, ())
    return Case([[MYCAFFE, *words]], files)


def _option(rng: random.Random, param: click.Parameter) -> list[str]:
    name = rng.choice([*param.opts, *param.secondary_opts])
    if getattr(param, "is_flag", False):
        return [name if rng.random() < 0.9 else f"{name}={rng.choice(_VALUES)}"]
    value = rng.choice(_VALUES)
    for word, likely in _LIKELY.items():
        if word == name and rng.random() < 0.7:
            value = rng.choice(likely)
    if isinstance(param.type, click.Choice) and rng.random() < 0.7:
        value = str(rng.choice(list(param.type.choices)))
    return [f"{name}={value}"] if rng.random() < 0.4 else [name, value]


_LIKELY = {
    "--model": ("net.prototxt", "net.prototxt", "CurveFollow.prototxt"),
    "--solver": ("solver.prototxt",),
    "--weights": ("s.caffemodel", "s.caffemodel", "s.caffemodel,s.caffemodel"),
    "--device": ("cpu", "cpu", "auto", "gpu"),
    "--set": (
        "solver.base_lr=0.1",
        "fc1.inner_product_param.num_output=2",
        "solver.test_iter=1",
        "fc1.name=q",
    ),
    "--resume": ("s.solverstate", "auto"),
    "--input": ("t.csv",),
}


def _misspelt(rng: random.Random, word: str) -> str:
    letters = list(word) or ["x"]
    place = rng.randrange(len(letters))
    how = rng.randrange(4)
    if how == 0:
        del letters[place]
    elif how == 1:
        letters[place] = rng.choice("abcxyz-_=0 \u00e9")
    elif how == 2:
        letters.insert(place, rng.choice("abcxyz-_=0 \u00e9"))
    else:
        return word.upper()
    return "".join(letters)


KIND = Kind("commands", make, prepare)

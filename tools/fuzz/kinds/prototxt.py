"""Models and solvers: made by the schema, or changed ones of the package, its examples and its tests."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mycaffe_py.plugins import default_registry
from mycaffe_py.schema import load_net, load_solver
from tests import conformance_cases
from tests.bad_input import layer_mistakes
from tools.fuzz.case import MYCAFFE, Case, Kind
from tools.fuzz.messages import Maker
from tools.fuzz.mutating import change_bytes, change_text

ROOT = Path(__file__).parents[3]
_SMALL = 'name: "n" layer { name: "d" type: "Input" top: "x0" top: "x1" input_param { shape { dim: 2 dim: 3 } } } '
_NETS = ("net", "train_net", "net_param", "train_net_param", "test_net", "test_net_param")
# How long a training takes is what its files say: passes of a test, too, are not the question here.
_TWICE = ("--device", "cpu", "-q", "--iterations", "2", "--set", "solver.test_interval=0")
_WEIGHT_FREE = ("Cifar10Quick", "SmallResNet", "LeNet", "Siamese", "Autoencoder")
"""Shipped models that take long to run, not to check."""


@dataclass
class Corpus:
    """Texts of nets with one layer to look at, and messages of whole models and solvers."""

    registry: Any
    layers: list[str]
    models: list[Any]
    solvers: list[Any]


def prepare(folder: Path) -> Corpus:
    """Collect what there is to change."""
    registry = default_registry()
    layers = []
    for name in sorted(conformance_cases.LAYERS):
        place = folder / name
        place.mkdir()
        layers += [start.text for start in layer_mistakes.starts(name, place)]
    models, solvers = [], []
    paths = [*(ROOT / "models").glob("*.prototxt"), *(ROOT / "examples").rglob("*.prototxt")]
    for path in sorted(paths):
        if not path.stem.endswith("solver") and path.stem not in ("co2", "sensors"):
            models.append((path.stem, load_net(registry.schema, path).message))
    for path in sorted(
        [*(ROOT / "solvers").glob("*"), *(ROOT / "examples").rglob("*solver.prototxt")]
    ):
        if path.suffix == ".prototxt":
            solvers.append(load_solver(registry.schema, path).message)
    return Corpus(registry, layers, models, solvers)


def make(rng: random.Random, corpus: Corpus) -> Case:
    """Return a case: a layer among its settings, a model, a solver or what only looks like one."""
    how = rng.random()
    if how < 0.4:
        return _layer(rng, corpus)
    if how < 0.6:
        return _model(rng, corpus)
    if how < 0.85:
        return _solver(rng, corpus)
    return _grown(rng, corpus)


def _layer(rng: random.Random, corpus: Corpus) -> Case:
    text = rng.choice(corpus.layers)
    schema = corpus.registry.schema
    if rng.random() < 0.8:
        message = schema.parse_text(text, "NetParameter").message
        maker = Maker(rng, corpus.registry)
        layer = message.layer[-1]
        for _ in range(rng.randint(1, 3)):
            maker.change(layer if rng.random() < 0.85 else message)
        text = schema.to_text(message)
    data = _damaged(rng, text, 0.3)
    return Case([_run(rng, "net.prototxt")], {"net.prototxt": data})


def _model(rng: random.Random, corpus: Corpus) -> Case:
    name, start = rng.choice(corpus.models)
    message = type(start)()
    message.CopyFrom(start)
    Maker(rng, corpus.registry).change(message, rng.randint(1, 4))
    data = _damaged(rng, corpus.registry.schema.to_text(message), 0.4)
    step = [MYCAFFE, "check", "net.prototxt"] if name in _WEIGHT_FREE else _run(rng, "net.prototxt")
    return Case([step], {"net.prototxt": data})


def _solver(rng: random.Random, corpus: Corpus) -> Case:
    start = rng.choice(corpus.solvers)
    message = type(start)()
    message.CopyFrom(start)
    Maker(rng, corpus.registry).change(message, rng.randint(1, 4))
    text = corpus.registry.schema.to_text(message)
    steps = [[MYCAFFE, "check", "solver.prototxt"]]
    files = {"solver.prototxt": _damaged(rng, text, 0.3)}
    how = rng.random()
    if how < 0.3 and start.trainer.gym.type == "Curve" and start.net.startswith("Curve"):
        steps = [[MYCAFFE, "train", "--solver", "solver.prototxt", *_TWICE]]
    elif how < 0.5:
        for field in _NETS:
            message.ClearField(field)
        files = {"solver.prototxt": _damaged(rng, corpus.registry.schema.to_text(message), 0.1)}
        files["net.prototxt"] = rng.choice(corpus.layers).encode()
        train = [MYCAFFE, "train", "--solver", "solver.prototxt", "--model", "net.prototxt"]
        steps = [[*train, *_TWICE]]
    return Case(steps, files)


def _grown(rng: random.Random, corpus: Corpus) -> Case:
    """Return a message made from nothing."""
    maker = Maker(rng, corpus.registry)
    name = rng.choice(("NetParameter", "LayerParameter", "LayerParameter", "SolverParameter"))
    message = corpus.registry.schema.new(name)
    maker.fill(message, rng.choice((1, 3, 8)))
    text = corpus.registry.schema.to_text(message)
    if name == "LayerParameter":
        text = f"{_SMALL} layer {{ {text} }}"
    command = rng.choice(("check", "check", "draw", "upgrade-net", "upgrade-solver"))
    more = [] if command == "check" else ["out.svg" if command == "draw" else "out.prototxt"]
    return Case(
        [[MYCAFFE, command, "it.prototxt", *more]], {"it.prototxt": _damaged(rng, text, 0.3)}
    )


def _run(rng: random.Random, name: str) -> list[str]:
    """Return a command that runs a net, or one that looks at it."""
    how = rng.random()
    if how < 0.5:
        return [MYCAFFE, "check", name]
    if how < 0.9:
        options = ["--phase", rng.choice(("train", "test"))] + ["--dtype=float64"] * rng.randrange(
            2
        )
        return [MYCAFFE, "time", "--model", name, "--iterations", "1", "--device", "cpu", *options]
    return [MYCAFFE, "draw", name, "a.png" if rng.random() < 0.15 else "a.svg"]


def _damaged(rng: random.Random, text: str, share: float) -> bytes:
    """Return a text, of some share with changed words or bytes."""
    if rng.random() < share:
        text = change_text(rng, text)
    data = text.encode("utf-8", errors="surrogatepass")
    return change_bytes(rng, data, 3) if rng.random() < share / 3 else data


KIND = Kind("prototxt", make, prepare)

"""Verbs of other tools: the message names the command here."""

from __future__ import annotations

import shlex

import pytest

VERBS = {
    "fit": "write: mycaffe train",
    "run": "write: mycaffe train",
    "resume": "write: mycaffe train --resume auto",
    "eval": "write: mycaffe test",
    "validate": "write: mycaffe test",
    "infer": "write: mycaffe predict",
    "summary": "write: mycaffe check FILE",
    "info model.prototxt": "write: mycaffe check model.prototxt",
    "list": "write: mycaffe runs",
    "status": "write: mycaffe runs",
    "kill": "write: mycaffe stop RUN",
    "kill runs/Small/001": "write: mycaffe stop runs/Small/001",
    "init": "write: mycaffe new project NAME",
    "create Waves": "write: mycaffe new project Waves",
    "ui": "write: mycaffe designer",
    "serve": "write: mycaffe designer",
    "plot-loss": "write: mycaffe plot RUN",
    "visualize model.prototxt": "write: mycaffe draw model.prototxt",
    "profile": "write: mycaffe time",
    "bench": "write: mycaffe benchmark",
    "gpu": "write: mycaffe device-query",
    "optimizers": "write: mycaffe solvers",
    "activations": "write: mycaffe layers",
    "version": "mycaffe --version",
    "help": "write: mycaffe --help",
    "help train": "write: mycaffe train --help",
    "solver.prototxt": "write: mycaffe train --solver solver.prototxt",
    "model.prototxt": "write: mycaffe check model.prototxt",
    "LiquidNetCfc.prototxt": "write: mycaffe check LiquidNetCfc.prototxt",
    "trian": 'did you mean "train"?',
    "frobnicate": "known: train, test, check",
}


@pytest.mark.parametrize("line", VERBS)
def test_a_verb_of_another_tool(bench, line):
    bench.refuses(line.split(), 2, [f'unknown verb "{line.split()[0]}"', VERBS[line]])


# what is typed after `mycaffe`: what the message tells to write
NEW = {
    "new Gate": "write: mycaffe new layer Gate, or another kind: project",
    "new Layer Foo": "write: mycaffe new layer Foo",
    "new optimizer Foo": "write: mycaffe new solver Foo",
    "new scheduler Foo": "write: mycaffe new lr-policy Foo",
    "new environment Foo": "write: mycaffe new gym Foo",
    "new callback Foo": "write: mycaffe new observer Foo",
    "new verb Foo": "write: mycaffe new command Foo",
    "new net Foo": "write: mycaffe new project Foo",
    "new plugin": "write: mycaffe new layer MyName",
    "new Foo layer": "write: mycaffe new layer Foo",
    "new package Foo --kind optimizer": "write --kind solver",
    "new layer foo.py": "choose another name, such as Foo",
    "new layer 'Foo Bar'": "choose another name, such as FooBar",
    "new layer Tanh": "choose another name, such as MyTanh",
    "new layer class": "choose another name, such as MyClass",
    "export": "the run folder has the net in model.prototxt",
    "download": "mycaffe new project lists the shipped models",
    "check --gradients solver.prototxt": "write mycaffe check --gradients MODEL",
}


@pytest.mark.parametrize("line", NEW)
def test_what_is_not_made_under_that_name(bench, line):
    bench.refuses(shlex.split(line), 2, [NEW[line]])


SWAPPED = {
    "train --solver model.prototxt --model solver.prototxt": (
        "train --solver solver.prototxt --model model.prototxt"
    ),
    "train --solver=model.prototxt --model=solver.prototxt --seed 3": (
        "train --solver=solver.prototxt --model=model.prototxt --seed 3"
    ),
    "test --solver model.prototxt --model solver.prototxt --weights x": "are swapped",
    "train --solver LiquidNetCfc.prototxt --model adamw.prototxt": (
        "train --solver adamw.prototxt --model LiquidNetCfc.prototxt"
    ),
    "train --solver model.prototxt": "train --model model.prototxt --solver adamw.prototxt",
    "draw solver.prototxt": "draw takes the model",
    "draw adamw.prototxt": "draw takes the model",
    "draw named.prototxt": "draw model.prototxt",
    "upgrade-solver model.prototxt x.prototxt": "upgrade-solver takes the solver",
}


@pytest.mark.parametrize("line", SWAPPED)
def test_a_model_and_a_solver_in_each_others_place(bench, line):
    solver = (bench.folder / "solver.prototxt").read_text()
    bench.write("named.prototxt", f'net: "model.prototxt"\n{solver}')
    code = 3 if line == "draw adamw.prototxt" else 2
    result = bench.refuses(shlex.split(line), code, [SWAPPED[line]])
    assert "give it with" not in result.stderr

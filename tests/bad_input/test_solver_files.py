"""Mistakes in a solver file: its settings, its net, its trainer and its gym."""

from __future__ import annotations

import pytest

from .conftest import SOLVER, TRAIN, replaced

ALONE = ("train", "--solver", "solver.prototxt", "--device", "cpu")
BLOBS = "BlobNames=x~x|tt~tt|mask~mask|target~target|xhat~xhat"


def settings(text):
    return "max_iter: 4", f"max_iter: 4 {text}"


# kind: (old text, new text, words of the message)
MISTAKES = {
    "unknown policy": ('"fixed"', '"fixd"', ["solver.prototxt:3:12", '"fixd"', '"fixed"?']),
    "no policy": ('lr_policy: "fixed"\n', "", ["lr_policy is not set", "cosine, exp, fixed"]),
    "policy without its setting": ('"fixed"', '"step" gamma: 0.1', [":3:12", "needs stepsize > 0"]),
    "policy without gamma": ('"fixed"', '"exp"', [":3:12", '"exp" needs gamma']),
    "unknown solver type": ('"AdamW"', '"AdamWW"', ["E201", ":1:7", '"AdamWW"', '"AdamW"?']),
    "solver type of a later version": ('"AdamW"', '"LBFGS"', ['"LBFGS"', "known solver types: "]),
    "both type and solver_type": (
        *('type: "AdamW"', 'solver_type: ADAM type: "AdamW"'),
        [":1:14", "solver_type", "remove solver_type"],
    ),
    "negative rate": ("base_lr: 0.01", "base_lr: -0.01", [":2:10", "base_lr", "got -0.01"]),
    "rate that is no number": ("base_lr: 0.01", "base_lr: nan", [":2:10", "base_lr", "nan"]),
    "no rate": ("base_lr: 0.01\n", "", ["solver.prototxt: base_lr is not set", "base_lr: 0.01"]),
    "no number of updates": ("max_iter: 4\n", "", ["max_iter is not set", "--iterations"]),
    "negative updates": ("max_iter: 4", "max_iter: -4", [":7:11", "max_iter", "-4"]),
    "momentum out of range": ("momentum: 0.9\n", "momentum: 2\n", [":4:11", "momentum", "got 2"]),
    "second momentum 1": ("momentum2: 0.95", "momentum2: 1", [":5:12", "momentum2", "below 1"]),
    "negative delta": ("delta: 1e-8", "delta: -1", [":6:8", "delta must be at least 0, got -1"]),
    "iter_size 0": (*settings("iter_size: 0"), [":7:24", "iter_size must be at least 1"]),
    "negative snapshot": (*settings("snapshot: -1"), [":7:23", "snapshot must be at least 0"]),
    "clip_gradients 0": (*settings("clip_gradients: 0"), [":7:29", "every gradient 0"]),
    "unknown format of snapshots": (
        *settings("snapshot_format: TEXT"),
        [":7:30", '"TEXT"', "HDF5, BINARYPROTO"],
    ),
    "mode that is none": (*settings("solver_mode: TPU"), [":7:26", '"TPU"', "CPU, GPU"]),
    "test_iter without an interval": (*settings("test_iter: 1"), ["test_interval > 0, got 0"]),
    "test_iter -1": (*settings("test_interval: 1 test_iter: -1"), [":7:41", "at least 0, got -1"]),
    "states and nets of tests": (
        *settings("test_interval: 1 test_iter: 1 test_state {} test_state {}"),
        ["test_state is given 2 times for 1 test nets"],
    ),
    "snapshot_prefix below a file": (
        *settings('snapshot_prefix: "model.prototxt/a"'),
        ["E250", "cannot write snapshots to model.prototxt: it is a file", "snapshot_prefix"],
    ),
    "both trainer forms": (
        *settings('custom_trainer: "MyCaffeTrainerDual"'),
        [":7:29", "trainer { } and custom_trainer are both given", "remove one of them"],
    ),
    "unknown trainer": ('"RNN.SUPER_SIMPLE"', '"RNN.SIMPEL"', [":10:9", '"RNN.SUPER_SIMPLE"?']),
    "trainer without a type": ('  type: "RNN.SUPER_SIMPLE"\n', "", [":9:1", "type is missing"]),
    "accuracy window 0": (
        *('"RNN.SUPER_SIMPLE"', '"RNN.SUPER_SIMPLE" rnn_simple_param { accuracy_window: 0 }'),
        [":10:64", "accuracy_window must be at least 1, got 0"],
    ),
    "unknown gym": ('"Curve"', '"Kurve"', ["E201", ":13:11", '"Kurve"', '"Curve"?']),
    "unknown gym field": ("curve: SIN", "curves: SIN", [":14:19", '"curves"', '"curve"?']),
    "unknown curve": (
        "curve: SIN",
        "curve: SINE",
        [":14:26", '"SINE"', "SIN, COS, RANDOM, CSV_FILE"],
    ),
    "gym field out of range": (
        *("curve: SIN", "curve: SIN jitter: 2"),
        [":14:38", "curve_param.jitter is 2", "0 to 1"],
    ),
    "gym fields that exclude each other": (
        *("curve: SIN", "curve: SIN noise: 0.1"),
        [":14:37", "curve_param.noise", "Y or X_AND_Y"],
    ),
    "gym with too short a history": (
        *("curve: SIN", "curve: SIN history: 3"),
        ["history of 3 points", "the net needs 5"],
    ),
    "gym that gives more than the net takes": (
        *("curve: SIN", "curve: SIN input: X_AND_Y"),
        ["E210", "10 values of x", 'blob "x" is (1, 5, 1)'],
    ),
    "blob that is missing": (
        *('xhat: "xhat"', 'xhat: "xhatt"'),
        [":11:68", '"xhatt"', 'net "Small" has no such blob', '"xhat"?'],
    ),
    "one blob for two roles": (
        *('xhat: "xhat"', 'xhat: "target"'),
        [":11:68", 'target and xhat are both blob "target"'],
    ),
    "unknown role": ('xhat: "xhat"', 'yhat: "xhat"', [":11:62", '"yhat"', '"xhat"?']),
    "model in place of the solver": (
        *("", 'name: "n"\nlayer { name: "a" type: "ReLU" bottom: "x" top: "y" }\n'),
        ["solver.prototxt:1:1", "this is a model file", "--model"],
    ),
}


@pytest.mark.parametrize("kind", MISTAKES)
def test_mistake_in_the_solver(bench, kind):
    old, new, words = MISTAKES[kind]
    bench.write("solver.prototxt", replaced(SOLVER, old, new))
    bench.refuses(TRAIN, 2, words)


# MyCaffe's form: kind: (custom_trainer, properties, words)
PROPERTIES = {
    "unknown property": ("MyCaffeTrainerDual", f"Tolerance=1;{BLOBS}", ['"Tolerance"', "known: "]),
    "misspelt property": ("MyCaffeTrainerDual", f"CurvType=SIN;{BLOBS}", ['"CurveType"?']),
    "unknown trainer": ("MyCafeTrainerDual", BLOBS, [":9:17", '"MyCaffeTrainerDual"?']),
    "unknown gym": (
        "MyCaffeTrainerDual",
        f"Gym=CartPole;{BLOBS}",
        ['"CartPole"', "known gym types"],
    ),
    "pair without a blob": ("MyCaffeTrainerDual", "BlobNames=x~x|tt", ['"tt" is not role~blob']),
    "unknown role": ("MyCaffeTrainerDual", "BlobNames=x~x|ttt~tt", ['unknown role "ttt"', '"tt"?']),
    "missing blob": (
        *("MyCaffeTrainerDual", BLOBS.replace("x~x|", "x~xx|")),
        ['x is blob "xx"', 'net "Small" has no such blob'],
    ),
}


@pytest.mark.parametrize("kind", PROPERTIES)
def test_mistake_in_mycaffes_properties(bench, kind):
    trainer, properties, words = PROPERTIES[kind]
    known = "" if kind == "unknown trainer" else "TrainerType=RNN.SUPER_SIMPLE;"
    text = known + properties
    head = SOLVER[: SOLVER.index("trainer {")]
    bench.write(
        "solver.prototxt",
        f'{head}custom_trainer: "{trainer}"\ncustom_trainer_properties: "{text}"\n',
    )
    bench.refuses(TRAIN, 2, ["solver.prototxt:", *words])


def test_no_net_at_all(bench):
    bench.refuses(ALONE, 2, ["solver.prototxt does not name a net", "--model FILE"])


def test_a_net_that_is_not_there(bench):
    bench.write("solver.prototxt", f'net: "gone.prototxt"\n{SOLVER}')
    bench.refuses(ALONE, 3, ["E310", "solver.prototxt:1:6", '"gone.prototxt" does not exist'])


def test_two_nets(bench):
    bench.write("solver.prototxt", f'net: "model.prototxt"\ntrain_net: "b.prototxt"\n{SOLVER}')
    bench.refuses(ALONE, 2, ["solver.prototxt:2:12", "not net and train_net"])


def test_a_mistake_in_a_net_inside_the_solver(bench):
    bench.write("solver.prototxt", 'net_param { layer { name: "a" type: "Foo" } }\n' + SOLVER)
    bench.refuses(ALONE, 2, ["solver.prototxt:1:37", 'unknown layer type "Foo"'])


def test_weights_that_are_not_there(bench):
    bench.write("solver.prototxt", f'weights: "gone.caffemodel"\n{SOLVER}')
    bench.refuses(TRAIN, 3, ["E310", "gone.caffemodel does not exist"])


def test_a_net_without_a_loss_is_pointed_out(bench):
    """No error: a net may be run for its outputs alone."""
    model = bench.folder / "model.prototxt"
    model.write_text(model.read_text().replace('name: "loss" type', "include { phase: TEST } type"))
    result = bench.mycaffe(*TRAIN)
    assert result.exit_code == 0
    assert 'warning: net "Small" has no loss' in result.stderr

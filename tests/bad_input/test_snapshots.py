"""Weights and states that cannot be used: cut short, of another kind, of another net."""

from __future__ import annotations

import shutil

import pytest

from mycaffe_py.plugins import registry as plugins

from .conftest import MODEL, SOLVER, TRAIN, Bench

RUN = "runs/Small/001"
WEIGHTS = f"{RUN}/Small_iter_4.caffemodel"
STATE = f"{RUN}/Small_iter_4.solverstate"
BEST = f"{RUN}/best.caffemodel"
ON = ("--iterations", "8")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A folder with a finished run of 4 updates."""
    folder = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(plugins, "_default", plugins.default_registry())
        Bench(folder).trains()
    return folder


@pytest.fixture
def after(bench, finished):
    shutil.copytree(finished / "runs", bench.folder / "runs")
    return bench


def cut(name):
    return lambda bench: bench.write(name, (bench.folder / name).read_bytes()[:-20])


def write(name, content):
    return lambda bench: bench.write(name, content)


def remove(name):
    return lambda bench: (bench.folder / name).unlink()


def nothing(bench):
    """Leave all as it is."""


SHORT = ["is cut short: it has", "bytes, but was written with"]
# kind: (what happens first, arguments, exit code, words of the message)
MISTAKES = {
    "weights cut short": (cut(WEIGHTS), ["--weights", WEIGHTS], 2, [WEIGHTS, *SHORT]),
    "state cut short": (cut(STATE), ["--resume", STATE, *ON], 2, [STATE, *SHORT]),
    "weights of the state cut short": (
        *(cut(WEIGHTS), ["--resume", STATE, *ON], 2),
        [WEIGHTS, *SHORT],
    ),
    "state as weights": (
        *(nothing, ["--weights", STATE], 2),
        [f"{STATE} is a solver state", f"its weights are in {WEIGHTS}", f"--resume {STATE}"],
    ),
    "weights as state": (
        *(nothing, ["--resume", BEST, *ON], 2),
        [f"{BEST} contains only weights", "best.solverstate", f"--weights {BEST}"],
    ),
    "weights under the name of a state": (
        *(lambda b: b.write("a.solverstate", (b.folder / WEIGHTS).read_bytes()),),
        *(["--resume", "a.solverstate", *ON], 2),
        ["a.solverstate is a weights file, but a solver state is expected", "--weights"],
    ),
    "state without its weights": (
        *(remove(WEIGHTS), ["--resume", STATE, *ON], 3),
        [WEIGHTS, STATE, "does not exist", "keep the .caffemodel beside it"],
    ),
    "state with the weights of another moment": (
        *(lambda b: b.write(WEIGHTS, _other_weights(b)), ["--resume", STATE, *ON], 2),
        [WEIGHTS, "its content differs", "--resume runs/Small/001 takes the newest"],
    ),
    "text as weights": (
        *(nothing, ["--weights", "model.prototxt"], 2),
        ["model.prototxt is text, but a binary weights file is expected"],
    ),
    "text as state": (nothing, ["--resume", "solver.prototxt"], 2, ["solver.prototxt is text"]),
    "folder as weights": (
        write("empty/notes.txt", "nothing here"),
        ["--weights", "empty"],
        3,
        ["no weights in empty", "best.caffemodel"],
    ),
    "empty file": (write("e.caffemodel", ""), ["--weights", "e.caffemodel"], 2, ["is empty"]),
    "bytes without sense": (
        *(write("e.caffemodel", bytes(range(256)) * 9), ["--weights", "e.caffemodel"], 2),
        ["e.caffemodel is not a weights file"],
    ),
    "HDF5 weights": (
        *(write("e.h5", b"\x89HDF\r\n\x1a\n" + bytes(90)), ["--weights", "e.h5"], 2),
        ["e.h5 cannot be read as an HDF5 file: it is damaged, was cut short"],
    ),
    "missing weights": (nothing, ["--weights", "gone"], 3, ["weights file gone does not exist"]),
    "second weights missing": (
        nothing,
        ["--weights", f"{WEIGHTS},gone"],
        3,
        ["file gone does not"],
    ),
    "missing state": (nothing, ["--resume", "gone"], 3, ["nothing to resume: gone does not exist"]),
    "folder without a state": (
        *(write("e/readme", "x"), ["--resume", "e", *ON], 3),
        ["folder e contains no .solverstate", 'did you mean "runs/Small/001"?'],
    ),
    "weights of another net": (
        *(write("model.prototxt", MODEL.replace("cfc1", "other")), ["--weights", WEIGHTS], 2),
        [WEIGHTS, 'fits net "Small"', '"cfc1"', '"other"', "by layer name"],
    ),
    "weights of another size": (
        *(nothing, ["--weights", WEIGHTS, "--set", "cfc1.cfc_param.hidden_size=5"], 2),
        [WEIGHTS, 'layer "cfc1" (CFC)', "(4, 6) in the file and (4, 7) in the net", "rename"],
    ),
    "state of another size": (
        *(nothing, ["--resume", STATE, *ON, "--set", "cfc1.cfc_param.hidden_size=5"], 2),
        [STATE, 'layer "cfc1"', "(4, 6) in the file and (4, 7) in the net"],
    ),
    "state of another solver": (
        *(nothing, ["--resume", STATE, *ON, "--set", "solver.type=SGD"], 2),
        [STATE, "of type AdamW; this solver is of type SGD", "--weights"],
    ),
    "state of another dtype": (
        *(nothing, ["--resume", STATE, *ON, "--dtype", "float64"], 2),
        [STATE, "written in float32", "--dtype float32"],
    ),
    "state of another window": (
        nothing,
        ["--resume", STATE, *ON, "--set", "solver.trainer.rnn_simple_param.accuracy_window=7"],
        *(2, [STATE, "accuracy_window"]),
    ),
    "state of another gym": (
        lambda b: (
            b.write("d.csv", "y\n" + "1\n" * 9),
            b.write("solver.prototxt", SOLVER.replace("SIN", 'CSV_FILE csv_file: "d.csv"')),
        ),
        *(["--resume", STATE, *ON], 2, [STATE, "gym"]),
    ),
    "run that is finished": (
        *(nothing, ["--resume", "auto"], 2),
        ["nothing left to train: iteration 4 of 4", "--iterations above 4"],
    ),
    "nothing to resume": (
        *(lambda b: shutil.rmtree(b.folder / "runs"), ["--resume", "auto"], 3),
        ['nothing to resume for net "Small"', "omit --resume"],
    ),
}


def _other_weights(bench):
    content = bytearray((bench.folder / WEIGHTS).read_bytes())
    content[-3] ^= 1
    return bytes(content)


@pytest.mark.parametrize("kind", MISTAKES)
def test_mistake_in_a_snapshot(after, kind):
    prepare, arguments, code, words = MISTAKES[kind]
    prepare(after)
    after.refuses([*TRAIN, *arguments], code, words)


@pytest.mark.parametrize("weights", [STATE, "model.prototxt"])
def test_test_refuses_what_holds_no_weights(after, weights):
    files = ["--solver", "solver.prototxt", "--model", "model.prototxt"]
    after.refuses(["test", *files, "--weights", weights], 2, [weights, "weights file is expected"])


def test_test_without_anything_that_feeds_the_net(after):
    after.write("alone/w.caffemodel", (after.folder / WEIGHTS).read_bytes())
    arguments = ["test", "--model", "model.prototxt", "--weights", "alone/w.caffemodel"]
    after.refuses(arguments, 2, ["nothing fills the inputs x, tt, mask, target", "--solver FILE"])


def test_a_damaged_run_folder_is_passed_over_with_a_warning(after):
    for name in (STATE, f"{RUN}/last.solverstate", f"{RUN}/run.json"):
        after.write(name, "")
    result = after.refuses([*TRAIN, *ON, "--resume", "auto"], 3, ["has a usable snapshot"])
    warnings = [line for line in result.stderr.splitlines() if line.startswith("warning: ")]
    assert len(warnings) == 1 and warnings[0].count(RUN) == 1  # last.* is but a copy


@pytest.mark.parametrize("content", ["", "{", "[]", '{"snapshots": [3], "working_folder": 7}'])
def test_a_damaged_run_record_is_no_hindrance(after, content):
    after.write(f"{RUN}/run.json", content)
    assert after.trains(*ON, "--resume", "auto").name == "002"

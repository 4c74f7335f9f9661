"""Mistakes on the command line."""

from __future__ import annotations

import pytest

from mycaffe_py.device import device
from mycaffe_py.errors import DeviceError

from .conftest import TRAIN

FILES = ("--solver", "solver.prototxt", "--model", "model.prototxt")

# kind: (arguments, exit code, words of the message)
MISTAKES = {
    "unknown verb": (["trian"], 2, ['unknown verb "trian"', '"train"?']),
    "no such verb at all": (["frobnicate"], 2, ["known: train, test, check"]),
    "unknown option": (["train", "--sovler", "x"], 2, ["--sovler", '"--solver"?', "train --help"]),
    "option of another verb": (["test", *FILES, "--resume", "auto"], 2, ["no option --resume"]),
    "no solver": (["train", "--model", "model.prototxt"], 2, ["missing option '--solver'"]),
    "file without its option": (
        *(["train", "solver.prototxt"], 2),
        ['"solver.prototxt" does not belong to an option', "--solver solver.prototxt"],
    ),
    "second file without its option": (
        *(["train", "--solver", "solver.prototxt", "model.prototxt"], 2),
        ['"model.prototxt"', "--model model.prototxt"],
    ),
    "option without its value": ([*TRAIN, "--seed"], 2, ["'--seed' requires an argument"]),
    "empty value": ([*TRAIN, "--resume", ""], 2, ["'--resume': it is empty"]),
    "empty value of a list": ([*TRAIN, "--weights", ""], 2, ["'--weights': it is empty"]),
    "model and solver swapped": (
        *(["train", "--solver", "model.prototxt", "--model", "solver.prototxt"], 2),
        ["are swapped", "--solver solver.prototxt --model model.prototxt"],
    ),
    "shipped model and solver swapped": (
        *(["train", "--solver", "LiquidNetCfc.prototxt"], 3),
        ["one of the shipped models", "--model"],
    ),
    "missing solver": (
        *(["train", "--solver", "adamv.prototxt"], 3),
        ['solver file "adamv.prototxt" does not exist', '"adamw.prototxt"?'],
    ),
    "set without a value": ([*TRAIN, "--set", "solver"], 2, ["expected KEY=VALUE", "for example"]),
    "set without a key": ([*TRAIN, "--set", "=1"], 2, ["--set =1: expected KEY=VALUE"]),
    "set with another tool's name": (
        *([*TRAIN, "--set", "lr=1"], 2),
        ['no setting is named "lr"', "did you mean --set solver.base_lr=1?"],
    ),
    "set of an empty value": (
        *([*TRAIN, "--set", "solver.base_lr="], 2),
        ["--set solver.base_lr=", '"" is not a number'],
    ),
    "set of an unknown layer": (
        *([*TRAIN, "--set", "cfc2.cfc_param.hidden_size=4"], 2),
        ['no layer is named "cfc2"', "--set cfc1.cfc_param.hidden_size=4?"],
    ),
    "set of an unknown field": (
        *([*TRAIN, "--set", "cfc1.cfc_param.hiden=4"], 2),
        ['CfcParameter has no field "hiden"', "--set cfc1.cfc_param.hidden_size=4?"],
    ),
    "set of a block": (
        *([*TRAIN, "--set", "cfc1.cfc_param=4"], 2),
        ["cfc_param is a message", "hidden_size"],
    ),
    "set below a number": (
        *([*TRAIN, "--set", "solver.base_lr.x=4"], 2),
        ["base_lr is not a message"],
    ),
    "set of text for a number": (
        *([*TRAIN, "--set", "cfc1.cfc_param.hidden_size=abc"], 2),
        ['"abc" is not a whole number'],
    ),
    "set of a number too large": (
        *([*TRAIN, "--set", "cfc1.cfc_param.hidden_size=99999999999"], 2),
        ["99999999999 is out of range for hidden_size", "to 2147483647"],
    ),
    "set of an unknown enum value": (
        *([*TRAIN, "--set", "cfc1.cfc_unit_param.backbone_activation=FOO"], 2),
        ['"FOO" is not a value of backbone_activation', "SILU, RELU"],
    ),
    "set that the layer refuses": (
        *([*TRAIN, "--set", "cfc1.cfc_param.hidden_size=-1"], 2),
        [
            "hidden_size must be at least 1, got -1",
            "--set cfc1.cfc_param.hidden_size=-1 is in effect",
        ],
    ),
    "set that the solver refuses": (
        *([*TRAIN, "--set", "solver.base_lr=-1"], 2),
        [
            "base_lr must be a finite number, at least 0, got -1",
            "--set solver.base_lr=-1 is in effect",
        ],
    ),
    "set of a file that is gone": (
        [
            *(*TRAIN, "--set", "solver.trainer.gym.curve_param.curve=CSV_FILE"),
            *("--set", "solver.trainer.gym.curve_param.csv_file=gone.csv"),
        ],
        3,
        ['no CSV file "gone.csv"', "csv_file=gone.csv is in effect"],
    ),
    "set that only the whole refuses": (
        *([*TRAIN, "--set", "solver.trainer.gym.curve_param.history=2"], 2),
        ["keeps a history of 2 points", "curve_param.history=2 is in effect"],
    ),
    "set that is not UTF-8": ([*TRAIN, "--set", "net.name=\udcff"], 2, ["not valid UTF-8"]),
    "unknown device": (["train", *FILES, "--device", "tpu"], 2, ['"tpu"', "auto, cpu, gpu, gpu:N"]),
    "device without its number": (["train", *FILES, "--device", "gpu:x"], 2, ['"gpu:x"']),
    "several GPUs": (["train", *FILES, "--gpu", "0,1"], 2, ['not "0,1"', "--gpu 0"]),
    "two devices": ([*TRAIN, "--gpu", "0"], 2, ["--gpu 0 and --device cpu contradict"]),
    "seed below 0": ([*TRAIN, "--seed", "-1"], 2, ["'--seed'", "-1", "x>=0"]),
    "seed that is no number": ([*TRAIN, "--seed", "abc"], 2, ["'abc' is not a whole number"]),
    "iterations below 0": ([*TRAIN, "--iterations", "-1"], 2, ["'--iterations'", "-1"]),
    "iterations that are no number": ([*TRAIN, "--iterations", "abc"], 2, ["'abc' is not a whole"]),
    "iterations beyond all bounds": ([*TRAIN, "--iterations", "9999999999"], 2, ["2147483647"]),
    "unknown dtype": ([*TRAIN, "--dtype", "float16"], 2, ["'float16'", "'float32', 'float64'"]),
    "unknown phase": ([*TRAIN, "--phase", "FOO"], 2, ["'FOO'", "'train', 'test'"]),
    "level that is no number": ([*TRAIN, "--level", "x"], 2, ["'--level'", "not a whole number"]),
    "level beyond all bounds": ([*TRAIN, "--level", "9" * 11], 2, ["'--level'", "out of range"]),
    "unknown effect": ([*TRAIN, "--sigint-effect", "quit"], 2, ["'quit'", "'stop', 'snapshot'"]),
    "weights and resume": (
        *([*TRAIN, "--weights", "a.caffemodel", "--resume", "auto"], 2),
        ["--weights and --resume exclude each other"],
    ),
    "snapshot and resume": ([*TRAIN, "--snapshot", "a", "--resume", "b"], 2, ["give one of them"]),
    "nothing to check": (["check"], 2, ["missing argument 'FILE...'"]),
    "checking a folder": (["check", "."], 2, [". is a directory, not a prototxt file"]),
    "checking a missing file": (["check", "gone.prototxt"], 3, ['"gone.prototxt" does not exist']),
    "test without weights": (["test", *FILES], 2, ["needs trained weights", "--weights"]),
    "test of no passes": (["test", *FILES, "--iterations", "0"], 2, ["'--iterations'", "x>=1"]),
    "test with weights that are gone": (
        *(["test", *FILES, "--weights", "gone.caffemodel"], 3),
        ["weights file gone.caffemodel does not exist"],
    ),
    "unknown layer type": (["layers", "CFK"], 2, ['unknown layer type "CFK"', '"CFC"?']),
    "unknown gym type": (["gyms", "CartPole"], 2, ['"CartPole"', "known gym types: Curve"]),
    "types too many": (["layers", "CFC", "ReLU"], 2, ["unexpected extra argument (ReLU)"]),
}


@pytest.mark.parametrize("kind", MISTAKES)
def test_mistake_on_the_command_line(bench, kind):
    bench.refuses(*MISTAKES[kind])


@pytest.mark.parametrize("name", [("--device", "gpu"), ("--device", "gpu:3"), ("--gpu", "0")])
def test_a_gpu_where_there_is_none(bench, monkeypatch, name):
    def none():
        raise DeviceError("no GPU: cupy is not installed", hint='pip install "mycaffe-py[cuda13]"')

    monkeypatch.setattr(device, "import_cupy", none)
    words = ["E400", "no GPU: cupy is not installed", 'pip install "mycaffe-py[cuda13]"']
    bench.refuses(["train", *FILES, *name], 4, words)


def test_without_a_verb_the_help_is_shown(bench):
    result = bench.mycaffe()
    assert result.exit_code == 2 and "error" not in result.stderr
    assert "Verbs:" in result.stderr and "mycaffe train --model" in result.stderr


def test_an_option_before_the_verb(bench):
    bench.refuses(["--model", "model.prototxt", "train"], 2, ["mycaffe VERB --model ..."])


def test_a_path_that_the_shell_left_as_it_is(bench, monkeypatch):
    monkeypatch.setenv("HOME", str(bench.folder))
    arguments = ["train", "--solver=~/solver.prototxt", "--model=~/model.prototxt"]
    result = bench.mycaffe(*arguments, "--device", "cpu", "-q", "--run-dir=~/mine")
    assert result.exit_code == 0, result.stderr
    assert (bench.folder / "mine" / "run.json").is_file() and not (bench.folder / "~").exists()


def test_types_are_found_in_any_case(bench):
    assert bench.mycaffe("layers", "relu").stdout.startswith("ReLU ")


def test_each_file_of_check_gets_its_word(bench):
    bench.write("bad.prototxt", "nmae: 1")
    result = bench.mycaffe("check", "bad.prototxt", "gone.prototxt", "model.prototxt")
    assert result.exit_code == 2
    assert "bad.prototxt:1:1" in result.stderr and "gone.prototxt" in result.stderr
    assert "ok model.prototxt" in result.stdout

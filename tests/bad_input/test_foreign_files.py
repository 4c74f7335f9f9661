"""Files of other tools in the place of weights, models and solvers; weights of other nets; runs that are not there."""

from __future__ import annotations

import json
import os
import pickle
import re
import zipfile

import numpy as np
import pytest

from .conftest import TRAIN

TEST = ("test", "--solver", "solver.prototxt", "--model", "model.prototxt", "--device", "cpu")
BEST = "runs/Small/001/best.caffemodel"


def torch_zip(path):
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("archive/data.pkl", pickle.dumps({"weight": 1}))


def safetensors(path):
    header = json.dumps({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(4))


# the file: how it is made, words of the message
FILES = {
    "a.png": (lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(99)), "is a PNG picture"),
    "a.jpg": (lambda path: path.write_bytes(b"\xff\xd8\xff\xe0" + bytes(99)), "is a JPEG picture"),
    "a.pt": (torch_zip, "is a PyTorch file"),
    "a.bin": (torch_zip, "is a PyTorch file"),
    "a.zip": (lambda path: zipfile.ZipFile(path, "w").writestr("x", "y"), "is a zip archive"),
    "a.npz": (lambda path: np.savez(path, a=np.zeros(3)), "is NumPy arrays (.npz)"),
    "a.npy": (lambda path: np.save(path, np.zeros(3)), "is a NumPy array (.npy)"),
    "a.dat": (lambda path: path.write_bytes(pickle.dumps({"a": [1]})), "is a Python pickle"),
    "a.safetensors": (safetensors, "is a safetensors file"),
    "a.onnx": (
        lambda path: path.write_bytes(b"\x08\x07\x12\x07pytorch" + bytes(9)),
        "an ONNX model",
    ),
    "a.tflite": (lambda path: path.write_bytes(b"\x1c\0\0\0TFL3" + bytes(9)), "TensorFlow Lite"),
    "a.gz": (lambda path: path.write_bytes(b"\x1f\x8b\x08\0" + bytes(9)), "is a gzip archive"),
    "a.csv": (lambda path: path.write_text("a,b\n1,2\n"), "is text"),
    "empty": (lambda path: path.write_bytes(b""), "is empty"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_another_tool_as_weights(bench, name):
    make, words = FILES[name]
    make(bench.folder / name)
    bench.refuses([*TRAIN, "--weights", name], 2, ["E230", name, words])


@pytest.mark.parametrize("name", ["a.png", "a.pt", "a.npy", "a.onnx"])
def test_a_file_of_another_tool_as_a_model(bench, name):
    make, words = FILES[name]
    make(bench.folder / name)
    for verb in ("check", "draw"):
        bench.refuses([verb, name], 2, [words, "prototxt text is expected"])


def test_a_keras_file(bench):
    h5py = pytest.importorskip("h5py")
    with h5py.File(bench.folder / "a.h5", "w") as file:
        file.create_group("model_weights").create_group("dense")
    bench.refuses([*TRAIN, "--weights", "a.h5"], 2, ["is a Keras file", ".caffemodel"])


def test_weights_of_another_size_name_the_settings(bench):
    bench.trains()
    words = ["(4, 6) in the file and (4, 10) in the net", "--set cfc1.cfc_param.hidden_size=4"]
    bench.refuses([*TEST, "--weights", BEST, "--set", "cfc1.cfc_param.hidden_size=8"], 2, words)
    result = bench.mycaffe(*TEST, "--weights", BEST, "--set", "cfc1.cfc_param.hidden_size=4")
    assert result.exit_code == 0, result.stderr


def test_weights_of_another_net_name_its_model(bench):
    bench.trains()
    text = (bench.folder / "model.prototxt").read_text().replace('"cfc1"', '"other"')
    bench.write("other.prototxt", text)
    arguments = [
        "test",
        "--solver",
        "solver.prototxt",
        "--model",
        "other.prototxt",
        "--weights",
        BEST,
    ]
    words = ["no layer of", '"cfc1"', '"other"', "--model runs/Small/001/model.prototxt"]
    bench.refuses(arguments, 2, words)


# what is typed, with the run runs/Small/001: exit code, words of the message
RUNS = {
    "--weights runs/nope": (3, 'did you mean "runs/Small/001"?'),
    "--weights runs/Small/002": (3, 'did you mean "runs/Small/001"?'),
    "--weights Small/001/best.caffemodel": (3, 'did you mean "runs/Small/001"?'),
    "--weights runs/Small/001/bset.caffemodel": (
        3,
        'did you mean "runs/Small/001/best.caffemodel"?',
    ),
    "--resume runs/X": (3, 'did you mean "runs/Small/001"?'),
    "--resume runs/Small/002": (3, 'did you mean "runs/Small/001"?'),
    "--resume runs": (3, 'did you mean "runs/Small/001"?'),
    "--resume last": (3, "write --resume auto"),
    "--solver solvr.prototxt": (3, 'did you mean "solver.prototxt"?'),
    "--solver adam": (3, 'did you mean "adamw.prototxt"?'),
    "--model LiquidNet": (3, 'did you mean "LiquidNetCfc.prototxt"?'),
    "--model runs/Small/001": (2, "in it: runs/Small/001/model.prototxt"),
}


@pytest.mark.parametrize("line", RUNS)
def test_a_name_near_one_that_exists(bench, line):
    bench.trains()
    code, word = RUNS[line]
    bench.refuses([*TRAIN, *line.split()], code, [word])


@pytest.mark.parametrize("verb", ["stop", "plot", "report"])
def test_a_run_that_is_not_there(bench, verb):
    bench.trains()
    bench.refuses([verb, "runs/Small/002"], 3, ['did you mean "runs/Small/001"?'])


def test_several_runs_are_listed_the_nearest_first(bench):
    bench.trains()
    for number in ("002", "003"):
        bench.write(f"runs/Small/{number}/run.json", "{}")
    bench.write("runs/Other/001/run.json", "{}")
    words = ["runs, the nearest first: runs/Other/001, runs/Small/"]
    bench.refuses([*TRAIN, "--resume", "runs/Othr/001"], 3, words)


def test_the_files_beside_weights_are_named(bench):
    bench.trains()
    bench.refuses(["check", BEST], 2, ["beside it: runs/Small/001/model.prototxt"])


def test_a_solver_in_the_place_of_a_model_names_its_model(bench):
    solver = (bench.folder / "solver.prototxt").read_text()
    bench.write("named.prototxt", f'net: "model.prototxt"\n{solver}')
    words = ["this is a solver file", "draw model.prototxt"]
    bench.refuses(["draw", "named.prototxt"], 2, words)


# the verb's arguments with the file: where there is a pipe, or a link to nowhere, under that name
ODD_FILES = {
    "check odd.prototxt": "odd.prototxt",
    "train --model model.prototxt --solver odd.prototxt": "odd.prototxt",
    "train --model model.prototxt --solver solver.prototxt --weights odd.caffemodel": "odd.caffemodel",
    "train --model model.prototxt --solver solver.prototxt --resume odd.solverstate": "odd.solverstate",
    "layers --plugin odd.py": "odd.py",
    "convert-imageset . odd.txt out_lmdb": "odd.txt",
    "train --model model.prototxt --solver solver.prototxt --device cpu -q "
    "--set solver.trainer.gym.curve_param.curve=CSV_FILE "
    "--set solver.trainer.gym.curve_param.csv_file=odd.csv "
    "--set solver.trainer.gym.curve_param.csv_column=x": "odd.csv",
}


@pytest.mark.posix
@pytest.mark.parametrize("line", ODD_FILES)
def test_a_named_pipe_is_not_waited_for(bench, line):
    os.mkfifo(bench.folder / ODD_FILES[line])
    result = bench.mycaffe(*line.split())
    assert result.exit_code in (2, 3) and "E000" not in result.stderr, result.output
    assert re.search(
        "nothing writes to it|not an ordinary file|a named pipe, not a file", result.stderr
    )


@pytest.mark.parametrize("target", ["nowhere", ""])
@pytest.mark.parametrize("line", ODD_FILES)
def test_a_link_to_nowhere(bench, line, target):
    """Also one to itself, which is never a bug and never suggested as a near name."""
    os.symlink(target or ODD_FILES[line], bench.folder / ODD_FILES[line])
    result = bench.mycaffe(*line.split())
    assert result.exit_code in (2, 3) and "E000" not in result.stderr, result.output
    assert f'did you mean "{ODD_FILES[line]}"' not in result.stderr
    if "csv" not in line and "imageset" not in line:
        assert f"link to {target or ODD_FILES[line]}" in result.stderr


# how a CSV file begins: words of the message
CSVS = {
    b"a" * 200_000: "a cell of more than 131,072 characters",
    b"\0" * 99: "is a binary file, but a CSV file is expected",
    "t,x\n1,2\n".encode("utf-16"): "is text in UTF-16, but a CSV file is expected",
    b"": "needs at least 2 rows",
}


@pytest.mark.parametrize("text", CSVS, ids=["long cell", "zeros", "UTF-16", "empty"])
def test_a_csv_file_that_is_none(bench, text):
    bench.write("odd.csv", text)
    line = next(line for line in ODD_FILES if "csv" in line)
    bench.refuses(line.split(), 2, ["E240", CSVS[text]])


def test_a_file_whose_name_begins_with_a_hyphen(bench):
    bench.write("-m.prototxt", (bench.folder / "model.prototxt").read_bytes())
    bench.refuses(["check", "-m.prototxt"], 2, ["write ./-m.prototxt for the file of that name"])
    assert bench.mycaffe("check", "./-m.prototxt").exit_code == 0
    assert bench.mycaffe("check", "--", "-m.prototxt").exit_code == 0
    bench.write(
        "-p.py",
        "from mycaffe_py import hookimpl\n\n\n@hookimpl\ndef mycaffe_layers():\n    return []\n",
    )
    assert bench.mycaffe("layers", "--plugin", "-p.py").exit_code == 0

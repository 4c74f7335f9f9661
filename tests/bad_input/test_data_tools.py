"""Mistakes with images, databases and the verbs that work on them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys

import pytest

from mycaffe_py.net import Net

from ..storing import images, write_database, write_hdf5, write_images

NET = """\
name: "n"
layer { name: "data" type: "Data" top: "x" top: "y" data_param { source: "db" batch_size: 3 } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "ip" inner_product_param { num_output: 6 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "y" top: "loss" }
"""
SOLVER = 'net: "net.prototxt" base_lr: 0.001 lr_policy: "fixed" max_iter: 2\n'
LISTED = 'layer { name: "d" type: "%s" top: "x" top: "y" %s { source: "%s" batch_size: 3 } }\n'
IMAGES, ROWS = ("ImageData", "image_data_param"), ("HDF5Data", "hdf5_data_param")


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """A folder with images, databases whole and broken, HDF5 files and a net."""
    folder = tmp_path_factory.mktemp("data")
    values = images(6, (3, 8, 8))
    write_images(folder, values)
    data = write_database(folder / "db", values, range(6)) / "data.mdb"
    write_hdf5(folder, {"x": values.astype("f4"), "y": range(6)})
    whole = data.read_bytes()
    page = b"\xff" * 4096
    for name, content in {
        "cut": whole[: len(whole) // 2],
        "head": whole[:100],
        "void": b"",
        "noise": page + whole[4096:],
        "damaged": whole[:8192] + page + whole[12288:],
    }.items():
        (folder / name).mkdir()
        (folder / name / "data.mdb").write_bytes(content)
    (folder / "folder").mkdir()
    (folder / "leveldb").mkdir()
    (folder / "leveldb" / "CURRENT").write_text("MANIFEST-000001\n")
    (folder / "bad.png").write_text("junk")
    (folder / "half.png").write_bytes((folder / "0.png").read_bytes()[:100])
    (folder / "cut.h5").write_bytes((folder / "a.h5").read_bytes()[:1500])
    texts = {
        "empty.txt": "",
        "bad.txt": "0.png 0\nbad.png 1\n",
        "half.txt": "half.png 0\n",
        "unlabelled.txt": "0.png 0\n1.png one\n",
        "cut.txt": "cut.h5\n",
        "gone.txt": "gone.h5\n",
        "net.prototxt": NET,
        "sgd.prototxt": SOLVER,
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def tools(bench, made):
    shutil.copytree(made, bench.folder, dirs_exist_ok=True)
    net = Net("net.prototxt")
    net.save("w.caffemodel")
    net.close()
    return bench


CONVERT = "convert-imageset"
EXTRACT = ("extract-features", "w.caffemodel", "net.prototxt")
# kind: (arguments, exit code, words of the message)
MISTAKES = {
    "list in place of the folder": ([CONVERT, "list.txt", "./", "db2"], 3, ["folder list.txt"]),
    "list and database swapped": (
        [CONVERT, "./", "db2", "list.txt"],
        2,
        ["list.txt already exists"],
    ),
    "no list": ([CONVERT, "./", "lost.txt", "db2"], 3, ["list file lost.txt does not exist"]),
    "name too long": ([CONVERT, "a" * 300, "list.txt", "db2"], 3, ["does not exist"]),
    "folder as a list": ([CONVERT, "./", "folder", "db2"], 2, ["folder: Is a directory"]),
    "empty list": ([CONVERT, "./", "empty.txt", "db2"], 2, ["empty.txt lists no images"]),
    "image as a list": ([CONVERT, "./", "0.png", "db2"], 2, ["0.png is a binary file"]),
    "label that is text": (
        *([CONVERT, "./", "unlabelled.txt", "db2"], 2),
        ["unlabelled.txt:2:1", 'line 2 of unlabelled.txt does not end with a label: "1.png one"'],
    ),
    "no whole image": ([CONVERT, "./", "half.txt", "db2"], 2, ["none of the 1 images"]),
    "database below a file": (
        *([CONVERT, "./", "list.txt", "list.txt/deep/db"], 2),
        ["list.txt is a file, not a folder"],
    ),
    "images beyond all bounds": (
        *([CONVERT, "./", "list.txt", "db2", *("--resize-height=2000000000",) * 1], 2),
        ["must be given together"],
    ),
    "more memory than there is": (
        [CONVERT, "./", "list.txt", "db2", "--resize-height=1000000", "--resize-width=1000000"],
        *(2, ["E260", "an image resized to (1000000, 1000000) needs"]),
    ),
    "mean of nothing": (["compute-image-mean"], 2, ["missing argument 'INPUT_DB'"]),
    "mean of a database cut short": (
        *(["compute-image-mean", "cut", "mean"], 2),
        [
            "LMDB database cut/data.mdb is cut short: its file has 6144 bytes of 12288",
            "copy it again from where it came from, or create it again",
        ],
    ),
    "mean of its beginning": (["compute-image-mean", "head"], 2, ["data.mdb is cut short"]),
    "mean of an empty file": (["compute-image-mean", "void"], 2, ["LMDB database: it is empty"]),
    "mean of noise": (["compute-image-mean", "noise"], 2, ["not an LMDB database: LMDB's mark"]),
    "mean of a damaged database": (
        *(["compute-image-mean", "damaged", "mean"], 2),
        ["damaged/data.mdb is damaged: page 2 says that it is page 18446744073709551615"],
    ),
    "mean of an empty folder": (["compute-image-mean", "folder"], 2, ["there is no data.mdb"]),
    "mean of LevelDB": (["compute-image-mean", "leveldb"], 2, ["is a LevelDB database", "plyvel"]),
    "mean into a folder": (["compute-image-mean", "db", "folder"], 2, ["folder: it is a folder"]),
    "mean below a file": (
        *(["compute-image-mean", "db", "list.txt/mean"], 2),
        ["list.txt is a file, not a folder"],
    ),
    "mean on a full disk": (["compute-image-mean", "db", "/dev/full"], 2, ["No space left"]),
    "weights and model swapped": (
        *(["extract-features", "net.prototxt", "w.caffemodel", "ip", "db2", "1", "lmdb"], 2),
        ["net.prototxt is text, but a binary weights file is expected"],
    ),
    "batches that are no number": ([*EXTRACT, "ip", "db2", "x", "lmdb"], 2, ["'x' is not a whole"]),
    "features forgotten": ([*EXTRACT, "db2", "1", "lmdb"], 2, ["'lmdb' is not a whole number"]),
    "features of no blob": ([*EXTRACT, "pi", "db2", "1", "lmdb"], 2, ['blob "pi"', "x, y, ip"]),
    "features without a GPU": ([*EXTRACT, "ip", "db2", "1", "lmdb", "GPU"], 4, ["no GPU"]),
    "net upgraded into a folder": (["upgrade-net", "net.prototxt", "folder"], 2, ["folder: Is a"]),
    "nothing upgraded": (["upgrade-net", "empty.txt", "new"], 2, ["empty.txt is empty"]),
    "solver as a net": (["upgrade-net", "sgd.prototxt", "new"], 2, ["this is a solver file"]),
    "image as a net": (["upgrade-net", "0.png", "new"], 2, ["0.png is a PNG picture"]),
    "upgraded to a full disk": (["upgrade-net", "net.prototxt", "/dev/full"], 2, ["No space left"]),
    "nothing drawn": (["draw", "empty.txt"], 2, ["empty.txt is empty"]),
    "drawn over the model": (["draw", "net.prototxt", "net.prototxt"], 2, ['as "prototxt"']),
    "nothing timed": (["time"], 2, ["nothing to time", "--model FILE"]),
    "timed without its option": (["time", "net.prototxt"], 2, ["write --model net.prototxt"]),
    "folder as weights": (
        ["time", "--model", "net.prototxt", "--weights", "folder"],
        3,
        ["no weights in folder"],
    ),
    "no GPU to ask": (["device-query", "--gpu", "0"], 4, ["no GPU"]),
}


@pytest.fixture(autouse=True)
def _no_gpu(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)


@pytest.mark.parametrize("kind", MISTAKES)
def test_mistake_with_a_tool(tools, kind):
    arguments, code, words = MISTAKES[kind]
    before = tools.files()
    result = tools.mycaffe(*arguments)
    assert result.exit_code == code, result.output
    assert result.stderr.count("error[") == 1 and "Traceback" not in result.stderr
    assert "0x" not in result.stderr, "an address of Python's"
    for word in words:
        assert word in result.stderr
    assert tools.files() == before


# kind: (text of the model, exit code, words of the message)
MODELS = {
    "no database": (NET.replace('"db"', '"gone"'), 3, ["E311", ":2:74", 'database "gone" does']),
    "database cut short": (
        NET.replace('"db"', '"cut"'),
        2,
        [":2:74", '"data" (Data)', "cut short"],
    ),
    "database damaged": (
        NET.replace('"db"', '"damaged"'),
        *(2, ['"data" (Data): record 0: LMDB database damaged/data.mdb is damaged: page 2']),
    ),
    "no list": (
        LISTED % (*IMAGES, "lost.txt"),
        3,
        ['"d" (ImageData)', '"lost.txt" does not exist'],
    ),
    "broken image": (
        LISTED % (*IMAGES, "bad.txt"),
        2,
        ['"d" (ImageData): line 2 of bad.txt: bad.png'],
    ),
    "no labels": (LISTED % (*IMAGES, "unlabelled.txt"), 2, ["unlabelled.txt:2:1", "(ImageData)"]),
    "HDF5 cut short": (LISTED % (*ROWS, "cut.txt"), 2, ['"d" (HDF5Data): cut.h5 cannot be read']),
    "HDF5 as its list": (LISTED % (*ROWS, "a.h5"), 2, ["a.h5 is a binary file"]),
    "HDF5 that is gone": (LISTED % (*ROWS, "gone.txt"), 2, ['line 1 of gone.txt: file "gone.h5"']),
    "datasets of other names": (
        (LISTED % (*ROWS, "files.txt")).replace('"y"', '"z"'),
        *(2, ['a.h5 has no dataset "z"', "datasets: x, y"]),
    ),
    "mean that is none": (
        NET.replace(
            "batch_size: 3 }", 'batch_size: 3 } transform_param { mean_file: "w.caffemodel" }'
        ),
        *(2, ['"data" (Data): w.caffemodel is not a mean file']),
    ),
    "crop larger than the images": (
        NET.replace("batch_size: 3 }", "batch_size: 3 } transform_param { crop_size: 99 }"),
        *(2, ["an image (3, 8, 8) (channels, height, width) is smaller than crop_size 99"]),
    ),
}


@pytest.mark.parametrize("kind", MODELS)
def test_mistake_in_what_a_model_reads(tools, kind):
    text, code, words = MODELS[kind]
    tools.write("model.prototxt", text)
    before = tools.files()
    result = tools.mycaffe("time", "--model", "model.prototxt", "--iterations", 2)
    assert result.exit_code == code, result.output
    assert result.stderr.count("error[") == 1 and "0x" not in result.stderr
    for word in words:
        assert word in result.stderr
    assert tools.files() == before


EXTRAS = {
    "lmdb": ([CONVERT, "./", "list.txt", "db2"], "lmdb"),
    "lmdb of features": ([*EXTRACT, "ip", "db2", "1", "lmdb"], "lmdb"),
    "PIL.Image": ([CONVERT, "./", "list.txt", "db2"], "image"),
    "h5py": (["train", "--solver", "sgd.prototxt", "--set", "solver.snapshot_format=HDF5"], "hdf5"),
    "matplotlib.figure": (["draw", "net.prototxt", "net.png"], "plot"),
}


@pytest.mark.parametrize("kind", EXTRAS)
def test_an_extra_that_is_not_installed(tools, monkeypatch, kind):
    arguments, extra = EXTRAS[kind]
    module = kind.split()[0]
    monkeypatch.setitem(sys.modules, module, None)
    tools.refuses(arguments, 3, [f"'{module}'", f'pip install "mycaffe-py[{extra}]"'])


def test_databases_are_read_without_the_extra(tools, monkeypatch):
    monkeypatch.setitem(sys.modules, "lmdb", None)
    for arguments in (["compute-image-mean", "db"], ["train", "--solver", "sgd.prototxt"]):
        result = tools.mycaffe(*arguments)
        assert result.exit_code == 0, result.output


def test_names_of_any_kind(tools):
    tools.write("b\u00e4r \u4e2d/0 \u00e9.png", (tools.folder / "0.png").read_bytes())
    tools.write("l\u00ef st.txt", "0 \u00e9.png 7\n" + "./" * 300 + "0 \u00e9.png 8\n")
    result = tools.mycaffe(CONVERT, "b\u00e4r \u4e2d/", "l\u00ef st.txt", "d \u00f8")
    assert result.exit_code == 0, result.stderr
    result = tools.mycaffe("compute-image-mean", "d \u00f8", "m \u00f8")
    assert result.exit_code == 0 and "Processed 2 files." in result.stderr


SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
STOPPED = [
    (CONVERT, "SIGINT"),
    *(
        pytest.param(verb, name, marks=pytest.mark.slow)
        for verb in (CONVERT, "extract-features", "time")
        for name in SIGNALS
        if (verb, name) != (CONVERT, "SIGINT")
    ),
]


@pytest.mark.posix
@pytest.mark.parametrize(("verb", "name"), STOPPED)
def test_a_signal_in_the_middle_leaves_nothing(tools, name, verb):
    tools.write("long.txt", "0.png 0\n" * 100_000)
    arguments, sign = {
        CONVERT: ([CONVERT, "./", "long.txt", "db2"], b"Processed"),
        "extract-features": ([*EXTRACT, "ip", "db2", "100000000", "lmdb"], b"Extracted"),
        "time": (["time", "--model", "net.prototxt", "--iterations", "100000000"], b"device"),
    }[verb]
    before = sorted(os.listdir("."))
    code = "from mycaffe_py.cli import main; main()"
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code, *arguments], **pipes) as process:
        for line in process.stderr:
            if line.startswith(sign):
                break
        process.send_signal(getattr(signal, name))
        rest = process.stderr.read()
        assert process.wait(60) == 130 and b"interrupted" in rest and b"Traceback" not in rest
    assert sorted(os.listdir(".")) == before

from __future__ import annotations

import json
import shutil

import h5py
import numpy as np
import pytest
from click.testing import CliRunner

from mycaffe_py import Net
from mycaffe_py.cli.app import app

from .conftest import SMALL

WEIGHTS = ("--weights", "runs/LiquidNetCfc/001/last.caffemodel")


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained") / "run"
    run = ("--iterations", "30", "--seed", "1", "--run-dir", str(folder), "--device", "cpu", "-q")
    assert CliRunner().invoke(app, ["train", *SMALL, *run]).exit_code == 0
    return folder / "last.caffemodel"


@pytest.fixture
def trained(weights, tmp_path):
    """Put the weights of a run into its folder."""
    (tmp_path / WEIGHTS[1]).parent.mkdir(parents=True)
    shutil.copy(weights, tmp_path / WEIGHTS[1])


def test_frozen_weights_on_the_gym_beside_the_baseline(mycaffe, trained):
    result = mycaffe("test", *SMALL, *WEIGHTS, "--iterations", 20, "--seed", 1, "-device", "cpu")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("mean over 20 passes with frozen weights\nloss = ")
    assert "(baseline " in result.stdout and "mean abs error = " in result.stdout


def test_json(mycaffe, trained):
    arguments = (
        "test",
        *SMALL,
        *WEIGHTS,
        "--iterations",
        20,
        "--json",
        "--device",
        "cpu",
        "--seed",
        1,
    )
    result = mycaffe(*arguments)
    figures = json.loads(result.stdout)
    assert figures["iterations"] == 20
    assert {"loss", "accuracy", "baseline_accuracy", "mean_abs_error"} <= figures.keys()
    assert mycaffe(*arguments).stdout == result.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([*SMALL], 2, "write --weights FILE.caffemodel"),
        ([*WEIGHTS], 2, "add --solver FILE"),
        ([*SMALL, "--weights", "gone.caffemodel"], 3, "gone.caffemodel"),
        (
            ["--model", "LiquidNetCfc.prototxt", *SMALL[4:], *WEIGHTS],
            2,
            "nothing fills the inputs x",
        ),
    ],
)
def test_mistakes(mycaffe, trained, arguments, code, words):
    result = mycaffe("test", *arguments)
    assert result.exit_code == code, result.stderr
    assert words in result.stderr


@pytest.fixture
def diverged(mycaffe, data_net, tmp_path, registry):
    """Weights of the net with data layers that are not finite."""
    arguments = ("train", "--solver", "sgd.prototxt", "--plugin", "counting.py", "-q")
    assert mycaffe(*arguments, "--device", "cpu").exit_code == 0
    path = tmp_path / "runs" / "Line" / "001" / "last.caffemodel"
    message = registry.schema.parse_binary(path.read_bytes(), "NetParameter")
    message.layer[1].blobs[0].data[0] = float("nan")
    bad = tmp_path / "bad.caffemodel"
    bad.write_bytes(message.SerializeToString())
    return bad


@pytest.mark.parametrize("form", [(), ("--json",)])
@pytest.mark.parametrize("source", [("--model", "line.prototxt"), ("--solver", "sgd.prototxt")])
def test_weights_that_are_not_finite_exit_with_5(mycaffe, diverged, form, source):
    arguments = ("--weights", diverged, "--plugin", "counting.py", "--device", "cpu", *form)
    result = mycaffe("test", *source, *arguments)
    assert result.exit_code == 5, result.output
    assert result.stdout == "" and "RuntimeWarning" not in result.stderr
    assert 'the first bad blob is param weight of layer "fc"' in result.stderr


def test_weights_that_are_not_finite_on_a_gym(mycaffe, trained, tmp_path, registry):
    path = tmp_path / WEIGHTS[1]
    message = registry.schema.parse_binary(path.read_bytes(), "NetParameter")
    blob = next(layer for layer in message.layer if layer.blobs).blobs[0]
    blob.data[:] = [3e38] * len(blob.data)
    (tmp_path / "bad.caffemodel").write_bytes(message.SerializeToString())
    blob.data[0] = float("inf")
    (tmp_path / "worse.caffemodel").write_bytes(message.SerializeToString())
    for name in ("bad", "worse"):
        result = mycaffe(
            "test", *SMALL, "--weights", f"{name}.caffemodel", "--json", "--device", "cpu"
        )
        assert "Warning" not in result.stderr
        assert result.exit_code in (0, 5) and (result.exit_code == 5 or name == "bad")
        if result.exit_code == 0:
            json.loads(result.stdout, parse_constant=pytest.fail)


def test_json_never_holds_nan(mycaffe, trained, monkeypatch):
    from mycaffe_py.trainer import Trainer

    for cls in [Trainer, *all_subclasses(Trainer)]:
        if "test" in vars(cls):
            figures = {"loss": 1.0, "accuracy": float("nan")}
            monkeypatch.setattr(cls, "test", lambda *_, figures=figures: figures)
    result = mycaffe("test", *SMALL, *WEIGHTS, "--json", "--device", "cpu")
    assert json.loads(result.stdout, parse_constant=pytest.fail)["accuracy"] is None


def all_subclasses(cls):
    return [each for sub in cls.__subclasses__() for each in (sub, *all_subclasses(sub))]


def test_a_weights_file_may_have_a_comma_in_its_name(mycaffe, trained, tmp_path):
    (tmp_path / WEIGHTS[1]).rename(tmp_path / "a,b.caffemodel")
    for verb in (("test",), ("train", "--iterations", 1)):
        result = mycaffe(*verb, *SMALL, "--weights", "a,b.caffemodel", "--device", "cpu")
        assert result.exit_code == 0, result.stderr


def test_detections_are_evaluated_as_the_solver_says(mycaffe, tmp_path):
    found = [[0, 1, 0.9, 0, 0, 0.5, 0.5], [0, 1, 0.8, 0.6, 0.6, 1, 1]]
    objects = [[0, 1, 0, 0, 0, 0.5, 0.5, 0], [0, 1, 1, 0, 0.5, 0.5, 1, 0]]
    with h5py.File(tmp_path / "rows.h5", "w") as file:
        file["found"] = np.array([[found]], dtype=np.float32)
        file["objects"] = np.array([[objects]], dtype=np.float32)
    (tmp_path / "rows.txt").write_text("rows.h5\n")
    (tmp_path / "net.prototxt").write_text(
        'layer { name: "rows" type: "HDF5Data" top: "found" top: "objects" '
        'hdf5_data_param { source: "rows.txt" batch_size: 1 } }\n'
        'layer { name: "map" type: "DetectionEvaluate" bottom: "found" bottom: "objects" top: "map" '
        "detection_evaluate_param { num_classes: 2 } include { phase: TEST } }\n"
        'layer { name: "fc" type: "InnerProduct" bottom: "found" top: "fc" '
        "inner_product_param { num_output: 1 } include { phase: TRAIN } }\n"
    )
    (tmp_path / "own.prototxt").write_text(
        'net: "net.prototxt" base_lr: 0.1 max_iter: 1 lr_policy: "fixed" eval_type: "detection" ap_version: "11point" '
        "show_per_class_result: true"
    )
    Net(str(tmp_path / "net.prototxt"), 1).save(str(tmp_path / "weights.caffemodel"))
    asked = ("--weights", "weights.caffemodel", "--iterations", 1, "--json", "--device", "cpu")
    figures = {
        name: json.loads(mycaffe("test", option, name, *asked).stdout)
        for option, name in (("--model", "net.prototxt"), ("--solver", "own.prototxt"))
    }
    assert figures["net.prototxt"]["map"] == 0.5  # the area
    by_solver = figures["own.prototxt"]
    assert by_solver["map"] == by_solver["map_class1"] == pytest.approx(6 / 11)

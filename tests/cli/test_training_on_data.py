"""train, test and check on nets with data layers."""

from __future__ import annotations

import json

import numpy as np
import pytest

from ..storing import write_database

NET = """
name: "Tell"
layer { name: "data" type: "Data" top: "x" top: "y" include { phase: TRAIN }
  transform_param { crop_size: 6 mirror: true scale: 0.00390625 mean_file: "mean.binaryproto" }
  data_param { source: "train_db" batch_size: 4 backend: LMDB rand_skip: 5 } }
layer { name: "data" type: "Data" top: "x" top: "y" include { phase: TEST }
  transform_param { crop_size: 6 scale: 0.00390625 mean_file: "mean.binaryproto" }
  data_param { source: "train_db" batch_size: 5 backend: LMDB } }
layer { name: "fc" type: "InnerProduct" bottom: "x" top: "guess"
  inner_product_param { num_output: 1 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "EuclideanLoss" bottom: "guess" bottom: "y" top: "loss" }
"""
SOLVER = """
net: "tell.prototxt" type: "SGD" base_lr: 0.01 momentum: 0.9 lr_policy: "fixed" max_iter: 12
test_iter: 2 test_interval: 4 random_seed: 3
"""


@pytest.fixture
def folder(mycaffe, tmp_path):
    rng = np.random.default_rng(0)
    labels = np.arange(20) % 2
    values = rng.integers(0, 100, (20, 1, 8, 8)) + 150 * labels.reshape(-1, 1, 1, 1)
    write_database(tmp_path / "train_db", values.astype(np.uint8), labels)
    (tmp_path / "tell.prototxt").write_text(NET)
    (tmp_path / "sgd.prototxt").write_text(SOLVER)
    assert mycaffe("compute-image-mean", "train_db", "mean.binaryproto").exit_code == 0
    return tmp_path


def weights(folder, run):
    return (folder / "runs/Tell" / run / "last.caffemodel").read_bytes()


def test_two_classes_are_told_apart_and_a_resumed_run_is_the_same(mycaffe, folder):
    train = ("train", "--solver", "sgd.prototxt", "--device", "cpu")
    result = mycaffe(*train)
    assert result.exit_code == 0, result.stderr
    tests = (folder / "runs/Tell/001/tests.jsonl").read_text().splitlines()
    losses = [json.loads(line)["loss"] for line in tests]
    assert len(losses) == 4 and losses[-1] < losses[0] / 2
    assert mycaffe(*train, "--iterations", 7).exit_code == 0
    state = "runs/Tell/002/Tell_iter_7.solverstate"
    assert mycaffe(*train, "--seed", 99, "--resume", state).exit_code == 0
    assert weights(folder, "003") == weights(folder, "001") != weights(folder, "002")


def test_frozen_weights_on_the_test_records(mycaffe, folder, monkeypatch):
    assert mycaffe("train", "--solver", "sgd.prototxt", "--device", "cpu", "-q").exit_code == 0
    test = ("test", "--weights", "runs/Tell/001/last.caffemodel", "--iterations", "4", "--json")
    by_model = mycaffe(*test, "--model", "tell.prototxt", "--device", "cpu")
    assert by_model.exit_code == 0, by_model.stderr
    by_solver = mycaffe(*test, "--solver", "sgd.prototxt", "--device", "cpu")
    assert by_model.stdout == by_solver.stdout
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    run = folder / "runs/Tell/001"
    again = mycaffe(
        "test", "--weights", run / "last.caffemodel", "--iterations", "4", "--json",
        "--model", run / "model.prototxt", "--device", "cpu",
    )  # fmt: skip
    assert again.stdout == by_model.stdout, again.stderr


def test_check_points_at_a_source_that_is_missing(mycaffe, folder):
    assert mycaffe("check", "tell.prototxt", "sgd.prototxt").exit_code == 0
    (folder / "tell.prototxt").write_text(NET.replace("train_db", "lost_db"))
    result = mycaffe("check", "tell.prototxt")
    assert result.exit_code == 3
    expected = 'tell.prototxt:5:24: layer "data" (Data): database "lost_db" does not exist'
    assert expected in result.stderr and "Traceback" not in result.stderr


def test_a_bad_record_in_the_middle_stops_the_run_with_its_key(mycaffe, folder):
    values = np.zeros((9, 1, 8, 8), np.uint8)
    write_database(folder / "bad_db", [*values, np.zeros((1, 7, 8), np.uint8)])
    text = NET.replace("train_db", "bad_db").replace("crop_size: 6", "")
    (folder / "tell.prototxt").write_text(text)
    result = mycaffe("train", "--solver", "sgd.prototxt", "--device", "cpu")
    assert result.exit_code == 2
    assert 'layer "data" (Data): record 9 (key "00000009_image") of bad_db' in result.stderr
    assert "(1, 8, 8)" in result.stderr and "(1, 7, 8)" in result.stderr
    assert "raised in the thread that reads ahead" in result.stderr
    record = json.loads((folder / "runs/Tell/001/run.json").read_text())
    assert record["status"] == "failed"

"""Options of other tools: the message names what to write here."""

from __future__ import annotations

import pytest

from .conftest import TRAIN

TEST = ("test", "--solver", "solver.prototxt", "--model", "model.prototxt")
BATCH = " ".join(f"--set data.input_param.shape.{index}.dim.0=32" for index in range(4))

# what is typed after `mycaffe train ...`: what the message tells to write
OPTIONS = {
    "--lr 0.01": "write --set solver.base_lr=0.01",
    "--learning-rate 0.01": "write --set solver.base_lr=0.01",
    "--learning_rate=0.01": "write --set solver.base_lr=0.01",
    "-lr 0.01": "write --set solver.base_lr=0.01",
    "--base_lr 0.01": "write --set solver.base_lr=0.01",
    "--momentum 0.9": "write --set solver.momentum=0.9",
    "--weight-decay 1e-4": "write --set solver.weight_decay=1e-4",
    "--wd 1e-4": "write --set solver.weight_decay=1e-4",
    "--optimizer adam": "write --set solver.type=Adam",
    "--optimizer foo": "write --set solver.type=NAME, one of AdaDelta",
    "--scheduler plateau": "no policy looks at the loss",
    "--scheduler CosineAnnealing": "write --set solver.lr_policy=cosine",
    "--warmup-steps 100": "write --set solver.warmup_iter=100",
    "--dropout 0.5": 'layer { name: "drop" type: "Dropout"',
    "--resume": "write --resume auto",
    "--set": "write --set solver.base_lr=0.01",
    "--scheduler step": "write --set solver.lr_policy=step",
    "--clip 1.0": "write --set solver.clip_gradients=1.0",
    "--log-interval 10": "write --set solver.display=10",
    "--save-every 10": "write --set solver.snapshot=10",
    "--val-interval 10": "write --set solver.test_interval=10",
    "--accumulate 4": "write --set solver.iter_size=4",
    "--hidden-size 64": "write --set cfc1.cfc_param.hidden_size=64",
    "--units 64": "write --set cfc1.cfc_param.hidden_size=64",
    "--curve COS": "write --set solver.trainer.gym.curve_param.curve=COS",
    "--data a.csv": "write --set solver.trainer.gym.curve_param.csv_file=a.csv",
    "--batch-size 32": f"write {BATCH}",
    "--batch_size=32": f"write {BATCH}",
    "-b 32": f"write {BATCH}",
    "--epochs 10": "write --iterations N: a gym's data has no end",
    "--max-iter 10": "write --iterations 10",
    "--steps 10": "write --iterations 10",
    "--num_iterations=10": "write --iterations 10",
    "--random-seed 5": "write --seed 5",
    "--gpus 1": "write --gpu 0",
    "--cuda": "write --device gpu",
    "--no-cuda": "write --device cpu",
    "--cpu": "write --device cpu",
    "--output out": "write --run-dir out",
    "-o out": "write --run-dir out",
    "--log-dir 'a b'": "write --run-dir 'a b'",
    "--net model.prototxt": "write --model model.prototxt",
    "--checkpoint a.caffemodel": "write --weights a.caffemodel",
    "--resume_from auto": "write --resume auto",
    "--fp16": "write --dtype float32",
    "--dry-run": "write --print-config",
    "--version": "write mycaffe --version",
    "--help-all": "write --help",
    "--workers 4": "leave it out: data layers read ahead",
    "--patience 4": "leave it out: a run keeps its best weights",
    "--exist-ok": "leave it out: a run is never overwritten",
    "--rankdir LR": "mycaffe draw has it",
}


def words(line):
    import shlex

    return shlex.split(line)


@pytest.mark.parametrize("line", OPTIONS)
def test_an_option_of_another_tool(bench, line):
    missing = "requires an argument" if line in ("--resume", "--set") else "there is no option -"
    bench.refuses([*TRAIN, *words(line)], 2, [missing, OPTIONS[line]])


def test_epochs_are_counted_by_the_batch_size(bench):
    words = ["write --iterations N, where N is 10 * (number of items) / 64, the batch size"]
    arguments = ["train", "--solver", "lenet.prototxt", "--model", "LeNet.prototxt"]
    bench.refuses([*arguments, "--epochs", "10"], 2, words)


# the whole command: what the message tells to write
ELSEWHERE = {
    "draw --model model.prototxt": "draw model.prototxt",
    "draw model.prototxt --out a.png": "draw model.prototxt a.png",
    "draw model.prototxt -o a.png": "draw model.prototxt a.png",
    "check --solver=solver.prototxt": "check solver.prototxt",
    "explain --weights a.caffemodel --layer cfc1": "explain --weights a.caffemodel cfc1",
    "predict --weights a.caffemodel --horizon 5": "write --steps 5",
    "time --model model.prototxt --batch-size 3": "--set data.input_param.shape.0.dim.0=3",
    "test --solver solver.prototxt --resume auto": "mycaffe train has it",
}


@pytest.mark.parametrize("line", ELSEWHERE)
def test_an_option_of_another_verb_or_of_none(bench, line):
    bench.refuses(words(line), 2, ["there is no option -", ELSEWHERE[line]])


# options with values that cannot be used: what the message tells to write
VALUES = {
    "--iterations 1e3": "write --iterations 1000",
    "--iterations 10k": "write --iterations 10000",
    "--iterations 1,000": "write --iterations 1000",
    "--iterations -1": "write a whole number of at least 0",
    "--seed abc": "write a whole number of at least 0",
    "--phase val": "write --phase test",
    "--phase training": "write --phase train",
    "--dtype double": "write --dtype float64",
    "--dtype float": "write --dtype float32",
    "--device mps": 'write cpu: only GPUs of NVIDIA are used, as "gpu"',
    "--device xpu": "write cpu: only GPUs of NVIDIA",
    "--snapshot 5": "--set solver.snapshot=5",
    "--set solver.base_lr=abc": "write a number, such as 0.01",
    "--set solver.max_iter=1.5": "write a whole number, such as 100",
    "--observe TensorBoard:every": "write --observe TensorBoard:every=VALUE",
    "--observe": "write --observe TensorBoard",
    "--device 1": 'did you mean "gpu:1"?',
    "--gpu cpu": "write --device cpu",
    "--gpu all": "for example --gpu 0",
    "--verbose 1": "--verbose takes no value: leave 1 out",
    "--set base_lr 0.1": "write --set base_lr=0.1",
    "--set base_lr = 0.1": "write --set base_lr=0.1",
    "--set=base_lr 0.1": "write --set base_lr=0.1",
}


@pytest.mark.parametrize("line", VALUES)
def test_a_value_of_another_tool(bench, line):
    given = [word for word in TRAIN if word not in ("--device", "cpu")]
    code = 3 if line == "--snapshot 5" else 2
    bench.refuses([*given, *words(line)], code, [VALUES[line]])


def test_no_update_is_warned_of(bench):
    result = bench.mycaffe(*TRAIN, "-q", "--iterations", "0")
    assert result.exit_code == 0 and "no update is made" in result.stderr


# words without an option: what the message tells to write
STRAY = {
    "train LiquidNetCfc.prototxt": "write --model LiquidNetCfc.prototxt",
    "train solver.prototxt": "write --solver solver.prototxt",
    "train model.prototxt solver.prototxt": "write --model model.prototxt",
    "test runs/Small/001": "write --weights runs/Small/001",
    "test a.caffemodel": "write --weights a.caffemodel",
    "train a.solverstate": "write --resume a.solverstate",
    "time model.prototxt": "write --model model.prototxt",
    "train": "for example: mycaffe train --model",
    "stop": "for example: mycaffe stop",
    "plot": "for example: mycaffe plot",
}


@pytest.mark.parametrize("line", STRAY)
def test_a_word_without_its_option(bench, line):
    bench.refuses(words(line), 2, [STRAY[line]])

"""Nets and solvers from NetSpec, messages, text and dicts."""

from __future__ import annotations

import numpy as np
import pytest

import mycaffe_py as caffe
from mycaffe_py import TEST, Net, NetSpec, get_solver, layers as L
from mycaffe_py.errors import ConfigError, MissingFileError, PrototxtError
from mycaffe_py.plugins import default_registry, load_registry
from mycaffe_py.schema import load_net_text

TEXT = """
# A comment first.
name: "small"
layer { name: "data" type: "Input" top: "x" top: "t" input_param { shape { dim: 4 dim: 2 } } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y" inner_product_param { num_output: 2 } }
layer { name: "loss" type: "EuclideanLoss" bottom: "y" bottom: "t" top: "loss" }
"""


def spec():
    n = NetSpec()
    n.x, n.t = L.Input(shape={"dim": [4, 2]}, ntop=2)
    n.y = L.InnerProduct(n.x, num_output=2, weight_filler={"type": "xavier"})
    n.loss = L.EuclideanLoss(n.y, n.t)
    return n


def of_another_registry():
    return load_net_text(load_registry().schema, TEXT).message


@pytest.mark.parametrize(
    "given",
    [
        TEXT,
        TEXT.strip(),
        " ".join(TEXT.split("\n")[2:]),
        spec(),
        spec().to_proto(),
        of_another_registry(),
    ],
    ids=["text", "stripped", "one line", "spec", "message", "other registry"],
)
def test_a_net_of_anything_that_says_what_it_is(given):
    net = Net(given, phase=TEST)
    assert net.inputs == ["x", "t"] and net.outputs == ["loss"] and net.phase == TEST
    assert net.forward()["loss"] == 0
    solver = get_solver(net=given, type="AdamW", base_lr=0.01, seed=3)
    solver.step(1)
    assert solver.type == "AdamW" and solver.lr == 0.01 and solver.iter == 1


def test_a_message_is_not_changed():
    message = spec().to_proto()
    before = message.SerializeToString()
    net = Net(message)
    net.document.message.name = "other"
    assert message.SerializeToString() == before


@pytest.mark.parametrize(
    "name",
    [
        "net.prototxt",
        "no such file",
        "a/b.txt",
        "C:\\nets\\a.prototxt",
        "",
        "name",
        "notes: a.prototxt",
    ],
)
def test_a_path_that_does_not_exist_says_so(name):
    with pytest.raises(MissingFileError, match="does not exist"):
        Net(name)
    with pytest.raises(MissingFileError, match="does not exist|no such file"):
        get_solver(name)


def test_a_file_comes_before_a_text(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "name: 1").write_text(TEXT)
    assert Net("name: 1").name == "small"


def test_mistakes_in_a_text_have_their_place():
    with pytest.raises(PrototxtError) as caught:
        Net(TEXT.replace("num_output", "num_outptu"))
    text = str(caught.value)
    assert "<text>:5:84: unknown field" in text and 'did you mean "num_output"?' in text
    with pytest.raises(PrototxtError, match="<text>:1:15: "):
        get_solver('type: "SGD"   base_rl: 0.1', model=TEXT)
    with pytest.raises(PrototxtError, match="<text>:1:25: .*policy"):
        get_solver('base_lr: 0.1 lr_policy: "fixde"', model=TEXT)


def test_a_solver_text_with_a_net_in_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    solver = get_solver(f'base_lr: 0.1 lr_policy: "fixed" net_param {{ {TEXT} }} snapshot: 2')
    solver.step(2)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "small_iter_2.caffemodel",
        "small_iter_2.solverstate",
    ]


def test_a_net_named_in_a_text_is_looked_for_in_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.prototxt").write_text(TEXT)
    assert get_solver('base_lr: 1 lr_policy: "fixed" net: "small.prototxt"').net.name == "small"


def test_settings_as_a_dict_message_or_keywords():
    message = default_registry().schema.new(
        "SolverParameter", base_lr=0.5, lr_policy="fixed", type="Adam"
    )
    for solver in (
        get_solver({"type": "Adam", "base_lr": 0.5}, spec()),
        get_solver(message, spec()),
        get_solver(message, spec(), base_lr=0.25, momentum=0.8, lr_policy="exp", gamma=0.5),
        caffe.AdamSolver(net=spec(), base_lr=0.5),
        get_solver(
            type="Adam",
            base_lr=0.5,
            net=spec(),
            regularization_type="L1",
            weight_decay=0.1,
            device="cpu",
            seed=1,
        ),
    ):
        assert solver.type == "Adam" and solver.param.base_lr in (0.5, 0.25)
    assert message.base_lr == 0.5
    assert solver.param.regularization_type == "L1" and solver.net.device.seed == 1


def test_keywords_replace_the_files_settings(tmp_path):
    path = tmp_path / "solver.prototxt"
    path.write_text('base_lr: 0.5\nlr_policy: "step"\nstepvalue: 3\n')
    solver = get_solver(path, spec(), lr_policy="multistep", stepvalue=[5, 7], gamma=0.1)
    assert list(solver.param.stepvalue) == [5, 7] and solver.param.base_lr == 0.5
    assert solver.prefix_of_snapshots() == tmp_path / "solver"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"type": "Adam"}, "base_lr, the learning rate, is not given"),
        (
            {"base_lr": 1, "mometum": 0.9},
            'no option "mometum", and there is no such field in SolverParameter .did you mean "momentum"',
        ),
        ({"base_lr": 1, "sed": 3}, 'no option "sed".*did you mean "seed"'),
        ({"base_lr": "big"}, '"base_lr" takes'),
        ({"base_lr": -1}, "base_lr must be a finite number"),
        ({"base_lr": 1, "type": "Admm"}, 'unknown solver type "Admm"'),
        ({"base_lr": 1, "lr_policy": "step"}, "needs stepsize"),
        ({}, "get_solver needs a solver file, or settings"),
        ({"base_lr": 1, "model": spec()}, "given twice"),
    ],
)
def test_keywords_that_do_not_fit(options, words):
    with pytest.raises(ConfigError, match=words):
        get_solver(net=spec(), **options)


def test_a_class_and_a_type_that_differ():
    with pytest.raises(ConfigError, match="AdamSolver makes solvers of type Adam, not 'SGD'"):
        caffe.AdamSolver(net=spec(), base_lr=1, type="SGD")


@pytest.mark.parametrize("given", [3, None, [spec()], np.zeros(3), b"name", NetSpec, Net])
def test_what_is_no_net(given):
    with pytest.raises(ConfigError, match="a net is built from a file name, prototxt text"):
        Net(given)


def test_what_is_no_solver():
    with pytest.raises(ConfigError, match="not a NetParameter"):
        get_solver(spec().to_proto(), spec())
    with pytest.raises(ConfigError, match="a solver is built from .*, not int"):
        get_solver(3, spec())
    with pytest.raises(ConfigError, match="not a SolverParameter"):
        Net(default_registry().schema.new("SolverParameter"))


def test_a_net_that_nobody_names():
    with pytest.raises(ConfigError, match="does not name a net"):
        get_solver(base_lr=1)

"""Nets of pycaffe in a phase, at a level, with stages: every order of the arguments."""

from __future__ import annotations

import pytest

import mycaffe_py as caffe

NET = """
layer { name: "train" type: "Input" top: "x" include { stage: "train" } input_param { shape { dim: 4 dim: 2 } } }
layer { name: "deploy" type: "Input" top: "x" include { stage: "deploy" } input_param { shape { dim: 1 dim: 2 } } }
layer { name: "r" type: "ReLU" bottom: "x" top: "y" }
layer { name: "deep" type: "TanH" bottom: "y" top: "z" include { phase: TEST min_level: 2 } }
"""


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "net.prototxt"
    path.write_text(NET)
    return str(path)


@pytest.mark.parametrize(
    ("arguments", "keywords"),
    [
        ((caffe.TEST,), {"stages": ["deploy"], "level": 2}),
        ((caffe.TEST,), {"level": 2, "stages": ("deploy",)}),
        ((caffe.TEST, 2, ["deploy"]), {}),
        ((caffe.TEST, 2, "deploy"), {}),
        ((), {"stages": "deploy,", "level": 2, "phase": caffe.TEST}),
    ],
)
def test_level_and_stages(model, arguments, keywords):
    net = caffe.Net(model, *arguments, **keywords)
    assert list(net._layer_names) == ["deploy", "r", "deep"]
    assert net.blobs["x"].data.shape == (1, 2)


def test_all_by_keyword(model):
    net = caffe.Net(stages=["train"], network_file=model, phase=caffe.TRAIN)
    assert list(net._layer_names) == ["train", "r"]


def test_phase_run_of_mycaffe(tmp_path):
    text = NET.replace("phase: TEST min_level: 2", "phase: RUN")
    net = caffe.Net(text, 2, stages=["deploy"])
    assert list(net._layer_names) == ["deploy", "r", "deep"] and net.phase == caffe.TEST


def test_states_of_a_solver(model, tmp_path):
    loss = """
layer { name: "t" type: "DummyData" top: "t" dummy_data_param { shape { dim: 4 dim: 2 } } exclude { stage: "deploy" } }
layer { name: "s" type: "Scale" bottom: "y" top: "s" scale_param { axis: 1 } }
layer { name: "l" type: "EuclideanLoss" bottom: "s" bottom: "t" top: "l" exclude { stage: "deploy" } }
"""
    (tmp_path / "net.prototxt").write_text(NET + loss)
    solver = tmp_path / "solver.prototxt"
    solver.write_text(
        f'net: "{model}" base_lr: 0.1 lr_policy: "fixed" max_iter: 1 test_interval: 1 test_iter: 1 '
        'train_state { stage: "train" } test_state { stage: "train" level: 2 }'
    )
    made = caffe.get_solver(str(solver))
    assert "deep" not in made.net._layer_names and "deep" in made.test_nets[0]._layer_names

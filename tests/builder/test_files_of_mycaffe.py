"""A net and a solver in the form in which MyCaffe writes them: checked, trained, and written anew."""

from __future__ import annotations

import warnings

import pytest

from mycaffe_py import Net
from mycaffe_py.builder import build_training
from mycaffe_py.builder.checking import check_file
from mycaffe_py.errors import MyCaffeWarning
from mycaffe_py.layer import RUN
from mycaffe_py.plugins import default_registry
from mycaffe_py.schema import load_solver

from ..storing import images, write_database

NET = """name: "Small"
layer
{
   name: "data"
   type: "Data"
   top: "data"
   top: "label"
   include
   {
      phase: %s
   }
   transform_param
   {
      scale: 0.00390625
      use_imagedb_mean: False
   }
   data_param
   {
      source: "%s"
      batch_size: 4
      backend: IMAGEDB
      enable_random_selection: True
   }
}
"""
REST = """layer { name: "in" type: "Input" top: "data" include { phase: RUN }
  input_param { shape { dim: 1 dim: 1 dim: 6 dim: 6 } } }
layer
{
   name: "conv"
   type: "CONVOLUTION"
   bottom: "data"
   top: "conv"
   freeze_learning: False
   convolution_param
   {
      kernel_size: 3
      num_output: 2
      weight_filler { type: "xavier" variance_norm: FAN_IN }
      cudnn_worspace_allow_on_groups: False
   }
}
layer { name: "norm" type: "LRN" bottom: "conv" top: "norm" lrn_param { local_size: 3 alpha: 0.1 beta: 0.75 } }
layer { name: "ip" type: "INNERPRODUCT" bottom: "norm" top: "ip"
  inner_product_param { num_output: 3 bias_term: True min_top_axes: 4 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SOFTMAXWITH_LOSS" bottom: "ip" bottom: "label" top: "loss" exclude { phase: RUN } }
layer { name: "softmax" type: "SOFTMAX" bottom: "ip" top: "softmax" include { phase: RUN } }
"""
SOLVER = """net: net.prototxt
test_iter: 2
test_interval: 2
test_compute_loss: False
test_initialization: False
base_lr: 0.01
display: 100
max_iter: 3
lr_policy: inv
gamma: 0.0001
power: 0.75
momentum: 0.9
weight_decay: 0.01
regularization_type: L2
snapshot_prefix: basic
snapshot_format: BINARYPROTO
device_id: 1
type: ADAM
delta: 1E-08
momentum2: 0.95
snapshot_include_weights: True
snapshot_include_state: True
eval_type: classification
show_per_class_result: False
accuracy_average_window: 0
"""


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_database(tmp_path / "db", images(5, (1, 6, 6)), [0, 1, 2, 0, 1])
    both = NET % ("TRAIN", "db") + (NET % ("TEST", "db")).replace('name: "Small"\n', "")
    (tmp_path / "net.prototxt").write_text(both + REST)
    (tmp_path / "solver.prototxt").write_text(SOLVER)
    return tmp_path


@pytest.fixture
def quiet():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", MyCaffeWarning)
        yield caught


def test_a_net_is_checked_in_its_three_phases(files, quiet):
    said = []
    net = check_file("net.prototxt", default_registry(), say=said.append)
    assert said == ["checked in phase TRAIN; TEST; RUN"]
    assert net.blobs["ip"].shape == (4, 3, 1, 1)
    texts = [str(one.message) for one in quiet]
    assert sum("k of LRN is 2" in text for text in texts) == 1
    assert sum("is read as LMDB" in text for text in texts) == 1
    assert not any("use_imagedb_mean" in text for text in texts)


def test_it_runs_with_inputs_of_its_own(files, quiet):
    net = Net("net.prototxt", RUN)
    assert net.forward()["softmax"].sum() == pytest.approx(1)


def test_it_trains_and_tests(files, quiet):
    training = build_training(solver="solver.prototxt", seed=1)
    training.solver.step(3)
    assert training.solver.iter == 3 and len(training.solver.test_nets) == 1
    assert training.solver.type == "Adam"


def test_a_solver_is_written_with_quotes(files, quiet):
    registry = default_registry()
    document = load_solver(registry.schema, "solver.prototxt")
    assert document.upgrades == ["strings without quotes"]
    text = registry.schema.to_text(document.message)
    assert 'lr_policy: "inv"' in text and "snapshot_include" not in text
    quiet.clear()
    registry.schema.parse_text(text, "SolverParameter")
    assert quiet == []

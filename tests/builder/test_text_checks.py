"""Checks of texts: what is known of the sound layers, in which phases, and without filling weights."""

from __future__ import annotations

import pytest

from mycaffe_py.blob import Blob
from mycaffe_py.builder import check_net_text, check_solver_text, read_text
from mycaffe_py.builder.sparing import SparingRegistry
from mycaffe_py.errors import ConfigError
from mycaffe_py.layer import TEST, TRAIN

NET = """layer { name: "a" type: "Input" top: "x" include { phase: TRAIN } input_param { shape { dim: 4 dim: 5 } } }
layer { name: "b" type: "Input" top: "x" include { phase: TEST } input_param { shape { dim: 9 dim: 5 } } }
layer { name: "f" type: "InnerProduct" bottom: "x" top: "y" inner_product_param { num_output: 3 } }
layer { name: "s" type: "Sigmoid" bottom: "y" top: "z" }
"""


def test_shapes_and_weights_are_known_by_position(registry):
    found = check_net_text(NET, "net.prototxt", registry, phases=(TRAIN, TEST))
    assert found.problems == [] and found.total_weights == 3 * 5 + 3
    assert found.shapes == {(0, "x"): (4, 5), (1, "x"): (9, 5), (2, "y"): (4, 3), (3, "z"): (4, 3)}
    assert found.weights == {2: 18}


def test_a_mistake_is_reported_once_whatever_the_phases(registry):
    text = NET.replace("num_output: 3", "num_output: 0").replace("Sigmoid", "Sigmod")
    found = check_net_text(text, "net.prototxt", registry, phases=(TRAIN, TEST))
    assert [problem.location.line for problem in found.problems] == [3, 4]
    assert found.total_weights is None and found.shapes[0, "x"] == (4, 5)


def test_types_that_are_left_out_are_not_set_up_nor_complained_about(registry):
    found = check_net_text(NET, "net.prototxt", registry, left_out=["innerproduct"])
    assert found.problems == [] and found.total_weights is None
    assert set(found.shapes) == {(0, "x")}


def test_a_text_of_the_other_kind_is_one_problem(registry):
    document, problems = read_text('base_lr: 1 lr_policy: "fixed"', "NetParameter", "x", registry)
    assert len(problems) == 1 and "is a solver file" in problems[0].message
    assert document is None or document.message.DESCRIPTOR.name == "NetParameter"


def test_large_blobs_are_not_filled_but_their_fillers_are_checked(registry):
    sparing = SparingRegistry(registry)
    message = registry.schema.new("FillerParameter", type="constant", value=2)
    filler = sparing.filler(message)
    small, large = Blob((10,)), Blob((100_001,))
    filler.fill(small)
    filler.fill(large)
    assert small.data.tolist() == [2.0] * 10 and not large.data.any()
    with pytest.raises(ConfigError, match="unknown filler type"):
        sparing.filler(registry.schema.new("FillerParameter", type="constnt"))


SOLVER = (
    'net: "net.prototxt" base_lr: 0.1 lr_policy: "fixed" max_iter: 10 type: "SGD" momentum: 0.9'
)


def test_a_solver_is_checked_with_its_net(registry, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (missing,) = check_solver_text(SOLVER, "solver.prototxt", registry).problems
    assert missing.path == ("net",)
    (tmp_path / "net.prototxt").write_text(NET, encoding="utf-8")
    assert check_solver_text(SOLVER, "solver.prototxt", registry).problems == []
    tested = f"{SOLVER} test_iter: -1 test_interval: 5"
    (problem,) = check_solver_text(tested, "solver.prototxt", registry).problems
    assert problem.path == ("test_iter", 0)


def test_all_that_is_wrong_with_a_solver_is_said_at_once(registry):
    text = SOLVER.replace('"SGD"', '"SGDD"').replace(
        'net: "net.prototxt"', 'custom_trainer: "None"'
    )
    found = check_solver_text(text, "solver.prototxt", registry)
    assert {problem.path[0] for problem in found.problems} == {"type", "custom_trainer"}


def test_of_a_very_large_net_only_the_shapes_are_built(registry, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("mycaffe_py.builder.solver_checks._MOST_WEIGHTS", 10)
    monkeypatch.setattr("mycaffe_py.builder.solver_checks.build_training", None)
    (tmp_path / "net.prototxt").write_text(NET, encoding="utf-8")
    assert check_solver_text(SOLVER, "solver.prototxt", registry).problems == []

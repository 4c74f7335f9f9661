"""Options of the command line that have no effect are refused, or said."""

from __future__ import annotations

import pytest

NET = """name: "small"
layer { name: "x" type: "DummyData" top: "x" dummy_data_param { shape { dim: 2 dim: 3 } } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y" inner_product_param { num_output: 2 } RULE }
"""
SOLVER = 'type: "SGD" base_lr: 0.1 lr_policy: "fixed" max_iter: 1\n'


@pytest.fixture
def files(mycaffe, tmp_path):
    def write(rule=""):
        (tmp_path / "net.prototxt").write_text(NET.replace("RULE", rule))
        (tmp_path / "solver.prototxt").write_text(SOLVER)

    write()
    return write


TRAIN = ("train", "--solver", "solver.prototxt", "--model", "net.prototxt")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("--set", "solver.max_iter=3", "--iterations", "5"),
            "--iterations replaces solver.max_iter",
        ),
        (("--set", "solver.random_seed=3", "--seed", "5"), "--seed replaces solver.random_seed"),
        (
            ("--set", "solver.solver_mode=CPU", "--device", "cpu"),
            "--device replaces solver.solver_mode",
        ),
        (("--set", "solver.net=a.prototxt"), "--model replaces solver.net"),
        (("--quiet", "--verbose"), "--verbose has no effect with --quiet"),
    ],
)
def test_options_of_train_that_replace_others(files, mycaffe, arguments, message):
    result = mycaffe(*TRAIN, *arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def test_the_device_may_be_set(files, mycaffe):
    arguments = ("--set", "solver.solver_mode=CPU", "--iterations", "1", "--run-dir", "run")
    result = mycaffe(*TRAIN, *arguments)
    assert "solver_mode: CPU" in result.stderr


@pytest.mark.parametrize(
    ("rule", "arguments", "expected"),
    [
        ("", ("--stage", "deploy"), "--stage deploy has no effect"),
        ('include { stage: "a" }', ("--stage", "a,b"), "--stage b has no effect"),
        ('include { not_stage: "a" }', ("--stage", "a"), ""),
        ("", ("--level", "2"), "--level 2 has no effect"),
        ("include { min_level: 1 }", ("--level", "2"), ""),
    ],
)
def test_a_stage_or_level_that_no_rule_names(files, mycaffe, rule, arguments, expected):
    files(rule)
    result = mycaffe("time", "--model", "net.prototxt", "--iterations", "1", *arguments)
    assert result.exit_code == 0
    error = result.stderr
    assert ("has no effect" in error) == bool(expected)
    assert expected in error


def test_draw_with_a_stage_but_all_phases(files, mycaffe):
    result = mycaffe("draw", "net.prototxt", "net.svg", "--stage", "a")
    assert result.exit_code == 2
    assert "--stage has no effect with --phase ALL" in result.stderr


def test_a_seed_without_shuffling(files, mycaffe):
    result = mycaffe("convert-imageset", "--seed", "3", "images/", "list.txt", "lmdb")
    assert result.exit_code == 2
    assert "--seed has no effect without --shuffle" in result.stderr


def test_a_warning_of_two_nets_is_shown_once(files, mycaffe, tmp_path):
    files()
    net = (tmp_path / "net.prototxt").read_text()
    (tmp_path / "net.prototxt").write_text(
        net.replace("num_output: 2", 'num_output: 2 weight_filler { type: "constant" std: 0.5 }')
    )
    (tmp_path / "solver.prototxt").write_text(
        SOLVER + 'net: "net.prototxt" test_iter: 1 test_interval: 5'
    )
    result = mycaffe("check", "solver.prototxt")
    assert result.exit_code == 0
    error = result.stderr
    assert error.count("weight_filler.std has no effect with type: constant") == 1
    assert error.startswith("warning: ")
    assert "net.prototxt:3:" in error

"""What lies in a run folder can be used from anywhere."""

from __future__ import annotations

import json

import pytest

SOLVER = """
net: "tiny.prototxt" type: "SGD" base_lr: 0.01 lr_policy: "fixed" max_iter: 4
trainer {
  type: "RNN.SUPER_SIMPLE"
  gym { type: "Curve" curve_param { curve: CSV_FILE csv_file: "d.csv" csv_column: "y" } }
}
"""


@pytest.fixture
def project(tmp_path, mycaffe):
    """A folder with a solver, its net and its CSV file; one run is made from its parent."""
    from mycaffe_py.builder import load_model
    from mycaffe_py.plugins import default_registry

    folder = tmp_path / "project"
    folder.mkdir()
    registry = default_registry()
    model = load_model("LiquidNetCfc.prototxt", registry)
    (folder / "tiny.prototxt").write_text(registry.schema.to_text(model.message))
    rows = "\n".join(f"{index},{index % 7}" for index in range(300))
    (folder / "d.csv").write_text(f"t,y\n{rows}\n")
    (folder / "solver.prototxt").write_text(SOLVER)
    return folder


OPTIONS = ("--device", "cpu", "--seed", "3")


@pytest.mark.parametrize("from_inside", [True, False])
def test_the_saved_files_work_from_another_folder(project, mycaffe, monkeypatch, from_inside):
    monkeypatch.chdir(project if from_inside else project.parent)
    solver = "solver.prototxt" if from_inside else "project/solver.prototxt"
    run = project / "run"
    first = mycaffe("train", "--solver", solver, "--run-dir", run, *OPTIONS)
    assert first.exit_code == 0, first.stderr
    elsewhere = project.parent / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    saved = ("--solver", run / "solver.prototxt", "--model", run / "model.prototxt")
    again = mycaffe("train", *saved, *OPTIONS)
    assert again.exit_code == 0, again.stderr
    weights = run / "last.caffemodel"
    second = elsewhere / again.stdout.strip() / "last.caffemodel"
    assert second.read_bytes() == weights.read_bytes()
    tested = mycaffe("test", *saved, "--weights", weights, *OPTIONS, "--json")
    assert tested.exit_code == 0, tested.stderr
    assert json.loads(tested.stdout)["iterations"] == 50
    by_net = mycaffe("test", *saved[:2], "--weights", weights, *OPTIONS, "--json")
    assert by_net.stdout == tested.stdout

"""The example plugin for MLflow, against a stand-in with the calls and signatures of MLflow 3.17."""

from __future__ import annotations

import csv
import re
import sys
import types
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from mycaffe_py.cli.app import app
from mycaffe_py.plugins import load_registry
from mycaffe_py.testing import check_observer

PLUGIN = Path(__file__).parents[1] / "examples" / "plugins" / "mlflow_observer.py"
TRAIN = (
    *("train", "--solver", "adamw.prototxt", "--model", "LiquidNetCfc.prototxt"),
    *("--set", "cfc1.cfc_param.hidden_size=4", "--set", "cfc1.cfc_unit_param.backbone_units=4"),
    *("--plugin", str(PLUGIN), "--device", "cpu"),
)
STATUSES = {"RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"}


@dataclass
class Metric:
    key: str
    value: float
    timestamp: int
    step: int
    model_id: str | None = None
    dataset_name: str | None = None
    dataset_digest: str | None = None
    run_id: str | None = None


class Server:
    """MLflow's runs, and the rules that it has for them."""

    def __init__(self):
        self.runs = {}
        self.experiments = []

    # The client.

    def create_run(self, experiment_id, start_time=None, tags=None, run_name=None):
        assert experiment_id in self.experiments
        run = types.SimpleNamespace(
            name=run_name, status="RUNNING", params={}, metrics={}, batches=[]
        )
        run_id = f"{len(self.runs):032x}"
        self.runs[run_id] = run
        return types.SimpleNamespace(info=types.SimpleNamespace(run_id=run_id))

    def update_run(self, run_id, status=None, name=None):
        assert status in STATUSES | {None}
        self.runs[run_id].status, self.runs[run_id].name = status, name

    def log_param(self, run_id, key, value, synchronous=None):
        params = self.runs[run_id].params
        assert re.fullmatch(r"[\w\-. :/]+", key) and len(str(value)) <= 6000
        assert params.setdefault(key, str(value)) == str(value), "a param cannot be changed"

    def log_batch(self, run_id, metrics=(), params=(), tags=(), synchronous=None):
        run = self.runs[run_id]
        assert len(metrics) <= 1000
        run.batches.append(len(metrics))
        for metric in metrics:
            assert re.fullmatch(r"[\w\-. :/]+", metric.key) and isinstance(metric.timestamp, int)
            run.metrics.setdefault(metric.key, {})[metric.step] = metric.value

    def set_terminated(self, run_id, status=None, end_time=None):
        assert status in STATUSES
        self.runs[run_id].status = status


@pytest.fixture
def server(monkeypatch):
    server = Server()

    def set_experiment(experiment_name=None, experiment_id=None):
        if experiment_name not in server.experiments:
            server.experiments.append(experiment_name)
        return types.SimpleNamespace(experiment_id=experiment_name)

    module = types.ModuleType("mlflow")
    module.MlflowClient = lambda tracking_uri=None, registry_uri=None: server
    module.set_experiment = set_experiment
    module.entities = types.SimpleNamespace(Metric=Metric)
    monkeypatch.setitem(sys.modules, "mlflow", module)
    return server


def train(*arguments):
    return CliRunner().invoke(app, [*TRAIN, *map(str, arguments)])


@pytest.fixture(autouse=True)
def _in_an_empty_folder(monkeypatch, tmp_path, sketches):
    monkeypatch.chdir(tmp_path)


def rows_of(folder):
    with Path(folder, "metrics.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_run_and_the_one_that_continues_it(server):
    assert train("--iterations", 4, "--observe", "mlflow:experiment=curves").exit_code == 0
    assert server.experiments == ["curves"]
    (run,) = server.runs.values()
    assert (run.status, run.name) == ("FINISHED", "runs/LiquidNetCfc/001")
    assert run.params["base_lr"] == "0.01" and run.params["type"] == "AdamW"
    result = train("--iterations", 7, "--resume", "auto", "--observe", "mlflow")
    assert result.exit_code == 0 and "warning" not in result.stderr
    (run,) = server.runs.values()
    assert (run.status, run.name) == ("FINISHED", "runs/LiquidNetCfc/002")
    rows = rows_of("runs/LiquidNetCfc/001") + rows_of("runs/LiquidNetCfc/002")
    assert run.metrics["loss"] == {int(row["iteration"]): float(row["loss"]) for row in rows}
    assert len(run.metrics["loss"]) == 7


def test_the_observer_keeps_its_contract(server, tmp_path):
    registry = load_registry([str(PLUGIN)])
    check_observer('type: "MLflow"', registry=registry, folder=tmp_path / "runs")
    whole, failed = server.runs.values()  # the second run continued the first one's
    assert (whole.status, failed.status) == ("KILLED", "FAILED")
    assert "y_0_" in whole.metrics and whole.metrics["loss"][101] == 0.5


def test_many_values_are_sent_in_parts(server, tmp_path):
    from mycaffe_py.events import RunInfo, StepDone

    registry = load_registry([str(PLUGIN)])
    observer = registry.observers.find("mlflow")(
        registry.schema.parse_text('type: "mlflow"', "ObserverParameter").message
    )
    observer.start(RunInfo(tmp_path, "net"))
    for iteration in range(1, 801):
        observer.observe(StepDone(iteration, {"a": 1.0, "b": 2.0, "c": 3.0}, 0.1))
    observer.idle()
    (run,) = server.runs.values()
    assert run.batches == [1000, 1000, 400] and len(run.metrics["c"]) == 800


def test_without_mlflow(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    result = train("--iterations", 1, "--observe", "mlflow")
    assert result.exit_code == 3 and "pip install mlflow" in result.stderr
    assert not (tmp_path / "runs").exists()


def test_the_plugin_is_short():
    lines = PLUGIN.read_text().splitlines()
    code = [line for line in lines if line.strip() and not line.strip().startswith(('"""', "#"))]
    assert len(code) <= 40

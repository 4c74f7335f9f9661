"""What pycaffe offers at module level."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
import time

import pytest

import mycaffe_py as caffe
from mycaffe_py.device import device as devices
from mycaffe_py.errors import ConfigError, DeviceError
from mycaffe_py.events.caffe_log import logger

MEMBERS = (
    "Net Blob Layer Solver SGDSolver NesterovSolver AdaGradSolver RMSPropSolver AdaDeltaSolver AdamSolver "
    "NCCL Timer get_solver layer_type_list init_log log set_mode_cpu set_mode_gpu set_device set_random_seed "
    "solver_count set_solver_count solver_rank set_solver_rank set_multiprocess has_nccl TRAIN TEST "
    "install_as_caffe __version__"
)


@pytest.fixture(autouse=True)
def _defaults_as_they_were(monkeypatch):
    monkeypatch.setattr(devices, "_default", devices.Device())
    monkeypatch.setattr(devices, "_chosen_seed", None)
    monkeypatch.setattr(importlib.import_module("mycaffe_py.pycaffe.modes"), "_device_id", 0)


@pytest.mark.parametrize("name", MEMBERS.split())
def test_the_members_are_there(name):
    assert getattr(caffe, name) is not None
    assert name in dir(caffe) and name in caffe.__all__


def test_phases():
    assert (caffe.TRAIN, caffe.TEST) == (0, 1)


def test_importing_is_fast_and_loads_nothing():
    code = (
        "import sys, mycaffe_py; mycaffe_py.__version__; "
        "assert not {'numpy', 'google.protobuf'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_modules_are_there_once_caffe_is():
    """Notebooks import ``caffe`` alone and then use its modules."""
    code = """
import mycaffe_py
mycaffe_py.install_as_caffe()
import caffe
assert caffe.proto.caffe_pb2.BlobProto().num == 0
assert caffe.io.caffe_pb2.Datum(label=3).label == 3
def home(name):
    return "mycaffe_py.pycaffe" if name == "pycaffe" else f"mycaffe_py.pycaffe.{name}"
for name in "classifier coord_map detector draw io net_spec proto pycaffe".split():
    assert getattr(caffe, name).__name__ == home(name) and name in dir(caffe)
assert caffe.net_spec.layers is caffe.layers
"""
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(AttributeError, match="has no attribute 'caffe_pb3'"):
        caffe.proto.caffe_pb3  # noqa: B018


def test_layer_type_list():
    types = caffe.layer_type_list()
    assert types == sorted(types) and {"InnerProduct", "Python", "ReLU", "Input"} <= set(types)


# Modes: a made-up GPU, as no test may need one.


@pytest.fixture
def gpus(monkeypatch):
    def open_device(name="cpu", *, seed=0):
        if name == "gpu:7":
            raise DeviceError("no GPU 7: this machine has 2, numbered from 0")
        made = devices.Device("cpu", seed=seed)
        made.name, made.is_gpu = name, name != "cpu"
        made.synchronize = lambda: None
        return made

    monkeypatch.setattr(
        importlib.import_module("mycaffe_py.pycaffe.modes"), "open_device", open_device
    )


def test_modes_set_where_nets_are_made(gpus):
    caffe.set_random_seed(5)
    caffe.set_device(1)
    assert devices.default_device().name == "cpu"
    caffe.set_mode_gpu()
    assert devices.default_device().name == "gpu:1" and devices.default_device().seed == 5
    caffe.set_device(0)
    assert devices.default_device().name == "gpu:0"
    with pytest.raises(DeviceError, match="no GPU 7"):
        caffe.set_device(7)


def test_set_mode_cpu_keeps_the_device_that_is_there():
    kept = devices.default_device()
    caffe.set_mode_cpu()
    assert devices.default_device() is kept


def test_set_mode_cpu_leaves_another_device():
    from mycaffe_py.testing import strict_device

    devices.set_default_device(strict_device())
    caffe.set_mode_cpu()
    assert devices.default_device().is_host


def test_a_gpu_that_is_not_there(monkeypatch):
    def none():
        raise DeviceError("no GPU: cupy is not installed")

    monkeypatch.setattr(devices, "import_cupy", none)
    with pytest.raises(RuntimeError, match="no GPU"):
        caffe.set_mode_gpu()
    caffe.set_device(0)
    with pytest.raises(ConfigError, match="a GPU's number must be 0 or more, got -1"):
        caffe.set_device(-1)


# Several processes.


def test_one_process_is_all_there_is():
    caffe.set_solver_count(1)
    caffe.set_solver_rank(0)
    caffe.set_multiprocess(True)
    assert (caffe.solver_count(), caffe.solver_rank(), caffe.has_nccl()) == (1, 0, False)
    calls = [
        lambda: caffe.set_solver_count(2),
        lambda: caffe.set_solver_rank(1),
        lambda: caffe.NCCL(None, b""),
        caffe.NCCL.new_uid,
    ]
    for call in calls:
        with pytest.raises(RuntimeError, match="training on several GPUs is not supported"):
            call()


# Time and log.


def test_timer():
    timer = caffe.Timer()
    assert timer.ms == 0
    timer.stop()
    timer.start()
    time.sleep(0.002)
    timer.stop()
    first = timer.ms
    assert first >= 2 and timer.ms == first
    timer.start()
    assert timer.ms >= 0


@pytest.fixture
def _logger_as_it_was():
    level, handlers = logger.level, list(logger.handlers)
    yield
    logger.setLevel(level)
    logger.handlers[:] = handlers
    importlib.import_module("mycaffe_py.pycaffe.modes")._handler = None


@pytest.mark.usefixtures("_logger_as_it_was")
def test_init_log(capsys):
    caffe.log("nobody sees this")
    for _ in range(2):
        caffe.init_log()
    caffe.log("100 % seen")
    caffe.init_log(2)
    caffe.log("not an error")
    caffe.init_log(0, False)
    caffe.log("not on stderr")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert re.fullmatch(r"I\d{4} \d\d:\d\d:\d\d\.\d{6} \d+ mycaffe\] 100 % seen", lines[0])
    with pytest.raises(ConfigError, match="log level must be 0, 1, 2 or 3, got 4"):
        caffe.init_log(4)


# import caffe


def test_import_caffe_gives_this_package():
    code = """
import warnings
warnings.simplefilter("error")
import mycaffe_py
mycaffe_py.install_as_caffe()
mycaffe_py.install_as_caffe()
import caffe
import caffe.schema.upgrade, caffe.layer as layers, caffe.layer.layer as layer
from caffe import Net, TEST
from caffe.blob import Blob
import mycaffe_py.blob
assert caffe is mycaffe_py and Net is mycaffe_py.Net and Blob is mycaffe_py.blob.blob.Blob
assert layer.__name__ == layer.__spec__.name == "mycaffe_py.layer.layer"
assert mycaffe_py.__spec__.name == "mycaffe_py"
try:
    import caffe.nothing
except ModuleNotFoundError as error:
    assert error.name == "caffe.nothing"
else:
    raise AssertionError
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_script_runs_without_a_change(tmp_path):
    (tmp_path / "beside.py").write_text("import caffe\nclass Layer(caffe.Layer): pass\n")
    (tmp_path / "script.py").write_text(
        "import sys, caffe, beside\n"
        "from caffe.proto import caffe_pb2\n"
        "print(__name__, sys.argv[1:], beside.Layer.__mro__[1] is caffe.Layer, caffe_pb2.TEST)\n"
    )
    command = [sys.executable, "-m", "mycaffe_py.as_caffe"]
    script = [tmp_path / "script.py", "--gpu", "0"]
    done = subprocess.run([*command, *script], capture_output=True, text=True, check=True)
    assert done.stdout == "__main__ ['--gpu', '0'] True 1\n" and done.stderr == ""
    failed = subprocess.run(command, capture_output=True, text=True)
    assert failed.returncode == 1 and failed.stderr.startswith(
        "usage: python -m mycaffe_py.as_caffe"
    )

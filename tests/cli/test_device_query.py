from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from mycaffe_py.cli.actions import device_query as gpu_properties
from mycaffe_py.cli.app import app
from mycaffe_py.errors import DeviceError

PROPERTIES = {
    "name": b"NVIDIA Test", "major": 9, "minor": 0, "totalGlobalMem": 85 << 30, "sharedMemPerBlock": 49152,
    "regsPerBlock": 65536, "warpSize": 32, "memPitch": 2147483647, "maxThreadsPerBlock": 1024,
    "maxThreadsDim": (1024, 1024, 64), "maxGridSize": (2147483647, 65535, 65535), "clockRate": 1980000,
    "totalConstMem": 65536, "textureAlignment": 512, "deviceOverlap": 1, "multiProcessorCount": 132,
    "kernelExecTimeoutEnabled": 0,
}  # fmt: skip
ATTRIBUTES = {13: 1980000, 15: 1, 17: 0}

TEXT = """\
Querying GPUs 1
Device id:                     1
Major revision number:         9
Minor revision number:         0
Name:                          NVIDIA Test
Total global memory:           91268055040
Total shared memory per block: 49152
Total registers per block:     65536
Warp size:                     32
Maximum memory pitch:          2147483647
Maximum threads per block:     1024
Maximum dimension of block:    1024, 1024, 64
Maximum dimension of grid:     2147483647, 65535, 65535
Clock rate:                    1980000
Total constant memory:         65536
Texture alignment:             512
Concurrent copy and execution: Yes
Number of multiprocessors:     132
Kernel execution timeout:      No
"""


def run(*arguments):
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture(params=["CUDA 12", "CUDA 13"])
def two_gpus(request, monkeypatch):
    """Two GPUs; CUDA 13 has some properties as attributes only."""
    gone = (
        {"clockRate", "deviceOverlap", "kernelExecTimeoutEnabled"}
        if "13" in request.param
        else set()
    )
    known = {name: value for name, value in PROPERTIES.items() if name not in gone}
    runtime = SimpleNamespace(
        getDeviceCount=lambda: 2,
        getDeviceProperties=lambda index: known,
        deviceGetAttribute=lambda attribute, index: ATTRIBUTES[attribute],
    )
    cupy = SimpleNamespace(cuda=SimpleNamespace(runtime=runtime))
    monkeypatch.setattr(gpu_properties, "import_cupy", lambda: cupy)


@pytest.mark.parametrize("verb", ["device-query", "device_query"])
def test_caffes_lines(two_gpus, verb):
    assert run(verb, "-gpu", "1").stdout == TEXT


@pytest.mark.parametrize(
    ("arguments", "ids"),
    [((), [0, 1]), (("--gpu", "all"), [0, 1]), (("-gpu=1,0",), [1, 0]), (("--gpu", "0, 0"), [0])],
)
def test_which_gpus(two_gpus, arguments, ids):
    found = json.loads(run("device-query", *arguments, "--json").stdout)
    assert [values["id"] for values in found] == ids
    assert found[0]["name"] == "NVIDIA Test" and found[0]["kernelExecTimeoutEnabled"] is False


@pytest.mark.parametrize(
    ("gpu", "code", "words"),
    [("2", 4, "no GPU 2: this machine has 2"), ("one", 2, 'not "one"'), ("0,", 2, 'not ""'), ("", 2, "empty")],
)  # fmt: skip
def test_gpus_that_are_not_there(two_gpus, gpu, code, words):
    result = run("device-query", "--gpu", gpu)
    assert result.exit_code == code and words in result.stderr and result.stdout == ""


def test_without_a_gpu_it_says_why(monkeypatch):
    def fail():
        raise DeviceError("no GPU: cupy is not installed", hint="pip install it")

    monkeypatch.setattr(gpu_properties, "import_cupy", fail)
    result = run("device-query")
    assert result.exit_code == 4 and "no GPU: cupy is not installed" in result.stderr


def test_caffes_spelling_of_verbs_is_no_typing_mistake():
    assert 'unknown verb "device_qery"; did you mean "device-query"?' in run("device_qery").stderr

"""Every layer type that is declared recordable does, replayed as a graph with new values, what it does on the CPU."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.cuda import products_of
from mycaffe_py.device import Device
from mycaffe_py.device.graphs import GraphStream
from mycaffe_py.net import Net
from mycaffe_py.plugins import default_registry

from ..conformance_cases import LAYERS

pytestmark = [
    pytest.mark.shim,
    # Cases give settings that have no effect in some of them.
    pytest.mark.filterwarnings("ignore::mycaffe_py.errors.MyCaffeWarning"),
]
REGISTRY = default_registry()
_RANDOM = ("Dropout", "pool: STOCHASTIC", "dropout_ratio")


def recordable(name):
    return REGISTRY.layers.find(name).recordable


CASES = [
    pytest.param(name, number, id=f"{name}-{number}", marks=[pytest.mark.slow] if number else [])
    for name, cases in LAYERS.items()
    if recordable(name)
    for number, (settings, bottoms, _) in enumerate(cases)
    if isinstance(settings, str) and bottoms and not isinstance(bottoms[0], int)
]


def net_of(name, number, device):
    settings, bottoms, arguments = LAYERS[name][number]
    shapes = [np.shape(b) if isinstance(b, list | np.ndarray) else b for b in bottoms]
    cls = REGISTRY.layers.find(name)
    tops = arguments.get("tops", len(bottoms) if cls.equal_num_bottom_top_blobs else 1)
    inputs = ""
    for index, shape in enumerate(shapes):
        dims = " ".join(f"dim: {n}" for n in shape)
        inputs += f'layer {{ name: "in{index}" type: "Input" top: "b{index}" '
        inputs += f"input_param {{ shape {{ {dims} }} }} }}\n"
    blobs = " ".join(f'bottom: "b{i}"' for i in range(len(shapes)))
    if "top:" not in settings and cls.exact_num_top_blobs != 0:
        blobs += " " + " ".join(f'top: "t{i}"' for i in range(tops))
    back = "" if arguments.get("skip_backward") else "force_backward: true"
    text = f'{back}\n{inputs}layer {{ name: "x" type: "{name}" {blobs} {settings} }}'
    device.seed_generators(4)
    return Net(text, arguments.get("phase", 0), device=device, dtype="float64")


def values_of(name, number, net, rng):
    """Return new values of the bottoms and of the gradients of the tops."""
    _, bottoms, _ = LAYERS[name][number]
    layer = net.device_layers[-1]
    blobs = net.bottoms[-1]
    shapes = [blob.shape for blob in blobs]
    found = []
    for index, (given, shape) in enumerate(zip(bottoms, shapes, strict=True)):
        if isinstance(given, list | np.ndarray):
            found.append(np.reshape(np.asarray(given, float), shape))
            continue
        special = layer.trial_values(index, shapes, rng)
        found.append(rng.standard_normal(shape) if special is None else special)
    return found, [rng.standard_normal(blob.shape) for blob in net.tops[-1]]


def put(net, values):
    bottoms, gradients = values
    device = net.device
    for blob, array in zip(net.bottoms[-1], bottoms, strict=True):
        device.send(array, blob.data)
    for blob, array, weight in zip(
        net.tops[-1], gradients, net.device_layers[-1].loss_weights, strict=True
    ):
        if not weight:
            device.send(array, blob.diff)


def results(net):
    arrays = [blob.data for blob in net.tops[-1]]
    arrays += [
        blob.diff
        for blob, wanted in zip(net.bottoms[-1], net.bottom_need_backward[-1], strict=True)
        if wanted
    ]
    arrays += [array for blob in net.device_layers[-1].blobs for array in (blob.data, blob.diff)]
    return [np.array(net.device.to_host(array)) for array in arrays]


@pytest.mark.parametrize(("name", "number"), CASES)
def test_a_replayed_pass_is_the_cpus(shim_gpu, name, number):
    nets = [net_of(name, number, device) for device in (Device(seed=4), shim_gpu)]
    cpu, gpu = nets
    if gpu.device_layers[-1].why_not_recorded():
        pytest.fail(gpu.device_layers[-1].why_not_recorded())
    gpu.device.send(np.array(cpu.parameters.data), gpu.parameters.data)
    rng = np.random.default_rng(11)

    def action():
        gpu.clear_param_diffs()
        gpu.run_forward()
        gpu.backward_layers()

    stream = GraphStream(shim_gpu.xp)
    shim_gpu.own.products = products_of(shim_gpu)
    with stream.preparing():
        put(gpu, values_of(name, number, gpu, np.random.default_rng(1)))
        for _ in range(40):
            action()
            if gpu.device_layers[-1].ready_to_record():
                break
        action()
        put(cpu, values_of(name, number, cpu, np.random.default_rng(1)))
        for _ in range(2):
            cpu.clear_param_diffs()
            cpu.forward_backward()
    gpu.device.send(np.array(cpu.parameters.data), gpu.parameters.data)
    graph = stream.record(action)
    for _ in range(2):
        values = values_of(name, number, cpu, rng)
        for net in nets:
            put(net, values)
        cpu.clear_param_diffs()
        cpu.forward_backward()
        stream.launch(graph)
        if any(word in f"{name} {LAYERS[name][number][0]}" for word in _RANDOM):
            continue
        for ours, theirs in zip(results(cpu), results(gpu), strict=True):
            np.testing.assert_allclose(theirs, ours, rtol=1e-9, atol=1e-11)

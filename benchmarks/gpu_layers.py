"""One pass of LeNet, a small ResNet and a CIFAR-10 net, forward and backward, on the CPU and on a GPU."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
from reporting import Report

from mycaffe_py.builder import load_model
from mycaffe_py.device import Device, open_device
from mycaffe_py.errors import DeviceError
from mycaffe_py.net import Net
from mycaffe_py.schema import Document

WARM_UP = 3
"""Untimed passes, in the first of which a GPU compiles its kernels."""

NETS = ("LeNet", "SmallResNet", "Cifar10Quick")
"""Shipped models with images and labels as inputs."""

CLASSES = 10


def make_net(name: str, batch: int, device: Device, dtype: str = "float32") -> Net:
    """Return a shipped net that is fed by hand, with the same weights and inputs on every device."""
    document = load_model(f"{name}.prototxt")
    layers = document.message.layer
    # The deploy form of the data layer has the images' shape; the layers after it are those of training.
    image = next(layer.input_param.shape[0].dim[1:] for layer in layers if layer.type == "Input")
    kept = [layer for layer in layers if layer.type not in ("Data", "Input")]
    inputs = type(layers[0])(name="data", type="Input", top=["data", "label"])
    for shape in ((batch, *image), (batch,)):
        inputs.input_param.shape.add().dim.extend(shape)
    message = type(document.message)(name=name, layer=[inputs, *kept])
    device.seed_generators(1)
    net = Net(Document(message), device=device, dtype=dtype)
    rng = np.random.default_rng(0)
    images, labels = (net.device_blobs[blob] for blob in ("data", "label"))
    images.data[...] = device.asarray(rng.standard_normal(images.shape), dtype=dtype)
    labels.data[...] = device.asarray(rng.integers(CLASSES, size=labels.shape), dtype=dtype)
    return net


def milliseconds(action: Callable[[], Any], device: Device, runs: int) -> float:
    """Return the time of one run, from an idle device until it is idle again."""
    device.synchronize()
    start = time.perf_counter()
    for _ in range(runs):
        action()
    device.synchronize()
    return (time.perf_counter() - start) / runs * 1000


def layer_times(net: Net, rounds: int, runs: int) -> dict[str, tuple[float, float]]:
    """Return {layer: (forward ms, backward ms)}, medians over rounds."""
    found = {}
    for index, step in enumerate(net.device_layers):
        both = []
        for run in (net.forward_layers, net.backward_layers):
            times = [
                milliseconds(lambda run=run, at=index: run(at, at), net.device, runs)
                for _ in range(rounds)
            ]
            both.append(median(times))
        found[f"{step.name} ({step.type})"] = (both[0], both[1])
    return found


def gpu_name(device: Device) -> str:
    """Return the driver's name of the GPU."""
    index = int(device.name.partition(":")[2])
    name = device.xp.cuda.runtime.getDeviceProperties(index)["name"]
    return f"{name.decode()}, CuPy {device.xp.__version__}"


def measure(report: Report, name: str, devices: list[Device], args: argparse.Namespace) -> None:
    """Time one net on both devices, after comparing their losses."""
    nets = [make_net(name, args.batch, device) for device in devices]
    losses = [net.forward_backward() for net in nets]
    if not np.isclose(*losses, rtol=1e-3):
        raise SystemExit(f"{name}: the losses differ: CPU {losses[0]:.6g}, GPU {losses[1]:.6g}")
    whole: list[list[float]] = [[], []]
    for net in nets:
        milliseconds(net.forward_backward, net.device, WARM_UP)
    for _ in range(args.rounds):
        for times, net in zip(whole, nets, strict=True):
            times.append(milliseconds(net.forward_backward, net.device, args.runs))
    cpu, gpu = map(median, whole)
    report.say(f"{name}, batch {args.batch}, forward and backward:")
    report.add(f"{name} whole", ("CPU ms", "GPU ms", "CPU / GPU"), [[cpu, gpu, cpu / gpu]])
    ours, theirs = (layer_times(net, args.rounds, args.runs) for net in nets)
    rows = [
        [step, *ours[step], *theirs[step], sum(ours[step]) / sum(theirs[step])] for step in ours
    ]
    columns = ("layer", "CPU forward", "CPU backward", "GPU forward", "GPU backward", "CPU / GPU")
    report.add(f"{name} layers", columns, rows)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, default=64, help="images in a batch (default 64)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of the median")
    parser.add_argument("--runs", type=int, default=10, help="passes in each round (default 10)")
    parser.add_argument("--device", default="gpu", help="gpu (default) or gpu:N")
    parser.add_argument("--record", action="store_true", help="write the figures to results/")
    args = parser.parse_args(arguments)
    try:
        gpu = open_device(args.device)
    except DeviceError as error:
        print(f"{error.message}\n{error.hint or ''}".strip(), file=sys.stderr)
        return error.exit_code
    settings = {"GPU": gpu_name(gpu), "rounds": args.rounds, "passes in each": args.runs}
    report = Report("CPU and GPU", "gpu_layers", settings)
    for name in NETS:
        measure(report, name, [Device(), gpu], args)
    report.finish(args.record)
    return 0


if __name__ == "__main__":
    sys.exit(main())

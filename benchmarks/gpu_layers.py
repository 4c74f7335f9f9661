"""One pass of LeNet and of a small ResNet, forward and backward, on the CPU and on a GPU, whole and layer by layer."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
from reporting import Report

from mycaffe_py.device import Device, open_device
from mycaffe_py.errors import DeviceError
from mycaffe_py.net import Net
from mycaffe_py.plugins import default_registry
from mycaffe_py.schema import load_net_text

WARM_UP = 3
"""Passes before anything is timed: a GPU compiles its kernels in the first."""

CLASSES = 10


def layer(name: str, type_name: str, bottom: str, top: str, settings: str = "") -> str:
    """Return the text of one layer; ``bottom`` may be several names."""
    bottoms = " ".join(f'bottom: "{blob}"' for blob in bottom.split())
    return f'layer {{ name: "{name}" type: "{type_name}" {bottoms} top: "{top}" {settings} }}\n'


def inputs(batch: int, *image: int) -> str:
    """Return the layer that takes images and labels."""
    dims = " ".join(f"dim: {size}" for size in (batch, *image))
    shapes = f"input_param {{ shape {{ {dims} }} shape {{ dim: {batch} }} }}"
    return f'layer {{ name: "data" type: "Input" top: "data" top: "label" {shapes} }}\n'


def convolution(name: str, bottom: str, outputs: int, kernel: int, settings: str = "") -> str:
    """Return a convolution with random weights."""
    param = (
        f'num_output: {outputs} kernel_size: {kernel} weight_filler {{ type: "msra" }} {settings}'
    )
    return layer(name, "Convolution", bottom, name, f"convolution_param {{ {param} }}")


def pooling(name: str, bottom: str, settings: str) -> str:
    """Return a pooling layer."""
    return layer(name, "Pooling", bottom, name, f"pooling_param {{ {settings} }}")


def product(name: str, bottom: str, outputs: int) -> str:
    """Return an inner product with random weights."""
    param = f'num_output: {outputs} weight_filler {{ type: "xavier" }}'
    return layer(name, "InnerProduct", bottom, name, f"inner_product_param {{ {param} }}")


def lenet(batch: int) -> str:
    """Return LeNet as Caffe's tutorial has it, on images of 28 x 28."""
    return (
        inputs(batch, 1, 28, 28)
        + convolution("conv1", "data", 20, 5)
        + pooling("pool1", "conv1", "pool: MAX kernel_size: 2 stride: 2")
        + convolution("conv2", "pool1", 50, 5)
        + pooling("pool2", "conv2", "pool: MAX kernel_size: 2 stride: 2")
        + product("ip1", "pool2", 500)
        + layer("relu1", "ReLU", "ip1", "ip1")
        + product("ip2", "ip1", CLASSES)
        + layer("loss", "SoftmaxWithLoss", "ip2 label", "loss")
    )


def normalized(name: str, bottom: str, outputs: int, stride: int = 1) -> str:
    """Return a convolution of 3 x 3, BatchNorm and Scale; the result is ``name``_scale."""
    return (
        convolution(name, bottom, outputs, 3, f"pad: 1 stride: {stride} bias_term: false")
        + layer(f"{name}_norm", "BatchNorm", name, f"{name}_norm")
        + layer(
            f"{name}_scale",
            "Scale",
            f"{name}_norm",
            f"{name}_scale",
            "scale_param { bias_term: true }",
        )
    )


def resnet(batch: int, blocks: int = 3, channels: int = 32) -> str:
    """Return a net of residual blocks on images of 32 x 32."""
    text = inputs(batch, 3, 32, 32) + normalized("conv0", "data", channels, 2)
    text += layer("relu0", "ReLU", "conv0_scale", "block0")
    for index in range(1, blocks + 1):
        before, first, second = f"block{index - 1}", f"conv{index}a", f"conv{index}b"
        text += normalized(first, before, channels)
        text += layer(f"{first}_relu", "ReLU", f"{first}_scale", f"{first}_relu")
        text += normalized(second, f"{first}_relu", channels)
        text += layer(f"sum{index}", "Eltwise", f"{before} {second}_scale", f"sum{index}")
        text += layer(f"relu{index}", "ReLU", f"sum{index}", f"block{index}")
    return (
        text
        + pooling("pool", f"block{blocks}", "pool: AVE global_pooling: true")
        + product("ip", "pool", CLASSES)
        + layer("loss", "SoftmaxWithLoss", "ip label", "loss")
    )


NETS: dict[str, Callable[[int], str]] = {"LeNet": lenet, "ResNet-like": resnet}


def make_net(text: str, device: Device) -> Net:
    """Return the net with the same weights and inputs on every device."""
    device.seed_generators(1)
    registry = default_registry()
    net = Net(load_net_text(registry.schema, text), registry=registry, device=device)
    rng = np.random.default_rng(0)
    images, labels = (net.device_blobs[name] for name in ("data", "label"))
    images.data[...] = device.asarray(rng.standard_normal(images.shape), dtype=images.dtype)
    labels.data[...] = device.asarray(rng.integers(CLASSES, size=labels.shape), dtype=labels.dtype)
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
    for index, step in enumerate(net.layers):
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
    """Return what the driver calls the GPU."""
    index = int(device.name.partition(":")[2])
    name = device.xp.cuda.runtime.getDeviceProperties(index)["name"]
    return f"{name.decode()}, CuPy {device.xp.__version__}"


def measure(report: Report, name: str, devices: list[Device], args: argparse.Namespace) -> None:
    """Time one net on both devices, after comparing their losses."""
    nets = [make_net(NETS[name](args.batch), device) for device in devices]
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
    parser.add_argument("--rounds", type=int, default=5, help="the median is over so many")
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

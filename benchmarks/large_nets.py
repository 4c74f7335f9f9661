"""Time of large nets for images, forward with one image: ours and OpenCV's or torch's in turn.

GoogLeNet, ResNet-50 and MobileNet are compared with OpenCV's dnn module, FCN-8s at 500 x 500 with torch
(``torch_fcn.py``). Both sides have the same weights and get the same image, and their outputs are compared before the
timing. The peak memory of our side is that of a separate process. Exit code 1 if a goal is missed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import simd_width  # before NumPy

# isort: split
import numpy as np
from large_models import MODELS
from mycaffe_plugins.benchmark.interleaved_timing import (
    TOLERANCE,
    deviation,
    figures,
    time_interleaved,
)
from reporting import Report
from threadpoolctl import threadpool_limits

from mycaffe_py import TEST, TRAIN, Net
from mycaffe_py.compiled import why_not
from mycaffe_py.device.denormals import flush_denormals

GOALS = {"GoogLeNet": 1.0, "ResNet-50": 1.0, "MobileNet": 1.0, "FCN-8s": 1.5}
"""Limits of our time, as a multiple of the other side's, on one thread."""
IN_TORCH = "FCN-8s in torch"
COLUMNS = ("net", "threads", "ours ms", "the other's ms", "ours / the other's", "least", "most")


def build_ours(name: str) -> Net:
    """Return the net for inference, with random weights and an image."""
    message = MODELS[name]()
    net = Net(message, TEST)
    rng = np.random.default_rng(1)
    image = net.blobs["data"].data
    if any(layer.type == "BatchNorm" for layer in message.layer):
        _set_statistics(net, message, rng)
    image[...] = rng.standard_normal(image.shape)
    return net


def _set_statistics(net: Net, message: Any, rng: np.random.Generator) -> None:
    """Give the net's normalisations the statistics of random images, and random scales and biases."""
    message.layer[0].input_param.shape[0].dim[0] = 4
    training = Net(message, TRAIN)
    for name, blobs in net.params.items():
        if len(blobs) == 2 and blobs[0].shape == blobs[1].shape:  # of Scale
            blobs[0].data[...] = rng.uniform(0.5, 1.5, blobs[0].shape)
            blobs[1].data[...] = rng.uniform(-0.5, 0.5, blobs[0].shape)
        for blob, source in zip(training.params[name], blobs, strict=True):
            blob.data[...] = source.data
    images = training.blobs["data"].data
    images[...] = rng.standard_normal(images.shape)
    training.forward()
    for name, blobs in net.params.items():
        for blob, source in zip(blobs, training.params[name], strict=True):
            blob.data[...] = source.data


class OpenCv:
    """The same net in OpenCV's dnn module."""

    name = "OpenCV"

    def __init__(self, net: Net, message: Any):
        import cv2

        self.set_threads = cv2.setNumThreads
        with tempfile.TemporaryDirectory() as folder:
            model, weights = Path(folder, "net.prototxt"), Path(folder, "net.caffemodel")
            model.write_text(str(message))
            net.save(str(weights))
            self.net = cv2.dnn.readNetFromCaffe(str(model), str(weights))
        self.image, self.output = net.blobs["data"].data, net.outputs[0]

    def __call__(self) -> np.ndarray:
        self.net.setInput(self.image)
        return self.net.forward(self.output)


class Torch:
    """FCN-8s in torch."""

    name = "torch"

    def __init__(self, net: Net, message: Any):
        import torch
        from torch_fcn import Fcn8s

        self.set_threads = torch.set_num_threads
        torch.set_flush_denormal(True)
        self.model, self.no_grad = Fcn8s(), torch.no_grad
        with torch.no_grad():
            for name, blobs in net.params.items():
                parameters = getattr(self.model, name).parameters()
                for parameter, blob in zip(parameters, blobs, strict=True):
                    parameter.copy_(torch.from_numpy(blob.data))
        self.image = torch.from_numpy(net.blobs["data"].data)

    def __call__(self) -> np.ndarray:
        with self.no_grad():
            return self.model(self.image).numpy()


class Sides:
    """Both sides of a net."""

    def __init__(self, name: str):
        self.name, self.net = name, build_ours(name)
        self.other = (Torch if name == "FCN-8s" else OpenCv)(self.net, MODELS[name]())

    def ours(self) -> np.ndarray:
        return self.net.forward()[self.net.outputs[0]]

    def compare(self) -> str:
        """Describe the largest deviation of the outputs; stop if they differ."""
        worst = deviation(self.ours(), self.other())
        text = f"{self.name}: outputs within {worst:.1e} of {self.other.name}'s maximum"
        if not worst <= TOLERANCE:
            raise SystemExit(f"{text}: the two sides do not compute the same")
        return text

    def time(self, threads: int, rounds: int) -> list[object]:
        """Return the row of figures for a number of threads."""
        self.other.set_threads(threads)
        warm_up = 1 if self.name == "FCN-8s" else 5
        rounds = max(3, rounds // 5) if self.name == "FCN-8s" else rounds
        with threadpool_limits(threads, user_api="blas"):
            times = time_interleaved([self.ours, self.other], rounds, warm_up=warm_up)
        return [f"{self.name}, {self.other.name}", threads, *figures(times, over=1)]


def resident_peak() -> float:
    """Return this process's peak memory in MiB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise SystemExit("this system does not report a process's memory in /proc/self/status")


def measure_memory(name: str) -> None:
    """Print our peak memory before the net is built, after it is built and after two passes; weights and blobs."""
    peaks = [resident_peak()]
    net = Net(MODELS[name](), TEST)
    net.blobs["data"].data[...] = 1
    peaks.append(resident_peak())
    for _ in range(2):
        net.forward()
    peaks.append(resident_peak())
    weights = sum(blob.data.nbytes for blob in net.learnable_params)
    print(*peaks, weights / 2**20, _bytes_of_blobs(net) / 2**20)


def measure_memory_of_torch() -> None:
    """Print the same of FCN-8s in torch, which keeps no blobs."""
    import torch
    from torch_fcn import Fcn8s

    torch.set_num_threads(1)
    peaks = [resident_peak()]
    model, image = Fcn8s(), torch.ones(1, 3, 500, 500)
    peaks.append(resident_peak())
    with torch.no_grad():
        for _ in range(2):
            model(image)
    weights = sum(parameter.nbytes for parameter in model.parameters())
    print(*peaks, resident_peak(), weights / 2**20, 0)


def _bytes_of_blobs(net: Net) -> int:
    """Return the size of the net's blobs, each memory counted once."""
    arrays = [blob.data for blob in net.blobs.values()]
    return sum({array.ctypes.data: array.nbytes for array in arrays}.values())


def memory_of(name: str) -> list[object]:
    """Return the row of our memory for a net, measured in a process of its own."""
    command = [sys.executable, __file__, "--memory-of", name]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [name, *map(float, output.split())]


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nets", nargs="+", choices=MODELS, default=list(MODELS), metavar="NET")
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--rounds", type=int, default=25, help="a fifth of them for FCN-8s")
    parser.add_argument(
        "--vectors", choices=simd_width.CHOICES, default="native", help="on our side"
    )
    parser.add_argument("--record", action="store_true", help="write the figures to results/")
    parser.add_argument("--memory-of", help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> int:
    args = parse()
    if args.memory_of:
        measure_memory_of_torch() if args.memory_of == IN_TORCH else measure_memory(args.memory_of)
        return 0
    settings = {"type": "float32", "batch": 1, "rounds": args.rounds, "subnormals": "flush"}
    settings["compiled kernels"] = why_not() or "in use"
    report = Report("Large nets, forward: ours and others in turn", "large_nets", settings)
    rows: list[list[Any]] = []
    for name in args.nets:
        sides = Sides(name)
        with flush_denormals():
            report.say(sides.compare())
            rows += [sides.time(threads, args.rounds) for threads in args.threads]
    report.add("time", COLUMNS, rows)
    columns = ("net", "before MiB", "built MiB", "after two passes MiB", "weights MiB", "blobs MiB")
    names = [*args.nets, *([IN_TORCH] if "FCN-8s" in args.nets else [])]
    report.add("peak memory", columns, [memory_of(name) for name in names])
    report.finish(args.record)
    goals = [GOALS[str(row[0]).partition(",")[0]] for row in rows]
    single = [row[4] <= goal for row, goal in zip(rows, goals, strict=True) if row[1] == 1]
    return 0 if all(single) else 1


if __name__ == "__main__":
    sys.exit(main())

"""Peak memory of CaffeNet: one forward and backward at batch 8, in a separate process."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import mycaffe_plugins.benchmark.one_thread  # noqa: F401  (before NumPy)
import simd_width  # noqa: F401  (before NumPy)

# isort: split
from reporting import Report

from mycaffe_py import (
    TRAIN,
    Net,
    NetSpec,
    layers as L,  # noqa: N812
    params as P,  # noqa: N812
)

MIB = 2**20


def caffenet(batch: int) -> NetSpec:
    """Return CaffeNet for training, with input blobs instead of its database."""
    n = NetSpec()
    shapes = [{"dim": [batch, 3, 227, 227]}, {"dim": [batch]}]
    n.data, n.label = L.Input(ntop=2, input_param={"shape": shapes})
    top = n.data
    for number, outputs, settings in (
        (1, 96, {"kernel_size": 11, "stride": 4}),
        (2, 256, {"kernel_size": 5, "pad": 2, "group": 2}),
        (3, 384, {"kernel_size": 3, "pad": 1}),
        (4, 384, {"kernel_size": 3, "pad": 1, "group": 2}),
        (5, 256, {"kernel_size": 3, "pad": 1, "group": 2}),
    ):
        filler = {"type": "gaussian", "std": 0.01}
        n[f"conv{number}"] = top = L.Convolution(
            top, num_output=outputs, weight_filler=filler, **settings
        )
        n[f"relu{number}"] = top = L.ReLU(top, in_place=True)
        if number in (1, 2, 5):
            n[f"pool{number}"] = top = L.Pooling(top, pool=P.Pooling.MAX, kernel_size=3, stride=2)
        if number in (1, 2):
            n[f"norm{number}"] = top = L.LRN(top, local_size=5, alpha=1e-4, beta=0.75)
    for number, outputs in ((6, 4096), (7, 4096), (8, 1000)):
        filler = {"type": "gaussian", "std": 0.005}
        n[f"fc{number}"] = top = L.InnerProduct(top, num_output=outputs, weight_filler=filler)
        if number < 8:
            n[f"relu{number}"] = top = L.ReLU(top, in_place=True)
            n[f"drop{number}"] = top = L.Dropout(top, in_place=True)
    n.loss = L.SoftmaxWithLoss(top, n.label)
    return n


def resident(field: str) -> float:
    """Return this process's memory in MiB: VmRSS for the current, VmHWM for the peak value."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 1024
    raise SystemExit("this system does not report a process's memory in /proc/self/status")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--record", action="store_true", help="write the figures to results/")
    args = parser.parse_args()
    settings = {"net": "CaffeNet", "batch": args.batch, "type": "float32"}
    report = Report("Peak memory of CaffeNet, forward and backward", "caffenet_memory", settings)
    start = resident("VmRSS")
    net = Net(caffenet(args.batch).to_proto(), TRAIN)
    built = resident("VmHWM")
    net.blobs["data"].data[...] = 1
    for _ in range(2):
        net.forward_backward()
    weights = sum(blob.data.nbytes + blob.diff.nbytes for blob in net.learnable_params) / MIB
    blobs = sum(blob.data.nbytes + blob.diff.nbytes for blob in net.blobs.values()) / MIB
    report.add(
        "memory",
        ("what", "MiB"),
        [
            ["before the net is built", start],
            ["peak after building", built],
            ["peak after forward and backward", resident("VmHWM")],
            ["weights and their gradients", weights],
            ["blobs and their gradients (shared ones counted each)", blobs],
        ],
    )
    report.finish(args.record)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The CfC kernels on a GPU, in every way in which they can be launched there, and the plain CuPy path."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
from mycaffe_plugins.liquid.cuda_cfc_cell import CudaCfcCell
from mycaffe_plugins.liquid.cuda_cfc_kernels import CfcKernels
from mycaffe_plugins.liquid.cuda_cfc_plan import CLUSTER, COOPERATIVE, CfcPlan, plans
from reporting import Report

from mycaffe_py.cuda import KernelUnavailable, chip_of
from mycaffe_py.device import Device, open_device
from mycaffe_py.errors import DeviceError
from mycaffe_py.net import Net
from mycaffe_py.schema import load_net_text

WAYS = {0: "one block", CLUSTER: "cluster", COOPERATIVE: "cooperative"}
COLUMNS = ("way", "blocks x threads", "tile", "forward us", "backward us", "weights us", "pass us")


def make_net(args: argparse.Namespace, batch: int, device: Device) -> Net:
    """Return a net of one CFC layer, with random inputs."""
    net = Net(
        load_net_text(
            device_registry().schema,
            f"""force_backward: true layer {{ name: "data" type: "Input" top: "x" top: "tt" input_param {{
                  shape {{ dim: {batch} dim: {args.steps} dim: 3 }} shape {{ dim: {batch} dim: {args.steps} }} }} }}
                layer {{ name: "cfc" type: "CFC" bottom: "x" bottom: "tt" top: "y"
                  cfc_param {{ hidden_size: {args.hidden} output_features: 1 }}
                  cfc_unit_param {{ backbone_units: {args.units} backbone_layers: {args.layers}
                    backbone_activation: RELU }} }}""",
        ),
        device=device,
        dtype=args.dtype,
    )
    rng = np.random.default_rng(0)
    for name, values in (
        ("x", rng.standard_normal((batch, args.steps, 3))),
        ("tt", rng.uniform(0.1, 1, (batch, args.steps))),
    ):
        net.device_blobs[name].data[...] = device.asarray(values, dtype=args.dtype)
    net.device_blobs["y"].diff[...] = device.asarray(np.ones((batch, 1)), dtype=args.dtype)
    return net


def device_registry() -> Any:
    """Return the registry of all types."""
    from mycaffe_py.plugins import default_registry

    return default_registry()


def microseconds(action: Callable[[], Any], device: Device, args: argparse.Namespace) -> float:
    """Return the time of one of many runs that are started one after the other, the median of rounds."""
    times = []
    for _ in range(args.rounds):
        device.synchronize()
        start = time.perf_counter()
        for _ in range(args.runs):
            action()
        device.synchronize()
        times.append((time.perf_counter() - start) / args.runs * 1e6)
    return median(times)


def row_of(args: argparse.Namespace, batch: int, device: Device, plan: CfcPlan | None) -> list[Any]:
    """Return the row of a plan, or of the plain path."""
    net = make_net(args, batch, device)
    cell = net.device_layers[1].cell
    if not isinstance(cell, CudaCfcCell):
        raise SystemExit("there are no kernels for such a cell, or MYCAFFE_FAST turns them off")
    cell._found[batch] = None
    if plan is not None:
        cell._found[batch] = CfcKernels(device, cell._kernel_shape, plan, batch)

    def one_pass() -> None:
        net.forward_layers()
        net.backward_layers()

    one_pass()
    kernels = cell._running
    whole = microseconds(one_pass, device, args)
    if plan is None:
        return ["plain CuPy", "-", "-", "-", "-", "-", whole]
    if kernels is None or kernels.plan != plan:
        raise KernelUnavailable(next(iter(cell._refused.values()), "another plan runs"))
    arguments = cell._arguments
    parts = [
        lambda: kernels.forward(arguments),
        lambda: kernels.backward(arguments),
        cell._weight_gradients,
    ]
    resident = "" if plan.resident else ", weights from the cache"
    times = [microseconds(part, device, args) for part in parts]
    shape = f"{plan.parts} x {plan.threads}{resident}"
    return [WAYS[plan.sync], shape, plan.tile, *times, whole]


def ways(args: argparse.Namespace, batch: int, device: Device) -> list[CfcPlan | None]:
    """Return the plans to be tried: those of the product, some others to compare with, and None for the plain path."""
    cell = make_net(args, batch, device).device_layers[1].cell
    if not isinstance(cell, CudaCfcCell):
        return [None]
    chip = chip_of(device)
    found = plans(chip, cell._kernel_shape, batch)
    others = [CfcPlan(sync, 4, 512, True) for sync in (CLUSTER, COOPERATIVE)]
    if args.layers and args.hidden >= 64:
        found += [p for p in others if chip.has_clusters or p.sync != CLUSTER]
    return [*dict.fromkeys(found), None]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 8, 32, 128])
    parser.add_argument("--steps", type=int, default=82)
    parser.add_argument("--hidden", type=int, default=256)
    parser.add_argument("--units", type=int, default=64)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--dtype", default="float32", choices=("float32", "float64"))
    parser.add_argument("--rounds", type=int, default=5, help="rounds of the median")
    parser.add_argument("--runs", type=int, default=20, help="runs in each round (default 20)")
    parser.add_argument("--device", default="gpu", help="gpu (default) or gpu:N")
    parser.add_argument("--record", action="store_true", help="write the figures to results/")
    args = parser.parse_args(arguments)
    try:
        device = open_device(args.device)
    except DeviceError as error:
        print(f"{error.message}\n{error.hint or ''}".strip(), file=sys.stderr)
        return error.exit_code
    index = int(device.name.partition(":")[2])
    name = device.xp.cuda.runtime.getDeviceProperties(index)["name"].decode()
    settings = {
        "GPU": f"{name}, CuPy {device.xp.__version__}",
        "cell": f"{args.hidden} neurons, {args.layers} x {args.units} ReLU, {args.steps} steps, {args.dtype}",
        "rounds": args.rounds,
        "runs in each": args.runs,
    }
    report = Report("Kernels of the CfC cell", "cfc_kernels", settings)
    for batch in args.batch:
        rows = []
        for plan in ways(args, batch, device):
            try:
                rows.append(row_of(args, batch, device, plan))
            except KernelUnavailable as error:
                report.say(
                    f"batch {batch}, {WAYS[plan.sync]} {plan.parts} x {plan.threads}: {error}"
                )
        report.add(f"batch {batch}", COLUMNS, rows)
    report.finish(args.record)
    return 0


if __name__ == "__main__":
    sys.exit(main())

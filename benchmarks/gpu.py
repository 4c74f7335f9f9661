"""Everything that has to be known of a GPU, in one run of under eight minutes."""

from __future__ import annotations

import argparse
import importlib.util
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import gpu_sides as sides
import numpy as np
import resnet50
from reporting import Report

from mycaffe_py.builder import load_model
from mycaffe_py.device import Device, device as device_module, open_device
from mycaffe_py.errors import DeviceError

ROOT = Path(__file__).parents[1]
COLUMNS = ("step", "ours us", "plain CuPy us", "torch us", "plain / ours", "torch / ours")
NOT_RUN = "not run"
WARM_UP = 30
"""Untimed steps of each side: kernels are compiled, steps recorded, and a layer has looked at its first batches."""


@dataclass(frozen=True)
class Sizes:
    """How large and how long everything is; a rehearsal is tiny."""

    steps: int = 82
    hidden: int = 256
    units: int = 64
    images: int = 64
    image: int = 224
    classes: int = 1000
    stages: tuple[tuple[int, int, int], ...] = resnet50.STAGES
    seconds: float = 12.0
    """Time for the rounds of one comparison."""
    rounds: int = 15
    warm_up: int = WARM_UP
    updates: int = 200


TINY = Sizes(4, 8, 4, 2, 33, 5, ((1, 2, 1), (1, 2, 2)), 0.2, 2, 6, 6)

# The sections: each returns {table: [rows]}, and runs in a process of its own.


def tutorial(device: Device, sizes: Sizes, place: str, batch: int) -> dict[str, list[list[Any]]]:
    """The tutorial's training step: our kernels, the plain CuPy path, torch eager."""
    rng = np.random.default_rng(3)
    batches = sides.tutorial_batches(batch, sizes.steps, rng)
    document = sides.tutorial_document(batch, sizes.steps, sizes.hidden, sizes.units)
    return _compare(
        f"tutorial, batch {batch}",
        lambda fast: sides.our_solver(document, sides.ADAMW, device, batches, fast),
        lambda solver: sides.tutorial_torch(solver, batches, place),
        device,
        sizes,
        place,
    )


def lenet(device: Device, sizes: Sizes, place: str) -> dict[str, list[list[Any]]]:
    """LeNet's training step."""
    batches = sides.image_batches(sizes.images, 1, 28, 10, np.random.default_rng(3))
    shapes = {"data": (sizes.images, 1, 28, 28), "label": (sizes.images,)}
    document = sides.with_inputs(load_model("LeNet.prototxt").message, shapes)

    def theirs(solver: Any) -> Callable[[int], None]:
        import torch_nets

        return sides.image_torch(torch_nets.LeNet(), batches, place)

    return _compare(
        f"LeNet, batch {sizes.images}",
        lambda fast: sides.our_solver(document, sides.SGD, device, batches, fast),
        theirs,
        device,
        sizes,
        place,
    )


def resnet(device: Device, sizes: Sizes, place: str) -> dict[str, list[list[Any]]]:
    """ResNet-50's training step."""
    batches = sides.image_batches(
        sizes.images, 3, sizes.image, sizes.classes, np.random.default_rng(3)
    )
    text = resnet50.prototxt(sizes.images, sizes.image, sizes.classes, sizes.stages)
    return _compare(
        f"ResNet-50, batch {sizes.images}, {sizes.image} x {sizes.image}",
        lambda fast: sides.our_solver(text, sides.SGD, device, batches, fast),
        lambda solver: sides.image_torch(
            resnet50.module(sizes.classes, sizes.stages), batches, place
        ),
        device,
        sizes,
        place,
    )


def memory(device: Device, sizes: Sizes, place: str) -> dict[str, list[list[Any]]]:
    """The GPU memory that the tutorial's training takes beyond the CUDA context."""
    runtime = device.xp.cuda.runtime
    device.xp.zeros(1).sum().item()  # the context, and a first kernel
    before = runtime.memGetInfo()[0]
    batches = sides.tutorial_batches(1, sizes.steps, np.random.default_rng(3))
    document = sides.tutorial_document(1, sizes.steps, sizes.hidden, sizes.units)
    solver = sides.our_solver(document, sides.ADAMW, device, batches, True)
    solver.step(sizes.updates)
    device.synchronize()
    taken = (before - runtime.memGetInfo()[0]) / 2**20
    return {"memory": [[f"tutorial, batch 1, {sizes.updates} updates", taken]]}


def tests(device: Device, sizes: Sizes, place: str) -> dict[str, list[list[Any]]]:
    """The tests marked gpu: how many passed, and which failed."""
    marked = "gpu" if sizes is not TINY else "shim and not slow"
    where = ["tests/gpu", "tests/cuda"] if sizes is not TINY else ["tests/cuda/test_uniform.py"]
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-n",
        "4",
        "-m",
        marked,
        *where,
        "-p",
        "no:cacheprovider",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    counts = {
        word: int(number)
        for number, word in re.findall(r"(\d+) (passed|failed|error)", done.stdout[-400:])
    }
    print(done.stdout[-6000:], done.stderr[-2000:], sep="\n")
    failed = re.findall(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.M)
    row = [counts.get("passed", 0), counts.get("failed", 0) + counts.get("error", 0)]
    return {"tests": [[*row, " ".join(failed[:20]) or "-"]]}


def _compare(
    name: str,
    ours: Callable[[bool], Any],
    theirs: Callable[[Any], Callable[[int], None]],
    device: Device,
    sizes: Sizes,
    place: str,
) -> dict[str, list[list[Any]]]:
    """Time a step of ours, of the plain CuPy path and of torch in turn; a side that fails is said and left out."""
    found: dict[str, Callable[[int], None]] = {}
    fast = ours(True)
    has_torch = importlib.util.find_spec("torch") is not None
    if has_torch:
        _same_precision()

    def torch_wait() -> None:
        import torch

        if place != "cpu":
            torch.cuda.synchronize()

    def add(side: str, make: Callable[[], Callable[[int], Any]], wait: Callable[[], None]) -> None:
        try:
            run = sides.synchronized(make(), wait)
            run(sizes.warm_up)
            found[side] = run
        except Exception as error:
            print(f"{name}: {side} is left out: {type(error).__name__}: {error}")

    add("ours", lambda: fast.step, device.synchronize)
    add("plain", lambda: ours(False).step, device.synchronize)
    if has_torch:
        add("torch", lambda: theirs(fast), torch_wait)
    else:
        print(f"{name}: torch is not installed")
    recorder = fast.passes.recorder
    print(
        f"{name}: {'no graph' if recorder is None else recorder.refused or 'replayed as a graph'}"
    )
    return {"steps": [_row(name, found, sizes)]}


def _same_precision() -> None:
    """Let torch multiply in full float32, as we do, not in TF32."""
    import torch

    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False


def _row(name: str, found: Mapping[str, Callable[[int], None]], sizes: Sizes) -> list[Any]:
    times: dict[str, list[float]] = {side: [] for side in found}
    counts = {}
    for side, run in found.items():
        start = time.perf_counter()
        run(3)
        each = (time.perf_counter() - start) / 3
        counts[side] = int(
            np.clip(sizes.seconds / len(found) / sizes.rounds / max(each, 1e-6), 3, 5000)
        )
    end = time.perf_counter() + sizes.seconds
    for number in range(sizes.rounds):
        for side in found if number % 2 else reversed(list(found)):
            start = time.perf_counter()
            found[side](counts[side])
            times[side].append((time.perf_counter() - start) / counts[side] * 1e6)
        if number >= 2 and time.perf_counter() > end:
            break

    def ratio(side: str) -> Any:
        if side not in times or "ours" not in times:
            return NOT_RUN
        return float(median(np.divide(times[side], times["ours"])))

    figures = [
        float(median(times[s])) if s in times else NOT_RUN for s in ("ours", "plain", "torch")
    ]
    return [name, *figures, ratio("plain"), ratio("torch")]


SECTIONS: dict[str, tuple[Callable[..., dict[str, list[list[Any]]]], dict[str, int], int]] = {
    "tests": (tests, {}, 130),
    "tutorial-1": (tutorial, {"batch": 1}, 60),
    "tutorial-8": (tutorial, {"batch": 8}, 50),
    "tutorial-32": (tutorial, {"batch": 32}, 60),
    "memory": (memory, {}, 30),
    "lenet": (lenet, {}, 50),
    "resnet50": (resnet, {}, 90),
}
"""By name: the function, its arguments, and the seconds after which it is ended."""
TABLES = {
    "tests": ("passed", "failed", "which"),
    "steps": COLUMNS,
    "memory": ("training", "MiB beyond the context"),
}


def run_section(name: str, args: argparse.Namespace) -> None:
    """Run one section in this process and write its rows to ``args.out``."""
    if args.rehearse:
        _stand_in()
    device = open_device(args.device)
    function, words, _ = SECTIONS[name]
    sizes, place = (TINY, "cpu") if args.rehearse else (Sizes(), "cuda")
    Path(args.out).write_text(json.dumps(function(device, sizes, place, **words)))


def _stand_in() -> None:
    """Let the strict stand-in of the tests answer for CuPy, with our kernels run by the shim on the CPU."""
    sys.path.insert(0, str(ROOT))
    from tests.cuda.stand_in_kernels import Kernels
    from tests.gpu.stand_in import StandIn

    module = StandIn()
    Kernels(module)
    device_module.import_cupy = lambda: module


def collect(names: list[str], args: argparse.Namespace) -> tuple[dict[str, list[Any]], list[str]]:
    """Run sections, each in a process with a time limit; return the rows of each table, and what went wrong."""
    rows: dict[str, list[Any]] = {table: [] for table in TABLES}
    problems = []
    for name in names:
        limit = SECTIONS[name][2]
        print(f"== {name}, at most {limit} s", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "rows.json"
            command = [
                sys.executable,
                __file__,
                "--section",
                name,
                "--out",
                str(out),
                "--device",
                args.device,
            ]
            begin = time.perf_counter()
            try:
                code = subprocess.run(
                    [*command, *(["--rehearse"] if args.rehearse else [])], timeout=limit
                ).returncode
                why = "" if out.exists() else f"it ended with code {code}"
            except subprocess.TimeoutExpired:
                why = f"it was ended after {limit} s"
            print(f"== {name}: {time.perf_counter() - begin:.1f} s {why}", flush=True)
            if why:
                problems.append(f"{name}: {NOT_RUN}: {why}")
                continue
            for table, found in json.loads(out.read_text()).items():
                rows[table] += found
    return rows, problems


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--sections", nargs="+", choices=SECTIONS, default=list(SECTIONS), metavar="SECTION"
    )
    parser.add_argument("--device", default="gpu:0", help="gpu:N (default gpu:0)")
    parser.add_argument(
        "--rehearse", action="store_true", help="tiny sizes on a stand-in: no GPU, no figures"
    )
    parser.add_argument("--record", action="store_true", help="write the figures to results/")
    parser.add_argument("--section", choices=SECTIONS, help=argparse.SUPPRESS)
    parser.add_argument("--out", help=argparse.SUPPRESS)
    args = parser.parse_args(arguments)
    if args.rehearse and args.record:
        parser.error("a rehearsal measures nothing that could be recorded")
    return args


def gpu_name(args: argparse.Namespace) -> str:
    """Return the name of the GPU; raises DeviceError without one."""
    if args.rehearse:
        return "none: a rehearsal on the CPU, whose times mean nothing"
    device = open_device(args.device)
    index = int(device.name.partition(":")[2])
    name = device.xp.cuda.runtime.getDeviceProperties(index)["name"]
    return f"{name.decode()}, CuPy {device.xp.__version__}"


def main(arguments: list[str] | None = None) -> int:
    args = parse(arguments)
    if args.section:
        run_section(args.section, args)
        return 0
    try:
        name = gpu_name(args)
    except DeviceError as error:
        print(f"{error.message}\n{error.hint or ''}".strip(), file=sys.stderr)
        print("\n".join(f"{section}: {NOT_RUN}: no GPU" for section in args.sections))
        return error.exit_code
    report = Report("On a GPU", "gpu", {"GPU": name})
    rows, problems = collect(args.sections, args)
    for problem in problems:
        report.say(problem)
    for table, found in rows.items():
        if found:
            report.add(table, TABLES[table], found)
    report.finish(args.record and any(rows.values()))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

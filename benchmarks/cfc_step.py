"""Time of one training step of the tutorial's net, ours and torch's in turn, on one thread each.

A step is that of a user's run: new inputs and target, forward, backward, AdamW. Both sides start from the same
weights, get the same values, and treat subnormal numbers alike; before the timing, their losses and gradients are
compared. Torch's side is ``torch_cfc.py``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import one_thread  # noqa: F401  (before NumPy)
import simd_width  # noqa: F401  (before NumPy)

# isort: split
import numpy as np
import torch
from interleaved_timing import TOLERANCE, deviation, figures, time_interleaved
from reporting import Report
from torch_cfc import Cfc, set_weights

import mycaffe_py.device.denormals
from mycaffe_py.builder import build_training, load_model, load_solver_file
from mycaffe_py.device.denormals import can_flush
from mycaffe_py.solver import Solver

MODEL, SOLVER = "LiquidNetCfc.prototxt", "adamw.prototxt"
LAYER = "cfc1"
WARM_UP = 10
Arrays = dict[str, np.ndarray]


def build_ours(batch: int, with_mask: bool, with_trainer: bool) -> Solver:
    """Return the solver of the shipped files for a batch; without a trainer the caller fills the inputs."""
    model, solver = load_model(MODEL), load_solver_file(SOLVER)
    data, cfc = model.message.layer[0], model.message.layer[1]
    for shape in data.input_param.shape:
        shape.dim[0] = batch
    if not with_mask:
        index = list(data.top).index("mask")
        del data.top[index], data.input_param.shape[index]
        cfc.bottom.remove("mask")
        solver.message.trainer.blob_names.ClearField("mask")
    if not with_trainer:
        solver.message.ClearField("trainer")
    return build_training(solver=solver, model=model, device="cpu", seed=1).solver


class TorchSide:
    """The same net, weights and update rule in torch."""

    def __init__(self, solver: Solver, fused: bool):
        net, param = solver.net, solver.param
        layer = net.layer_dict[LAYER]
        unit = layer.param.cfc_unit_param
        self.model = Cfc(
            features=net.blobs["x"].shape[2],
            columns=layer.composer.columns,
            outputs=layer.param.cfc_param.output_features,
            hidden=layer.param.cfc_param.hidden_size,
            units=unit.backbone_units,
            layers=unit.backbone_layers,
            activation="relu",
        )
        set_weights(
            self.model, dict(zip(layer.blob_names, (b.data for b in layer.blobs), strict=True))
        )
        self.optimizer = torch.optim.AdamW(
            self.model.parameters(),
            lr=param.base_lr,
            betas=(param.momentum, param.momentum2),
            eps=param.delta,
            weight_decay=param.adamw_decay,
            fused=fused,
        )

    def forward_backward(self, values: Arrays) -> float:
        tensors = {name: torch.from_numpy(array) for name, array in values.items()}
        output = self.model(tensors["x"], tensors["tt"][..., 0], tensors.get("mask"))
        loss = ((output - tensors["target"]) ** 2).sum()
        self.optimizer.zero_grad()
        loss.backward()
        return loss.item()

    def step(self, values: Arrays) -> None:
        self.forward_backward(values)
        self.optimizer.step()


def fill(solver: Solver, values: Arrays) -> None:
    """Put values into the net's input blobs."""
    for name, array in values.items():
        solver.net.blobs[name].data[...] = array


def ours(solver: Solver) -> Callable[[Arrays], None]:
    """Return our step; with a trainer it fetches its own values from the gym."""

    def step(values: Arrays) -> None:
        if solver.trainer is None:
            fill(solver, values)
        solver.step(1)

    return step


def windows(solver: Solver) -> Iterator[Arrays]:
    """Yield inputs and targets as from the Curve gym, advancing by one point each time."""
    blobs = solver.net.blobs
    batch, steps, _ = blobs["x"].shape
    starts = np.random.default_rng(7).uniform(0, 2 * np.pi, (batch, 1))
    starts[0] = 0
    length = 2 * np.pi / 360
    for first in range(sys.maxsize):
        x = (starts + length * (first + np.arange(steps)))[..., None].astype(np.float32)
        values = {"x": x, "tt": x.copy(), "target": np.sin(x[:, -1])}
        if "mask" in blobs:
            values["mask"] = np.ones_like(x)
        yield values


def compare(solver: Solver, theirs: TorchSide, values: Arrays) -> tuple[float, float, float]:
    """Return both losses and the largest gradient deviation, relative to its array's maximum."""
    fill(solver, values)
    net, layer = solver.net, solver.net.layer_dict[LAYER]
    net.clear_param_diffs()
    loss = net.forward_backward()
    torch_loss = theirs.forward_backward(values)
    found = dict(zip(layer.blob_names, (blob.diff for blob in layer.blobs), strict=True))
    worst = 0.0
    for name, parameter in theirs.model.named_parameters():
        worst = max(worst, deviation(found[name], parameter.grad.numpy()))
    net.clear_param_diffs()
    return loss, torch_loss, worst


def fed(step: Callable[[Arrays], None], values: list[Arrays]) -> Callable[[], None]:
    """Return ``step`` called with the next of the values each time."""
    following = iter(values)
    return lambda: step(next(following))


def measure(batch: int, args: argparse.Namespace) -> tuple[str, list[Any]]:
    """Return the result of the comparison, and the row of figures for one batch size."""
    solver = build_ours(batch, not args.no_mask, args.with_trainer)
    theirs = TorchSide(solver, args.fused_adamw)
    values = windows(solver)
    loss, torch_loss, worst = compare(solver, theirs, next(values))
    same = abs(loss - torch_loss) <= 1e-4 * abs(torch_loss) and worst <= TOLERANCE
    checked = (
        f"batch {batch}: loss {loss:.7g} ours, {torch_loss:.7g} torch; "
        f"gradients within {worst:.1e} of each array's maximum"
    )
    if not same:
        raise SystemExit(f"{checked}: the two sides do not compute the same")
    seen = list(islice(values, WARM_UP + args.rounds * args.steps))
    sides = [fed(step, seen) for step in (ours(solver), theirs.step)]
    times = time_interleaved(sides, args.rounds, args.steps, WARM_UP)
    return checked, [batch, *figures(times, over=0)]


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, nargs="+", default=[1], help="batch sizes (default 1)")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--steps", type=int, default=10, help="steps of each side in a round")
    parser.add_argument(
        "--no-mask", action="store_true", help="leave out the mask path on both sides"
    )
    parser.add_argument(
        "--with-trainer", action="store_true", help="our side also runs gym and trainer"
    )
    parser.add_argument(
        "--fused-adamw", action="store_true", help="torch's fused AdamW, not its default"
    )
    parser.add_argument("--denormals", choices=("flush", "keep"), default="flush")
    parser.add_argument("--record", action="store_true", help="write the figures to results/")
    return parser.parse_args()


def set_denormals(mode: str) -> None:
    """Set the same treatment of subnormal numbers on both sides."""
    if mode == "keep":
        mycaffe_py.device.denormals._libm = (
            None  # the solver then leaves the processor's setting alone
        )
    elif not can_flush() or not torch.set_flush_denormal(True):
        raise SystemExit(
            "subnormal numbers cannot be flushed here on both sides: use --denormals keep"
        )


def main() -> int:
    args = parse()
    torch.set_num_threads(1)
    set_denormals(args.denormals)
    settings = {
        "model": MODEL,
        "solver": SOLVER,
        "mask": "no" if args.no_mask else "yes",
        "trainer and gym on our side": "yes" if args.with_trainer else "no",
        "torch's AdamW": "fused" if args.fused_adamw else "default",
        "subnormals": args.denormals,
        "rounds": args.rounds,
        "steps a round": args.steps,
        "threads": 1,
    }
    suffixes = {
        "-no-mask": args.no_mask,
        "-with-trainer": args.with_trainer,
        "-fused-adamw": args.fused_adamw,
        "-keep-denormals": args.denormals == "keep",
    }
    name = "cfc_step" + "".join(suffix for suffix, given in suffixes.items() if given)
    report = Report("One training step: ours and torch eager in turn", name, settings)
    rows = []
    for batch in args.batch:
        checked, row = measure(batch, args)
        report.say(checked)
        rows.append(row)
    report.add("steps", ("batch", "ours ms", "torch ms", "torch / ours", "least", "most"), rows)
    report.finish(args.record)
    return 0


if __name__ == "__main__":
    sys.exit(main())

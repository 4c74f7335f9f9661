"""A training step of the tutorial's net, and of the same net in other sizes."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice

import numpy as np

from mycaffe_py.builder import build_training, load_model, load_solver_file
from mycaffe_py.solver import Solver

from .sides import Arrays

MODEL, SOLVER = "LiquidNetCfc.prototxt", "adamw.prototxt"
LAYER = "cfc1"
POOL = 128
"""Values that a side goes through before it meets the first ones again."""


@dataclass(frozen=True)
class Sizes:
    """What differs from the shipped files."""

    batch: int = 1
    steps: int = 82
    hidden: int = 256
    units: int = 64
    with_mask: bool = True


def build_solver(sizes: Sizes, *, with_trainer: bool = False) -> Solver:
    """Return the solver of the shipped files; without a trainer the caller fills the inputs."""
    model, solver = load_model(MODEL), load_solver_file(SOLVER)
    data, cfc = model.message.layer[0], model.message.layer[1]
    for name, shape in zip(data.top, data.input_param.shape, strict=True):
        shape.dim[0] = sizes.batch
        if name != "target":
            shape.dim[1] = sizes.steps
    if not sizes.with_mask:
        index = list(data.top).index("mask")
        del data.top[index], data.input_param.shape[index]
        cfc.bottom.remove("mask")
        solver.message.trainer.blob_names.ClearField("mask")
    cfc.cfc_param.hidden_size = sizes.hidden
    cfc.cfc_unit_param.backbone_units = sizes.units
    if not with_trainer:
        solver.message.ClearField("trainer")
    return build_training(solver=solver, model=model, device="cpu", seed=1).solver


def fill(solver: Solver, values: Arrays) -> None:
    """Put values into the net's input blobs."""
    for name, array in values.items():
        solver.net.blobs[name].data[...] = array


def windows(solver: Solver) -> Iterator[dict[str, np.ndarray]]:
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


def loss_and_gradients(solver: Solver, values: Arrays) -> dict[str, np.ndarray]:
    """Return the loss and the gradients of the liquid layer's weights by name, for some values."""
    fill(solver, values)
    net, layer = solver.net, solver.net.layer_dict[LAYER]
    net.clear_param_diffs()
    loss = np.asarray(net.forward_backward())
    found = {
        name: blob.diff.copy() for name, blob in zip(layer.blob_names, layer.blobs, strict=True)
    }
    net.clear_param_diffs()
    return {"loss": loss, **found}


class TutorialSide:
    """Our side: ``Solver.step``, or without ``update`` the passes alone."""

    def __init__(self, sizes: Sizes, update: bool = True, pool: int = POOL):
        self.solver, self.update = build_solver(sizes), update
        self.pool: Sequence[Arrays] = list(islice(windows(self.solver), pool))
        self._following = cycle(self.pool)

    def results(self) -> Arrays:
        """Return loss and gradients."""
        return loss_and_gradients(self.solver, self.pool[0])

    def step(self) -> None:
        """Fill the inputs and run a step."""
        fill(self.solver, next(self._following))
        if self.update:
            self.solver.step(1)
        else:
            self.solver.net.clear_param_diffs()
            self.solver.net.forward_backward()

    def close(self) -> None:
        """Close the net."""
        self.solver.net.close()

"""Both sides of the comparisons on a GPU: our solvers and torch's, with the same nets, weights and batches."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from mycaffe_py.builder import load_model
from mycaffe_py.device import Device
from mycaffe_py.schema import Document
from mycaffe_py.solver import Solver

BANK = 16
"""Batches that each side goes through in turn, on the device from the beginning."""
SGD = 'type: "SGD" lr_policy: "fixed" base_lr: 0.001 momentum: 0.9 '
ADAMW = 'type: "AdamW" lr_policy: "fixed" base_lr: 0.001 momentum: 0.9 momentum2: 0.95 delta: 1e-8 '

Arrays = dict[str, np.ndarray]


@contextmanager
def own_kernels(used: bool) -> Iterator[None]:
    """Build and begin a solver with our own kernels and graphs, or on the plain CuPy path."""
    before = os.environ.get("MYCAFFE_FAST")
    os.environ["MYCAFFE_FAST"] = "1" if used else "0"
    try:
        yield
    finally:
        os.environ.pop("MYCAFFE_FAST")
        if before is not None:
            os.environ["MYCAFFE_FAST"] = before


class Bank:
    """A trainer that copies a batch from the device's memory into the net's inputs."""

    type = "bank"

    def __init__(self, solver: Solver, batches: list[Arrays]):
        device, blobs = solver.net.device, solver.net.device_blobs
        self._net = solver.net
        self._batches = [
            [
                (blobs[name], device.asarray(values, dtype=solver.net.dtype))
                for name, values in batch.items()
            ]
            for batch in batches
        ]
        self._next = 0

    def collects_outputs_only(self) -> bool:
        return True

    def prepare(self) -> None:
        for blob, values in self._batches[self._next % len(self._batches)]:
            blob.data[...] = values
        self._next += 1

    def collect(self) -> None:
        pass

    def metrics(self) -> dict[str, float]:
        return {}

    def sample(self) -> dict[str, Any]:
        return {}


def with_inputs(message: Any, shapes: dict[str, tuple[int, ...]]) -> Document:
    """Return a model fed by an Input layer of these blobs instead of its own inputs and data layers."""
    kept = [layer for layer in message.layer if layer.bottom and not set(layer.top) & set(shapes)]
    inputs = type(message.layer[0])(name="inputs", type="Input", top=list(shapes))
    for shape in shapes.values():
        inputs.input_param.shape.add().dim.extend(shape)
    return Document(type(message)(name=message.name, layer=[inputs, *kept]))


def our_solver(
    document: Any, settings: str, device: Device, batches: list[Arrays], fast: bool
) -> Solver:
    """Return a solver of ours that is fed from a bank; with ``fast`` it uses our own kernels."""
    from mycaffe_py import get_solver

    with own_kernels(fast):
        device.seed_generators(1)
        solver = get_solver(settings, document, device=device, seed=1)
        solver.trainer = Bank(solver, batches)
        solver.step(1)  # where it is decided what is recorded
    return solver


def torch_batches(batches: list[Arrays], place: str) -> list[dict[str, Any]]:
    """Return the batches as torch's tensors on a device."""
    import torch

    return [
        {
            name: torch.from_numpy(values.astype(np.float32)).to(place)
            for name, values in batch.items()
        }
        for batch in batches
    ]


def torch_side(
    model: Any, optimizer: Any, loss_of: Callable[[dict[str, Any]], Any], batches: list[Any]
) -> Callable[[int], None]:
    """Return a function that makes so many steps in torch's eager mode."""
    position = 0

    def run(steps: int) -> None:
        nonlocal position
        for _ in range(steps):
            optimizer.zero_grad()
            loss_of(batches[position % len(batches)]).backward()
            optimizer.step()
            position += 1

    return run


def synchronized(run: Callable[[int], Any], wait: Callable[[], None]) -> Callable[[int], None]:
    """Return ``run``, from an idle device until it is idle again."""

    def whole(steps: int) -> None:
        wait()
        run(steps)
        wait()

    return whole


# The tutorial's net.


def tutorial_batches(batch: int, steps: int, rng: np.random.Generator) -> list[Arrays]:
    """Return windows of a sine with targets that differ from batch to batch."""
    found = []
    for _ in range(BANK):
        x = (rng.uniform(0, 6, (batch, 1)) + np.arange(steps) * 2 * np.pi / 360)[..., None]
        found.append({"x": x, "tt": x.copy(), "mask": np.ones_like(x), "target": np.sin(x[:, -1])})
    return found


def tutorial_document(batch: int, steps: int, hidden: int, units: int) -> Document:
    """Return LiquidNetCfc.prototxt for a batch of windows."""
    message = load_model("LiquidNetCfc.prototxt").message
    shape = (batch, steps, 1)
    for layer in message.layer:
        if layer.type == "CFC":
            layer.cfc_param.hidden_size, layer.cfc_unit_param.backbone_units = hidden, units
    return with_inputs(message, {"x": shape, "tt": shape, "mask": shape, "target": (batch, 1)})


def tutorial_torch(solver: Solver, batches: list[Arrays], place: str) -> Callable[[int], None]:
    """Return the steps of the CfC authors' net in torch, with the solver's weights."""
    import torch
    from torch_cfc import Cfc, set_weights

    layer = next(one for one in solver.net.device_layers if one.type == "CFC")
    unit, host = layer.param.cfc_unit_param, solver.net.device.to_host
    model = Cfc(
        features=1,
        columns=layer.composer.columns,
        outputs=layer.param.cfc_param.output_features,
        hidden=layer.param.cfc_param.hidden_size,
        units=unit.backbone_units,
        layers=unit.backbone_layers,
        activation="relu",
    )
    arrays = (host(blob.data) for blob in layer.blobs)
    set_weights(model, dict(zip(layer.blob_names, arrays, strict=True)))
    model.to(place)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.95), eps=1e-8)

    def loss_of(values: dict[str, Any]) -> Any:
        output = model(values["x"], values["tt"][..., 0], values["mask"])
        return ((output - values["target"]) ** 2).sum()

    return torch_side(model, optimizer, loss_of, torch_batches(batches, place))


# Nets for images.


def image_batches(
    batch: int, channels: int, size: int, classes: int, rng: np.random.Generator
) -> list[Arrays]:
    """Return random images with random classes."""
    return [
        {
            "data": rng.standard_normal((batch, channels, size, size), dtype=np.float32),
            "label": rng.integers(0, classes, batch).astype(np.float32),
        }
        for _ in range(2 if size > 64 else BANK)
    ]


def image_torch(model: Any, batches: list[Arrays], place: str) -> Callable[[int], None]:
    """Return the steps of a torch module that takes data and label and returns the loss."""
    import torch

    model.to(place)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
    tensors = torch_batches(batches, place)
    return torch_side(model, optimizer, lambda values: model(**values), tensors)

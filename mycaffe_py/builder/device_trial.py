"""A net like that of a training, on any device, to see how fast it is there: with weights and inputs of its own."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from mycaffe_py.device.device import Device
from mycaffe_py.errors import ConfigError
from mycaffe_py.layer.layer import TRAIN
from mycaffe_py.net.known_work import NetWork
from mycaffe_py.net.named_code import layers_that_run_code
from mycaffe_py.net.net import Net
from mycaffe_py.plugins.registry import Registry
from mycaffe_py.schema import Document

NOT_IN_A_STEP = (
    *("test_net", "test_net_param", "test_state", "test_iter", "test_interval"),
    *("snapshot", "display", "trainer"),
)
"""Fields of a solver for what it also does, now and then, and for what feeds it."""


@dataclass(frozen=True)
class Subject:
    """What is tried out. Without a solver, the net alone is."""

    model: Document
    registry: Registry
    dtype: Any
    state: Any
    """The NetState of the net."""
    solver: Any = None
    """A SolverParameter."""

    @property
    def runs_python(self) -> bool:
        """Whether the model names Python code, which nobody may run but the training itself."""
        return bool(layers_that_run_code(self.model.message, self.registry))


def trial_step(subject: Subject, work: NetWork, device: Device) -> Callable[[], None]:
    """Return a function that runs a training step, or the passes of a net without a solver, and waits for its end.

    Data layers are replaced by inputs of ones, which suit as labels, marks and times too; weights come from the fillers
    and stay as they are.
    """
    document = subject.model.copy()
    _replace_data(document.message, work)
    net = Net(
        document, registry=subject.registry, device=device, dtype=subject.dtype, state=subject.state
    )
    for name in net.inputs:
        net.device_blobs[name].data[...] = 1
    run = _passes(net) if subject.solver is None else _update(subject, net)

    def step() -> None:
        run()
        device.synchronize()

    return step


def _replace_data(message: Any, work: NetWork) -> None:
    """Leave out layers without tops, and let the tops of those without bottoms be inputs."""
    layers = [layer for layer in message.layer if layer.top]
    for index, layer in enumerate(layers):
        shapes = [work.shapes.get((index, top)) for top in layer.top]
        if layer.bottom or None in shapes:
            continue  # fed by others, or not in this phase
        rules, kept = (list(layer.include), list(layer.exclude)), (layer.name, list(layer.top))
        layer.Clear()
        layer.name, layer.type = kept[0], "Input"
        layer.top.extend(kept[1])
        layer.include.extend(rules[0])
        layer.exclude.extend(rules[1])
        for shape in shapes:
            layer.input_param.shape.add(dim=shape)
    copies = [type(layer).FromString(layer.SerializeToString()) for layer in layers]
    del message.layer[:]
    message.layer.extend(copies)


def _passes(net: Net) -> Callable[[], Any]:
    if net.phase != TRAIN or not any(net.layer_need_backward):
        return net.forward_layers

    def both() -> None:
        net.clear_param_diffs()
        net.forward_backward()

    return both


def _update(subject: Subject, net: Net) -> Callable[[], Any]:
    param = type(subject.solver).FromString(subject.solver.SerializeToString())
    for name in NOT_IN_A_STEP:
        param.ClearField(name)
    solver = subject.registry.solvers.find(param.type)(param, net, [])
    with suppress(ConfigError):  # the rate is 0 as it is
        solver.lr = 0.0
    return lambda: solver.step(1)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Context without warnings, after which Python's and NumPy's own generators are as they were before."""
    python, legacy = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        random.setstate(python)
        np.random.set_state(legacy)  # noqa: NPY002

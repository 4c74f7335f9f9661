"""Times of a net's layers and of whole training steps, with what they need at least."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np

from mycaffe_py.device.ceilings import Ceilings
from mycaffe_py.device.denormals import flush_denormals
from mycaffe_py.errors import LayerError, PluginCodeError
from mycaffe_py.layer.cost import Cost, Work, fault_of, floor_of
from mycaffe_py.layer.layer import Layer
from mycaffe_py.solver.update_cost import update_cost

_WARM_UP = 2


@dataclass
class LayerTime:
    """Seconds that one layer took in all iterations; ``backward`` is None for a layer without gradient."""

    name: str
    type: str
    forward: float = 0.0
    backward: float | None = 0.0
    cost: Cost = Cost()
    needs_backward: bool = True
    """Whether a training step runs it backward."""

    @property
    def works(self) -> tuple[Work, ...]:
        """What the passes that were timed need."""
        return self.cost.forward + (() if self.backward is None else self.cost.backward)

    @property
    def total(self) -> float:
        """Seconds of both passes."""
        return self.forward + (self.backward or 0.0)


@dataclass
class StepTime:
    """Seconds of whole training steps, and of the updates within them."""

    type: str
    """Of the solver."""
    steps: list[float]
    updates: list[float]
    update_cost: tuple[Work, ...]

    @property
    def step(self) -> float:
        """Mean seconds of a step."""
        return sum(self.steps) / len(self.steps)

    @property
    def update(self) -> float:
        """Mean seconds of an update."""
        return sum(self.updates) / len(self.updates)


@dataclass
class Timing:
    """Measured times; ``iterations`` holds the seconds of each one."""

    loss: float = 0.0
    layers: list[LayerTime] = field(default_factory=list)
    iterations: list[float] = field(default_factory=list)
    ceilings: Ceilings | None = None
    whole: StepTime | None = None

    @property
    def forward(self) -> float:
        """Mean seconds of a forward pass."""
        return sum(layer.forward for layer in self.layers) / len(self.iterations)

    @property
    def backward(self) -> float:
        """Mean seconds of a backward pass."""
        return sum(layer.backward or 0.0 for layer in self.layers) / len(self.iterations)

    @property
    def total(self) -> float:
        """Seconds of all iterations."""
        return sum(self.iterations)

    def floor(self, works: tuple[Work, ...]) -> float:
        """Return the least seconds for some work; 0 if the ceilings are not known."""
        return floor_of(works, self.ceilings) if self.ceilings is not None else 0.0

    @property
    def forward_works(self) -> tuple[Work, ...]:
        """What a forward pass needs."""
        return tuple(work for layer in self.layers for work in layer.cost.forward)

    @property
    def backward_works(self) -> tuple[Work, ...]:
        """What a backward pass needs, of the layers that were timed."""
        timed = (layer for layer in self.layers if layer.backward is not None)
        return tuple(work for layer in timed for work in layer.cost.backward)

    @property
    def step_works(self) -> tuple[Work, ...]:
        """What a training step needs, which runs only those layers backward that learn or lie above one that does."""
        back = (layer for layer in self.layers if layer.needs_backward)
        works = self.forward_works + tuple(work for layer in back for work in layer.cost.backward)
        return works + (self.whole.update_cost if self.whole is not None else ())


def measure(
    net: Any,
    iterations: int,
    begun: Callable[[float], None] = lambda loss: None,
    done: Callable[[int, float], None] = lambda number, seconds: None,
    trainer: Any = None,
) -> Timing:
    """Run a net forward and backward, layer by layer.

    Every layer that has a gradient runs backward, needed or not, with the net's own propagate_down. Inputs are
    filled by the trainer, if there is one, else with random numbers.
    """
    fill_inputs(net)
    if trainer is not None:
        trainer.prepare()
    timing = Timing(layers=[LayerTime(layer.name, layer.type) for layer in net.device_layers])
    with flush_denormals():
        timing.loss = net.forward_layers()
        for index in reversed(range(len(net.device_layers))):
            try:
                if not _backward(net, index):
                    timing.layers[index].backward = None
            except LayerError:
                timing.layers[index].backward = None
        begun(timing.loss)
        for number in range(1, iterations + 1):
            net.clear_param_diffs()
            timing.iterations.append(_one_iteration(net, timing.layers))
            done(number, timing.iterations[-1])
    for index, entry in enumerate(timing.layers):
        entry.cost = cost_of(net, index)
        entry.needs_backward = net.layer_need_backward[index]
    return timing


def cost_of(net: Any, index: int) -> Cost:
    """Return what a layer of the net needs for the shapes at hand."""
    layer, bottoms, tops = net.device_layers[index], net.bottoms[index], net.tops[index]
    cost = layer.cost(bottoms, tops, net.bottom_need_backward[index])
    fault = fault_of(cost)
    if fault:
        raise PluginCodeError(f'layer "{layer.name}" ({layer.type}): {fault}')
    return cost


def measure_steps(solver: Any, iterations: int) -> StepTime:
    """Run whole training steps, which change the weights, and time each one and the update within it.

    Tests, snapshots and lines of progress must be off.
    """
    device, ready = solver.net.device, [0.0]

    def gradients_ready() -> None:
        device.synchronize()
        ready[0] = perf_counter()

    fill_inputs(solver.net)
    steps, updates = [], []
    solver.add_callback(lambda: None, gradients_ready)
    for number in range(_WARM_UP + iterations):
        device.synchronize()
        start = perf_counter()
        solver.step(1)
        device.synchronize()
        end = perf_counter()
        if number >= _WARM_UP:
            steps.append(end - start)
            updates.append(end - ready[0])
    return StepTime(solver.type, steps, updates, (update_cost(solver),))


def _one_iteration(net: Any, times: list[LayerTime]) -> float:
    """Run every layer once, add to its times, and return the total seconds."""
    net.device.synchronize()
    start = last = perf_counter()
    for index, entry in enumerate(times):
        net.forward_layers(index, index)
        net.device.synchronize()
        now = perf_counter()
        entry.forward += now - last
        last = now
    for index in reversed(range(len(times))):
        entry = times[index]
        if entry.backward is not None:
            _backward(net, index)
            net.device.synchronize()
            now = perf_counter()
            entry.backward += now - last
            last = now
    return last - start


def _backward(net: Any, index: int) -> bool:
    """Run one layer backward; False if it has no gradient."""
    layer = net.device_layers[index]
    if type(layer).backward is Layer.backward:
        return False
    layer.backward(net.tops[index], net.bottom_need_backward[index], net.bottoms[index])
    return True


def fill_inputs(net: Any) -> None:
    """Fill inputs that no layer fills, with values that suit the layer that reads them, if it says which do.

    What has no gradient, such as labels and numbers of rows, is 0; the rest are numbers below 1.
    """
    inputs = set(net.inputs)
    for tops in net.tops:
        for blob in tops:
            if blob.name in inputs and blob.count:
                net.device.fill_uniform(blob.data)
    rng = np.random.default_rng(0)
    # Of which input a blob is: the layers that split one come first.
    origin = {blob.name: blob for tops in net.tops for blob in tops if blob.name in inputs}
    for layer, bottoms, tops in zip(net.device_layers, net.bottoms, net.tops, strict=True):
        if layer.type == "Split" and bottoms[0].name in origin:
            origin |= {top.name: origin[bottoms[0].name] for top in tops}
            continue
        for index, read in enumerate(bottoms):
            blob = origin.get(read.name)
            if blob is None or not blob.count:
                continue
            values = layer.trial_values(index, [each.shape for each in bottoms], rng)
            if values is None and not layer.allow_force_backward(index):
                values = np.zeros(blob.shape)
            if values is not None:
                blob.data[...] = net.device.asarray(values, dtype=blob.dtype)

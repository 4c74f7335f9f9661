"""check_solver: check that a solver's update rule keeps the base class's contract."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mycaffe_py.device.device import Device
from mycaffe_py.errors import DivergedError
from mycaffe_py.net.net import Net
from mycaffe_py.plugins.registry import Registry
from mycaffe_py.schema import load_net_text
from mycaffe_py.seeding import generator_state, restore_generator

from .blaming import blaming
from .strict import strict_device
from .strict_array import no_wider_than
from .subjects import subject_of

FLOAT32_TOLERANCE = 1e-3
"""How far float32 may be from float64 after a few steps, relative to the larger of 1 and the value."""

_STEPS = 5
_MODEL = """
    name: "check_solver"
    layer { name: "data" type: "Input" top: "x" top: "target"
            input_param { shape { dim: 8 dim: 3 } shape { dim: 8 dim: 2 } } }
    layer { name: "first" type: "InnerProduct" bottom: "x" top: "y1"
            inner_product_param { num_output: 2 } param { } param { lr_mult: 2 decay_mult: 0 } }
    layer { name: "frozen" type: "InnerProduct" bottom: "x" top: "y2"
            inner_product_param { num_output: 2 } param { lr_mult: 0 } param { lr_mult: 0 } }
    layer { name: "last" type: "InnerProduct" bottom: "x" top: "y3"
            inner_product_param { num_output: 2 } }
    layer { name: "loss1" type: "EuclideanLoss" bottom: "y1" bottom: "target" top: "loss1" }
    layer { name: "loss2" type: "EuclideanLoss" bottom: "y2" bottom: "target" top: "loss2" }
    layer { name: "loss3" type: "EuclideanLoss" bottom: "y3" bottom: "target" top: "loss3" }
"""


def check_solver(
    solver: Any,
    settings: Any = "",
    *,
    registry: Registry | None = None,
    steps: int = 200,
    device: Device | None = None,
) -> None:
    """Raise AssertionError with the reason if a solver violates its contract.

    ``solver`` is a Solver class, with its settings as prototxt text, a type name, or the text of a solver's settings:
    ``check_solver(Lion, "momentum: 0.9")``. base_lr 0.05 and lr_policy "fixed" are added where they are missing.
    On a small net it is checked that

    - weights of lr_mult 0 do not change, and the others change and stay finite;
    - the rule writes its step into ``group.diff`` and leaves ``group.data`` to the base class;
    - a rule that asks for history arrays uses them;
    - the same start gives the same bits;
    - everything that the rule remembers is in ``history``: N steps and then M steps of a new solver
      that was given the weights, ``history``, ``iter`` and ``current_step`` give the same bits
      as N + M steps;
    - ``steps`` updates reduce the loss of a quadratic problem to less than half;
    - float32 gives nearly the same as float64;
    - the rule runs on the strict device, which stands in for a GPU, with the same result, and in
      float32 makes no arrays of float64 there;
    - likewise on ``device``, such as ``open_device("gpu")``, if one is given.
    """
    if isinstance(settings, Registry):  # the second argument until 0.3
        settings, registry = "", settings
    check = _Check(*subject_of(solver, "solvers", settings, registry))
    with blaming(f"solver type {check.solver_class.type}", check.solver_class):
        check.run(steps)
        if device is not None:
            check.check_like_float64(f"on {device.name}", _Run(check, device), 1e-10)


class _Run:
    """A solver with its own net on its own device; the start is always the same."""

    def __init__(self, check: _Check, device: Device, dtype: Any = np.float64):
        self.device = device
        document = load_net_text(check.registry.schema, _MODEL)
        self.net = Net(document, registry=check.registry, device=device, dtype=dtype)
        rng = np.random.default_rng(0)
        x = rng.standard_normal((8, 3))
        values = {"x": x, "target": x @ rng.standard_normal((3, 2)) + 0.5}
        for name, value in values.items():
            self.net.device_blobs[name].data[...] = device.asarray(value, dtype=dtype)
        for blob in self.net.learnable_params:
            start = 0.1 * rng.standard_normal(blob.shape)
            blob.data[...] = device.asarray(start, dtype=dtype)
        self.solver = check.solver_class(check.param, self.net)

    def step(self, iterations: int) -> _Run:
        try:
            self.solver.step(iterations)
        except DivergedError as error:
            raise AssertionError(f"solver type {self.solver.type}: {error.message}") from error
        return self

    def weights(self) -> list[np.ndarray]:
        return [np.array(self.device.to_host(blob.data)) for blob in self.net.learnable_params]

    def history(self) -> list[np.ndarray]:
        return [np.array(self.device.to_host(array)) for array in self.solver.history]

    def loss(self) -> float:
        values = self.net.output_values()
        return values["loss1"] + values["loss3"]

    def copy_from(self, other: _Run) -> _Run:
        for blob, source in zip(self.net.learnable_params, other.weights(), strict=True):
            blob.data[...] = source
        for array, source in zip(self.solver.history, other.history(), strict=True):
            array[...] = source
        self.solver.iter, self.solver.began = other.solver.iter, other.solver.began
        self.solver.current_step = other.solver.current_step
        restore_generator(self.device.rng, generator_state(other.device.rng))
        return self


class _Check:
    def __init__(self, param: Any, registry: Registry):
        self.registry, self.param = registry, param
        if not self.param.HasField("base_lr"):
            self.param.base_lr = 0.05
        if not self.param.lr_policy:
            self.param.lr_policy = "fixed"
        self.solver_class = registry.solvers.find(self.param.type)

    def run(self, steps: int) -> None:
        self.start = _Run(self, Device())
        self.names = [
            f'{parameter.layer.blob_names[parameter.index]} of layer "{parameter.layer.name}"'
            for parameter in self.start.net.parameters.owners
        ]
        self.check_which_weights_move()
        self.check_what_is_written()
        self.check_history()
        self.check_repeatable()
        self.check_quadratic(steps)
        self.check_like_float64("in float32", _Run(self, Device(), np.float32), FLOAT32_TOLERANCE)
        self.check_like_float64("on the strict device", _Run(self, strict_device()), 1e-10)
        with no_wider_than(np.float32):
            run = _Run(self, strict_device(), np.float32)
            self.check_like_float64("in float32 on the strict device", run, FLOAT32_TOLERANCE)

    def expect(self, condition: Any, what: str) -> None:
        if not condition:
            raise AssertionError(f"solver type {self.solver_class.type}: {what}")

    def check_which_weights_move(self) -> None:
        before = self.start.weights()
        after = _Run(self, Device()).step(_STEPS).weights()
        owners = self.start.net.parameters.owners
        for name, owner, old, new in zip(self.names, owners, before, after, strict=True):
            if owner.lr == 0:
                self.expect(
                    np.array_equal(old, new), f"the update changes {name}, whose lr_mult is 0"
                )
            else:
                self.expect(np.isfinite(new).all(), f"{name} is not finite after {_STEPS} updates")
                self.expect(not np.array_equal(old, new), f"no update reaches {name}")

    def check_what_is_written(self) -> None:
        """Check that a call of the rule changes its group's diff and not the weights, apart from decay by a factor."""
        run = _Run(self, Device())
        rule = run.solver.compute_update

        def watched(group: Any, rate: float) -> Any:
            data, diff = group.data.copy(), group.diff.copy()
            returned = rule(group, rate)
            self.expect(
                _is_decay(data, group.data),
                "compute_update() changes group.data, but the base class subtracts the step: "
                "write the step into it instead: group.diff[...] = ...",
            )
            self.expect(
                returned is not None or not diff.any() or not np.array_equal(diff, group.diff),
                "compute_update() leaves the gradient in group.diff: write the step into it: group.diff[...] = ...",
            )
            return returned

        run.solver.compute_update = watched
        run.step(_STEPS)

    def check_history(self) -> None:
        for index, array in enumerate(_Run(self, Device()).step(_STEPS).history()):
            self.expect(
                array.any(),
                f"history {index} stays zero: write into it, group.history[{index}][...] = ..., "
                "or ask for fewer with history_slots",
            )

    def check_repeatable(self) -> None:
        whole = _Run(self, Device()).step(2 * _STEPS).weights()
        again = _Run(self, Device()).step(2 * _STEPS).weights()
        self.same(whole, again, "two runs from the same start differ")
        first = _Run(self, Device()).step(_STEPS)
        second = _Run(self, Device()).copy_from(first).step(_STEPS).weights()
        self.same(
            whole,
            second,
            f"{_STEPS} + {_STEPS} updates with the history passed on differ from "
            f"{2 * _STEPS}: what the rule remembers must be in group.history",
        )

    def same(self, left: list[np.ndarray], right: list[np.ndarray], what: str) -> None:
        for name, one, other in zip(self.names, left, right, strict=True):
            self.expect(np.array_equal(one, other), f"{name}: {what}")

    def check_quadratic(self, steps: int) -> None:
        run = _Run(self, Device()).step(1)
        first = run.loss()
        last = run.step(max(1, steps - 1)).loss()
        self.expect(
            last < first / 2,
            f"{steps} updates only bring the loss of a quadratic problem from {first:.4g} to {last:.4g}; "
            "does the update have the right sign, and is base_lr suitable?",
        )

    def check_like_float64(self, what: str, run: _Run, tolerance: float) -> None:
        wanted = _Run(self, Device()).step(_STEPS).weights()
        got = run.step(_STEPS).weights()
        for name, one, other in zip(self.names, got, wanted, strict=True):
            self.expect(one.dtype == run.net.dtype, f"{what} {name} became {one.dtype}")
            error = np.abs(one - other) / np.maximum(1.0, np.abs(other))
            self.expect(
                error.max() <= tolerance,
                f"{what} {name} is {error.max():.2g} off after {_STEPS} updates",
            )


def _is_decay(before: Any, after: Any) -> bool:
    """Whether weights are the same, or all multiplied by one factor, as in decoupled weight decay."""
    if np.array_equal(before, after, equal_nan=True):
        return True
    square = float(before.ravel() @ before.ravel())
    factor = float(before.ravel() @ after.ravel()) / square if square else math.nan
    return bool(np.allclose(after, factor * before, rtol=1e-6, atol=1e-12))

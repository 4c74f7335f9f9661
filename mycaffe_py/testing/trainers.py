"""check_trainer: check that a trainer keeps the contract that solvers, tests and resuming rely on."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.answers import unknown_metric
from mycaffe_py.builder.mycaffe_trainer import upgrade_custom_trainer
from mycaffe_py.builder.sources import load_model, load_solver_file
from mycaffe_py.builder.training import Training, build_training
from mycaffe_py.device.device import Device
from mycaffe_py.layer.layer import TEST
from mycaffe_py.net.net import Net
from mycaffe_py.plugins.registry import Registry
from mycaffe_py.schema import load_net_text, load_solver_text
from mycaffe_py.seeding import generator_state, restore_generator
from mycaffe_py.trainer import Trainer

from .blaming import blaming
from .comparing import difference, same_bits
from .subjects import registry_for


def check_trainer(
    trainer: type[Trainer] | str | Path,
    *files: Any,
    registry: Registry | None = None,
    steps: int = 5,
    seed: int = 1,
) -> None:
    """Raise AssertionError with the reason if a trainer violates its contract.

    Give a solver with its ``trainer { }`` and a model, each as prototxt text or as a Path; or first the Trainer class,
    and a solver that may leave out its ``trainer { }``: ``check_trainer(Own, solver, model)``. Checked over
    ``steps`` updates: one forward and one backward pass for each of the solver's ``iter_size`` passes;
    metrics and sample are finite floats by name (target and prediction of the sample may be lists of them); the
    same seed gives the same bits; ``state`` contains plain values and arrays, and a new trainer that loads it
    continues to the last bit; ``test`` returns the same metrics twice and does not change the weights, the train
    net or the training's state.
    """
    if files and isinstance(files[-1], Registry):  # the last positional argument until 0.3
        *files, registry = files  # type: ignore[assignment]
    cls = trainer if isinstance(trainer, type) else None
    solver, *rest = files if cls else (trainer, *files)
    if len(rest) != 1:
        raise TypeError(
            "check_trainer() takes a solver and a model, and before them perhaps a class"
        )
    registry = registry_for("", registry)  # the texts may name classes in sight, such as a gym
    check = _Check(solver, rest[0], registry_for(trainer, registry), steps, seed)
    if cls is not None:
        check.use(cls)
    with blaming("the trainer", cls):
        check.run()


class _Check:
    def __init__(self, solver: Any, model: Any, registry: Registry, steps: int, seed: int):
        self.name, self.registry, self.steps, self.seed = "the trainer", registry, steps, seed
        self.solver = (
            load_solver_file(solver, registry)
            if isinstance(solver, Path)
            else load_solver_text(registry.schema, solver)
        )
        upgrade_custom_trainer(self.solver, registry)
        self.model = (
            load_model(model, registry)
            if isinstance(model, Path)
            else load_net_text(registry.schema, model)
        )

    def use(self, cls: type[Trainer]) -> None:
        """Make the solver ask for a trainer class."""
        with self.solver.locating():
            self.solver.message.trainer.type = cls.type

    def build(self) -> Training:
        return build_training(
            solver=self.solver,
            model=self.model,
            registry=self.registry,
            device=Device(),
            seed=self.seed,
        )

    def require(self, condition: bool, message: str) -> None:
        if not condition:
            raise AssertionError(f"{self.name}: {message}")

    def trainer_of(self, training: Training) -> Trainer:
        if training.trainer is None:
            raise AssertionError(f"{self.name}: the solver has no trainer {{ }}")
        return training.trainer

    def run(self) -> None:
        first = self.build()
        trainer = self.trainer_of(first)
        self.name = type(trainer).__name__
        self.require(isinstance(trainer, Trainer), "it does not derive from mycaffe_py's Trainer")
        self.require(bool(trainer.type), "type is empty: a trainer needs a type name")
        summary = trainer.summary()
        self.require(
            all(isinstance(text, str) for text in [*summary, *summary.values()]),
            f"summary() must map str to str, not {summary!r:.80}",
        )
        reference = self.counted_updates(first)
        self.same(
            "the same seed did not give the same twice", self.updates(self.build()), reference, 1
        )
        state = trainer.state()
        self.require(isinstance(state, Mapping), f"state() must return a dict, not {state!r:.80}")
        self.check_plain("state()", state)
        self.all_of(lambda: self.check_state(first), lambda: self.check_test(first))
        trainer.close()

    def all_of(self, *checks: Callable[[], None]) -> None:
        """Make all checks, and report everything that they found."""
        found = []
        for check in checks:
            try:
                check()
            except AssertionError as error:
                found.append(error)
        if len(found) == 1:
            raise found[0]
        if found:
            raise AssertionError("\n".join(map(str, found)))

    def same(self, what: str, record: list[Any], wanted: list[Any], first: int) -> None:
        """Require two records of updates to be equal; ``first`` is the number of their first update."""
        for index, (one, other) in enumerate(zip(record, wanted, strict=True)):
            found = difference(one, other)
            at = f"update {first + index}" if isinstance(one, dict) else f"{self.steps} updates"
            self.require(not found, f"{what}: after {at}, {found}")

    def counted_updates(self, training: Training) -> list[Any]:
        """Run updates and check that each makes exactly the passes that it should."""
        net, passes = training.net, {"forward": 0, "backward": 0}

        def count(index: int, layer: int, kind: str) -> None:
            passes[kind] += index == layer

        net.before_forward(lambda index: count(index, 0, "forward"))
        net.before_backward(lambda index: count(index, len(net.layers) - 1, "backward"))
        record = self.updates(training)
        wanted = self.steps * training.solver.param.iter_size
        for kind, done in passes.items():
            self.require(
                done == wanted, f"{done} {kind} passes in {self.steps} updates, not {wanted}"
            )
        return record

    def updates(self, training: Training) -> list[Any]:
        """Run updates; return the metrics after each, and the weights at the end."""
        trainer = self.trainer_of(training)
        record: list[Any] = []
        for _ in range(self.steps):
            training.solver.step(1)
            metrics, sample = trainer.metrics(), trainer.sample()
            self.check_figures("metrics()", metrics)
            self.check_sample(sample)
            record.append({"metrics()": dict(metrics), "sample()": dict(sample)})
            unknown = unknown_metric(trainer, ["loss", *metrics, *training.net.output_values()])
            self.require(not unknown, unknown)
        return [*record, ("the weights", _weights(training.net))]

    def check_figures(self, what: str, figures: Any) -> None:
        self.require(
            isinstance(figures, Mapping), f"{what} must return a dict, not {figures!r:.80}"
        )
        for name, value in figures.items():
            self.require(isinstance(name, str), f"{what}: the name {name!r} is not a str")
            good = isinstance(value, float | int) and not isinstance(value, bool)
            self.require(good, f"{what}: {name} is {value!r:.60}, not a plain number")
            self.require(math.isfinite(value), f"{what}: {name} is {value}, which is not finite")

    def check_sample(self, sample: Any) -> None:
        single = dict(sample) if isinstance(sample, Mapping) else sample
        for name in {"target", "prediction"} & set(single if isinstance(single, dict) else ()):
            if isinstance(single[name], list):
                single |= {f"{name}[{k}]": value for k, value in enumerate(single.pop(name))}
        self.check_figures("sample()", single)
        missing = [name for name in ("x", "target", "prediction") if name not in sample]
        self.require(not sample or not missing, f'sample(): the dict has no "{[*missing, ""][0]}"')

    def check_state(self, training: Training) -> None:
        """Continue from a state in a new training, and check that nothing differs."""
        state = self.trainer_of(training).state()
        kept = copy.deepcopy(state)
        other = self.build()
        others = self.trainer_of(other)
        _copy_solver(training, other)
        others.load_state(state)
        went_on = self.updates(training)
        self.require(
            same_bits(state, kept), "what state() returned changed as the training continued"
        )
        self.same(
            "after load_state() the training did not continue like the saved one",
            self.updates(other),
            went_on,
            training.solver.iter - self.steps + 1,
        )
        others.close()

    def check_plain(self, where: str, value: Any) -> None:
        if isinstance(value, Mapping):
            for name, item in value.items():
                self.require(isinstance(name, str), f"{where}: the key {name!r} is not a str")
                self.check_plain(f"{where}[{name!r}]", item)
        elif isinstance(value, list | tuple):
            for index, item in enumerate(value):
                self.check_plain(f"{where}[{index}]", item)
        else:
            plain = value is None or isinstance(value, str | bool | int | float)
            array = isinstance(value, np.ndarray) and value.dtype.kind in "biuf"
            self.require(plain or array, f"{where} is a {type(value).__name__}: it cannot be saved")

    def check_test(self, training: Training) -> None:
        net = Net(training.model, TEST, registry=self.registry, device=training.device)
        net.share_with(training.net)
        trainer = self.trainer_of(training)

        def everything() -> Any:
            blobs = {name: np.array(blob.data) for name, blob in training.net.blobs.items()}
            weights = _weights(training.net)
            return copy.deepcopy(
                {"the weights": weights, "blobs": blobs, "state()": trainer.state()}
            )

        before = everything()
        figures = [trainer.test(net, self.steps) for _ in range(2)]
        self.check_figures("test()", figures[0])
        found = difference(everything(), before)
        self.require(not found, f"test() changed the weights, the train net or the state: {found}")
        found = difference(figures[1], figures[0])
        self.require(not found, f"test() returned different metrics the second time: {found}")


def _weights(net: Net) -> np.ndarray:
    return np.array(net.device.to_host(net.parameters.data))


def _copy_solver(source: Training, target: Training) -> None:
    """Copy the weights, history and generator state of one training to another."""
    target.net.parameters.data[...] = source.net.parameters.data
    for mine, theirs in zip(target.solver.history, source.solver.history, strict=True):
        mine[...] = theirs
    target.solver.iter, target.solver.began = source.solver.iter, source.solver.began
    target.solver.current_step = source.solver.current_step
    restore_generator(target.device.rng, generator_state(source.device.rng))

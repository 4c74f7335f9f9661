"""The nets of a training by Caffe's rules: the train net, the test nets, and their initial weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.blob import send_writes
from mycaffe_py.errors import ConfigError, PrototxtError
from mycaffe_py.layer.layer import PHASE_NAMES, python_warning
from mycaffe_py.net.net import Net
from mycaffe_py.plugins.registry import Registry
from mycaffe_py.schema import Document
from mycaffe_py.wording import counted

from .sources import Sources

BuildNet = Callable[[Document, Any], Net]


def train_net(
    sources: Sources,
    registry: Registry,
    build_net: BuildNet,
    phase: str,
    level: int,
    stages: Sequence[str],
) -> Net:
    """Build the train net in its :func:`train_state`."""
    return build_net(sources.model, train_state(sources, registry, phase, level, stages))


def train_state(
    sources: Sources, registry: Registry, phase: str, level: int, stages: Sequence[str]
) -> Any:
    """Return the train net's state; ``level`` and ``stages`` of the command line apply only to this net."""
    state = _state(registry, sources.model, sources.solver.message.train_state, phase)
    if level:
        state.level = level
    state.stage.extend(stage for stage in stages if stage)
    return state


def _state(registry: Registry, document: Document, extra: Any, phase: str) -> Any:
    """Merge a net's state as Caffe does: the phase, then the net's own state, then the solver's."""
    state = registry.schema.new("NetState")
    if phase.upper() not in PHASE_NAMES:
        raise ConfigError(f'phase must be TRAIN or TEST, got "{phase}"')
    state.phase = PHASE_NAMES.index(phase.upper())
    state.MergeFrom(document.message.state)
    state.MergeFrom(extra)
    return state


def test_nets(sources: Sources, registry: Registry, build_net: BuildNet) -> list[Net]:
    """Build the test nets by Caffe's rules: test_net_param, test_net, then the generic net."""
    document, param = sources.solver, sources.solver.message
    documents = sources.tests()
    documents += [sources.model] * _generic_test_nets(sources, len(documents))
    if documents and param.test_interval <= 0:
        message = f"test nets need test_interval > 0, got {param.test_interval}"
        raise PrototxtError([document.problem(("test_interval",), message)])
    states = list(param.test_state)
    if states and len(states) != len(documents):
        message = (
            f"test_state is given {counted(len(states), 'time')} for {len(documents)} test nets"
        )
        raise PrototxtError([document.problem(("test_state",), message)])
    states = states or [registry.schema.new("NetState")] * len(documents)
    return [
        build_net(test, _state(registry, test, state, "TEST"))
        for test, state in zip(documents, states, strict=True)
    ]


def _generic_test_nets(sources: Sources, own: int) -> int:
    """Return how many test nets use the train net's file, by the number of test_iter."""
    document, param = sources.solver, sources.solver.message
    for index, passes in enumerate(param.test_iter):
        if passes < 0:
            message = f"test_iter must be at least 0, got {passes}"
            raise PrototxtError([document.problem(("test_iter", index), message)])
        if passes == 0:
            message = "test_iter is 0: the test net is built, but its tests make no pass and give no figures"
            python_warning(document.warning(("test_iter", index), message))
    generic = len(param.test_iter) - own
    if generic < 0:
        message = f"{own} test nets, but test_iter is given {counted(len(param.test_iter), 'time')}"
        raise PrototxtError([document.problem(("test_iter",), message)])
    if generic and sources.train_only:
        message = f"test_iter is given {counted(len(param.test_iter), 'time')} for {own} test nets"
        hint = f"{sources.train_only} is for training only: add test_net, or use net instead"
        raise PrototxtError([document.problem(("test_iter",), message, hint)])
    return generic


Weights = str | Path | Sequence[str | Path] | Mapping[str, np.ndarray]
"""Files of weights, or arrays by ``layer/index``."""


def load_weights(net: Net, tests: Sequence[Net], weights: Weights) -> None:
    """Load weights into the train net and into test-net layers that the train net lacks; the others are shared."""
    if isinstance(weights, Mapping):
        _set_weights(net, weights)
        return
    shared = net.params.keys()
    for each in (net, *(test for test in tests if test.params.keys() - shared)):
        each.copy_from(weights)


def _set_weights(net: Net, weights: Mapping[str, np.ndarray]) -> None:
    """Set all weights of a net to arrays by ``layer/index``; ConfigError unless these are all, in their shapes."""
    blobs = {
        f"{layer}/{index}": blob
        for layer, own in net.params.items()
        for index, blob in enumerate(own)
    }
    for name in (*blobs, *weights):
        own = blobs[name].shape if name in blobs else "none"
        given = np.shape(weights[name]) if name in weights else "none"
        if own != given:
            raise ConfigError(f'weights "{name}": the net has {own}, and given is {given}')
    for name, values in weights.items():
        blobs[name].data[...] = values
    send_writes()

"""Checks of the shapes of LSTM's and RNN's bottoms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn, Protocol

from mycaffe_py.blob import Blob


class Recurrent(Protocol):
    """What the checks ask of a recurrent layer that is set up."""

    steps: int
    size: int
    static: bool
    input_weight: Blob
    static_weight: Blob

    @property
    def state_names(self) -> Sequence[str]:
        """The parts of the state, h first."""

    def exposed_of(self, bottom: Sequence[Blob]) -> Sequence[Blob]:
        """Return the bottoms that hold the state before the first step."""

    def fail(self, message: str, *, field: str = "", hint: str | None = None) -> NoReturn:
        """Raise LayerError in the layer's name."""


def check_axes(layer: Recurrent, bottom: Sequence[Blob]) -> None:
    """Fail unless the bottoms have axes for steps, sequences and features."""
    x = bottom[0]
    if x.num_axes < 3 or not x.shape[0] or not x.count_axes(2):
        layer.fail(
            f'bottom "{x.name}" is {x.shape}, expected (T, N, ...): steps, sequences, features',
            hint="time is the first axis",
        )
    if layer.static and (bottom[2].num_axes < 2 or not bottom[2].count_axes(1)):
        layer.fail(
            f'bottom "{bottom[2].name}" is {bottom[2].shape}, expected (N, ...): the constant '
            "features of each sequence"
        )


def check_shapes(layer: Recurrent, bottom: Sequence[Blob]) -> None:
    """Fail unless the bottoms fit the layer's weights and each other."""
    x, cont = bottom[:2]
    if x.shape[0] != layer.steps:
        layer.fail(
            f'bottom "{x.name}" {x.shape} has {x.shape[0]} steps, but the layer was set up for '
            f"{layer.steps}",
            hint="the number of steps is fixed when the net is built; the number of sequences may change",
        )
    _check_features(layer, x, 2, layer.input_weight)
    if cont.shape != x.shape[:2]:
        layer.fail(
            f'bottom "{cont.name}" is {cont.shape}, expected (T, N) = {x.shape[:2]} as in bottom '
            f'"{x.name}" {x.shape}',
            hint="it is 0 at the first step of a sequence and 1 at the others",
        )
    batch = x.shape[1]
    if layer.static:
        static = bottom[2]
        if static.shape[0] != batch:
            layer.fail(
                f'bottom "{static.name}" is {static.shape}, expected (N, ...) with N = {batch} as in '
                f'bottom "{x.name}" {x.shape}'
            )
        _check_features(layer, static, 1, layer.static_weight)
    for blob, name in zip(layer.exposed_of(bottom), layer.state_names, strict=False):
        if blob.shape != (1, batch, layer.size):
            layer.fail(
                f'bottom "{blob.name}" is {blob.shape}, expected {name}_0 of '
                f'{(1, batch, layer.size)} for bottom "{x.name}" {x.shape}'
            )


def _check_features(layer: Recurrent, blob: Blob, axis: int, weight: Blob) -> None:
    features = blob.count_axes(axis)
    if features != weight.shape[1]:
        layer.fail(
            f'bottom "{blob.name}" {blob.shape} has {features} features, but {weight.name} '
            f"{weight.shape} was made for {weight.shape[1]}"
        )

"""What a step of a net needs at least, known before the net has any values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mycaffe_py.layer.cost import Work, flops_of
from mycaffe_py.plugins.registry import Registry

from .built_net import BuiltNet
from .known_shapes import shapes_of, with_tops, without_values


@dataclass(frozen=True)
class NetWork:
    """The work of a step: forward and, where a loss needs it, backward."""

    flops: float
    parts: int
    """How many parts must wait for each other: of each pass of a layer one, or one for each of its time steps."""
    shapes: dict[tuple[int, str], tuple[int, ...]] = field(default_factory=dict)
    """(position of a layer, name of its top) -> shape, of the net without the layers that have no tops."""


def known_work(
    net: Any, registry: Registry, phase: int, base_dir: Any = None, state: Any = None
) -> NetWork:
    """Return the work of a step in a phase and state, by the layers' own counts; raises what the net's builder does.

    Layers without tops do not count. Layers are set up but not run: fillers and data do not matter.
    """
    part, _ = with_tops(net)
    with without_values(part, registry, phase, base_dir, state) as builder:
        built = builder.build()
        passes = [works for index in range(len(built.layers)) for works in _passes(built, index)]
        parts = sum(max((work.steps for work in works), default=0) for works in passes)
        return NetWork(sum(map(flops_of, passes)), parts, shapes_of(built))


def _passes(built: BuiltNet, index: int) -> list[tuple[Work, ...]]:
    """Return the work of a layer's passes in a step."""
    bottoms, tops = built.bottoms[index], built.tops[index]
    cost = built.layers[index].cost(bottoms, tops, built.bottom_need_backward[index])
    return [cost.forward, cost.backward] if built.layer_need_backward[index] else [cost.forward]

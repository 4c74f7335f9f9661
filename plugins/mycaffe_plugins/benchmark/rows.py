"""The rows of the table: what is timed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

from .image_nets import BATCH as IMAGES, NetSide
from .interleaved_timing import TOLERANCE
from .sequence_layers import lstm_side, ltc_side
from .sides import OurSide, Side
from .tutorial import Sizes, TutorialSide
from .xor_nets import XOR_NETS, XorSide, build_solver

_XOR_TOLERANCE = 1e-3  # their gradients grow over the steps, and rounding with them


@dataclass(frozen=True)
class Row:
    """A row: how its sides are made. Torch is imported only by ``theirs``."""

    group: str
    """One of ``command.GROUPS``."""
    name: str
    batch: int
    ours: Callable[[], OurSide]
    theirs: Callable[[Any], Side]
    quick: bool = False
    """Whether it is among the rows of ``--quick``."""
    tolerance: float = TOLERANCE
    """The largest difference of rounding, relative to each array's maximum."""


def peer(module: str, name: str) -> Callable[[Any], Side]:
    """Return the maker of torch's side, whose module is imported when it is first called."""

    def make(ours: Any) -> Side:
        made: Side = getattr(import_module(f"{__package__}.{module}"), name)(ours)
        return made

    return make


def all_rows() -> Iterator[Row]:
    """Yield every row, in the order of the table."""
    tutorial = peer("torch_tutorial", "TorchTutorialSide")
    for batch in (1, 8, 32):
        ours = partial(TutorialSide, Sizes(batch))
        yield Row("tutorial", "CfC of the tutorial", batch, ours, tutorial, quick=batch != 8)
    for batch in (1, 32, 128):
        sizes = Sizes(batch, steps=32, hidden=32, units=32)
        ours = partial(TutorialSide, sizes, update=False)
        yield Row("small", "CfC, hidden 32, 32 steps", batch, ours, tutorial, quick=batch == 32)
    for net in XOR_NETS:
        make = partial(_xor, net)
        theirs = peer("torch_xor", "TorchXorSide")
        quick = net.file == "cfc"
        yield Row("xor", f"XOR, {net.file}", net.batch, make, theirs, quick, _XOR_TOLERANCE)
    for batch in (1, 16, 128):
        theirs = peer("torch_sequences", "TorchLtc")
        yield Row(
            "ltc",
            "LTC, hidden 64, 32 steps",
            batch,
            partial(ltc_side, batch),
            theirs,
            quick=batch == 16,
        )
    for batch in (1, 8, 128):
        theirs = peer("torch_sequences", "TorchLstm")
        yield Row(
            "lstm",
            "LSTM, hidden 64, 32 steps",
            batch,
            partial(lstm_side, batch),
            theirs,
            quick=batch == 8,
        )
    for name in ("SmallResNet", "Cifar10Quick", "LeNet"):
        theirs = peer("torch_images", "TorchNet")
        side = partial(NetSide, name)
        yield Row("images", name, IMAGES, side, theirs, quick=name != "Cifar10Quick")


def _xor(net: Any) -> XorSide:
    return XorSide(build_solver(net))

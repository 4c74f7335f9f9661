"""Which kernels are compiled for the table: those that would be launched on some chips, at the sizes in use."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "plugins")]

from mycaffe_plugins.liquid.cuda_cfc_kernels import SOURCE as CFC  # noqa: E402
from mycaffe_plugins.liquid.cuda_cfc_plan import (  # noqa: E402
    ACTIVATIONS,
    COOPERATIVE,
    MODES,
    CfcPlan,
    CfcShape,
    plans,
)
from mycaffe_plugins.liquid.cuda_ltc_kernels import (  # noqa: E402
    SOURCE as LTC,
    macros_of,
    most_neurons,
)

from mycaffe_py.cuda import Chip  # noqa: E402

CHIPS = {
    80: Chip((8, 0), 108, 163 << 10, 164 << 10, 65536, 2048),
    90: Chip((9, 0), 132, 227 << 10, 228 << 10, 65536, 2048),
    100: Chip((10, 0), 148, 227 << 10, 228 << 10, 65536, 2048),
}
"""A100, H200 and B200, as their maker describes them."""


@dataclass(frozen=True)
class Variant:
    """A source with macros, compiled for an architecture."""

    source: Path
    architecture: int
    label: str
    macros: dict[str, object]
    quick: bool = False
    """Whether it belongs to the few that every run of the tests compiles."""

    @property
    def name(self) -> str:
        """What it is called in the table."""
        return f"{self.source.stem} sm_{self.architecture} {self.label}"


def variants() -> Iterator[Variant]:
    """Yield all variants."""
    yield from _cfc()
    yield from _ltc()
    yield from _others()


def _others() -> Iterator[Variant]:
    """The kernels whose sizes are not compiled in: those in one file each, for both types of numbers."""
    files = (path for folder in ("mycaffe_py", "plugins") for path in (ROOT / folder).rglob("*.cu"))
    for path in sorted(files):
        for architecture in CHIPS if path not in (CFC, LTC) else ():
            for real in ("float", "double"):
                yield Variant(path, architecture, real, {"REAL": real}, quick=architecture == 90)


_TUTORIAL = CfcShape(256, 64, 2, "gate", "ReLU", 4)
_SIZES = {
    "8x8x1": (8, 8, 1),
    "32x32x2": (32, 32, 2),
    "256x128x2": (256, 128, 2),
    "256x256x1": (256, 256, 1),
    "512x64x3": (512, 64, 3),
    "512x128x2": (512, 128, 2),
    "512x256x3": (512, 256, 3),
    "wired 20": (20, 0, 0),
    "wired 128": (128, 0, 0),
}


def _cfc() -> Iterator[Variant]:
    """The first plan for each chip, and for the tutorial's size what else may run."""
    for architecture, chip in CHIPS.items():

        def one(
            label: str, shape: CfcShape, batch: int = 1, plan: CfcPlan | None = None
        ) -> Variant:
            chosen = plan or plans(chip, shape, batch)[0]  # noqa: B023
            how = f"{label}, batch {batch}: sync {chosen.sync}, {chosen.parts} x {chosen.threads}"
            how += f", tile {chosen.tile}" if chosen.tile > 1 else ""
            quick = label == "tutorial" and batch == 1 and plan is None and architecture < 100  # noqa: B023
            macros = chosen.macros(shape, batch)
            return Variant(CFC, architecture, how, macros, quick)  # noqa: B023

        for batch in (1, 32, 64, 512):
            yield one("tutorial", _TUTORIAL, batch)
        yield one("tutorial, dropout", replace(_TUTORIAL, dropout=True))
        yield one("tutorial, double", replace(_TUTORIAL, itemsize=8))
        yield one("tutorial, not resident", _TUTORIAL, 1, plans(chip, _TUTORIAL, 1)[-1])
        if chip.has_clusters:
            second = next(p for p in plans(chip, _TUTORIAL, 1) if p.sync == COOPERATIVE)
            yield one("tutorial", _TUTORIAL, 1, second)
        for name, (hidden, units, layers) in _SIZES.items():
            yield one(name, CfcShape(hidden, units, layers, "gate", "SiLU", 4))
        for hidden in (32, 256):
            shape = CfcShape(hidden, 64, 1, "gate", "SiLU", 4, memory=True)
            yield one(f"mixed memory {hidden}", shape)
        if architecture == 90:
            for mode in MODES:
                for activation in ACTIVATIONS:
                    shape = replace(_TUTORIAL, mode=mode, activation=activation)
                    yield one(f"{mode} {activation}", shape)


def _ltc() -> Iterator[Variant]:
    """A small cell, the wiring of an example, and the largest that has kernels."""
    for architecture in CHIPS:
        for itemsize in (4, 8):
            for neurons in (5, 19, most_neurons(itemsize)):
                label = f"{neurons} neurons, {'float' if itemsize == 4 else 'double'}"
                quick = neurons == most_neurons(4) and architecture == 100
                yield Variant(LTC, architecture, label, macros_of(neurons, itemsize), quick)

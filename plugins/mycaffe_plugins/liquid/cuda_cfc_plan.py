"""How the CfC kernels are launched on a chip: blocks, threads, and how the blocks of a sequence exchange."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from mycaffe_py.cuda import Chip

from .sequence_cell import LONGEST_SPAN

ONE_BLOCK, CLUSTER, COOPERATIVE = 0, 1, 2
"""How blocks exchange: not at all, in each other's shared memory, through words in global memory."""

MODES = ("gate", "no_gate", "minimal")
ACTIVATIONS = ("SiLU", "ReLU", "TanH", "GELU", "LeCun")
"""In the order of the numbers in ``cfc_sizes.cuh``; activations by the names of their classes."""

MAX_LAYERS, MAX_HIDDEN, MAX_UNITS = 3, 1024, 512
_INDEX_LIMIT = 2**31
_TILES = (1, 2, 4, 8)
_TILE_COST = 0.35
"""By how much a further sequence side by side lengthens a step: a guess, not measured."""

# Weights that a thread keeps, in words of 4 bytes, for a number of threads; of more the compiler leaves some in memory
# (seen for sm_80, 90 and 100). Blocks are added before that, so that a step's products are short.
_ROOM = {256: 160, 512: 80}
_ENOUGH = 64


@dataclass(frozen=True)
class CfcShape:
    """What is compiled into the kernels of a cell."""

    hidden: int
    units: int
    layers: int
    mode: str
    activation: str
    itemsize: int
    dropout: bool = False
    memory: bool = False
    """Whether a mixed memory comes before the cell in each step."""

    @property
    def heads(self) -> int:
        """The number of head rows of a neuron."""
        return 1 if self.mode == "minimal" else 4

    def fits(self) -> bool:
        """Whether there are kernels for the cell."""
        return (
            self.layers <= MAX_LAYERS
            and self.hidden <= MAX_HIDDEN
            and (not self.layers or self.units <= MAX_UNITS)
            and self.activation in ACTIVATIONS
        )

    def indices_fit(self, steps: int, batch: int, columns: int) -> bool:
        """Whether the largest array of a sequence can be indexed with 32 bits."""
        widest = max(4 * self.hidden, self.units, columns)
        return (steps + 1) * batch * widest < _INDEX_LIMIT


@dataclass(frozen=True)
class CfcPlan:
    """One way to launch the kernels."""

    sync: int
    parts: int
    """The blocks that compute a sequence together."""
    threads: int
    resident: bool
    """Whether weights stay in registers."""
    tile: int = 1
    """Sequences that a team of blocks computes side by side."""

    @property
    def cluster(self) -> int:
        """The number of blocks of a cluster."""
        return self.parts if self.sync == CLUSTER else 1

    def macros(self, shape: CfcShape, batch: int) -> dict[str, object]:
        """Return the macros of ``cfc_sizes.cuh``. The batch is compiled in if it is 1."""
        return {
            "HIDDEN": shape.hidden,
            "UNITS": shape.units if shape.layers else 1,
            "LAYERS": shape.layers,
            "MODE": MODES.index(shape.mode),
            "ACTIVATION": ACTIVATIONS.index(shape.activation),
            "DROPOUT": int(shape.dropout),
            "MEMORY": int(shape.memory),
            "REAL": "float" if shape.itemsize == 4 else "double",
            "PARTS": self.parts,
            "THREADS": self.threads,
            "SYNC": self.sync,
            "CLUSTER_BLOCKS": self.cluster,
            "BATCH_TILE": self.tile,
            "RESIDENT": int(self.resident),
            "BATCH": 1 if batch == 1 else 0,
            "LONGEST_SPAN": LONGEST_SPAN,
        }


def weight_words(shape: CfcShape, parts: int, threads: int) -> float:
    """Return how many words of 4 bytes of weights each thread keeps if a sequence has that many blocks."""
    own = -(-shape.hidden // parts)
    memory = 4 * shape.hidden**2 if shape.memory else 0
    if shape.layers:
        units = shape.units
        count = units * own + (shape.layers - 1) * units**2 + shape.heads * own * units
    else:
        count = shape.heads * own * shape.hidden
    return (count + memory) / threads * (shape.itemsize // 4)


def plans(chip: Chip, shape: CfcShape, batch: int) -> list[CfcPlan]:
    """Return the ways to launch the kernels on a chip, the one to be tried first at the beginning."""
    found: list[CfcPlan] = []
    for parts, threads in _divisions(shape):
        if parts == 1:
            found.append(CfcPlan(ONE_BLOCK, 1, threads, True))
            continue
        if chip.has_clusters and parts <= 16:
            found.append(CfcPlan(CLUSTER, parts, threads, True))
        if chip.cooperative and parts <= chip.processors:
            found.append(CfcPlan(COOPERATIVE, parts, threads, True))
    # Weights from the cache: several blocks read them faster than one.
    if shape.layers and shape.hidden >= 128 and not shape.memory:
        if chip.has_clusters:
            found.append(CfcPlan(CLUSTER, 8, 512, False))
        if chip.cooperative and chip.processors >= 8:
            found.append(CfcPlan(COOPERATIVE, 8, 512, False))
    found.append(CfcPlan(ONE_BLOCK, 1, 512, False))
    tiled = []
    for plan in found:
        tile = _tile(chip, shape, plan, batch)
        tiled += [replace(plan, tile=each) for each in dict.fromkeys((tile, 1))]
    return tiled


def _divisions(shape: CfcShape) -> Iterator[tuple[int, int]]:
    """Yield the blocks for a sequence and their threads with which the weights fit in registers."""
    if not shape.layers or shape.memory:
        for threads, room in _ROOM.items():
            if weight_words(shape, 1, threads) <= room:
                yield 1, threads
        return
    for parts in (1, 2, 4):
        if weight_words(shape, parts, 256) <= _ENOUGH:
            yield parts, 256
            return
    for parts, threads in ((8, 256), (16, 256), (8, 512)):
        if weight_words(shape, parts, threads) <= _ROOM[threads]:
            yield parts, threads


def _tile(chip: Chip, shape: CfcShape, plan: CfcPlan, batch: int) -> int:
    """Return how many sequences a team computes side by side, so that the whole batch takes the least time."""

    # Registers of a plan with one sequence are about 70 more than its weights; with more, one block a processor.
    def cost(tile: int) -> float:
        words = weight_words(shape, plan.parts, plan.threads) if plan.resident else 0
        registers = min(255, 70 + words + 12 * (tile - 1) * shape.itemsize // 4)
        blocks = max(1, int(chip.registers_per_processor // (registers * plan.threads)))
        teams = max(1, chip.processors * blocks // plan.parts)
        groups = -(-batch // tile)
        waves = -(-groups // teams)
        return waves * (1 + _TILE_COST * (tile - 1))

    return min(_TILES, key=lambda tile: (cost(tile), tile))

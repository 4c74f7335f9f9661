"""The bit streams of the CfC paper's XOR task, drawn from a seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

STEPS = 32
SHORTEST, LONGEST = 2, 31
_BLOCK = 1 << 20


@dataclass(frozen=True)
class BitStreams:
    """Streams as events: arrays of (streams, STEPS), and their labels."""

    values: np.ndarray
    """The bit of each event; 0 where there is none."""
    elapsed: np.ndarray
    """Bits since the previous event, including that of the event itself; 0 where there is none."""
    counts: np.ndarray
    """Number of events of each stream; they come first."""
    labels: np.ndarray
    """1 where the number of ones is odd, else 0."""


def draw_streams(count: int, seed: int, dense: bool = False) -> BitStreams:
    """Draw ``count`` streams as the CfC paper does (Hasani et al. 2022).

    Each stream draws from ``numpy.random.RandomState(seed)`` its length, randint(2, 32), and then that many bits,
    randint(0, 2). The events are the first bit, the last bit, and each bit that differs from the previous one; with
    ``dense``, every bit.
    """
    words, starts, lengths = _draw_words(count, seed)
    place = np.arange(LONGEST)
    drawn = place < lengths[:, None]
    bits = np.where(drawn, words[np.minimum(starts[:, None] + place, words.size - 1)] & 1, 0)
    bits = bits.astype(np.uint8)
    events = drawn.copy()
    if not dense:
        events[:, 1:] &= bits[:, 1:] != bits[:, :-1]
        events[np.arange(count), lengths - 1] = True
    # Row by row, as from nonzero: each stream's events, numbered from 0.
    row, column = np.nonzero(events)
    counts = events.sum(axis=1)
    number = np.arange(row.size) - np.repeat(np.cumsum(counts) - counts, counts)
    before = np.where(number > 0, np.roll(column, 1), -1)
    values, elapsed = (np.zeros((count, STEPS), np.uint8) for _ in range(2))
    values[row, number] = bits[row, column]
    elapsed[row, number] = column - before
    return BitStreams(values, elapsed, counts, bits.sum(axis=1) % 2)


def _draw_words(count: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the generator's words, and the offset and number of each stream's bits in them.

    RandomState.randint draws a word of 32 bits, keeps as many of the lowest bits as the range needs, and repeats if
    the number is out of range. Drawing the words in blocks gives the same numbers a hundred times faster.
    """
    random = np.random.RandomState(seed)
    blocks: list[np.ndarray] = []
    lowest: list[int] = []
    starts, lengths = np.empty((2, count), np.intp)
    position = 0
    for index in range(count):
        length = LONGEST + 1
        while length > LONGEST:
            if position + LONGEST >= len(lowest):
                blocks.append(random.randint(0, 1 << 32, size=_BLOCK, dtype=np.uint32))
                lowest += (blocks[-1] & 31).tolist()
            length = SHORTEST + lowest[position]
            position += 1
        starts[index], lengths[index] = position, length
        position += length
    return np.concatenate(blocks), starts, lengths

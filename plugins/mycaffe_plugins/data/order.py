"""The order in which records are delivered, pass after pass."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


class Order:
    """Maps the number of a delivered record to its position in the store.

    Without ``shuffle`` that is the store's order; with it, each pass has a different order, drawn
    with the generator that ``generator(pass)`` returns.
    """

    def __init__(self, size: int, shuffle: bool, generator: Callable[[int], np.random.Generator]):
        self._size, self._shuffle, self._generator = size, shuffle, generator
        self._pass, self._drawn = -1, np.empty(0, np.intp)

    def place(self, number: int) -> tuple[int, int]:
        """Return (pass, position in the store) of a record."""
        turn, index = divmod(number, self._size)
        if not self._shuffle:
            return turn, index
        if turn != self._pass:
            self._drawn, self._pass = self._generator(turn).permutation(self._size), turn
        return turn, int(self._drawn[index])

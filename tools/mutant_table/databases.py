"""Reading LMDB databases, and waiting for data before an update."""

from __future__ import annotations

from .mutant import Mutant

TREE = "mycaffe_py/stores/lmdb_tree.py"
LAYOUT = "mycaffe_py/stores/lmdb_layout.py"
DATABASE = "mycaffe_py/stores/database.py"
DATA_LAYER = "plugins/mycaffe_plugins/data/data_layer.py"
SOLVER = "mycaffe_py/solver/solver.py"

OF_READING = ("tests/stores/test_lmdb_reading.py", "tests/stores/test_damaged_databases.py")
OF_WAITING = ("tests/plugins/data/test_awaiting.py", "tests/bad_input/test_lost_data.py")

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "lmdb-entries-outside-page",
        TREE,
        "if min(places) < high or max(places) + 8 > size:",
        "if max(places) + 8 > size:",
        OF_READING,
    ),
    Mutant(
        "lmdb-half-an-entry",
        TREE,
        "header + 2 <= low <= high <= size",
        "header < low <= high <= size",
        OF_READING,
    ),
    Mutant(
        "lmdb-pages-not-counted",
        TREE,
        "if count > self.meta.leaf_pages:",
        "if count > self._page_count:",
        OF_READING,
    ),
    Mutant(
        "lmdb-odd-keys-not-padded",
        TREE,
        "key_end + (key_size & 1) if self._is_new else key_end",
        "key_end",
        OF_READING,
    ),
    Mutant(
        "lmdb-older-description",
        LAYOUT,
        "meta = max(first, second",
        "meta = min(first, second",
        OF_READING,
    ),
    Mutant(
        "lmdb-same-key-twice",
        DATABASE,
        "key <= self._key",
        "key < self._key",
        OF_READING,
    ),
    Mutant(
        "lmdb-commits-not-noticed",
        DATABASE,
        "if self._turned % _LOOK_EVERY == 0:",
        "if self._turned < 0:",
        OF_READING,
    ),
    Mutant(
        "data-lost-within-update",
        SOLVER,
        "self.net.await_input()",
        "pass",
        OF_WAITING,
    ),
    Mutant(
        "data-waited-for-not-kept",
        DATA_LAYER,
        "self._fetched = self._next_batch()",
        "self._next_batch()",
        OF_WAITING,
    ),
)

"""Writing stored expected values of layers, from libraries that are not this one.

Each script beside this file computes with PyTorch, SciPy or NumPy alone what one family of layers must give,
and writes ``tests/data/expected/<family>.npz``; ``tests/test_expected.py`` runs our layers against it. Run one
with ``python tools/expected/<family>.py`` where torch is installed; the tests themselves need no torch.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parents[2] / "tests" / "data" / "expected"


class Recorder:
    """Collects the cases of one family; :meth:`write` stores them in one file."""

    def __init__(self, family: str):
        self.family = family
        self.arrays: dict[str, np.ndarray] = {}

    def add(
        self,
        name: str,
        settings: str,
        *,
        bottoms=(),
        blobs=(),
        tops=(),
        top_diffs=(),
        bottom_diffs=(),
        blob_diffs=(),
        blobs_after=(),
        phase: str = "TRAIN",
        tolerance: float | None = None,
    ) -> None:
        """Enter one case.

        ``settings`` is the layer in prototxt, with its type. ``top_diffs`` go into backward;
        ``bottom_diffs`` and ``blob_diffs`` are what it must give, None where nothing is expected.
        ``blobs_after`` are the blobs after forward, for layers that change them. ``tolerance`` is how exact the
        library is, if it computes in float32 only.
        """
        self.arrays[f"{name}/settings"] = np.array(settings)
        self.arrays[f"{name}/phase"] = np.array(phase)
        if tolerance is not None:
            self.arrays[f"{name}/tolerance"] = np.array(tolerance)
        parts = {
            "bottom": bottoms,
            "blob": blobs,
            "top": tops,
            "top_diff": top_diffs,
            "bottom_diff": bottom_diffs,
            "blob_diff": blob_diffs,
            "blob_after": blobs_after,
        }
        for part, values in parts.items():
            for index, value in enumerate(values):
                if value is not None:
                    array = np.asarray(value, dtype=np.float64)
                    self.arrays[f"{name}/{part}{index}"] = array

    def write(self) -> None:
        """Store the cases."""
        FOLDER.mkdir(parents=True, exist_ok=True)
        path = FOLDER / f"{self.family}.npz"
        np.savez_compressed(path, **self.arrays)
        print(f"{path.name}: {len({key.partition('/')[0] for key in self.arrays})} cases")

"""StepBuffers: a cell's arrays for all steps of a sequence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class StepBuffers:
    """Named arrays (steps, features, batch), without the last axis for a batch of one.

    They are reused while the batch size stays the same and sequences do not get longer: a shorter sequence uses
    their first steps.
    """

    def __init__(self, xp: Any, dtype: Any):
        self._xp, self._dtype = xp, dtype
        self._batch = 0
        self._whole: dict[str, Any] = {}
        self._views: dict[tuple[str, tuple[Any, ...]], list[Any]] = {}

    def start(self, batch: int) -> None:
        """Set the batch size of the arrays requested from here on."""
        if batch != self._batch:
            self._batch = batch
            self._whole.clear()
            self._views.clear()

    def array(self, name: str, steps: int, *features: int) -> Any:
        """Return the array (steps, features..., batch) of that name: zeros when it is new."""
        shape = features if self._batch == 1 else (*features, self._batch)
        whole = self._whole.get(name)
        if whole is None or len(whole) < steps or whole.shape[1:] != shape:
            whole = self._xp.zeros((steps, *shape), dtype=self._dtype)
            self._whole[name] = whole
            for key in [key for key in self._views if key[0] == name]:
                del self._views[key]
        return whole[:steps]

    def steps_of(self, name: str, *features: int) -> list[Any]:
        """Return a view of each step, with ``features`` in that shape; there may be more steps than needed.

        Views are cached: creating one takes as long as a small product.
        """

        def view(step: Any) -> Any:
            return step.reshape(*features, *step.shape[1:]) if features else step

        return self._kept(name, features, view)

    def parts_of(self, name: str, *rows: slice) -> list[tuple[Any, ...]]:
        """Return, for each step, views of parts of its features."""
        key = tuple((part.start, part.stop) for part in rows)
        return self._kept(name, key, lambda step: tuple(step[part] for part in rows))

    def _kept(self, name: str, key: tuple[Any, ...], view: Callable[[Any], Any]) -> list[Any]:
        views = self._views.get((name, key))
        if views is None:
            whole = self._whole[name]
            views = [view(whole[step, ...]) for step in range(len(whole))]
            self._views[name, key] = views
        return views

    def column(self, vector: Any) -> Any:
        """Return a vector of features for every sample of the batch.

        It is expanded because adding it at each step is then several times faster than broadcasting.
        """
        if self._batch == 1:
            return vector
        whole = self._xp.broadcast_to(vector[:, None], (vector.shape[0], self._batch))
        return self._xp.ascontiguousarray(whole)

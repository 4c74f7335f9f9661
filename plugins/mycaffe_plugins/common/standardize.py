"""The Standardize layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Layer, freeze_statistics, refuse_other_gym, require_an_axis

_STATISTICS = ("mean", "deviation")
_MAX_COLUMNS = 1_000_000


class Standardize(Layer):
    """Scales columns of data to mean 0 and deviation 1, or back to their own units.

    Bottom x (N, ..., C), its columns on the last axis; top y of the same shape; may work in place. Blobs: mean
    and deviation (``columns``) of the first columns, or of all C; further columns stay as they are, and for fewer
    columns the first values of the blobs are used. They are statistics: no solver changes them. A trainer sets
    them from its gym's training data (:meth:`take_statistics`); they are stored with the weights, and loaded
    weights take precedence. Until then deviations are 0, which counts as 1. Layers share them by
    ``param { name: ... }``.

    y = (x - c) / deviation; with ``inverse`` y = x * deviation + c. The centre c is the mean, or, for the first
    ``relative_columns`` = K, the sample's own level: its last observed value. Bottoms and tops:

    - x and optionally mask (N, ..., C) or (N, ..., 1): y; where mask is 0, y = 0 regardless of x. With K, x is
      (N, T, C), and a second top is the level (N, K): the mean for a column that was never observed.
    - with K and a single top, or ``inverse``: x and level (N, K). Columns from K on use their mean.

    dx = dy / deviation, or dy * deviation; dlevel = -sum(dy / deviation), or sum(dy), over all but the batch.
    """

    type = "Standardize"
    group = "norm"
    parameters = ("standardize_param",)
    min_bottom_blobs = 1
    max_bottom_blobs = 2
    min_top_blobs = 1
    max_top_blobs = 2
    allows_in_place = True

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read the settings, determine the roles of the bottoms, and create the blobs."""
        param = self.param.standardize_param
        require_an_axis(self, bottom[0])
        self.columns = param.columns or bottom[0].shape[-1]
        self.relative, self.inverse = param.relative_columns, param.inverse
        self._check_settings(param, bottom[0])
        self.finds_level = len(top) > 1
        self.takes_level = bool(self.relative) and not self.finds_level
        self._check_roles(bottom)
        self.has_mask = len(bottom) > 1 and not self.takes_level
        for name in _STATISTICS:
            self.add_blob((self.columns,), name=name)
        freeze_statistics(self, _STATISTICS)
        self._centre, self._spread, self._last = map(
            self.working_blob, ("centre", "spread", "last")
        )

    def _check_settings(self, param: Any, bottom: Blob) -> None:
        for name, value in (("columns", param.columns), ("relative_columns", self.relative)):
            if not 0 <= value <= _MAX_COLUMNS:
                self.fail(
                    f"{name} is {value}, but must be from 0 to {_MAX_COLUMNS}",
                    field=f"standardize_param.{name}",
                )
        if self.relative > self.columns:
            self.fail(
                f"relative_columns is {self.relative}, but there are means and deviations of {self.columns} columns "
                f'of bottom "{bottom.name}" {bottom.shape}',
                field="standardize_param.relative_columns",
            )

    def _check_roles(self, bottom: Sequence[Blob]) -> None:
        if self.finds_level and (self.inverse or not self.relative):
            self.fail(
                "a second top is the level, which needs relative_columns, without inverse",
                field="standardize_param.relative_columns",
            )
        if self.takes_level and len(bottom) < 2:
            self.fail(
                f"relative_columns is {self.relative}, so a second bottom must be the level",
                field="standardize_param.relative_columns",
                hint="it is the second top of the Standardize layer of the inputs",
            )
        if self.inverse and len(bottom) > 1 and not self.takes_level:
            self.fail(
                f'bottom "{bottom[1].name}" {bottom[1].shape} is not used: with inverse and without '
                "relative_columns there is one bottom"
            )

    # Shapes.

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check the bottoms against each other and against the blobs; the top has the bottom's shape."""
        x = bottom[0]
        min_axes = 3 if self.finds_level else 2
        if x.num_axes < min_axes:
            what = "(N, T, C): batch, steps, columns" if self.finds_level else "(N, ..., C)"
            self.fail(f'bottom "{x.name}" is {x.shape}, expected {what}')
        width = x.shape[-1]
        self._with_statistics, self._with_level = (
            min(self.columns, width),
            min(self.relative, width),
        )
        if self.finds_level and width < self.relative:
            self.fail(
                f'bottom "{x.name}" {x.shape} has {width} columns, but relative_columns is {self.relative}',
                field="standardize_param.relative_columns",
            )
        self._view = (x.shape[0], x.count_axes(1, x.num_axes - 1), width)
        self._check_second(bottom)
        self._centre.reshape((x.shape[0], 1, width))
        self._spread.reshape((width,))
        top[0].reshape_like(x)
        if self.finds_level:
            self._last.reshape((*self._view[:2], self.relative))
            top[1].reshape(x.shape[0], self.relative)

    def _check_second(self, bottom: Sequence[Blob]) -> None:
        if len(bottom) < 2:
            return
        x, second = bottom
        what = "level" if self.takes_level else "mask"
        allowed: list[tuple[int, ...]] = [x.shape, (*x.shape[:-1], 1)]
        if self.takes_level:
            allowed = [(x.shape[0], self.relative)]
        if second.shape not in allowed:
            self.fail(
                f'bottom "{second.name}" is {second.shape}, expected the {what} of bottom "{x.name}" '
                f"{x.shape}: {' or '.join(map(str, dict.fromkeys(allowed)))}"
            )

    # Statistics.

    def take_statistics(self, statistics: Mapping[str, np.ndarray]) -> None:
        """Set the blobs from a gym's ``statistics()``, unless they are already set."""
        mean, own, relative = (
            np.asarray(statistics[name], dtype=np.float64)[: self.columns]
            for name in ("mean", "deviation", "relative_deviation")
        )
        if mean.shape != (self.columns,):
            self.fail(
                f'the gym has statistics of {mean.size} columns, but the blob "mean" '
                f"{self.blobs[0].shape} was made for {self.columns}",
                field="standardize_param.columns",
            )
        if self.device.to_host(self.blobs[1].data).any():
            return
        with_level = np.arange(self.columns) < self.relative
        for blob, values in zip(
            self.blobs, (mean, np.where(with_level, relative, own)), strict=True
        ):
            blob.data[...] = self.device.asarray(values, dtype=self.dtype)

    def check_loaded(self, saved: Any) -> None:
        """Refuse weights made with other settings of the gym."""
        own = self.param.standardize_param.settings
        refuse_other_gym(self, saved.standardize_param.settings, own)

    def _deviations(self) -> Any:
        """Return the deviation of each column of x: 1 if it is unset, and for columns without one."""
        spread = self._spread.data
        spread[...] = 1
        deviation = self.blobs[1].data[: self._with_statistics]
        spread[: self._with_statistics] = deviation + (deviation == 0)
        return spread

    # Forward and backward.

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write y, and the level if it is a top."""
        xp, with_level = self.xp, self._with_level
        x, y = bottom[0].data.reshape(self._view), top[0].data.reshape(self._view)
        if self.has_mask:
            mask = bottom[1].data.reshape(*self._view[:2], -1)
            self._observed = xp.broadcast_to(mask != 0, self._view)
            x = xp.where(self._observed, x, self.dtype.type(0))
        centre = self._centre.data
        centre[...] = 0
        centre[:, 0, : self._with_statistics] = self.blobs[0].data[: self._with_statistics]
        if self.finds_level:
            top[1].data[...] = self._find_level(x)
            centre[:, 0, :with_level] = top[1].data
        elif self.takes_level:
            centre[:, 0, :with_level] = bottom[1].data[:, :with_level]
        if self.inverse:
            xp.multiply(x, self._deviations(), out=y)
            xp.add(y, centre, out=y)
            return
        xp.subtract(x, centre, out=y)
        xp.divide(y, self._deviations(), out=y)
        if self.has_mask:
            xp.multiply(y, self._observed, out=y)

    def _find_level(self, x: Any) -> Any:
        """Return the last observed value of each relative column, (N, K)."""
        xp, with_level = self.xp, self._with_level
        last = self._last.data
        last[...] = 0
        last[:, -1] = 1
        if self.has_mask:
            seen = self._observed[:, :, :with_level].astype(self.dtype)
            if self._view[1] > 1:
                last[:, :-1] = xp.cumprod(1 - seen[:, :0:-1], axis=1)[:, ::-1]
            xp.multiply(last, seen, out=last)
        never = 1 - last.sum(axis=1)
        return (last * x[:, :, :with_level]).sum(axis=1) + never * self.blobs[0].data[:with_level]

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Write the gradients of x and of the level; a mask gets none."""
        with_level = self._with_level
        dy = top[0].diff.reshape(self._view)
        if self.inverse:
            gradient, of_level = dy * self._deviations(), dy[:, :, :with_level].sum(axis=1)
        else:
            gradient = dy / self._deviations()
            if self.has_mask:
                gradient *= self._observed
            of_level = -gradient[:, :, :with_level].sum(axis=1)
        if self.finds_level:
            of_level += top[1].diff
            gradient[:, :, :with_level] += self._last.data * of_level[:, None]
        if propagate_down[0]:
            bottom[0].diff.reshape(self._view)[...] = gradient
        if len(bottom) > 1 and propagate_down[1]:
            bottom[1].diff.fill(0)
            if self.takes_level:
                bottom[1].diff[:, :with_level] = of_level

    def allow_force_backward(self, bottom_index: int) -> bool:
        """Return False for a mask, which has no gradient."""
        return bottom_index == 0 or self.takes_level

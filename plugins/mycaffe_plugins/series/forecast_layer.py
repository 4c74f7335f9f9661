"""The FORECAST layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mycaffe_py.blob import Blob, refresh_views, send_writes
from mycaffe_py.layer import Layer, freeze_statistics, refuse_other_gym

from .forecast_memory import joined, parted, refuse_memory

_LARGEST = 1_000_000
_FEWEST = {"distances": 1, "outputs": 0, "features": 0, "columns": 1}


class ForecastLayer(Layer):
    """Adds a net's correction to a baseline's forecast, weighted by how many rows ahead it looks.

    Bottoms: base (N, O), the baseline's forecast; correction (N, O), the net's; ahead (N, 1) or (N,), how many
    rows ahead each sample looks, rounded to a whole number; below 1 counts as 1, above ``distances`` = H as H. Top:
    y = base + gain[ahead - 1] * correction (N, O). dbase = dy; dcorrection = gain[ahead - 1] * dy; ahead has
    no gradient. A sample whose ahead is NaN has y = NaN.

    Blobs: gain (H, O), at first 1; band (H, O, 2), what to add to y for the lower and the upper end of its
    interval, at first 0; scale (2, 2, C), centre and spread of the columns of the data, each the sum of two
    float32 numbers; with ``features`` = K also weights (H, O, K), the baseline's linear ones, at first 0. Only gain
    is used here. No solver changes them: a trainer sets them by :meth:`remember`. They are stored with the net's
    weights.
    """

    recordable = True
    needs_trainer = "SERIES"

    type = "FORECAST"
    aliases = ("Forecast",)
    group = "other"
    parameters = ("forecast_param",)
    exact_num_bottom_blobs = 3
    exact_num_top_blobs = 1

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read the settings and create the blobs."""
        param = self.param.forecast_param
        for name, fewest in _FEWEST.items():
            value = getattr(param, name)
            if not fewest <= value <= _LARGEST:
                self.fail(
                    f"{name} is {value}, but must be from {fewest} to {_LARGEST}",
                    field=f"forecast_param.{name}",
                )
        self.horizon, self.features, self.columns = param.distances, param.features, param.columns
        self.outputs = param.outputs
        self._check_base(bottom[0])
        self.outputs = bottom[0].shape[1]
        each = (self.horizon, self.outputs)
        self._gain = self.add_blob(each, 1.0, "gain")
        self._band = self.add_blob((*each, 2), name="band")
        self._scale = self.add_blob((2, 2, self.columns), name="scale")
        self._weights = None
        if self.features:
            self._weights = self.add_blob((*each, self.features), name="weights")
        freeze_statistics(self, self.blob_names)
        self._factor, self._rows = map(self.working_blob, ("factor", "rows"))
        self._index = Blob(device=self.device, dtype=np.int64, name=f"{self.name}_index")

    def _check_base(self, base: Blob) -> None:
        if base.num_axes != 2 or not base.shape[1]:
            self.fail(f'bottom "{base.name}" is {base.shape}, expected the base: (N, O)')
        if base.shape[1] != (self.outputs or base.shape[1]):
            self.fail(
                f'bottom "{base.name}" {base.shape} has {base.shape[1]} values for each sample, but outputs '
                f"is {self.outputs}",
                field="forecast_param.outputs",
                hint=f"set forecast_param.outputs to {base.shape[1]}, or omit it",
            )

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check the bottoms; the top has the shape of the base."""
        base, correction, ahead = bottom
        self._check_base(base)
        if correction.shape != base.shape:
            self.fail(
                f'bottom "{correction.name}" is {correction.shape}, expected the correction of bottom '
                f'"{base.name}", of the same shape: {base.shape}'
            )
        batch = base.shape[0]
        if ahead.shape not in ((batch, 1), (batch,)):
            self.fail(
                f'bottom "{ahead.name}" is {ahead.shape}, expected how many rows ahead each sample of bottom '
                f'"{base.name}" {base.shape} looks: ({batch}, 1) or ({batch},)'
            )
        self._factor.reshape_like(base)
        self._rows.reshape((batch,))
        self._index.reshape((batch,))
        top[0].reshape_like(base)

    def allow_force_backward(self, bottom_index: int) -> bool:
        """Return False for ahead, which has no gradient."""
        return bottom_index < 2

    def trial_values(
        self, bottom_index: int, shapes: Sequence[tuple[int, ...]], rng: np.random.Generator
    ) -> np.ndarray | None:
        """Return numbers of rows ahead for the third bottom."""
        if bottom_index < 2:
            return None
        return rng.integers(1, self.horizon, shapes[2], endpoint=True).astype(np.float64)

    # Forward and backward.

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write y."""
        y = top[0].data
        self._find_factor(bottom[2].data.reshape(-1))
        self.xp.multiply(self._factor.data, bottom[1].data, out=y)
        self.xp.add(y, bottom[0].data, out=y)

    def _find_factor(self, ahead: Any) -> None:
        """Look up each sample's gain; a GPU's host does not wait for it."""
        xp, rows, index, factor = self.xp, self._rows.data, self._index.data, self._factor.data
        xp.clip(ahead, 1, self.horizon, out=rows)
        xp.rint(rows, out=rows)
        unknown = xp.isnan(rows)
        xp.copyto(rows, self.dtype.type(1), where=unknown)
        xp.copyto(index, rows, casting="unsafe")
        xp.subtract(index, 1, out=index)
        xp.take(self._gain.data, index, axis=0, out=factor)
        xp.copyto(factor, self.dtype.type(np.nan), where=unknown[:, None])

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Write the gradients of base and correction."""
        dy = top[0].diff
        if propagate_down[0]:
            self.xp.copyto(bottom[0].diff, dy)
        if propagate_down[1]:
            self.xp.multiply(self._factor.data, dy, out=bottom[1].diff)
        if propagate_down[2]:
            bottom[2].diff.fill(0)

    # What a trainer keeps here.

    def check_loaded(self, saved: Any) -> None:
        """Refuse weights made with other settings of the gym."""
        own = self.param.forecast_param.settings
        refuse_other_gym(self, saved.forecast_param.settings, own)

    @property
    def is_set(self) -> bool:
        """Whether the blobs were set, by :meth:`remember` or by weights in which they were."""
        send_writes()
        return bool(self.device.to_host(self._scale.data)[1].any())

    def memory(self) -> dict[str, np.ndarray]:
        """Return copies of what the layer keeps, in float64.

        gain (H, O), band (H, O, 2), weights (H, O, K), centre (C,) and spread (C,): what was given to
        :meth:`remember`, rounded to the net's dtype, but centre and spread only to about 14 digits.
        """
        send_writes()
        to_host = self.device.to_host
        scale = joined(to_host(self._scale.data))
        weights: Any = np.zeros((self.horizon, self.outputs, 0))
        if self._weights is not None:
            weights = to_host(self._weights.data)
        found = {"gain": to_host(self._gain.data), "band": to_host(self._band.data)}
        found |= {"weights": weights, "centre": scale[0], "spread": scale[1]}
        found["spread"][found["spread"] == 0] = 1
        return {name: np.array(values, dtype=np.float64) for name, values in found.items()}

    def remember(self, **arrays: Any) -> None:
        """Set what is given of gain, band, weights, centre and spread, in the shapes that :meth:`memory` returns.

        The rest keeps its values. Raises LayerError, and changes nothing, for other names and shapes, for numbers
        that are not finite in the net's dtype, for a spread that is not positive and for an interval whose lower
        end is above its upper one.
        """
        kept = self.memory()
        kept |= {name: refuse_memory(self, name, values, kept) for name, values in arrays.items()}
        kept["scale"] = parted(np.stack([kept["centre"], kept["spread"]]))
        for name, blob in zip(self.blob_names, self.blobs, strict=True):
            blob.data[...] = self.device.asarray(kept[name], dtype=self.dtype)
        refresh_views()

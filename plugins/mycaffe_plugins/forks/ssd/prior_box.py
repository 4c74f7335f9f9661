"""The PriorBox layer of SSD."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Layer

_FIELD = "prior_box_param"
_SAME = 1e-6
MOST_BOXES = 10_000
"""The most boxes around a place."""


class PriorBox(Layer):
    """Boxes of several sizes and shapes around each place of a map, from which SSD's boxes are predicted.

    Bottoms: the map (N, C, H, W) and the image (N, C, H, W), of which only the shapes count. Top (1, 2, H * W * P * 4):
    corners xmin, ymin, xmax, ymax in parts of the image, by rows, columns and P boxes, then their variances. The boxes
    of a place are, for each ``min_size``: a square of that side; with ``max_size`` one of the root of their product;
    then for each ``aspect_ratio`` r but 1 (and 1 / r with ``flip``) one of min_size * sqrt(r) by min_size / sqrt(r).
    Sizes count in whole pixels. Centers are at (column + ``offset``) * ``step``, which is image / map if not given.
    No gradient: the bottoms get 0. Rules: SSD, prior_box_layer.cpp.
    """

    recordable = True
    fork = "SSD"

    type = "PriorBox"
    group = "other"
    parameters = ("prior_box_param",)
    exact_num_bottom_blobs = 2
    exact_num_top_blobs = 1
    allows_in_place = False

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read the settings."""
        self.boxes = self._sizes_of_boxes()
        self.variances = self._read_variances()
        self.image = self._pair("img_size", "img_h", "img_w")
        self.step = self._pair("step", "step_h", "step_w")
        offset = self.param.prior_box_param.offset
        if not np.isfinite(offset):
            self.fail(f"offset is {offset:g}, but must be finite", field=f"{_FIELD}.offset")
        self._key: tuple[Any, ...] = ()
        self._values: Any = None

    def _sizes_of_boxes(self) -> list[tuple[float, float]]:
        """Return width and height of a place's boxes, in pixels."""
        param = self.param.prior_box_param
        smallest = [self._whole("min_size", i) for i in range(len(param.min_size))]
        largest = [self._whole("max_size", i) for i in range(len(param.max_size))]
        if not smallest:
            self.fail("min_size is not set: expected the side of the smaller box in pixels", _FIELD)
        if largest and len(largest) != len(smallest):
            self.fail(
                f"there must be as many max_size as min_size, or none: {len(largest)} and {len(smallest)} are given",
                field=f"{_FIELD}.max_size",
            )
        ratios = self._ratios()
        each = len(ratios) + (2 if largest else 1)
        if len(smallest) * each > MOST_BOXES:
            self.fail(
                f"{len(smallest)} sizes of {each} boxes each are more than {MOST_BOXES} boxes at each place",
                field=f"{_FIELD}.min_size",
            )
        boxes = []
        for place, side in enumerate(smallest):
            boxes.append((float(side), float(side)))
            if largest:
                if not param.max_size[place] > param.min_size[place]:
                    self.fail(
                        f"max_size {param.max_size[place]:g} must be larger than its min_size, "
                        f"{param.min_size[place]:g}",
                        field=f"{_FIELD}.max_size.{place}",
                    )
                root = float(np.sqrt(side * largest[place]))
                boxes.append((root, root))
            boxes += [(side * root, side / root) for root in np.sqrt(ratios)]
        return boxes

    def _whole(self, name: str, place: int) -> int:
        """Return a size in whole pixels, as SSD cuts it off."""
        size = getattr(self.param.prior_box_param, name)[place]
        if not (np.isfinite(size) and size >= 1):
            self.fail(
                f"{name} is {size:g}, but must be at least one pixel",
                field=f"{_FIELD}.{name}.{place}",
            )
        return int(size)

    def _ratios(self) -> list[float]:
        """Return the ratios of the boxes that are no squares; a repeated one counts once."""
        param, found = self.param.prior_box_param, [1.0]
        if len(param.aspect_ratio) > MOST_BOXES:
            self.fail(
                f"{len(param.aspect_ratio)} ratios are more than {MOST_BOXES} boxes at each place",
                field=f"{_FIELD}.aspect_ratio",
            )
        for place, ratio in enumerate(param.aspect_ratio):
            if not (np.isfinite(ratio) and ratio > 0):
                self.fail(
                    f"aspect_ratio is {ratio:g}, but must be above 0",
                    field=f"{_FIELD}.aspect_ratio.{place}",
                )
            if all(abs(ratio - other) >= _SAME for other in found):
                found += [ratio, 1 / ratio] if param.flip else [ratio]
        return [ratio for ratio in found if abs(ratio - 1) >= _SAME]

    def _read_variances(self) -> list[float]:
        given = list(self.param.prior_box_param.variance) or [0.1]
        if len(given) not in (1, 4):
            self.fail(
                f"variance is given {len(given)} times, but must be once, or four times: for each coordinate",
                field=f"{_FIELD}.variance",
            )
        for place, variance in enumerate(given):
            if not (np.isfinite(variance) and variance > 0):
                self.fail(
                    f"variance is {variance:g}, but must be above 0",
                    field=f"{_FIELD}.variance.{place}",
                )
        return given if len(given) == 4 else given * 4

    def _pair(self, both: str, vertical: str, horizontal: str) -> tuple[float, float] | None:
        """Return a size given for both axes or for each, as (vertical, horizontal), or None."""
        param = self.param.prior_box_param
        each = [name for name in (vertical, horizontal) if param.HasField(name)]
        if each and param.HasField(both):
            self.fail(
                f"give {both} or {vertical} and {horizontal}, not both forms",
                field=f"{_FIELD}.{each[0]}",
            )
        names = (vertical, horizontal) if each else (both, both)
        if not each and not param.HasField(both):
            return None
        for name in names:
            value = getattr(param, name)
            if not (np.isfinite(value) and value > 0):
                said = f"{name} is {value:g}, but" if param.HasField(name) else name
                self.fail(f"{said} must be above 0", field=f"{_FIELD}.{name}")
        return getattr(param, names[0]), getattr(param, names[1])

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Shape the top."""
        for blob, what in zip(bottom, ("map", "image"), strict=True):
            if blob.num_axes != 4 or not all(blob.shape[2:]):
                self.fail(
                    f'the {what}, bottom "{blob.name}" {blob.shape}, must be (N, C, height, width)'
                )
        height, width = bottom[0].shape[2:]
        top[0].reshape(1, 2, height * width * len(self.boxes) * 4)

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Copy the boxes, which depend on shapes alone."""
        (_, _, height, width), image = bottom[0].shape, bottom[1].shape[2:]
        key = (height, width, *image)
        if key != self._key:
            self._values = self.device.asarray(
                self._priors((height, width), image), dtype=self.dtype
            )
            self._key = key
        self.xp.copyto(top[0].data, self._values)

    def _priors(self, places: tuple[int, int], image: tuple[int, ...]) -> np.ndarray:
        """Return boxes and variances for a map of ``places``, on the host."""
        size = self.image or image
        step = self.step or (size[0] / places[0], size[1] / places[1])
        offset = self.param.prior_box_param.offset
        y, x = ((np.arange(n) + offset) * each for n, each in zip(places, step, strict=True))
        half = np.array(self.boxes) / 2
        corners = np.empty((*places, len(half), 4))
        for first, center, extent, whole in (
            (0, x[None, :, None], half[:, 0], size[1]),
            (1, y[:, None, None], half[:, 1], size[0]),
        ):
            corners[..., first] = (center - extent) / whole
            corners[..., first + 2] = (center + extent) / whole
        if self.param.prior_box_param.clip:
            np.clip(corners, 0, 1, out=corners)
        variances = np.broadcast_to(np.array(self.variances), corners.shape)
        return np.stack([corners.reshape(-1), variances.reshape(-1)])[None]

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Write 0: the boxes depend on shapes alone."""
        for blob, wanted in zip(bottom, propagate_down, strict=True):
            if wanted:
                blob.diff.fill(0)

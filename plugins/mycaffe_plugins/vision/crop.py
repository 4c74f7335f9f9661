"""The Crop layer."""

from __future__ import annotations

from collections.abc import Sequence

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Cost, Layer, Work, blob_axis


class Crop(Layer):
    """Crops a blob to the size of another.

    Bottoms: x and a reference, of which only the shape is used. The top has the sizes of the
    reference on all axes from ``axis`` (default 2) on, and those of x before. The part begins at
    ``offset``: 0 if not given, a single value for all cropped axes, or one for each. dx is dy in that
    part and 0 elsewhere; the reference's gradient is 0.
    """

    recordable = True

    type = "Crop"
    group = "shape"
    parameters = ("crop_param",)
    exact_num_bottom_blobs = 2
    exact_num_top_blobs = 1
    allows_in_place = False

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check that the part lies inside x, and shape the top."""
        x, reference = bottom
        start = blob_axis(self, x, self.param.crop_param.axis, "crop_param.axis")
        names = f'bottom "{x.name}" {x.shape} to the size of bottom "{reference.name}" {reference.shape}'
        if reference.num_axes < x.num_axes:
            self.fail(f"cannot crop {names}, which has fewer axes")
        offsets = self._offsets(x, start)
        part, shape = [slice(None)] * start, list(x.shape[:start])
        for axis, offset in enumerate(offsets, start):
            size = reference.shape[axis]
            if offset + size > x.shape[axis]:
                self.fail(
                    f"cannot crop {names}: axis {axis} has {x.shape[axis]} elements, but offset {offset} "
                    f"and size {size} need {offset + size}",
                    field="crop_param.offset" if offset else "",
                )
            part.append(slice(offset, offset + size))
            shape.append(size)
        self.part = tuple(part)
        top[0].reshape(shape)

    def cost(
        self, bottom: Sequence[Blob], top: Sequence[Blob], propagate_down: Sequence[bool]
    ) -> Cost:
        """Return the cost of copying the part; backward also writes the zeros around it."""
        moved = float(self.dtype.itemsize * 2 * top[0].count)
        back = Work(bytes=moved / 2 + self.dtype.itemsize * bottom[0].count)
        return Cost((Work(bytes=moved),), (back,) if propagate_down[0] else ())

    def _offsets(self, x: Blob, start: int) -> list[int]:
        """Return one offset for each axis from ``start`` on."""
        given, cropped = list(self.param.crop_param.offset), x.num_axes - start
        if len(given) not in (0, 1, cropped):
            self.fail(
                f"offset must be given once or once for each of the {cropped} cropped axes of "
                f'bottom "{x.name}" {x.shape}: {len(given)} given',
                field="crop_param.offset",
            )
        return given if len(given) > 1 else (given or [0]) * cropped

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Copy the part."""
        self.xp.copyto(top[0].data, bottom[0].data[self.part])

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Write dy to the part and 0 around it."""
        if propagate_down[0]:
            dx = bottom[0].diff
            dx[...] = 0
            self.xp.copyto(dx[self.part], top[0].diff)
        if propagate_down[1]:
            bottom[1].diff[...] = 0

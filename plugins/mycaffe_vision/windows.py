"""Windows of images as columns of a matrix, and back: im2col and col2im for any number of spatial axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mycaffe_py.device import Device

from .geometry import Geometry


class Windows:
    """Copies between images (n, C, *spatial) and columns (C, *kernel, n, *windows).

    The axes are processed one by one, the last one first: after it, whole rows are moved at once. Intermediate
    results are in the device's scratch memory.
    """

    def __init__(self, device: Device, dtype: Any, geometry: Geometry):
        self.device, self.xp, self.dtype = device, device.xp, dtype
        self.geometry = geometry
        self.axes = len(geometry.kernel)

    def reshape(self, spatial: Sequence[int], windows: Sequence[int]) -> None:
        """Set the size of the images and the number of windows along each axis."""
        pad = self.geometry.pad
        self.padded = tuple(size + 2 * p for size, p in zip(spatial, pad, strict=True))
        self.windows = tuple(windows)
        inner = zip(spatial, pad, strict=True)
        self._inner = (slice(None),) * 2 + tuple(slice(p, p + size) for size, p in inner)

    def gather(self, images: Any, columns: Any) -> None:
        """im2col: write every window of the images into the columns, 0 outside the images."""
        view = images.swapaxes(0, 1)
        if any(self.geometry.pad):
            padded = self._scratch("padded", images.shape[:2] + self.padded)
            padded.fill(0)
            padded[self._inner] = images
            view = padded.swapaxes(0, 1)
        for axis in reversed(range(1, self.axes)):
            if not self._trivial(axis):
                slid = self._slide(view, axis)
                view = self._scratch(f"windows {axis}", slid.shape)
                self.xp.copyto(view, slid)
            else:
                view = self._slide(view, axis)
        self.xp.copyto(columns, self._slide(view, 0) if self.axes else view)

    def scatter(self, columns: Any, images: Any) -> None:
        """col2im: write the sum of the columns' elements that belong to each position of the images."""
        if not self.axes:
            self.xp.copyto(images, columns.swapaxes(0, 1))
            return
        for axis in range(self.axes - 1):
            if self._trivial(axis):
                columns = columns[:, 0]
                continue
            shape = self._size_before(columns.shape, axis)
            summed = self._scratch(f"windows {axis + 1}", shape)
            self._add_slices(columns, axis, summed)
            columns = summed
        padded = images
        if any(self.geometry.pad):
            padded = self._scratch("padded", images.shape[:2] + self.padded)
        self._add_slices(columns, self.axes - 1, padded.swapaxes(0, 1))
        if padded is not images:
            self.xp.copyto(images, padded[self._inner])

    # Internals: when axis a of the images is processed, it is axis d + 1 of the array, where d is the number of
    # spatial axes: channels, kernel elements of the later axes, images, sizes of the earlier ones.

    def _trivial(self, axis: int) -> bool:
        return self.geometry.kernel[axis] == self.geometry.stride[axis] == 1

    def _scratch(self, name: str, shape: tuple[int, ...]) -> Any:
        return self.device.scratch(name, shape, self.dtype)

    def _slide(self, array: Any, axis: int) -> Any:
        """Return a view with the kernel elements of ``axis`` as axis 1 and its windows in place of its size."""
        geometry, place = self.geometry, self.axes + 1
        shape, strides = array.shape, array.strides
        step = strides[place]
        return self.xp.lib.stride_tricks.as_strided(
            array,
            (
                shape[0],
                geometry.kernel[axis],
                *shape[1:place],
                self.windows[axis],
                *shape[place + 1 :],
            ),
            (
                strides[0],
                geometry.dilation[axis] * step,
                *strides[1:place],
                geometry.stride[axis] * step,
                *strides[place + 1 :],
            ),
        )

    def _size_before(self, shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
        place = self.axes + 1
        shape = shape[:1] + shape[2:]
        return (*shape[:place], self.padded[axis], *shape[place + 1 :])

    def _add_slices(self, columns: Any, axis: int, out: Any) -> None:
        """Reverse :meth:`_slide`: write the sum over axis 1, each element shifted to its position along ``axis``."""
        geometry = self.geometry
        stride, dilation = geometry.stride[axis], geometry.dilation[axis]
        reach = (self.windows[axis] - 1) * stride + 1
        before = (slice(None),) * (self.axes + 1)
        first = 0
        if stride == 1:  # the first element fills all but the end
            self.xp.copyto(out[(*before, slice(reach))], columns[:, 0])
            out[(*before, slice(reach, None))] = 0
            first = 1
        else:
            out.fill(0)
        for element in range(first, geometry.kernel[axis]):
            start = element * dilation
            part = out[(*before, slice(start, start + reach, stride))]
            self.xp.add(part, columns[:, element], out=part)

"""Windows of images as columns of a matrix, and back: im2col and col2im for any number of spatial axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mycaffe_py.device import Device

from .geometry import Geometry
from .window_kernels import window_kernels_of


class Windows:
    """Copies between images (n, C, *spatial) and columns (C, *kernel, n, *windows).

    The axes are processed one by one, the last one first: after it, whole rows are moved at once. Intermediate
    results are in the device's scratch memory.
    """

    def __init__(self, device: Device, dtype: Any, geometry: Geometry):
        self.device, self.xp, self.dtype = device, device.xp, dtype
        self.geometry = geometry
        self.axes = len(geometry.kernel)
        self._kernels = window_kernels_of(device, dtype, geometry)

    def reshape(self, spatial: Sequence[int], windows: Sequence[int]) -> None:
        """Set the size of the images and the number of windows along each axis."""
        self.spatial, self.windows = tuple(spatial), tuple(windows)
        pad = self.geometry.pad
        self.padded = tuple(size + 2 * p for size, p in zip(spatial, pad, strict=True))

    def gather(self, images: Any, columns: Any, first: int = 0) -> None:
        """im2col: write windows of the images into the columns, 0 outside the images.

        The columns may be those of some windows along the first spatial axis, from number ``first`` on.
        """
        if self._kernels is not None and self._kernels.fit(images, columns, self.windows):
            self._kernels.gather(images, columns, self.windows)
            return
        if not self.axes:
            self.xp.copyto(columns, images.swapaxes(0, 1))
            return
        count = columns.shape[self.axes + 2]
        rows = self.gather_rows(self.padded_rows(images, first, count))
        self.xp.copyto(columns, self._slide(rows, 0, count))

    def padded_rows(self, images: Any, first: int, count: int) -> Any:
        """Return the part (n, C, size, *padded[1:]) of the images that some windows along the first spatial axis see.

        It is scratch memory if there is any padding.
        """
        begin, size = self._seen(first, count)
        if not any(self.geometry.pad):
            return images[:, :, begin : begin + size]
        padded = self._scratch("padded", (*images.shape[:2], size, *self.padded[1:]))
        padded.fill(0)
        inside, source = self._common(padded, images, begin)
        self.xp.copyto(inside, source)
        return padded

    def gather_rows(self, padded: Any) -> Any:
        """Process all axes of (n, C, size, *padded[1:]) but the first: return (C, *kernel[1:], n, size, *windows[1:]).

        It may be scratch memory.
        """
        view = padded.swapaxes(0, 1)
        for axis in reversed(range(1, self.axes)):
            slid = self._slide(view, axis, self.windows[axis])
            if self._trivial(axis):
                view = slid
                continue
            view = self._scratch(f"windows {axis}", slid.shape)
            self.xp.copyto(view, slid)
        return view

    def scatter(self, columns: Any, images: Any, first: int = 0) -> None:
        """col2im: write the sum of the columns' elements that belong to each position of the images.

        If the columns are those of some windows along the first spatial axis only, from number ``first`` on, the sum
        is added to the images.
        """
        if self._kernels is not None and self._kernels.fit(images, columns, self.windows):
            self._kernels.scatter(columns, images, self.windows)
            return
        if not self.axes:
            self.xp.copyto(images, columns.swapaxes(0, 1))
            return
        count = columns.shape[self.axes + 2]
        whole = count == self.windows[0]
        if whole and not any(self.geometry.pad):
            self._add_up(columns, images.swapaxes(0, 1))
            return
        begin, size = (-self.geometry.pad[0], self.padded[0]) if whole else self._seen(first, count)
        summed = self._scratch("padded", (*images.shape[:2], size, *self.padded[1:]))
        self._add_up(columns, summed.swapaxes(0, 1))
        inside, target = self._common(summed, images, begin)
        if whole:
            self.xp.copyto(target, inside)
        else:
            self.xp.add(target, inside, out=target)

    # Internals: when axis a of the images is processed, it is axis d + 1 of the array, where d is the number of
    # spatial axes: channels, kernel elements of the later axes, images, sizes of the earlier ones.

    def _trivial(self, axis: int) -> bool:
        return self.geometry.kernel[axis] == self.geometry.stride[axis] == 1

    def _scratch(self, name: str, shape: tuple[int, ...]) -> Any:
        return self.device.scratch(name, shape, self.dtype)

    def _seen(self, first: int, count: int) -> tuple[int, int]:
        """Return the begin, negative in the padding, and the size of what windows along the first axis see."""
        stride = self.geometry.stride[0]
        size = (count - 1) * stride + self.geometry.extent[0] if count else 0
        return first * stride - self.geometry.pad[0], size

    def _common(self, padded: Any, images: Any, begin: int) -> tuple[Any, Any]:
        """Return the elements that a padded array, which starts at ``begin``, shares with the images: in both."""
        low = max(begin, 0)
        high = max(low, min(begin + padded.shape[2], self.spatial[0]))
        inner = zip(self.spatial[1:], self.geometry.pad[1:], strict=True)
        rest = (slice(p, p + size) for size, p in inner)
        every = (slice(None),) * 2
        return padded[(*every, slice(low - begin, high - begin), *rest)], images[:, :, low:high]

    def _slide(self, array: Any, axis: int, count: int) -> Any:
        """Return a view with the kernel elements of ``axis`` as axis 1 and ``count`` windows in place of its size."""
        geometry, place = self.geometry, self.axes + 1
        shape, strides = array.shape, array.strides
        step = strides[place]
        return self.xp.lib.stride_tricks.as_strided(
            array,
            (shape[0], geometry.kernel[axis], *shape[1:place], count, *shape[place + 1 :]),
            (
                strides[0],
                geometry.dilation[axis] * step,
                *strides[1:place],
                geometry.stride[axis] * step,
                *strides[place + 1 :],
            ),
        )

    def _add_up(self, columns: Any, out: Any) -> None:
        """Write the sums of the columns' elements to (C, n, *sizes)."""
        place = self.axes + 1
        for axis in range(self.axes - 1):
            if self._trivial(axis):
                columns = columns[:, 0]
                continue
            shape = columns.shape[:1] + columns.shape[2:]
            shape = (*shape[:place], out.shape[axis + 2], *shape[place + 1 :])
            summed = self._scratch(f"windows {axis + 1}", shape)
            self._add_slices(columns, axis, summed)
            columns = summed
        self._add_slices(columns, self.axes - 1, out)

    def _add_slices(self, columns: Any, axis: int, out: Any) -> None:
        """Reverse :meth:`_slide`: write the sum over axis 1, each element shifted to its position along ``axis``."""
        geometry = self.geometry
        stride, dilation = geometry.stride[axis], geometry.dilation[axis]
        reach = max(0, (columns.shape[self.axes + 2] - 1) * stride + 1)
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

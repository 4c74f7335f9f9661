"""The Correlation and Correlation1D layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Cost, Layer, Work, enum_name, positive_setting, require_images
from mycaffe_py.plugins import Only

FIELD = "correlation_param"
MOST_STEPS = 10_000_000
"""The most cells of a patch times displacements: each is a step of a loop."""


class Correlation(Layer):
    """Compares the patches of two images, the second one displaced: FlowNet's.

    Bottoms a and b (N, C, H, W). Around both are ``pad`` zeros. With d = ``max_displacement`` and a patch of k x k
    (``kernel_size``, odd), the patches of a begin d from the border and then each ``stride_1``; that many as fit along
    an axis leave d + k // 2 at the ends: ceil((size + 2 pad - 2 d - 2 (k // 2)) / stride_1). The displacements along
    an axis are r = d // ``stride_2`` steps of stride_2 in either direction. Top (N, (2 r + 1)^2, rows, columns): for
    each displacement, rows first, the mean over C and the patch of a b, or with SUBTRACT of |a - b|.

    da and db are the derivatives of that; where a equals b, those of |a - b| are taken as for a > b.
    """

    type = "Correlation"
    fork = "FlowNet"
    group = "math"
    parameters = (FIELD,)
    conditions = (Only(f"{FIELD}.single_direction", f"{FIELD}.do_abs", when="never"),)
    exact_num_bottom_blobs = 2
    exact_num_top_blobs = 1
    allows_in_place = False

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read and check the settings."""
        param = self.param.correlation_param
        for name in ("kernel_size", "max_displacement"):
            if not param.HasField(name):
                self.fail(f"{name} is missing", field=FIELD)
        self.kernel = param.kernel_size
        if self.kernel % 2 == 0:
            self.fail(
                f"kernel_size is {self.kernel}, but must be odd", field=f"{FIELD}.kernel_size"
            )
        self.step = positive_setting(self, FIELD, "stride_1")
        self.most, self.pad = param.max_displacement, param.pad
        self.subtracts = enum_name(param, "correlation_type") == "SUBTRACT"
        self.radius = self.most // positive_setting(self, FIELD, "stride_2")
        self.vertical: Sequence[int] = self._across(-self.radius, self.radius)
        self.horizontal = self.vertical

    def _across(self, first: int, last: int) -> Sequence[int]:
        """Return the displacements of ``first`` to ``last`` steps."""
        step = self.param.correlation_param.stride_2
        return range(first * step, last * step + 1, step)

    @property
    def margins(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """The zeros around the images, and how far from the border the patches begin; for rows and columns."""
        return (self.pad, self.pad), (self.most, self.most)

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check the images and shape the top."""
        first, second = bottom
        require_images(self, first)
        if first.shape != second.shape:
            self.fail(
                f'bottom "{first.name}" {first.shape} and bottom "{second.name}" {second.shape} '
                "must have the same shape"
            )
        pads, starts = self.margins
        self.windows = []
        for size, pad, start in zip(first.shape[2:], pads, starts, strict=True):
            inside = size + 2 * pad - 2 * (start + self.kernel // 2)
            self.windows.append(-(-inside // self.step))
        if min(self.windows) < 1 or not first.shape[1]:
            self.fail(
                f"patches of {self.kernel} x {self.kernel} displaced by {self.most} do not fit into bottom "
                f'"{first.name}" {first.shape} with pad {self.pad}',
                field=FIELD,
            )
        count = len(self.vertical) * len(self.horizontal)
        if count * self.kernel**2 > MOST_STEPS:
            self.fail(
                f"{count} displacements of patches of {self.kernel} x {self.kernel} cells are too many: the most "
                f"are {MOST_STEPS} cells of a patch times displacements",
                field=FIELD,
            )
        top[0].reshape(first.shape[0], count, *self.windows)

    def cost(
        self, bottom: Sequence[Blob], top: Sequence[Blob], propagate_down: Sequence[bool]
    ) -> Cost:
        """Return the cost of a multiply-add for each channel, cell of a patch and element of the top."""
        products = 2.0 * top[0].count * bottom[0].shape[1] * self.kernel**2
        moved = float(self.dtype.itemsize * (2 * bottom[0].count + top[0].count))
        work = Work(products, moved)
        return Cost((work,), (work,) * sum(propagate_down))

    @property
    def _more(self) -> int:
        """How many cells left of the first patch's displacements are read: Correlation1D's to the left."""
        return max(0, -self.horizontal[0] - self.most)

    def _padded(self, name: str, values: Any = None) -> Any:
        """Return, as scratch, images with their zeros, and what more is read left of them."""
        (above, aside), _ = self.margins
        count, channels, height, width = self._image
        more = self._more
        shape = (count, channels, height + 2 * above, width + 2 * (aside + more))
        found = self.device.scratch(name, shape, self.dtype)
        found.fill(0)
        if values is not None:
            found[:, :, above : above + height, aside + more : aside + more + width] = values
        return found

    def _unpadded(self, padded: Any) -> Any:
        (above, aside), _ = self.margins
        left = aside + self._more
        return padded[:, :, above : above + self._image[2], left : left + self._image[3]]

    _image: tuple[int, ...] = ()

    def _parts(self) -> Iterator[tuple[int, Any, Any]]:
        """Yield, for each displacement and cell of the patch, its channel and both images' cells."""
        _, (top, left) = self.margins
        left += self._more
        for number, (down, across) in enumerate(
            (down, across) for down in self.vertical for across in self.horizontal
        ):
            for row in range(self.kernel):
                for column in range(self.kernel):
                    yield (
                        number,
                        self._cells(top + row, left + column),
                        self._cells(top + row + down, left + column + across),
                    )

    def _cells(self, row: int, column: int) -> Any:
        rows, columns = self.windows
        return (
            ...,
            slice(row, row + self.step * (rows - 1) + 1, self.step),
            slice(column, column + self.step * (columns - 1) + 1, self.step),
        )

    def _each(self) -> float:
        return 1 / (self._image[1] * self.kernel**2)

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write the means."""
        xp, y = self.xp, top[0].data
        self._image = bottom[0].shape
        a, b = (self._padded(f"correlation {i}", blob.data) for i, blob in enumerate(bottom))
        y.fill(0)
        for number, here, there in self._parts():
            if self.subtracts:
                y[:, number] += xp.sum(xp.abs(a[here] - b[there]), axis=1)
            else:
                y[:, number] += xp.einsum("nchw,nchw->nhw", a[here], b[there])
        xp.multiply(y, self._each(), out=y)

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Write the gradients of both images."""
        if not any(propagate_down):
            return
        xp, self._image = self.xp, bottom[0].shape
        a, b = (self._padded(f"correlation {i}", blob.data) for i, blob in enumerate(bottom))
        da, db = (self._padded(f"correlation gradient {i}") for i in range(2))
        dy = top[0].diff * self._each()
        for number, here, there in self._parts():
            change = dy[:, number, None]
            if self.subtracts:
                signed = xp.where(a[here] >= b[there], change, -change)
                da[here] += signed
                db[there] -= signed
                continue
            if propagate_down[0]:
                da[here] += change * b[there]
            if propagate_down[1]:
                db[there] += change * a[here]
        for blob, found, wanted in zip(bottom, (da, db), propagate_down, strict=True):
            if wanted:
                xp.copyto(blob.diff, self._unpadded(found))


class Correlation1D(Correlation):
    """Compares the patches of two images, the second one displaced along the rows: DispNet's.

    As Correlation, but ``pad`` zeros are only left and right, the patches begin at the first row, and the displacements
    are horizontal: top (N, 2 r + 1, rows, columns). ``single_direction`` 1: the r + 1 displacements from 0 to the
    right. -1: those from r + 1 steps to the left up to 1 step, as in the fork; what lies left of the zeros is 0,
    where the fork reads the end of the row above.
    """

    type = "Correlation1D"
    conditions = (Only(f"{FIELD}.do_abs", when="never"),)

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read and check the settings."""
        super().setup(bottom, top)
        direction = self.param.correlation_param.single_direction
        if direction not in (-1, 0, 1):
            self.fail(
                f"single_direction is {direction}, but must be -1 (left), 0 (both) or 1 (right)",
                field=f"{FIELD}.single_direction",
            )
        self.vertical = (0,)
        if direction < 0:
            self.horizontal = self._across(-self.radius - 1, -1)
        elif direction:
            self.horizontal = self._across(0, self.radius)

    @property
    def margins(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """The zeros around the images, and how far from the border the patches begin; for rows and columns."""
        return (0, self.pad), (0, self.most)

"""The Pooling layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Cost, Layer, Work, elementwise, enum_name, require_images
from mycaffe_py.plugins import Only

from .pool_methods import MaxPool, pool_method
from .pool_windows import PoolAxis, PoolWindows

FIELD = "pooling_param"


class Pooling(Layer):
    """Reduces each window of an image to its maximum, its average, or a randomly drawn value.

    Bottom x (N, C, H, W), top y (N, C, rows, columns) with ceil((size + 2 pad - kernel) / stride) + 1 windows along
    each axis, rounded down with ``round_mode: FLOOR`` or ``ceil_mode: false``, as forks write it; with padding, along
    either axis, the last window is dropped if it begins after the image and its first padding. A second top, with MAX
    alone, gets h W + w of each maximum.
    MAX: padding is never the maximum, and the first of equal values counts; dx = dy there. AVE: sum / size, where
    the size includes padding, but not what exceeds it; dx = dy / size. STOCHASTIC: in TRAIN a cell drawn with a
    probability proportional to its value, in TEST sum of x^2 / sum of x.
    """

    recordable = True

    type = "Pooling"
    group = "pool"
    parameters = ("pooling_param",)
    conditions = (
        Only("pooling_param.round_mode", "pooling_param.ceil_mode", when="no global_pooling"),
    )
    exact_num_bottom_blobs = 1
    min_top_blobs = 1
    max_top_blobs = 2
    allows_in_place = False

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read and check the settings."""
        param = self.param.pooling_param
        self.method_name = enum_name(param, "pool")
        self.floor = self._rounds_down()
        self.is_global = param.global_pooling
        if len(top) > 1 and self.method_name != "MAX":
            self.fail(
                f"a second top, the mask, is for pool MAX, not {self.method_name}", field=FIELD
            )
        self.stride, self.pad = self._pair("stride"), self._pair("pad")
        self.kernel = self._kernel_of_all() if self.is_global else self._pair("kernel")
        for axis, name in enumerate(("h", "w")):
            self._check_axis(name, axis)
        self._image: tuple[int, ...] = ()

    def _rounds_down(self) -> bool:
        """Whether the number of windows is rounded down, by either spelling of the setting."""
        param = self.param.pooling_param
        floor = enum_name(param, "round_mode") == "FLOOR"
        if not param.HasField("ceil_mode"):
            return floor
        if param.HasField("round_mode") and floor == param.ceil_mode:
            self.fail(
                f"round_mode is {enum_name(param, 'round_mode')}, but ceil_mode says the opposite",
                field=f"{FIELD}.ceil_mode",
                hint="remove one of them: ceil_mode: false is round_mode: FLOOR",
            )
        return not param.ceil_mode

    def _name(self, stem: str) -> str:
        return "kernel_size" if stem == "kernel" else stem

    def _pair(self, stem: str) -> tuple[int, int]:
        """Return a setting for both axes, from its single form or its _h and _w form."""
        param, name = self.param.pooling_param, self._name(stem)
        pair = [f"{stem}_{side}" for side in "hw"]
        present = [field for field in pair if param.HasField(field)]
        if present and param.HasField(name):
            self.fail(
                f"give {name}, or {pair[0]} and {pair[1]}, not both", field=f"{FIELD}.{present[0]}"
            )
        if len(present) == 1:
            self.fail(
                f"{present[0]} is given alone: {pair[0]} and {pair[1]} must be given together",
                field=f"{FIELD}.{present[0]}",
            )
        if present:
            return getattr(param, pair[0]), getattr(param, pair[1])
        if stem == "kernel" and not param.HasField(name):
            self.fail(f"{name} is missing: give {name}, or {pair[0]} and {pair[1]}", field=FIELD)
        return getattr(param, name), getattr(param, name)

    def _kernel_of_all(self) -> tuple[int, int]:
        param = self.param.pooling_param
        for field in ("kernel_size", "kernel_h", "kernel_w"):
            if param.HasField(field):
                self.fail(f"{field} cannot be given with global_pooling", field=f"{FIELD}.{field}")
        if any(self.pad) or self.stride != (1, 1):
            self.fail(
                "with global_pooling pad must be 0 and stride 1", field=f"{FIELD}.global_pooling"
            )
        return 1, 1

    def _check_axis(self, side: str, axis: int) -> None:
        param = self.param.pooling_param

        def field(stem: str) -> str:
            pair = f"{stem}_{side}"
            return pair if param.HasField(pair) else self._name(stem)

        kernel, stride, pad = self.kernel[axis], self.stride[axis], self.pad[axis]
        for stem, value in (("kernel", kernel), ("stride", stride)):
            if not value:
                self.fail(
                    f"{field(stem)} is 0, but must be at least 1", field=f"{FIELD}.{field(stem)}"
                )
        if pad and self.method_name == "STOCHASTIC":
            self.fail("padding is for MAX and AVE, not STOCHASTIC", field=f"{FIELD}.{field('pad')}")
        if pad >= kernel:
            self.fail(
                f"{field('pad')} {pad} must be smaller than the kernel's {kernel}",
                field=f"{FIELD}.{field('pad')}",
            )

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Place the windows and size the tops."""
        shape = bottom[0].shape
        require_images(self, bottom[0])
        if shape[2:] != self._image:
            self._lay(bottom[0])
        for blob in top:
            blob.reshape(*shape[:2], *self.windows.shape)

    def cost(
        self, bottom: Sequence[Blob], top: Sequence[Blob], propagate_down: Sequence[bool]
    ) -> Cost:
        """Return the cost of an operation for each cell of each window; backward, for each cell or window."""
        by_size = elementwise(self, bottom, top, propagate_down)
        kernel = bottom[0].shape[2:] if self.is_global else self.kernel
        cells = float(top[0].count * kernel[0] * kernel[1])
        return Cost((Work(cells, by_size.forward[0].bytes),), by_size.backward)

    def _lay(self, bottom: Blob) -> None:
        image = bottom.shape[2:]
        kernel = image if self.is_global else self.kernel
        if 0 in image:
            self.fail(f'bottom "{bottom.name}" {bottom.shape} has no cells')
        axes = [
            PoolAxis(size, k, s, p, floor=self.floor, inside=any(self.pad))
            for size, k, s, p in zip(image, kernel, self.stride, self.pad, strict=True)
        ]
        if min(axis.count for axis in axes) < 1:
            self.fail(
                f'the kernel {kernel} does not fit into bottom "{bottom.name}" {bottom.shape} '
                f"with pad {self.pad}",
                field=FIELD,
            )
        self.windows = PoolWindows(self.device, self.dtype, *axes)
        self.method: Any = pool_method(self.method_name, self.phase, self.windows)
        self._image = image

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write the value of each window and, if asked for, the indices of the maxima."""
        x, y = bottom[0].data, top[0].data
        self.method.forward(x, y)
        if len(top) > 1 and isinstance(self.method, MaxPool):
            self.method.mask(x, y, top[1].data)

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Write the gradient of x."""
        if propagate_down[0]:
            self.method.backward(bottom[0].data, top[0].diff, bottom[0].diff)

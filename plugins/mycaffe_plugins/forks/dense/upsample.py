"""The Upsample layer."""

from __future__ import annotations

from collections.abc import Sequence

from mycaffe_py.blob import Blob
from mycaffe_py.layer import positive_setting, require_images
from mycaffe_py.plugins import Only

from .mask import MaskedCells, MaskedLayer

FIELD = "upsample_param"
_TOO_MANY = 1 << 31
_FACTORS = ("scale_h", "scale_w", "pad_out_h", "pad_out_w")
_REPEATING = ("stride", "stride_h", "stride_w")


class Upsample(MaskedLayer):
    """Enlarges images: by the mask of a Pooling layer, or by repeating each element.

    Bottom x (N, C, h, w). With a second bottom, the mask of x's shape from the second top of a Pooling layer, as in
    SegNet and ENet: top y (N, C, H, W) is x in the cells that the mask names, 0 elsewhere; dx = dy there; the mask has
    the gradient 0. H x W is ``upsample_h`` x ``upsample_w``, or ``scale`` (2), or ``scale_h`` and ``scale_w``, times
    x's size, one less with ``pad_out_h`` or ``pad_out_w``. ``scale`` beside ``upsample_h``, as files have it, has no
    effect.

    With one bottom, as in YOLOv3's forks: each element is repeated ``scale`` times along both axes, which must be
    given; or ``stride`` times, and multiplied by ``scale`` (here 1 if not given). dx = the sum of dy over the
    copies, times the same.
    """

    recordable = True

    type = "Upsample"
    fork = "SegNet, YOLOv3"
    group = "shape"
    parameters = (FIELD,)
    conditions = (
        Only(*(f"{FIELD}.{name}" for name in _FACTORS), when="no upsample_h"),
        Only(
            *(f"{FIELD}.{name}" for name in _REPEATING),
            when="a single bottom",
            test=lambda layer: len(layer.bottom) != 2,
        ),
    )

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read the settings."""
        self.value = 1.0
        self.size: tuple[int, int] | None = None
        self.lost = (0, 0)
        self.cells = MaskedCells(self) if len(bottom) > 1 else None
        if self.cells is None:
            self.factors = self._repetitions()
            return
        param = self.param.upsample_param
        if self._pair("upsample_h", "upsample_w"):
            self.size = self._at_least_two("upsample_h"), self._at_least_two("upsample_w")
            return
        self.factors = self._factors()
        self.lost = int(param.pad_out_h), int(param.pad_out_w)
        for name, lost, factor in zip("hw", self.lost, self.factors, strict=True):
            if lost and factor != 2:
                self.fail(
                    f"pad_out_{name} is for a factor of 2, not {factor}",
                    field=f"{FIELD}.pad_out_{name}",
                )

    def _pair(self, *names: str) -> bool:
        """Return whether both fields are given; fail if one of them is."""
        given = [name for name in names if self.param.upsample_param.HasField(name)]
        if len(given) == 1:
            self.fail(
                f"{given[0]} is given alone: {names[0]} and {names[1]} must be given together",
                field=f"{FIELD}.{given[0]}",
            )
        return bool(given)

    def _at_least_two(self, name: str) -> int:
        value = getattr(self.param.upsample_param, name)
        if not 2 <= value < _TOO_MANY or value != int(value):
            self.fail(
                f"{name} is {value:g}, but must be a whole number from 2 up",
                field=f"{FIELD}.{name}",
            )
        return int(value)

    def _factors(self) -> tuple[int, int]:
        """Return the factors of SegNet's form."""
        if not self._pair("scale_h", "scale_w"):
            return (self._at_least_two("scale"),) * 2
        if self.param.upsample_param.HasField("scale"):
            self.fail("give scale, or scale_h and scale_w, not both", field=f"{FIELD}.scale")
        return self._at_least_two("scale_h"), self._at_least_two("scale_w")

    def _repetitions(self) -> tuple[int, int]:
        """Return how often rows and columns are repeated, where there is no mask."""
        param = self.param.upsample_param
        for name in ("upsample_h", "upsample_w", "pad_out_h", "pad_out_w"):
            if param.HasField(name):
                self.fail(
                    f"{name} is for a second bottom, the mask of a Pooling layer",
                    field=f"{FIELD}.{name}",
                )
        if any(map(param.HasField, _REPEATING)):
            self.value = param.scale if param.HasField("scale") else 1.0
            if not self._pair("stride_h", "stride_w"):
                return (positive_setting(self, FIELD, "stride"),) * 2
            return positive_setting(self, FIELD, "stride_h"), positive_setting(
                self, FIELD, "stride_w"
            )
        if self._pair("scale_h", "scale_w"):
            return self._factors()
        if not param.HasField("scale"):
            self.fail(
                "scale is missing",
                field=FIELD,
                hint="give scale, or the mask of a Pooling layer as second bottom",
            )
        scale = param.scale
        if not 1 <= scale < _TOO_MANY or scale != int(scale):
            self.fail(
                f"scale is {scale:g}, but must be a whole number from 1 up", field=f"{FIELD}.scale"
            )
        return int(scale), int(scale)

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Shape the top and check the mask."""
        x = bottom[0]
        require_images(self, x)
        sizes = zip(x.shape[2:], self.factors, self.lost, strict=True) if self.size is None else ()
        height, width = self.size or tuple(size * factor - less for size, factor, less in sizes)
        if min(height, width) < 1:
            self.fail(f'nothing would be left of bottom "{x.name}" {x.shape}', field=FIELD)
        top[0].reshape(*x.shape[:2], height, width)
        if self.cells is not None:
            self.cells.reshape(x, bottom[1], (height, width))

    def _blocks(self, x: Blob) -> tuple[int, ...]:
        """Return (planes, h, rows of a block, w, columns of a block)."""
        planes = x.shape[0] * x.shape[1]
        return planes, x.shape[2], self.factors[0], x.shape[3], self.factors[1]

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write the enlarged images."""
        x, y = bottom[0].data, top[0].data
        if self.cells is not None:
            self.cells.place(x, y)
            return
        blocks = self._blocks(bottom[0])
        small = x.reshape(blocks[0], blocks[1], 1, blocks[3], 1)
        self.xp.copyto(y.reshape(blocks), small)
        if self.value != 1:
            self.xp.multiply(y, self.value, out=y)

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Write the gradient of x."""
        if len(bottom) > 1 and propagate_down[1]:
            bottom[1].diff[...] = 0
        if not propagate_down[0]:
            return
        dx, dy = bottom[0].diff, top[0].diff
        if self.cells is not None:
            self.cells.pick(dy, dx)
            return
        blocks = self._blocks(bottom[0])
        small = dx.reshape(blocks[0], blocks[1], blocks[3])
        self.xp.sum(dy.reshape(blocks), axis=(2, 4), out=small)
        if self.value != 1:
            self.xp.multiply(small, self.value, out=small)

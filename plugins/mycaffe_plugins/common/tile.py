"""The Tile layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Layer, blob_axis, positive_setting


class Tile(Layer):
    """Repeats a blob along one axis.

    Bottom x; top y, whose dimension at ``axis`` (default 1) is ``tiles`` times as large. The sequence
    is repeated as a whole: a b becomes a b a b. dx is the sum of dy over the tiles.
    """

    recordable = True

    type = "Tile"
    group = "shape"
    parameters = ("tile_param",)
    exact_num_bottom_blobs = 1
    exact_num_top_blobs = 1
    allows_in_place = False

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check the number of tiles, which has no default."""
        if not self.param.tile_param.HasField("tiles"):
            self.fail("tile_param.tiles must be given", field="tile_param")
        positive_setting(self, "tile_param", "tiles")

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Shape the top."""
        param, shape = self.param.tile_param, list(bottom[0].shape)
        axis = blob_axis(self, bottom[0], param.axis, "tile_param.axis")
        shape[axis] *= param.tiles
        top[0].reshape(shape)
        self.outer, self.inner = bottom[0].count_axes(0, axis), bottom[0].count_axes(axis)

    def _tiled(self, array: Any, tiles: int) -> Any:
        return array.reshape(self.outer, tiles, self.inner)

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Copy x to every tile."""
        tiles = self.param.tile_param.tiles
        self.xp.copyto(self._tiled(top[0].data, tiles), self._tiled(bottom[0].data, 1))

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Add up the gradients of the tiles."""
        if propagate_down[0]:
            dx = bottom[0].diff.reshape(self.outer, self.inner)
            dy = self._tiled(top[0].diff, self.param.tile_param.tiles)
            self.xp.sum(dy, axis=1, out=dx)

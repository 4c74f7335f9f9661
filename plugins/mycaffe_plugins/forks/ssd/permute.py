"""The Permute layer of SSD."""

from __future__ import annotations

from mycaffe_plugins.common import Transpose
from mycaffe_py.blob import Blob


class Permute(Transpose):
    """Permutes the axes, as Transpose does, with a list that may be incomplete.

    Bottom x; ``permute_param.order`` lists the first axes of the top y by their numbers in x. The axes that it
    does not name follow in their order. dx is dy with the axes permuted back. Rules: SSD, permute_layer.cpp.
    """

    recordable = True
    fork = "SSD"

    type = "Permute"
    parameters = ("permute_param",)

    def new_order(self, x: Blob) -> list[int]:
        """Return the axes that are listed, then the others."""
        given = list(self.param.permute_param.order)
        for place, axis in enumerate(given):
            if axis >= x.num_axes:
                self.fail(
                    f'order {given} holds axis {axis}, but bottom "{x.name}" {x.shape} has {x.num_axes}, from 0 on',
                    field=f"permute_param.order.{place}",
                )
            if axis in given[:place]:
                self.fail(
                    f"order {given} holds axis {axis} twice", field=f"permute_param.order.{place}"
                )
        return given + [axis for axis in range(x.num_axes) if axis not in given]

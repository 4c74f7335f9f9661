"""The DummyData layer."""

from __future__ import annotations

from collections.abc import Sequence

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Layer

_OLD_AXES = ("num", "channels", "height", "width")


class DummyData(Layer):
    """Generates data with fillers, to try a net without a data set.

    No bottoms; one or more tops, shaped by ``shape``, given once for all tops or once for each, or by
    the older ``num``, ``channels``, ``height`` and ``width``, each of them given likewise.
    ``data_filler`` is given once for all tops, once for each, or not at all (zeros). A constant is
    filled in once, and stays as it is if overwritten; other fillers draw new values in each forward,
    from the device's generator, whose state is part of the solver state.
    """

    type = "DummyData"
    parameters = ("dummy_data_param",)
    exact_num_bottom_blobs = 0
    min_top_blobs = 1
    allows_in_place = False

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Shape the tops and fill them once, so that an unsuitable filler fails at once."""
        for blob, shape in zip(top, self._shapes(len(top)), strict=True):
            blob.reshape(shape)
        param = self.param.dummy_data_param
        registry = self.context.registry
        messages = list(param.data_filler) or [registry.schema.new("FillerParameter")]
        self._check_count("data_filler", len(messages), len(top))
        messages *= len(top) if len(messages) == 1 else 1
        self.fillers = [registry.filler(message) for message in messages]
        self._filled: list[tuple[int, ...] | None] = [None] * len(top)
        self._fill(top)

    def _check_count(self, name: str, given: int, tops: int) -> None:
        if given not in (1, tops):
            self.fail(
                f"{name} must be given once or once for each top: {given} given, {tops} tops",
                field=f"dummy_data_param.{name}",
            )

    def _shapes(self, tops: int) -> list[tuple[int, ...]]:
        param = self.param.dummy_data_param
        shapes = [tuple(shape.dim) for shape in param.shape]
        old = {name: list(getattr(param, name)) for name in _OLD_AXES}
        if any(old.values()):
            if shapes:
                self.fail(
                    "give shape or num, channels, height and width (its old form), not both",
                    field="dummy_data_param.shape",
                )
            for name, sizes in old.items():
                self._check_count(name, len(sizes), tops)
            columns = [sizes * tops if len(sizes) == 1 else sizes for sizes in old.values()]
            return list(zip(*columns, strict=True))
        self._check_count("shape", len(shapes), tops)
        return shapes * tops if len(shapes) == 1 else shapes

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Do nothing: the shapes are fixed."""

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Fill the tops."""
        self._fill(top)

    def _fill(self, top: Sequence[Blob]) -> None:
        for index, (blob, filler) in enumerate(zip(top, self.fillers, strict=True)):
            # A constant is filled in again only if the user has given the blob another shape.
            if filler.type != "constant" or self._filled[index] != blob.shape:
                filler.fill(blob)
                self._filled[index] = blob.shape

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Do nothing: there are no bottoms."""

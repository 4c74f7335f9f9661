"""The InfogainLoss layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mycaffe_py.blob import Blob, array_from_file
from mycaffe_py.errors import SnapshotError
from mycaffe_py.plugins import Only

from .class_weights import NO_CLASS_WEIGHTS
from .normalization import PRE_FIXED_NORMALIZER
from .softmax_loss import SoftmaxLoss

_SMALLEST = 1e-20


def _lacks_matrix(param: Any) -> bool:
    return len(param.bottom) < 3


class InfogainLoss(SoftmaxLoss):
    """Cross entropy of scores, each pair of label and class weighted by a matrix H.

    Bottoms: scores x, classes along ``axis`` (default 1), one label for each item, and H (K, K) for K
    classes, or any shape of K * K elements; without the third bottom H is the BlobProto file ``source``. Tops:
    a scalar and, if wanted, p = softmax(x). y = -sum_k H[label, k] log(max(p_k, 1e-20)) / n;
    dx_k = dy * (p_k sum_j H[label, j] - H[label, k]) / n. ``loss_param`` as for SoftmaxWithLoss, but the
    deprecated ``normalize`` is refused. With the identity as H it equals SoftmaxWithLoss.
    """

    recordable = True

    type = "InfogainLoss"
    parameters = ("infogain_loss_param", "loss_param")
    conditions = (
        PRE_FIXED_NORMALIZER,
        Only("infogain_loss_param.source", when="two bottoms", test=_lacks_matrix),
        NO_CLASS_WEIGHTS,
    )
    exact_num_bottom_blobs = None
    min_bottom_blobs = 2
    max_bottom_blobs = 3
    label_bottoms = (1, 2)
    axis_message = "infogain_loss_param"

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read the matrix if it comes from a file."""
        if self.param.loss_param.HasField("normalize"):
            self.fail(
                "normalize is deprecated and not accepted here: use normalization",
                field="loss_param.normalize",
                hint="normalization: VALID corresponds to true, BATCH_SIZE to false",
            )
        super().setup(bottom, top)
        self._weights, self._sums, self._logarithm = map(
            self.working_blob, ("weights", "sums", "logarithm")
        )
        self._from_file: Any = None if len(bottom) > 2 else self._read_source()

    def _read_source(self) -> Any:
        param, field = self.param.infogain_loss_param, "infogain_loss_param.source"
        if not param.HasField("source"):
            self.fail(
                "needs the matrix as a third bottom or as a BlobProto file, named by source",
                field=field,
            )
        path = self.find_file(param.source, field, "matrix file")
        try:
            values = array_from_file(path, self.context.registry.schema)
        except SnapshotError as error:
            self.fail(error.message, field=field)
        return self.device.asarray(values, dtype=self.dtype)

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check labels and matrix against the scores and shape the tops."""
        super().reshape(bottom, top)
        outer, classes, inner = self.sizes
        if len(bottom) > 2:
            given = bottom[2]
            what, count, field = f'bottom "{given.name}" {given.shape}', given.count, ""
        else:
            matrix, field = self._from_file, "infogain_loss_param.source"
            what, count = f"the matrix {matrix.shape} in the file", matrix.size
        if count != classes * classes:
            self.fail(
                f'{what} has {count} elements, but bottom "{bottom[0].name}" {bottom[0].shape} has '
                f"{classes} classes and needs {classes} x {classes} = {classes**2}",
                field=field,
            )
        self._weights.reshape(outer * inner, classes)
        self._sums.reshape(outer * inner)
        self._logarithm.reshape(self.sizes)

    def _by_class(self) -> Any:
        """Return the weights of each item, H[label], in the order of the scores."""
        outer, classes, inner = self.sizes
        return self._weights.data.reshape(outer, inner, classes).transpose(0, 2, 1)

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write the weighted mean of -log(p)."""
        super().forward(bottom, top)
        xp, labels, weights = self.xp, self.labels, self._weights.data
        matrix = bottom[2].data if len(bottom) > 2 else self._from_file
        classes = self.sizes[1]
        xp.take(matrix.reshape(classes, classes), labels.index, axis=0, out=weights)
        if labels.counted is not None:
            xp.multiply(weights, labels.counted[:, None], out=weights)
        xp.sum(weights, axis=1, out=self._sums.data)
        logarithm = self._logarithm.data
        xp.maximum(self.probability.data.reshape(self.sizes), _SMALLEST, out=logarithm)
        xp.log(logarithm, out=logarithm)
        xp.multiply(logarithm, self._by_class(), out=logarithm)
        top[0].data[...] = (0 - xp.sum(logarithm)) / self.normalizer  # 0 stays 0, not -0

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Write (p_k sum(H[label]) - H[label, k]) / n, times the loss weight."""
        self.refuse_label_gradients(propagate_down, bottom)
        if not propagate_down[0]:
            return
        xp, (outer, _, inner) = self.xp, self.sizes
        dx = bottom[0].diff.reshape(self.sizes)
        sums = self._sums.data.reshape(outer, 1, inner)
        xp.multiply(self.probability.data.reshape(self.sizes), sums, out=dx)
        xp.subtract(dx, self._by_class(), out=dx)
        xp.multiply(dx, top[0].diff / self.normalizer, out=dx)

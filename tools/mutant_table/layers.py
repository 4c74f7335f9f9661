"""Gradients of layers of mycaffe_plugins.common."""

from __future__ import annotations

from .mutant import Mutant

INNER_PRODUCT = "plugins/mycaffe_plugins/common/inner_product.py"
BATCH_NORM = "plugins/mycaffe_plugins/common/batch_norm.py"
CHANNELS = "plugins/mycaffe_plugins/common/channels.py"
SOFTMAX_LOSS = "plugins/mycaffe_plugins/common/softmax_with_loss.py"
EUCLIDEAN = "plugins/mycaffe_plugins/common/euclidean_loss.py"
CONTRASTIVE = "plugins/mycaffe_plugins/common/contrastive_loss.py"
HINGE = "plugins/mycaffe_plugins/common/hinge_loss.py"
CROSS_ENTROPY = "plugins/mycaffe_plugins/common/sigmoid_cross_entropy_loss.py"
MEAN_ERROR = "plugins/mycaffe_plugins/common/mean_error_loss.py"
ELTWISE = "plugins/mycaffe_plugins/common/eltwise.py"
EMBED = "plugins/mycaffe_plugins/common/embed.py"
MVN = "plugins/mycaffe_plugins/common/mvn.py"
PRELU = "plugins/mycaffe_plugins/common/prelu.py"
SPLIT = "plugins/mycaffe_plugins/common/split.py"

OF_INNER_PRODUCT = ("tests/plugins/common/test_inner_product.py",)
OF_BATCH_NORM = ("tests/plugins/common/test_batch_norm.py", "tests/test_conformance.py")
OF_LOSSES = ("tests/plugins/common/test_losses.py",)
OF_CLASS_LOSSES = ("tests/plugins/common/test_class_losses.py",)
OF_PAIR_LOSSES = ("tests/plugins/common/test_pair_losses.py", "tests/test_conformance.py")
OF_EXPECTED = ("tests/test_expected.py",)

MUTANTS = (
    Mutant(
        "inner-product-bias-gradient-overwrites",
        INNER_PRODUCT,
        "self.xp.add(gradient, total, out=gradient)",
        "self.xp.copyto(gradient, total)",
        OF_INNER_PRODUCT,
    ),
    Mutant(
        "inner-product-weight-gradient-overwrites",
        INNER_PRODUCT,
        "self.xp.add(target, product, out=target)",
        "self.xp.copyto(target, product)",
        OF_INNER_PRODUCT,
    ),
    Mutant(
        "inner-product-last-part-of-gradient-lost",
        INNER_PRODUCT,
        "for start in range(0, rows, part):",
        "for start in range(0, max(part, rows - rows % part), part):",
        OF_INNER_PRODUCT,
    ),
    Mutant(
        "inner-product-transpose-in-backward",
        INNER_PRODUCT,
        "left, right = (x, dy) if self.transpose else (dy, x)",
        "left, right = (dy, x)",
        OF_INNER_PRODUCT,
    ),
    Mutant(
        "batch-norm-gradient-ignores-the-mean",
        CHANNELS,
        "self._xp.add(scratch, self.column(mean), out=scratch)",
        "pass",
        OF_BATCH_NORM,
    ),
    Mutant(
        "batch-norm-variance-without-correction",
        BATCH_NORM,
        "variance = variance * (elements / (elements - 1))",
        "variance = variance * 1.0",
        OF_BATCH_NORM,
    ),
    Mutant(
        "batch-norm-scale-gradient-not-normalised",
        BATCH_NORM,
        "product = product * self._inverse\n",
        "product = product * 1.0\n",
        OF_BATCH_NORM,
    ),
    Mutant(
        "batch-norm-statistics-not-divided-by-factor",
        BATCH_NORM,
        "share = (1 - empty) / (factor + empty)",
        "share = 1 - empty",
        OF_BATCH_NORM,
    ),
    Mutant(
        "softmax-loss-ignored-labels-get-gradients",
        SOFTMAX_LOSS,
        "xp.multiply(dx, self._factor.reshape(outer, 1, inner), out=dx)",
        "pass",
        OF_CLASS_LOSSES,
    ),
    Mutant(
        "softmax-loss-gradient-not-normalised",
        SOFTMAX_LOSS,
        "scale = top[0].diff / self.normalizer",
        "scale = top[0].diff",
        OF_CLASS_LOSSES,
    ),
    Mutant(
        "euclidean-loss-sign-of-second-bottom",
        EUCLIDEAN,
        "zip(bottom, (1, -1), propagate_down, strict=True)",
        "zip(bottom, (1, 1), propagate_down, strict=True)",
        OF_LOSSES,
    ),
    Mutant(
        "contrastive-loss-legacy-slope",
        CONTRASTIVE,
        "xp.sign(self._gap.data, out=factor)",
        "xp.copyto(factor, self._gap.data)",
        OF_PAIR_LOSSES,
    ),
    Mutant(
        "hinge-loss-l2-slope",
        HINGE,
        "(2 / self.items)",
        "(1 / self.items)",
        OF_CLASS_LOSSES,
    ),
    Mutant(
        "cross-entropy-ignored-targets-get-gradients",
        CROSS_ENTROPY,
        "xp.multiply(dx, self._counted.data, out=dx)",
        "pass",
        (*OF_CLASS_LOSSES, *OF_PAIR_LOSSES),
    ),
    Mutant(
        "mean-error-loss-mse-slope",
        MEAN_ERROR,
        "factor = sign * (2 if self.squared else 1) / self.normalizer",
        "factor = sign / self.normalizer",
        OF_LOSSES,
    ),
    Mutant(
        "mean-error-loss-counts-missing-targets",
        MEAN_ERROR,
        "self.normalizer = self.normalization.divisor(self._full, self._batch, observed)",
        "pass",
        OF_LOSSES,
    ),
    Mutant(
        "eltwise-max-of-equal-values",
        ELTWISE,
        "self.xp.less_equal(xs[0], xs[1], out=winner)",
        "self.xp.less(xs[0], xs[1], out=winner)",
        ("tests/plugins/common/test_eltwise.py",),
    ),
    Mutant(
        "embed-index-that-occurs-twice",
        EMBED,
        "self.xp.add.at(self.blobs[0].diff.reshape(-1), places.reshape(-1), dy.reshape(-1))",
        "self.blobs[0].diff.reshape(-1)[places.reshape(-1)] += dy.reshape(-1)",
        ("tests/plugins/common/test_embed.py",),
    ),
    Mutant(
        "mvn-gradient-ignores-eps",
        MVN,
        "slope = planes.dot(dy, y) / planes.each * (self._divisor / deviation)",
        "slope = planes.dot(dy, y) / planes.each",
        ("tests/plugins/common/test_batch_norm.py", *OF_EXPECTED),
    ),
    Mutant(
        "prelu-slope-gradient-overwrites",
        PRELU,
        "xp.add(gradient, self._sum.data, out=gradient)",
        "xp.copyto(gradient, self._sum.data)",
        ("tests/plugins/common/test_prelu.py",),
    ),
    Mutant(
        "split-third-gradient-lost",
        SPLIT,
        "for blob in top[2:]:",
        "for blob in top[3:]:",
        ("tests/plugins/common/test_routing.py",),
    ),
)

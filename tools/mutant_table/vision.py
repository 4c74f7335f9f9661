"""Convolution, LRN, and where the windows of a pooling lie."""

from __future__ import annotations

from .mutant import Mutant

BASE_CONVOLUTION = "plugins/mycaffe_plugins/vision/base_convolution.py"
CORRELATION = "plugins/mycaffe_plugins/vision/correlation.py"
WINDOWS = "plugins/mycaffe_plugins/vision/windows.py"
GEOMETRY = "plugins/mycaffe_plugins/vision/geometry.py"
LRN = "plugins/mycaffe_plugins/vision/lrn.py"
POOLING = "plugins/mycaffe_plugins/vision/pooling.py"
POOL_WINDOWS = "plugins/mycaffe_plugins/vision/pool_windows.py"
POOL_INDICES = "plugins/mycaffe_plugins/vision/pool_indices.py"
POOL_METHODS = "plugins/mycaffe_plugins/vision/pool_methods.py"

OF_CONVOLUTION = ("tests/plugins/vision/test_convolution.py", "tests/test_conformance.py")
OF_POOLING = ("tests/plugins/vision/test_pooling.py",)

MUTANTS = (
    Mutant(
        "convolution-bias-gradient-overwrites",
        BASE_CONVOLUTION,
        "self.xp.add(gradient, total, out=gradient)",
        "self.xp.copyto(gradient, total)",
        OF_CONVOLUTION,
    ),
    Mutant(
        "convolution-gradient-of-the-last-part-alone",
        CORRELATION,
        "return product if total is None else self.xp.add(total, product, out=total)",
        "return product",
        OF_CONVOLUTION,
    ),
    Mutant(
        "convolution-weight-gradient-overwrites",
        CORRELATION,
        "self.xp.add(target, total.swapaxes(1, 2), out=target)",
        "self.xp.copyto(target, total.swapaxes(1, 2))",
        OF_CONVOLUTION,
    ),
    Mutant(
        "convolution-scatter-without-dilation",
        WINDOWS,
        "start = element * dilation",
        "start = element",
        OF_CONVOLUTION,
    ),
    Mutant(
        "convolution-end-of-the-image-not-cleared",
        WINDOWS,
        "out[(*before, slice(reach, None))] = 0",
        "pass",
        OF_CONVOLUTION,
    ),
    Mutant(
        "convolution-pointwise-with-padding",
        GEOMETRY,
        "return self.kernel == self.stride == ones and not any(self.pad)",
        "return self.kernel == self.stride == ones",
        OF_CONVOLUTION,
    ),
    Mutant(
        "lrn-gradient-factor",
        LRN,
        "xp.multiply(product, 2 * self.weight * self.beta, out=product)",
        "xp.multiply(product, self.weight * self.beta, out=product)",
        ("tests/plugins/vision/test_lrn.py", "tests/test_conformance.py"),
    ),
    Mutant(
        "pooling-rounds-down",
        POOL_WINDOWS,
        "-(-reach // stride)",
        "reach // stride",
        OF_POOLING,
    ),
    Mutant(
        "pooling-last-window-begins-at-the-edge",
        POOL_WINDOWS,
        "(self.count - 1) * stride >= size + pad",
        "(self.count - 1) * stride > size + pad",
        OF_POOLING,
    ),
    Mutant(
        "pooling-last-window-left-out-without-padding",
        POOLING,
        "inside=any(self.pad)",
        "inside=True",
        OF_POOLING,
    ),
    Mutant(
        "pooling-padding-of-the-other-axis",
        POOLING,
        "inside=any(self.pad)",
        "inside=bool(p)",
        OF_POOLING,
    ),
    Mutant(
        "pooling-average-without-padding",
        POOL_WINDOWS,
        "np.minimum(starts + self.kernel, self.size + self.pad)",
        "np.minimum(starts + self.kernel, self.size)",
        OF_POOLING,
    ),
    Mutant(
        "pooling-average-counts-what-hangs-over",
        POOL_WINDOWS,
        "np.minimum(starts + self.kernel, self.size + self.pad)",
        "starts + self.kernel",
        OF_POOLING,
    ),
    Mutant(
        "pooling-mask-of-empty-windows",
        POOL_METHODS,
        "out[..., width.filled :] = -1",
        "pass",
        OF_POOLING,
    ),
    Mutant(
        "pooling-cell-of-two-windows",
        POOL_INDICES,
        "self.xp.add.at(flat, cells, dy)",
        "flat[cells] += dy",
        OF_POOLING,
    ),
    Mutant(
        "pooling-drawn-cell-without-gradient",
        POOL_METHODS,
        "self.xp.multiply(dy, self._drawn < self.windows.elements, out=gradient)",
        "self.xp.copyto(gradient, dy)",
        OF_POOLING,
    ),
)

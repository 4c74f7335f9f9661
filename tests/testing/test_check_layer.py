"""check_layer finds each kind of mistake, and names layer, blob, index and values."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.layer import TEST, Layer
from mycaffe_py.plugins.catalog import Catalog
from mycaffe_py.testing import check_layer


class Linear(Layer):
    """y = a x with one learnable a; right in every respect."""

    type = "Linear"
    exact_num_bottom_blobs = 1
    exact_num_top_blobs = 1
    allows_in_place = False

    def setup(self, bottom, top):
        self.add_blob((1,), name="a")

    def reshape(self, bottom, top):
        top[0].reshape_like(bottom[0])

    def forward(self, bottom, top):
        self.xp.multiply(bottom[0].data, self.blobs[0].data, out=top[0].data)

    def backward(self, top, propagate_down, bottom):
        self.blobs[0].diff[...] += (top[0].diff * bottom[0].data).sum()
        if propagate_down[0]:
            self.xp.multiply(top[0].diff, self.blobs[0].data, out=bottom[0].diff)


class WrongBottomGradient(Linear):
    """Twice the gradient."""

    def backward(self, top, propagate_down, bottom):
        super().backward(top, propagate_down, bottom)
        if propagate_down[0]:
            bottom[0].diff[...] *= 2


class WrongBlobGradient(Linear):
    """Half the gradient of the blob."""

    def backward(self, top, propagate_down, bottom):
        before = self.blobs[0].diff.copy()
        super().backward(top, propagate_down, bottom)
        self.blobs[0].diff[...] = (self.blobs[0].diff + before) / 2


class BlobNotAdded(Linear):
    """Overwrites the blob's diff."""

    def backward(self, top, propagate_down, bottom):
        self.blobs[0].diff[...] = 0
        super().backward(top, propagate_down, bottom)


class BottomNotOverwritten(Linear):
    """Adds to the bottom's diff."""

    def backward(self, top, propagate_down, bottom):
        self.blobs[0].diff[...] += (top[0].diff * bottom[0].data).sum()
        if propagate_down[0]:
            bottom[0].diff[...] += top[0].diff * self.blobs[0].data


class IgnoresPropagateDown(Linear):
    """Always writes the bottom's diff."""

    def backward(self, top, propagate_down, bottom):
        super().backward(top, [True], bottom)


class Restless(Linear):
    """Another result each time."""

    def forward(self, bottom, top):
        self.calls = getattr(self, "calls", 0) + 1
        super().forward(bottom, top)
        top[0].data[...] += self.calls


class RemembersBatch(Linear):
    """Depends on the largest batch seen."""

    def forward(self, bottom, top):
        self.most = max(getattr(self, "most", 0), bottom[0].shape[0])
        super().forward(bottom, top)
        top[0].data[...] += self.most


class Coarse(Linear):
    """Loses too much in float32."""

    def forward(self, bottom, top):
        super().forward(bottom, top)
        if self.dtype == np.float32:
            top[0].data[...] += 0.01


class NumpyOnly(Linear):
    """Calls NumPy on the device's arrays."""

    def forward(self, bottom, top):
        np.multiply(bottom[0].data, self.blobs[0].data, out=top[0].data)


class CarelessInPlace(Linear):
    """Reads x after it has been overwritten."""

    allows_in_place = True


class Widening(Linear):
    """Computes in float64, whatever the net's type."""

    def forward(self, bottom, top):
        rows = self.xp.arange(len(bottom[0].data)).reshape(-1, 1)
        top[0].data[...] = bottom[0].data * self.blobs[0].data + 0 * rows


class NoGradient(Linear):
    """Forward only."""

    backward = Layer.backward


class Statistic(Linear):
    """The blob is no weight: its lr_mult is 0, it must stay as it is and has no gradient."""

    def setup(self, bottom, top):
        super().setup(bottom, top)
        self.blobs[0].data[...] = 4
        self.param.param.add().lr_mult = 0

    def forward(self, bottom, top):
        assert self.blobs[0].data.item() == 4
        super().forward(bottom, top)

    def backward(self, top, propagate_down, bottom):
        if propagate_down[0]:
            self.xp.multiply(top[0].diff, self.blobs[0].data, out=bottom[0].diff)


class Registry:
    """One layer class on the real schema."""

    def __init__(self, cls, real):
        self.schema, self.filler = real.schema, real.filler
        self.layers = Catalog("layer")
        self.layers.add([cls], "test")


def run(cls, registry, **arguments):
    text = 'name: "it" type: "Linear" bottom: "x" top: "y"'
    check_layer(text, [(3, 2)], registry=Registry(cls, registry), **arguments)


def test_accepts_a_right_layer(registry):
    run(Linear, registry)
    run(Linear, registry, phase=TEST, seed=9, batch_axis=None, propagate_down=[False])
    run(NoGradient, registry, skip_backward=True)


@pytest.mark.parametrize(
    ("cls", "message"),
    [
        (WrongBottomGradient, r'central differences: bottom "x" at \(0, 0\) is \S+, expected'),
        (WrongBlobGradient, r'central differences: blob "a" at \(0,\) is \S+, expected'),
        (BlobNotAdded, r'must add to the diffs of learnable blobs: blob "a" at \(0,\)'),
        (BottomNotOverwritten, r'leaves old values in .* the diff of bottom "x"'),
        (IgnoresPropagateDown, r'propagate_down is False: bottom "x" at \(0, 0\)'),
        (Restless, r'forward run twice: top "y" at \(0, 0\) is \S+, expected'),
        (RemembersBatch, r'forward after a larger batch: top "y" at \(0, 0\)'),
        (Coarse, r'forward float32: top "y" at \(0, 0\)'),
        (CarelessInPlace, r'backward in place: blob "a" at \(0,\)'),
        (NoGradient, "Linear has no gradient, but one is needed here"),
    ],
)
def test_finds(cls, message, registry):
    with pytest.raises(Exception, match=r'layer "it" \(Linear\): .*' + message):
        run(cls, registry)


def test_a_blob_of_lr_mult_0_is_left_alone(registry):
    run(Statistic, registry)


def test_finds_numpy_on_device_arrays(registry):
    with pytest.raises(
        AssertionError, match=r"write self.xp.multiply\(...\) instead of np.multiply"
    ):
        run(NumpyOnly, registry)


def test_finds_arrays_wider_than_the_nets(registry):
    with pytest.raises(AssertionError, match=r"an array of shape \(3, 2\) is float64, not float32"):
        run(Widening, registry)


def test_takes_a_message_and_arrays_and_leaves_the_message_alone(registry):
    param = registry.schema.parse_text('type: "ReLU"', "LayerParameter").message
    check_layer(param, [np.array([[1.0, -1.0]])])
    assert not param.name


def test_gradient_is_compared_with_the_given_tolerance(registry):
    run(WrongBottomGradient, registry, tolerance=10.0)


def test_compares_with_a_further_device():
    from mycaffe_py.testing import strict_device

    check_layer(
        'type: "Dropout" dropout_param { dropout_ratio: 0.5 }', [(3, 4)], device=strict_device()
    )

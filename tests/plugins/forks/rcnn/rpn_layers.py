"""Small Python layers with the bottoms, tops and habits of py-faster-rcnn's, for its training net."""

from __future__ import annotations

import numpy as np

import mycaffe_py as caffe

IMAGE = (64, 80)
BOXES = np.array([[8, 8, 40, 40, 3], [30, 20, 70, 60, 7]], dtype=float)
CLASSES = 21


class RoIDataLayer(caffe.Layer):
    """One image, its size and scale, and its boxes."""

    def setup(self, bottom, top):
        for blob, shape in zip(top, ((1, 3, *IMAGE), (1, 3), (1, 4)), strict=True):
            blob.reshape(*shape)

    def reshape(self, bottom, top):
        pass

    def forward(self, bottom, top):
        rng = np.random.default_rng(0)
        values = rng.standard_normal((1, 3, *IMAGE)), np.array([[*IMAGE, 1.0]]), BOXES
        for blob, value in zip(top, values, strict=True):
            blob.reshape(*value.shape)
            blob.data[...] = value

    def backward(self, top, propagate_down, bottom):
        pass


class AnchorTargetLayer(caffe.Layer):
    """Every anchor is an object or not, or does not count, by turns."""

    def setup(self, bottom, top):
        self.reshape(bottom, top)

    def reshape(self, bottom, top):
        _, channels, height, width = bottom[0].data.shape
        anchors = channels // 2
        top[0].reshape(1, 1, anchors * height, width)
        for blob in list(top)[1:]:
            blob.reshape(1, 4 * anchors, height, width)

    def forward(self, bottom, top):
        top[0].data[...] = np.resize([0, 1, -1], top[0].data.shape)
        top[1].data[...] = 0.5
        top[2].data[...] = 1
        top[3].data[...] = 1 / top[3].data.shape[1]

    def backward(self, top, propagate_down, bottom):
        pass


class ProposalLayer(caffe.Layer):
    """Fixed regions, more than there were before forward."""

    def setup(self, bottom, top):
        top[0].reshape(1, 5)

    def reshape(self, bottom, top):
        pass

    def forward(self, bottom, top):
        regions = np.zeros((6, 5))
        regions[:, 3:] = np.linspace((20, 20), (79, 63), 6)
        top[0].reshape(*regions.shape)
        top[0].data[...] = regions

    def backward(self, top, propagate_down, bottom):
        pass


class ProposalTargetLayer(caffe.Layer):
    """The proposals and the true boxes, with labels, targets and weights."""

    def setup(self, bottom, top):
        top[0].reshape(1, 5)
        top[1].reshape(1, 1)
        for blob in list(top)[2:]:
            blob.reshape(1, 4 * CLASSES)

    def reshape(self, bottom, top):
        pass

    def forward(self, bottom, top):
        true = np.insert(bottom[1].data[:, :4], 0, 0, axis=1)
        regions = np.concatenate((bottom[0].data, true))
        labels = np.resize(bottom[1].data[:, 4], len(regions))
        weights = np.zeros((len(regions), CLASSES, 4))
        weights[np.arange(len(regions)), labels.astype(int)] = 1
        weights = weights.reshape(len(regions), -1)
        for blob, value in zip(
            top, (regions, labels, weights * 0.3, weights, weights), strict=True
        ):
            blob.reshape(*value.shape)
            blob.data[...] = value

    def backward(self, top, propagate_down, bottom):
        pass

"""Whole nets: Faster R-CNN on ZF in its published forms, and R-FCN's head with mining of hard examples."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.device import Device
from mycaffe_py.layer import TEST, TRAIN
from mycaffe_py.net import Net
from mycaffe_py.schema import load_net_text

from . import rpn_layers, zf_nets

IMAGE = rpn_layers.IMAGE


def build(registry, text, phase=TEST, **options):
    document = load_net_text(registry.schema, text)
    return Net(document, registry=registry, device=Device(seed=5), phase=phase, **options)


def seen(net, rng, image, **values):
    """Forward an image of a size; return the tops as arrays."""
    net.blobs["data"].reshape(1, 3, *image)
    net.blobs["data"].data[...] = rng.standard_normal((1, 3, *image))
    for name, value in values.items():
        value = np.asarray(value)
        net.blobs[name].reshape(*value.shape)
        net.blobs[name].data[...] = value
    return {name: top.copy() for name, top in net.forward().items()}


def test_faster_rcnn_with_the_proposal_layer(registry, rng):
    net = build(registry, zf_nets.deploy_net(IMAGE, part=32))
    for image in (IMAGE, (96, 64)):
        tops = seen(net, rng, image, im_info=[[*image, 1.0]])
        rois = net.blobs["rois"].data
        assert 1 <= len(rois) <= 300 and not rois[:, 0].any()
        assert (rois[:, 1:] >= 0).all() and (rois[:, 3:] >= rois[:, 1:3]).all()
        assert (rois[:, 1::2] <= image[1] - 1).all() and (rois[:, 2::2] <= image[0] - 1).all()
        assert tops["cls_prob"].shape == (len(rois), 21) and tops["bbox_pred"].shape == (
            len(rois),
            84,
        )
        np.testing.assert_allclose(tops["cls_prob"].sum(axis=1), 1, rtol=1e-5)


def test_fast_rcnn_with_regions_as_input(registry, rng):
    net = build(registry, zf_nets.fast_net(IMAGE, part=32))
    regions = np.insert(rng.uniform(0, 30, (7, 4)), 0, 0, axis=1)
    regions[:, 3:] += 30
    tops = seen(net, rng, IMAGE, rois=regions)
    assert tops["cls_prob"].shape == (7, 21)
    one = seen(net, np.random.default_rng(1234), IMAGE, rois=regions[2:3])
    again = seen(net, np.random.default_rng(1234), IMAGE, rois=regions)
    np.testing.assert_allclose(one["bbox_pred"][0], again["bbox_pred"][2], rtol=1e-4, atol=1e-7)
    assert seen(net, rng, IMAGE, rois=np.zeros((0, 5)))["cls_prob"].shape == (0, 21)


@pytest.mark.slow
def test_faster_rcnn_at_its_size(registry, rng):
    net = build(registry, zf_nets.deploy_net((224, 224)))
    assert sum(blob.count for layer in net.device_layers for blob in layer.blobs) == 59_294_751
    tops = seen(net, rng, (600, 1000), im_info=[[600, 1000, 1.6]])
    assert tops["cls_prob"].shape == (300, 21)


def pass_both_ways(net):
    """Run the net forward and backward; return its losses."""
    losses = {name: float(top) for name, top in net.forward().items() if top.size == 1}
    net.backward()
    return losses


def learn(net, steps, rate):
    """Take steps down the gradient that is there; return the losses after them."""
    for _ in range(steps):
        for blobs in net.params.values():
            for blob in blobs:
                blob.data[...] -= rate * blob.diff
                blob.diff[...] = 0
        losses = pass_both_ways(net)
    return losses


def test_training_end_to_end_with_python_layers(registry):
    """Regions come from layers that learn, by way of Python layers: gradients of regions are asked for, and are 0."""
    text = zf_nets.end_to_end_net(part=32, modules=rpn_layers.__name__)
    net = build(registry, text, TRAIN, allow_python=True)
    first = pass_both_ways(net)
    assert net.blobs["rois"].data.shape == (8, 5) and not net.blobs["rois"].diff.any()
    assert np.abs(net.params["conv1"][0].diff).sum() > 0
    assert {"rpn_loss_cls", "rpn_loss_bbox", "loss_cls", "loss_bbox"} <= set(first)
    last = learn(net, 15, 0.3)
    assert last["loss_cls"] < first["loss_cls"] and last["loss_bbox"] <= first["loss_bbox"]


def mined(registry, rng):
    net = build(registry, zf_nets.position_sensitive_net(), TRAIN)
    count = 12
    regions = np.zeros((count, 5))
    regions[:, 1:3] = rng.uniform(0, 40, (count, 2))
    regions[:, 3:] = regions[:, 1:3] + rng.uniform(8, 30, (count, 2))
    labels = rng.integers(0, 3, (count, 1, 1, 1))
    weights = np.repeat((labels > 0) * np.ones((1, 2, 1, 1)), 4, axis=1)
    values = {
        "data": rng.standard_normal((1, 3, *IMAGE)),
        "rois": regions,
        "labels": labels,
        "bbox_targets": rng.standard_normal((count, 8, 1, 1)),
        "bbox_inside_weights": weights,
    }
    for name, value in values.items():
        net.blobs[name].data[...] = value
    return net


def test_position_sensitive_head_with_hard_examples(registry, rng):
    net = mined(registry, rng)
    first = pass_both_ways(net)
    losses = net.blobs["per_roi_loss"].data.reshape(-1)
    kept = net.blobs["labels_ohem"].data.reshape(-1) >= 0
    assert kept.sum() == 4 and losses[kept].min() >= losses[~kept].max()
    assert not net.blobs["bbox_loss_weights_ohem"].data[~kept].any()
    np.testing.assert_allclose(
        losses,
        net.blobs["per_roi_loss_cls"].data.reshape(-1)
        + net.blobs["per_roi_loss_bbox"].data.reshape(-1),
    )
    last = learn(net, 60, 1.0)
    assert last["loss"] < 0.5 * first["loss"]

"""MemoryData: handing data over, cycling, Caffe's checks."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import LayerError, ShapeError, SnapshotError
from mycaffe_py.layer import TEST
from mycaffe_py.net import Net
from mycaffe_py.net.feeding import ArrayFeed
from mycaffe_py.stores import array_to_datum

from ...storing import images

SIZES = "batch_size: 2 channels: 3 height: 4 width: 5"
VALUES, LABELS = images(6), np.arange(6)


@pytest.fixture
def memory(build):
    def make(transform="", sizes=SIZES, **arguments):
        text = (
            f'type: "MemoryData" memory_data_param {{ {sizes} }} transform_param {{ {transform} }}'
        )
        return build(text, tops=2, **arguments)

    return make


def test_shapes_are_known_before_the_data(memory):
    built = memory()
    assert [blob.shape for blob in built.top] == [(2, 3, 4, 5), (2,)]


def test_forward_without_data(memory):
    with pytest.raises(LayerError, match=r'layer "it" \(MemoryData\): there is no data yet') as e:
        memory().forward()
    assert "set_input_arrays" in e.value.hint


@pytest.mark.parametrize("labels", [LABELS, LABELS.reshape(6, 1, 1, 1), LABELS.tolist()])
def test_batches_come_in_order_and_again(memory, batches, labels):
    built = memory()
    built.layer.reset(VALUES, labels)
    found = batches(built, 4)
    for (pixels, label), start in zip(found, [0, 2, 4, 0], strict=True):
        np.testing.assert_array_equal(pixels, VALUES[start : start + 2])
        assert label.shape == (2, 1, 1, 1)
        np.testing.assert_array_equal(label.ravel(), LABELS[start : start + 2])


def test_one_top_has_no_labels(build, batches):
    built = build(f'type: "MemoryData" memory_data_param {{ {SIZES} }}', tops=1)
    assert [blob.shape for blob in built.top] == [(2, 3, 4, 5)]
    built.layer.reset(VALUES, LABELS)
    for (pixels,), start in zip(batches(built, 2), [0, 2], strict=True):
        np.testing.assert_array_equal(pixels, VALUES[start : start + 2])


def test_a_net_is_fed_data_alone():
    net = Net(f'layer {{ name: "d" type: "MemoryData" top: "x" memory_data_param {{ {SIZES} }} }}')
    feed = ArrayFeed(net, {"x": VALUES})
    feed.fill(np.array([4, 5]))
    net.forward()
    np.testing.assert_array_equal(net.blobs["x"].data, VALUES[4:6])


def test_reset_begins_anew_and_does_not_copy(memory):
    built = memory(dtype=np.float32)
    values = VALUES.astype(np.float32)
    built.layer.reset(values, LABELS)
    built.forward()
    built.layer.reset(values, LABELS)
    values[0] = -1
    assert (built.forward()[0] == -1).all()


def test_reset_does_not_transform(memory):
    built = memory("scale: 2")
    built.layer.reset(VALUES, LABELS)
    np.testing.assert_array_equal(built.forward(), VALUES[:2])


def test_datums_are_transformed(memory, registry):
    built = memory("scale: 2 mean_value: 1")
    datums = [array_to_datum(registry.schema, image, 9 - n) for n, image in enumerate(VALUES[:4])]
    built.layer.add_datum_vector(datums)
    np.testing.assert_array_equal(built.forward(), (VALUES[:2] - 1.0) * 2)
    np.testing.assert_array_equal(built.top[1].data.ravel(), [9, 8])


def test_images_are_cropped_to_the_layers_size(memory):
    built = memory("crop_size: 4", "batch_size: 2 channels: 3 height: 4 width: 4", phase=TEST)
    built.layer.add_images(images(2, (3, 6, 8)).transpose(0, 2, 3, 1), [1, 2])
    np.testing.assert_array_equal(built.forward(), images(2, (3, 6, 8))[:, :, 1:5, 2:6])


def test_images_of_one_channel(memory):
    built = memory(sizes="batch_size: 2 channels: 1 height: 4 width: 5")
    built.layer.add_images(VALUES[:2, 0], [1, 2])
    np.testing.assert_array_equal(built.forward(), VALUES[:2, :1])


def test_data_are_not_added_before_the_last_ones_are_read(memory):
    built = memory()
    turned = VALUES[:4].transpose(0, 2, 3, 1)
    built.layer.add_images(turned, LABELS[:4])
    built.forward()
    with pytest.raises(LayerError, match="cannot be added before the present data"):
        built.layer.add_images(turned, LABELS[:4])
    with pytest.raises(LayerError, match="batch size cannot change"):
        built.layer.set_batch_size(4)
    built.forward()
    built.layer.set_batch_size(4)
    built.layer.add_images(turned, LABELS[:4])
    np.testing.assert_array_equal(built.forward(), VALUES[:4])


def test_what_is_drawn_goes_on_from_a_state(memory):
    turned = images(2, (3, 9, 9)).transpose(0, 2, 3, 1)
    sizes = "batch_size: 2 channels: 3 height: 4 width: 4"

    def run(built, times):
        found = []
        for _ in range(times):
            built.layer.add_images(turned, [0, 0])
            found.append(np.array(built.forward()))
        return found

    first = memory("crop_size: 4 mirror: true", sizes)
    run(first, 2)
    state = first.layer.state()
    expected = run(first, 3)
    second = memory("crop_size: 4 mirror: true", sizes, seed=8)
    second.layer.load_state(state)
    np.testing.assert_array_equal(run(second, 3), expected)
    assert not np.array_equal(expected[0], expected[1])


def test_the_position_goes_on_from_a_state(memory):
    built = memory()
    built.layer.reset(VALUES, LABELS)
    built.layer.load_state({"position": 4, "additions": 0, "seed": 0})
    np.testing.assert_array_equal(built.forward(), VALUES[4:])
    with pytest.raises(SnapshotError, match="made at item 8, but there are 6"):
        built.layer.load_state({"position": 8, "additions": 0, "seed": 0})
    with pytest.raises(SnapshotError, match="state: 'position' is missing"):
        built.layer.load_state({})


# What cannot be used.


@pytest.mark.parametrize("name", ["batch_size", "channels", "height", "width"])
def test_every_size_is_needed(memory, name):
    sizes = {"batch_size": 2, "channels": 3, "height": 4, "width": 5, name: 0}
    with pytest.raises(LayerError, match=f"{name} must be given and at least 1") as caught:
        memory(sizes=" ".join(f"{key}: {value}" for key, value in sizes.items()))
    assert caught.value.field == f"memory_data_param.{name}"


@pytest.mark.parametrize(
    ("data", "labels", "message"),
    [
        (VALUES[0], LABELS, r"data \(3, 4, 5\) must be .* \(n, 3, 4, 5\)"),
        (VALUES[:, :, 1:], LABELS, r"data \(6, 3, 3, 5\) must be .* \(n, 3, 4, 5\)"),
        (VALUES, LABELS[:4], r"labels \(4,\) must be one for each item of data \(6, 3, 4, 5\)"),
        (VALUES, np.zeros((6, 2)), r"labels \(6, 2\) must be one for each item"),
        (VALUES[:5], LABELS[:5], r"data \(5, 3, 4, 5\) must be a multiple of batch_size 2"),
        (VALUES[:0], LABELS[:0], r"data \(0, 3, 4, 5\) must be a multiple of batch_size 2"),
    ],
)
def test_data_that_do_not_fit(memory, data, labels, message):
    with pytest.raises(ShapeError, match=rf'layer "it" \(MemoryData\): .*{message}'):
        memory().layer.reset(data, labels)


def test_images_that_do_not_fit(memory):
    with pytest.raises(ShapeError, match=r"item 0 gives \(3, 5, 4\), expected \(3, 4, 5\)"):
        memory().layer.add_images(VALUES[:2].transpose(0, 3, 2, 1), [0, 1])
    with pytest.raises(ShapeError, match="must be a multiple of batch_size 2"):
        memory().layer.add_datum_vector([])


def test_images_that_cannot_be_transformed(memory, registry):
    with pytest.raises(LayerError, match=r"item 0: an image \(3, 4, 5\) .* crop_size 6"):
        memory("crop_size: 6").layer.add_images(VALUES[:2].transpose(0, 2, 3, 1), [0, 1])
    with pytest.raises(LayerError, match="unusable datum: it declares"):
        memory().layer.add_datum_vector([registry.schema.new("Datum", channels=3)] * 2)


def test_added_images_are_resized_and_turned(build):
    text = (
        'type: "MemoryData" memory_data_param { batch_size: 2 channels: 3 height: 2 width: 2 } '
        "transform_param { color_order: RGB resize_param { height: 2 width: 2 interp_mode: AREA } }"
    )
    built = build(text, tops=2)
    image = np.random.default_rng(0).integers(0, 256, (4, 6, 3), dtype=np.uint8)
    built.layer.add_images([image, image], [0, 1])
    found = built.forward()
    means = image.reshape(2, 2, 2, 3, 3).mean(axis=(1, 3)).transpose(2, 0, 1)[::-1]
    assert np.abs(found - means).max() <= 0.5 + 1e-6

"""DenseImageData, ImageSegData and ImageLabelmapData: images and their labels stay together."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.device import memory_limits
from mycaffe_py.errors import DataError, LayerError, MissingFileError, MyCaffeError
from mycaffe_py.layer import TEST
from mycaffe_py.stores import encode_image, resample

from ....storing import images

VALUES = images(4, (3, 8, 10))
LABELS = VALUES[:, :1] // 8
"""A label can be seen in the image's first channel."""


@pytest.fixture
def listed(tmp_path):
    lines = []
    for index, (image, labels) in enumerate(zip(VALUES, LABELS, strict=True)):
        (tmp_path / f"{index}.png").write_bytes(encode_image(image, "png"))
        (tmp_path / f"{index}_labels.png").write_bytes(encode_image(labels, "png"))
        lines.append(f"/{index}.png /{index}_labels.png")
    (tmp_path / "list.txt").write_text("\n".join(lines) + "\n")
    return tmp_path


def dense(folder, more="batch_size: 4", rest=""):
    return (
        f'type: "DenseImageData" dense_image_data_param {{ source: "{folder}/list.txt" '
        f'root_folder: "{folder}" {more} }} {rest}'
    )


def segmented(folder, more="batch_size: 4", rest="", kind="ImageSegData"):
    return (
        f'type: "{kind}" image_data_param {{ source: "{folder}/list.txt" root_folder: "{folder}" {more} }} '
        f"transform_param {{ {rest} }}"
    )


def together(found):
    for pixels, labels, *_ in found:
        np.testing.assert_array_equal(pixels[:, :1] // 8, labels)


def test_pairs_in_order(build, listed, batches):
    for text in (dense(listed), segmented(listed)):
        built = build(text, tops=2)
        assert [blob.shape for blob in built.top] == [(4, 3, 8, 10), (4, 1, 8, 10)]
        ((pixels, labels),) = batches(built, 1)
        np.testing.assert_array_equal(pixels, VALUES)
        np.testing.assert_array_equal(labels, LABELS)


@pytest.mark.parametrize("phase", [0, TEST])
def test_cropped_and_mirrored_alike(build, listed, batches, phase):
    for text in (
        dense(listed, "batch_size: 3 shuffle: true mirror: true crop_height: 5 crop_width: 4"),
        dense(listed, rest="transform_param { mirror: true crop_size: 3 }"),
        segmented(
            listed, "batch_size: 3 shuffle: true", "mirror: true crop_height: 5 crop_width: 4"
        ),
    ):
        found = batches(build(text, tops=2, phase=phase), 10)
        together(found)
        assert len({pixels.tobytes() for pixels, _ in found}) > 2


def test_going_on(build, listed, batches, same):
    text = segmented(
        listed, "batch_size: 3 shuffle: true", "mirror: true crop_size: 9 scale_factors: [0.5, 2]"
    )
    first = build(text, tops=2)
    batches(first, 3)
    state = first.layer.state()
    expected = batches(first, 3)
    again = build(text, tops=2)
    again.layer.load_state(state)
    same(batches(again, 3), expected)


def test_mean_and_scale_change_images_alone(build, listed, batches):
    for text in (
        dense(listed, rest="transform_param { mean_value: [1, 2, 3] scale: 0.5 }"),
        segmented(listed, rest="mean_value: [1, 2, 3] scale: 0.5"),
    ):
        ((pixels, labels),) = batches(build(text, tops=2), 1)
        np.testing.assert_array_equal(pixels, (VALUES - np.array([1.0, 2, 3]).reshape(3, 1, 1)) / 2)
        np.testing.assert_array_equal(labels, LABELS)


def test_resized_labels_are_classes(build, listed, batches):
    for text in (
        dense(listed, "batch_size: 4 new_height: 5 new_width: 15"),
        segmented(listed, "batch_size: 4 new_height: 5 new_width: 15"),
    ):
        ((pixels, labels),) = batches(build(text, tops=2), 1)
        assert pixels.shape == (4, 3, 5, 15)
        np.testing.assert_array_equal(labels[1], resample(LABELS[1], (5, 15), "nearest"))


def test_what_is_smaller_than_the_crop_is_padded(build, listed, batches):
    text = segmented(
        listed, "batch_size: 4 ignore_label: 77", "crop_size: 9 mean_value: [0.5, 2, 3]"
    )
    built = build(text, tops=3, phase=TEST)
    ((pixels, labels, sizes),) = batches(built, 1)
    assert pixels.shape == (4, 3, 9, 9) and sizes.shape == (4, 1, 1, 2)
    mean = np.array([0.5, 2, 3]).reshape(3, 1, 1)
    np.testing.assert_array_equal(
        pixels[:, :, :8], VALUES[:, :, :, :9] - mean
    )  # 10 columns to 9: from 0
    assert (pixels[:, :, 8] == 0).all() and (labels[:, :, 8] == 77).all()
    np.testing.assert_array_equal(labels[:, :, :8], LABELS[:, :, :, :9])
    np.testing.assert_array_equal(sizes, np.tile([8, 9], (4, 1, 1, 1)))


def test_scaled_at_random(build, listed, batches):
    built = build(
        segmented(listed, "batch_size: 1", "scale_factors: [0.5, 1, 2]"), tops=2, phase=TEST
    )
    shapes = set()
    for number, (pixels, labels) in enumerate(batches(built, 16)):
        size = pixels.shape[2:]
        shapes.add(size)
        assert labels.shape == (1, 1, *size)
        assert np.abs(pixels[0] - resample(VALUES[number % 4], size)).max() == 0
        np.testing.assert_array_equal(labels[0], resample(LABELS[number % 4], size, "nearest"))
    assert shapes == {(4, 5), (8, 10), (16, 20)}


def test_labels_of_whole_images(build, listed, batches):
    (listed / "list.txt").write_text("/0.png 3\n/1.png 300\n")
    ((_, labels),) = batches(build(segmented(listed, "batch_size: 2 label_type: IMAGE"), tops=2), 1)
    assert (labels[0] == 3).all() and (labels[1] == 255).all() and labels.shape == (2, 1, 8, 10)
    (listed / "list.txt").write_text("/0.png\n/1.png\n")
    text = segmented(listed, "batch_size: 2 label_type: NONE ignore_label: 9")
    ((pixels, labels),) = batches(build(text, tops=2), 1)
    assert (labels == 9).all()
    np.testing.assert_array_equal(pixels, VALUES[:2])
    (listed / "list.txt").write_text("/0.png cat\n")
    with pytest.raises(DataError, match='"cat" is no class'):
        build(segmented(listed, "batch_size: 1 label_type: IMAGE"), tops=2)


def test_edges_from_128_on(build, listed, batches):
    edges = np.array([[0, 127, 128, 255]], np.uint8)
    (listed / "edges.png").write_bytes(encode_image(edges[None], "png"))
    (listed / "image.png").write_bytes(encode_image(VALUES[0][:, :1, :4], "png"))
    (listed / "list.txt").write_text("/image.png /edges.png\n")
    text = segmented(listed, "batch_size: 1", kind="ImageLabelmapData")
    ((_, labels),) = batches(build(text, tops=2), 1)
    np.testing.assert_array_equal(labels, [[[[0, 0, 1, 1]]]])
    crops = batches(
        build(
            segmented(listed, "batch_size: 1", "crop_size: 1 mirror: true", "ImageLabelmapData"),
            tops=2,
            phase=TEST,
        ),
        20,
    )
    assert {float(labels.item()) for _, labels in crops} == {0, 1}


def test_gray_and_floats(build, listed):
    for text in (
        dense(listed, "batch_size: 2 is_color: false"),
        segmented(listed, "batch_size: 2 is_color: false", "crop_size: 20 mean_value: 3"),
    ):
        for dtype in (np.float32, np.float64):
            built = build(text, tops=2, dtype=dtype)
            assert built.forward().shape[1] == 1 and built.top[1].dtype == dtype


@pytest.mark.parametrize(
    ("text", "field", "words"),
    [
        (dense("@", "new_height: 3"), "dense_image_data_param.new_height", "given together"),
        (dense("@", "crop_width: 3"), "dense_image_data_param.crop_width", "given together"),
        (dense("@", 'mean_file: "a"'), "dense_image_data_param.mean_file", "transform_param"),
        (
            dense("@", "crop_height: 3 crop_width: 3", "transform_param { crop_size: 3 }"),
            "dense_image_data_param.crop_height",
            "not both",
        ),
        (dense("@", "batch_size: 0"), "dense_image_data_param.batch_size", "at least 1"),
        (segmented("@", "ignore_label: 256"), "image_data_param.ignore_label", "at most 255"),
        (
            segmented("@", rest="scale_factors: [1, 0]"),
            "transform_param.scale_factors[1]",
            "above 0",
        ),
        (
            segmented("@", rest="scale_factors: 1e38"),
            "transform_param.scale_factors[0]",
            "at most 1000",
        ),
        (segmented("@", rest='mean_file: "a"'), "transform_param.mean_file", "mean_value"),
        (segmented("@", "crop_size: 3"), "image_data_param.crop_size", "transform_param"),
    ],
)
def test_bad_settings(build, listed, text, field, words):
    with pytest.raises(LayerError, match=words) as caught:
        build(text.replace("@", str(listed)), tops=2)
    assert caught.value.field == field


def test_lists_that_do_not_fit(build, listed):
    (listed / "list.txt").write_text("/0.png\n")
    with pytest.raises(DataError, match="line 1 of .* has no second name"):
        build(dense(listed), tops=2)
    (listed / "list.txt").write_text("\n")
    with pytest.raises(DataError, match="lists no images"):
        build(dense(listed), tops=2)
    (listed / "list.txt").write_text("/0.png /lost.png\n")
    with pytest.raises((DataError, MissingFileError), match=r"lost\.png does not exist"):
        build(dense(listed), tops=2)
    (listed / "small.png").write_bytes(encode_image(LABELS[0][:, :4], "png"))
    (listed / "list.txt").write_text("/0.png /small.png\n")
    with pytest.raises(DataError, match=r"/0\.png is \(8, 10\) .* but /small\.png is \(4, 10\)"):
        build(dense(listed), tops=2)


@pytest.mark.parametrize("size", [40_000, 2**32 - 1])
def test_a_crop_that_no_memory_holds(build, listed, size, monkeypatch):
    monkeypatch.setattr(memory_limits, "free_memory", lambda: 1 << 30)
    with pytest.raises(MyCaffeError, match="an image padded to .* GiB of memory"):
        build(segmented(listed, rest=f"crop_size: {size}"), tops=2)

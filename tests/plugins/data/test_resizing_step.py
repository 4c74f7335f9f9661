"""resize_param and crops that are no squares."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import DataError, LayerError, ShapeError
from mycaffe_py.layer import TEST, TRAIN

from ...conftest import DATA
from ...storing import images, write_database

with np.load(DATA / "opencv.npz") as stored:
    VALUES = {key: stored[key] for key in stored.files}
IMAGE = VALUES["image"]  # 38 x 54
WIDE = IMAGE[:, :36]  # 2 : 3


@pytest.fixture
def read(build, tmp_path):
    def run(transform, image=IMAGE, phase=TEST, more="batch_size: 1"):
        path = tmp_path / f"db{len(list(tmp_path.iterdir()))}"
        source = write_database(path, [image] * 4)
        text = f'type: "Data" data_param {{ source: "{source}" {more} }} transform_param {{ {transform} }}'
        return build(text, phase=phase).forward()

    return run


@pytest.mark.parametrize("mode", ["LINEAR", "AREA", "NEAREST", "CUBIC", "LANCZOS4"])
def test_warp_by_each_method(read, mode):
    found = read(
        f"resize_param {{ prob: 1 resize_mode: WARP height: 20 width: 31 interp_mode: {mode} }}"
    )
    assert np.abs(found[0] - VALUES[f"{mode.lower()}/20/31"].astype(int)).max() <= 1


def test_one_of_the_methods_is_drawn(read):
    found = read(
        "resize_param { height: 20 width: 31 interp_mode: [LINEAR, NEAREST] }",
        more="batch_size: 12",
    )
    near = [np.array_equal(each, VALUES["nearest/20/31"]) for each in found]
    assert 0 < sum(near) < 12


@pytest.mark.parametrize(
    ("size", "expected"), [((20, 20), (20, 30)), ((19, 40), (26, 40)), ((72, 1), (72, 108))]
)
def test_around_a_size(read, size, expected):
    found = read(
        f"resize_param {{ resize_mode: FIT_SMALL_SIZE height: {size[0]} width: {size[1]} }}",
        WIDE,
    )
    assert found.shape == (1, 3, *expected)


@pytest.mark.parametrize(
    ("size", "inside"),
    [((49, 54), (slice(6, 42), slice(None))), ((36, 60), (slice(None), slice(3, 57)))],
)
def test_within_a_size_with_padding(read, size, inside):
    """Sizes at which the image itself is not changed."""
    text = f"resize_mode: FIT_LARGE_SIZE_AND_PAD height: {size[0]} width: {size[1]}"
    found = read(f"resize_param {{ {text} }}", WIDE)[0]
    np.testing.assert_array_equal(found[(slice(None), *inside)], WIDE)
    assert found.sum() == WIDE.sum()
    found = read(f"resize_param {{ {text} pad_value: [1, 2, 3] }}", WIDE)[0]
    np.testing.assert_array_equal(found[:, 0, 0], [1, 2, 3])
    np.testing.assert_array_equal(found[(slice(None), *inside)], WIDE)


@pytest.mark.parametrize(
    ("mode", "key"), [("MIRRORED", "reflect"), ("REPEAT_NEAREST", "replicate")]
)
def test_padding_with_the_image_is_opencvs(read, mode, key):
    found = read(
        f"resize_param {{ resize_mode: FIT_LARGE_SIZE_AND_PAD height: 45 width: 54 pad_mode: {mode} }}"
    )
    np.testing.assert_array_equal(found[0], VALUES[key])


def test_a_crop_of_the_resized_image_and_its_mean(read, tmp_path):
    found = read(
        "resize_param { height: 20 width: 31 } crop_h: 10 crop_w: 20 mean_value: 5 scale: 2"
    )
    expected = (VALUES["linear/20/31"][:, 5:15, 5:25] - 5.0) * 2
    assert found.shape == (1, 3, 10, 20) and np.abs(found[0] - expected).max() <= 2
    assert read("crop_height: 10 crop_width: 20", phase=TRAIN).shape == (1, 3, 10, 20)


def test_not_active(read):
    for off in ("option { active: False }", "active: False"):
        np.testing.assert_array_equal(
            read(f"resize_param {{ {off} height: 9 width: 9 }}")[0], IMAGE
        )


@pytest.mark.parametrize(
    ("text", "field", "words"),
    [
        ("resize_param { height: 3 }", "resize_param.width", "at least 1"),
        ("resize_param { height: 3 width: 3 prob: 0.5 }", "resize_param.prob", "all images"),
        ("crop_h: 3", "crop_h", "needs crop_w"),
        ("crop_width: 3", "crop_width", "needs crop_height"),
        ("crop_size: 3 crop_h: 3 crop_w: 4", "crop_h", "not both"),
    ],
)
def test_bad_settings(read, text, field, words):
    with pytest.raises(LayerError, match=words) as caught:
        read(text)
    assert caught.value.field == f"transform_param.{field}"


def test_settings_that_do_not_fit_the_images(read):
    with pytest.raises(DataError, match=r"smaller than the crop \(39, 5\)"):
        read("crop_h: 39 crop_w: 5")
    with pytest.raises(DataError, match="pad_value is given 2 times"):
        read(
            "resize_param { resize_mode: FIT_LARGE_SIZE_AND_PAD height: 9 width: 9 pad_value: [1, 2] }"
        )
    with pytest.raises(ShapeError, match="more than"):
        read("resize_param { height: 400000 width: 4000000 }")


def test_floats(read):
    (image,) = images(1, (2, 4, 4)).astype(np.float32)
    found = read("resize_param { height: 2 width: 2 interp_mode: AREA }", image)
    np.testing.assert_allclose(found[0], image.reshape(2, 2, 2, 2, 2).mean(axis=(2, 4)), rtol=1e-6)

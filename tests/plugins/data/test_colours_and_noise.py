"""Hue, saturation and value, blur and erosion, against OpenCV's values; distortion, expansion, noise."""

from __future__ import annotations

import numpy as np
import pytest
from mycaffe_plugins.data.colours import from_hsv, to_grey, to_hsv

from mycaffe_py.errors import DataError, LayerError
from mycaffe_py.layer import TEST

from ...conftest import DATA
from ...storing import images, write_database

with np.load(DATA / "opencv.npz") as stored:
    VALUES = {key: stored[key] for key in stored.files}
IMAGE = VALUES["image"]


def test_hsv_is_opencvs_bit_for_bit():
    np.testing.assert_array_equal(to_hsv(IMAGE), VALUES["hsv"])


def test_colours_of_all_hues_are_opencvs_within_one():
    found = from_hsv(VALUES["hues"]).astype(int)
    assert np.abs(found - VALUES["from_hues"]).max() <= 1
    assert np.abs(from_hsv(to_hsv(IMAGE)).astype(int) - IMAGE).max() <= 6  # hues are coarse


def test_grey_is_opencvs():
    np.testing.assert_array_equal(to_grey(IMAGE)[0], VALUES["grey"])


@pytest.fixture
def read(build, tmp_path):
    """Return what Data makes of an image with a transform_param."""

    def run(transform, image=IMAGE, phase=TEST, seed=0):
        source = write_database(tmp_path / f"db{len(list(tmp_path.iterdir()))}", [image])
        return build(
            f'type: "Data" data_param {{ source: "{source}" batch_size: 1 }} '
            f"transform_param {{ {transform} }}",
            phase=phase,
            seed=seed,
        ).forward()[0]

    return run


@pytest.mark.parametrize("name", ["gauss_blur", "erode"])
def test_blur_and_erosion_are_opencvs(read, name):
    found = read(f"noise_param {{ {name}: true }}")
    assert np.abs(found - VALUES[name].astype(int)).max() <= (name == "gauss_blur")


def test_other_noise(read):
    np.testing.assert_array_equal(read("noise_param { inverse: true }"), 255 - IMAGE.astype(int))
    np.testing.assert_array_equal(
        read("noise_param { decolorize: true }"), np.repeat(VALUES["grey"][None], 3, axis=0)
    )
    np.testing.assert_array_equal(read("noise_param { convert_to_hsv: true }"), VALUES["hsv"])
    posters = read("noise_param { posterize: true }")
    assert set(np.unique(posters)) == {32, 96, 160, 224}
    assert np.abs(posters - IMAGE).max() <= 32
    np.testing.assert_array_equal(read("noise_param { prob: 0.5 }"), IMAGE)


def test_pixels_of_one_colour(read):
    found = read(
        "noise_param { saltpepper: true saltpepper_param { fraction: 0.1 value: [1, 2, 3] } }"
    )
    changed = (found != IMAGE).any(axis=0)
    assert 150 < changed.sum() <= 205
    assert (found[:, changed] == [[1], [2], [3]]).all()


def test_levels_and_jpeg_are_opencvs(read):
    np.testing.assert_array_equal(read("noise_param { hist_eq: true }"), VALUES["hist_eq"])
    np.testing.assert_array_equal(read("noise_param { jpeg: 30 }"), VALUES["jpeg"])
    grey = VALUES["grey"][None]
    np.testing.assert_array_equal(
        read("noise_param { hist_eq: true }", grey)[0], VALUES["grey_hist_eq"]
    )
    assert np.abs(read("noise_param { jpeg: 95 }", grey) - grey).max() < 30
    flat = np.full((1, 4, 4), 7, np.uint8)
    np.testing.assert_array_equal(read("noise_param { hist_eq: true }", flat), flat)
    with pytest.raises(DataError, match="1 or 3 channels"):
        read("noise_param { hist_eq: true }", IMAGE[:2])


@pytest.mark.parametrize("name", ["clahe", "convert_to_lab"])
def test_noise_that_is_not_supported_is_named(read, name):
    with pytest.raises(LayerError, match=f"{name} is not supported") as caught:
        read(f"noise_param {{ {name}: true }}")
    assert caught.value.field == f"transform_param.noise_param.{name}"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ("saltpepper: true", "saltpepper_param"),
        ("jpeg: 101", "jpeg"),
        ("saltpepper: true saltpepper_param { value: 1 fraction: 2 }", "saltpepper_param.fraction"),
    ],
)
def test_bad_noise(read, more, field):
    with pytest.raises(LayerError) as caught:
        read(f"noise_param {{ {more} }}")
    assert caught.value.field == f"transform_param.noise_param.{field}"


def test_noise_needs_8_bits_and_colours(read):
    with pytest.raises(DataError, match="8 bits"):
        read("noise_param { inverse: true }", IMAGE.astype(np.float32))
    with pytest.raises(DataError, match="3 channels"):
        read("noise_param { decolorize: true }", IMAGE[:1])


def test_mask_and_label_mapping_only_when_not_active(read):
    off = "mask_param { option { active: False } boundary_left: 0 } label_mapping { option { active: false } }"
    np.testing.assert_array_equal(read(off), IMAGE)
    for name in ("mask_param", "label_mapping"):
        with pytest.raises(LayerError, match=f"MyCaffe's {name} is not supported") as caught:
            read(f"{name} {{ option {{ active: true }} }}")
        assert caught.value.field == f"transform_param.{name}"


def test_color_order(read, build, tmp_path):
    np.testing.assert_array_equal(read("color_order: BGR"), IMAGE)
    np.testing.assert_array_equal(read("color_order: RGB"), IMAGE[::-1])
    found = read("color_order: RGB mean_value: [1, 2, 3]")
    np.testing.assert_array_equal(found, IMAGE[::-1] - np.array([1.0, 2, 3]).reshape(3, 1, 1))
    (grey,) = images(1, (1, 3, 4))
    np.testing.assert_array_equal(read("color_order: RGB", grey), grey)

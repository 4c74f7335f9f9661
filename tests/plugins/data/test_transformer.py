"""transform_param: crops, mirror, means, scale."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import DataError, LayerError
from mycaffe_py.layer import TEST, TRAIN
from mycaffe_py.stores import mean_to_bytes

from ...storing import images, write_database

VALUES = images(4, (3, 6, 8))


@pytest.fixture
def transformed(build, tmp_path):
    """Return a layer over the images with a transform_param."""
    source = write_database(tmp_path / "db", VALUES)

    def make(transform, phase=TEST, **arguments):
        text = f'type: "Data" data_param {{ source: "{source}" batch_size: 4 }}'
        return build(f"{text} transform_param {{ {transform} }}", phase=phase, **arguments)

    return make


@pytest.fixture
def mean(tmp_path, registry):
    values = np.random.default_rng(5).random((3, 6, 8)).astype(np.float32) * 255
    (tmp_path / "mean.binaryproto").write_bytes(mean_to_bytes(registry.schema, values))
    return values


def test_nothing_to_do(transformed):
    np.testing.assert_array_equal(transformed("").forward(), VALUES)


def test_the_scale_comes_after_the_mean(transformed):
    found = transformed("scale: 0.5 mean_value: 3").forward()
    np.testing.assert_array_equal(found, (VALUES - 3.0) * 0.5)


def test_a_mean_for_each_channel(transformed):
    found = transformed("mean_value: [1, 2, 300]").forward()
    np.testing.assert_array_equal(found, VALUES - np.array([1.0, 2, 300]).reshape(3, 1, 1))


def test_the_crop_of_a_test_net_is_central(transformed):
    np.testing.assert_array_equal(transformed("crop_size: 3").forward(), VALUES[:, :, 1:4, 2:5])


def test_a_mean_file_is_read_at_the_place_of_the_crop(transformed, mean, tmp_path):
    text = f'crop_size: 4 scale: 2 mean_file: "{tmp_path}/mean.binaryproto"'
    expected = (VALUES - mean)[:, :, 1:5, 2:6] * 2
    np.testing.assert_allclose(transformed(text).forward(), expected, rtol=1e-6)
    for seed in range(3):
        found = transformed(text, TRAIN, seed=seed).forward()
        for one, image in zip(found, (VALUES - mean) * 2, strict=True):
            assert any(
                np.allclose(one, image[:, y : y + 4, x : x + 4], rtol=1e-5)
                for y in range(3)
                for x in range(5)
            )


def test_the_crop_of_a_train_net_is_anywhere(transformed, batches):
    found = batches(transformed("crop_size: 5", TRAIN), 40)
    places = set()
    for (crops,) in found:
        for one, image in zip(crops, VALUES, strict=True):
            here = [
                (y, x)
                for y in range(2)
                for x in range(4)
                if np.array_equal(one, image[:, y : y + 5, x : x + 5])
            ]
            assert len(here) == 1
            places.update(here)
    assert places == {(y, x) for y in range(2) for x in range(4)}


@pytest.mark.parametrize("phase", [TRAIN, TEST])
def test_mirror_flips_about_half_in_both_phases(transformed, batches, phase):
    flipped = 0
    for (found,) in batches(transformed("mirror: true", phase), 50):
        for one, image in zip(found, VALUES, strict=True):
            is_flipped = np.array_equal(one, image[:, :, ::-1])
            assert is_flipped or np.array_equal(one, image)
            flipped += is_flipped
    assert 60 < flipped < 140


def test_the_mean_is_subtracted_before_mirroring(transformed, mean, tmp_path):
    found = transformed(f'mirror: true mean_file: "{tmp_path}/mean.binaryproto"').forward()
    for one, image in zip(found, VALUES - mean, strict=True):
        assert np.allclose(one, image) or np.allclose(one, image[:, :, ::-1])


def test_another_seed_draws_other_crops(transformed, batches, same):
    runs = [batches(transformed("crop_size: 2", TRAIN, seed=seed), 3) for seed in (1, 1, 2)]
    same(runs[0], runs[1])
    with pytest.raises(AssertionError):
        same(runs[0], runs[2])


# What cannot be used.


def test_a_crop_larger_than_the_images(transformed):
    with pytest.raises(DataError) as caught:
        transformed("crop_size: 7")
    message = caught.value.message
    assert message.startswith('layer "it" (Data): record 0 (key "00000000_image") of ')
    assert "an image (3, 6, 8) (channels, height, width) is smaller than crop_size 7" in message


def test_a_wrong_number_of_mean_values(transformed):
    with pytest.raises(DataError, match=r"mean_value is given 2 times.*\(3, 6, 8\).*3 channels"):
        transformed("mean_value: [1, 2]")


def test_two_means(transformed, mean, tmp_path):
    with pytest.raises(LayerError, match="give mean_file or mean_value, not both"):
        transformed(f'mean_value: 2 mean_file: "{tmp_path}/mean.binaryproto"')


def test_a_mean_of_other_images(transformed, registry, tmp_path):
    (tmp_path / "m").write_bytes(mean_to_bytes(registry.schema, np.zeros((3, 6, 9))))
    with pytest.raises(DataError, match=r'mean_file ".*/m" is \(3, 6, 9\), .* \(3, 6, 8\)'):
        transformed(f'mean_file: "{tmp_path}/m"')


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, 'mean file ".*" does not exist'),
        (b"\x0a", "is not a mean file: not a complete BlobProto"),
        (b"", "is not a mean file: a stored blob declares shape"),
    ],
)
def test_a_file_that_is_no_mean(transformed, tmp_path, content, message):
    if content is not None:
        (tmp_path / "m").write_bytes(content)
    with pytest.raises(LayerError, match=message) as caught:
        transformed(f'mean_file: "{tmp_path}/m"')
    assert caught.value.field == "transform_param.mean_file"


def test_both_colours_forced(transformed):
    with pytest.raises(LayerError, match="force_color and force_gray exclude each other"):
        transformed("force_color: true force_gray: true")

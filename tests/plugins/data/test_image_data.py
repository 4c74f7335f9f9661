"""ImageData: lists, colours, sizes, shuffling."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mycaffe_py.errors import DataError, LayerError, PrototxtError
from mycaffe_py.layer import TEST
from mycaffe_py.net import Net

from ...storing import images, write_images

VALUES = images(5, (3, 6, 4))


@pytest.fixture
def listed(tmp_path):
    return write_images(tmp_path, VALUES, [10, 11, 12, 13, 14])


def image_data(source, more="batch_size: 2", rest=""):
    return f'type: "ImageData" image_data_param {{ source: "{source}" {more} }} {rest}'


def test_the_images_of_a_list_in_order(build, batches, listed):
    built = build(image_data(listed), tops=2)
    assert [blob.shape for blob in built.top] == [(2, 3, 6, 4), (2,)]
    found = batches(built, 3)
    for (pixels, labels), numbers in zip(found, [[0, 1], [2, 3], [4, 0]], strict=True):
        np.testing.assert_array_equal(pixels, VALUES[numbers])
        np.testing.assert_array_equal(labels, 10 + np.array(numbers))


def test_exactly_two_tops(build, listed):
    with pytest.raises(LayerError, match="needs exactly 2 top blobs, got 1"):
        build(image_data(listed))


def test_one_image_a_batch_by_default(build, listed):
    assert build(image_data(listed, ""), tops=2).forward().shape == (1, 3, 6, 4)


def test_gray(build, listed, tmp_path):
    found = build(image_data(listed, "is_color: false batch_size: 5"), tops=2).forward()
    expected = [cv2.imread(str(tmp_path / f"{n}.png"), cv2.IMREAD_GRAYSCALE) for n in range(5)]
    assert found.shape == (5, 1, 6, 4)
    assert np.abs(found[:, 0] - np.stack(expected)).max() <= 1


@pytest.mark.parametrize("size", [(3, 3), (12, 7), (6, 4), (2, 9)])
def test_resizing_is_opencvs(build, listed, tmp_path, size):
    more = f"batch_size: 5 new_height: {size[0]} new_width: {size[1]}"
    found = build(image_data(listed, more), tops=2).forward()
    assert found.shape == (5, 3, *size)
    for index in range(5):
        image = cv2.imread(str(tmp_path / f"{index}.png"))
        expected = cv2.resize(image, size[::-1]).transpose(2, 0, 1)
        assert np.abs(found[index] - expected).max() <= 1


def test_images_are_read_as_opencv_reads_them(build, tmp_path):
    smooth = np.add.outer([0, 40, 80], np.add.outer(np.arange(16) * 4, np.arange(24) * 3))
    listed = write_images(tmp_path, smooth[None].astype(np.uint8), kind="jpg")
    found = build(image_data(listed, ""), tops=2).forward()
    expected = cv2.imread(str(tmp_path / "0.jpg")).transpose(2, 0, 1)
    assert np.abs(found[0] - expected).max() <= 2


def test_transform_param(build, listed):
    rest = "transform_param { crop_size: 2 mean_value: 5 scale: 2 }"
    found = build(image_data(listed, rest=rest), tops=2, phase=TEST).forward()
    np.testing.assert_array_equal(found, (VALUES[:2, :, 2:4, 1:3] - 5.0) * 2)


def test_shuffling_draws_each_pass_anew(build, batches, listed):
    more = "batch_size: 5 shuffle: true"
    passes = [labels for _, labels in batches(build(image_data(listed, more), tops=2), 4)]
    for labels in passes:
        assert sorted(labels) == [10, 11, 12, 13, 14]
    assert len({tuple(labels) for labels in passes}) > 1
    again = [labels for _, labels in batches(build(image_data(listed, more), tops=2), 4)]
    np.testing.assert_array_equal(passes, again)


def test_a_pass_goes_on_within_a_batch(build, batches, listed):
    built = build(image_data(listed, "batch_size: 3 shuffle: true"), tops=2)
    labels = np.concatenate([labels for _, labels in batches(built, 5)])
    for turn in range(3):
        assert sorted(labels[5 * turn : 5 * turn + 5]) == [10, 11, 12, 13, 14]


def test_rand_skip(build, listed):
    first = {
        int(build(image_data(listed, "rand_skip: 3"), tops=2, seed=seed).forward()[0, 0, 0, 0])
        for seed in range(30)
    }
    assert first == {int(value) for value in VALUES[:3, 0, 0, 0]}
    with pytest.raises(LayerError, match="rand_skip skips .* images, but .* lists 5"):
        build(image_data(listed, "rand_skip: 4000000000"), tops=2)


def test_names_with_spaces_and_windows_line_ends(build, tmp_path):
    write_images(tmp_path, VALUES)
    (tmp_path / "0.png").rename(tmp_path / "a fine cat.png")
    (tmp_path / "list.txt").write_bytes(b"a fine cat.png 3\r\n\r\n1.png   4 \r\n")
    built = build(image_data(tmp_path / "list.txt"), tops=2)
    np.testing.assert_array_equal(built.forward(), VALUES[:2])
    np.testing.assert_array_equal(built.top[1].data, [3, 4])


# Where the images lie.


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_root_folder_stands_before_each_path(build, tmp_path, slash):
    (tmp_path / "inner").mkdir()
    write_images(tmp_path / "inner", VALUES)
    source = (tmp_path / "inner" / "list.txt").rename(tmp_path / "list.txt")
    built = build(image_data(source, f'root_folder: "{tmp_path}/inner{slash}"'), tops=2)
    np.testing.assert_array_equal(built.forward(), VALUES[:1])


def test_paths_from_the_current_folder_then_the_models(listed, tmp_path, monkeypatch):
    net = tmp_path / "net.prototxt"
    net.write_text(
        'layer { name: "data" type: "ImageData" top: "x" top: "y"\n'
        'image_data_param { source: "list.txt" batch_size: 5 } }'
    )
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    np.testing.assert_array_equal(Net(net).forward()["x"], VALUES)
    write_images(elsewhere, VALUES[::-1])
    np.testing.assert_array_equal(Net(net).forward()["x"], VALUES[::-1])


# What cannot be used.


def test_a_line_without_a_label(build, listed):
    listed.write_text("0.png 1\n1.png\n")
    with pytest.raises(DataError) as caught:
        build(image_data(listed), tops=2)
    assert f'layer "it" (ImageData): line 2 of {listed} does not end with a label: "1.png"' in str(
        caught.value
    )
    assert (caught.value.location.line, caught.value.location.text) == (2, "1.png")


@pytest.mark.parametrize("label", ["dog", "1.5", "", "1_0", "3000000000"])
def test_a_label_that_is_no_whole_number(build, listed, label):
    listed.write_text(f"0.png {label}\n")
    with pytest.raises(DataError, match="line 1 of .* does not end with a label"):
        build(image_data(listed), tops=2)


def test_an_empty_list(build, listed):
    listed.write_text("\n\n")
    with pytest.raises(DataError, match=r'layer "it" \(ImageData\): .*list.txt lists no images'):
        build(image_data(listed), tops=2)


def test_a_missing_image_is_named_with_its_line(build, listed, tmp_path):
    (tmp_path / "3.png").unlink()
    built = build(image_data(listed), tops=2)
    built.forward()
    with pytest.raises(DataError, match=r"\(ImageData\): line 4 of .*3.png does not exist"):
        built.forward()


def test_a_file_that_is_no_image(build, listed, tmp_path):
    (tmp_path / "0.png").write_text("no image")
    with pytest.raises(DataError, match="line 1 of .*0.png: 8 bytes that are not a complete image"):
        build(image_data(listed), tops=2)


def test_an_image_that_was_cut_short(build, listed, tmp_path):
    path = tmp_path / "1.png"
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DataError, match="line 2 of .*not a complete image"):
        build(image_data(listed), tops=2).forward()


def test_images_of_different_sizes(build, tmp_path):
    listed = write_images(tmp_path, [*images(1, (3, 4, 4)), *images(1, (3, 5, 4))])
    with pytest.raises(DataError) as caught:
        build(image_data(listed), tops=2).forward()
    assert '1.png gives (3, 5, 4) for top "t0", but the batch began with (3, 4, 4)' in str(
        caught.value
    )
    assert build(image_data(listed, "new_height: 3 new_width: 3"), tops=2).forward() is not None


@pytest.mark.parametrize("name", ["new_height", "new_width"])
def test_half_a_size(build, listed, name):
    with pytest.raises(LayerError, match="new_height and new_width must be given together"):
        build(image_data(listed, f"{name}: 3"), tops=2)


def test_a_net_with_a_missing_list_is_told_where(tmp_path):
    net = tmp_path / "net.prototxt"
    net.write_text(
        'layer { name: "data" type: "ImageData" top: "x" top: "y"\n'
        'image_data_param { source: "lost.txt" } }'
    )
    with pytest.raises(PrototxtError) as caught:
        Net(net)
    (problem,) = caught.value.problems
    assert problem.location.line == 2
    assert problem.message == 'layer "data" (ImageData): list file "lost.txt" does not exist'

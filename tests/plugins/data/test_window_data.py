"""WindowData: R-CNN's sampling, crops and window files."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mycaffe_py.errors import DataError, LayerError
from mycaffe_py.stores import mean_to_bytes

from ...storing import images, write_windows

VALUES = [*images(1, (3, 20, 24), 1), *images(1, (3, 16, 12), 2)]
BACKGROUND, FOREGROUND = (0, 0.2, 1, 2, 6, 7), (5, 0.9, 3, 4, 10, 12)
TRANSFORM = "crop_size: 8"


@pytest.fixture
def windows(build, tmp_path):
    """Return a layer over two images; ``listed`` are the windows of each."""

    def make(listed=((BACKGROUND,), (FOREGROUND,)), more="", transform=TRANSFORM, **arguments):
        source = write_windows(tmp_path, VALUES, listed)
        settings = f'window_data_param {{ source: "{source}" batch_size: 4 {more} }}'
        text = f'type: "WindowData" {settings} transform_param {{ {transform} }}'
        return build(text, tops=2, **arguments)

    return make


def plain(window, image, crop, pad=0, square=False, mirrored=False):
    """Return R-CNN's crop (channels, crop, crop), nan outside the image, by Caffe's steps one by one."""
    x1, y1, x2, y2 = window[2:]
    rows, columns = image.shape[1:]
    width = height = crop
    pad_w = pad_h = 0

    def c_round(value):
        return int(np.sign(value) * np.floor(abs(value) + 0.5))

    if pad or square:
        scale = crop / (crop - 2 * pad)
        half_h, half_w = (y2 - y1 + 1) / 2, (x2 - x1 + 1) / 2
        mid_x, mid_y = x1 + half_w, y1 + half_h
        if square:
            half_h = half_w = max(half_h, half_w)
        x1, x2 = c_round(mid_x - half_w * scale), c_round(mid_x + half_w * scale)
        y1, y2 = c_round(mid_y - half_h * scale), c_round(mid_y + half_h * scale)
        whole_h, whole_w = y2 - y1 + 1, x2 - x1 + 1
        out_x1, out_y1 = max(0, -x1), max(0, -y1)
        out_x2, out_y2 = max(0, x2 - columns + 1), max(0, y2 - rows + 1)
        x1, y1, x2, y2 = x1 + out_x1, y1 + out_y1, x2 - out_x2, y2 - out_y2
        by_x, by_y = crop / whole_w, crop / whole_h
        width, height = c_round((x2 - x1 + 1) * by_x), c_round((y2 - y1 + 1) * by_y)
        pad_h = c_round(out_y1 * by_y)
        pad_w = c_round((out_x2 if mirrored else out_x1) * by_x)
        height, width = min(height, crop - pad_h), min(width, crop - pad_w)
    part = np.ascontiguousarray(image[:, y1 : y2 + 1, x1 : x2 + 1].transpose(1, 2, 0))
    part = cv2.resize(part, (width, height))
    part = part[:, ::-1] if mirrored else part
    result = np.full((3, crop, crop), np.nan)
    result[:, pad_h : pad_h + height, pad_w : pad_w + width] = part.transpose(2, 0, 1)
    return result


def is_crop(found, expected):
    """Whether pixels agree to within the rounding of the resizing, and what lies outside is 0."""
    return np.abs(found - np.nan_to_num(expected)).max() < 1.001


def test_background_comes_first_then_foreground(windows, batches):
    built = windows()
    assert [blob.shape for blob in built.top] == [(4, 3, 8, 8), (4,)]
    for pixels, labels in batches(built, 3):
        np.testing.assert_array_equal(labels, [0, 0, 0, 5])
        for index in range(3):
            assert is_crop(pixels[index], plain(BACKGROUND, VALUES[0], 8))
        assert is_crop(pixels[3], plain(FOREGROUND, VALUES[1], 8))


@pytest.mark.parametrize("fraction", [0, 0.3, 0.5, 1])
def test_the_share_of_foreground_windows_is_rounded_down(windows, fraction):
    built = windows(more=f"fg_fraction: {fraction}")
    built.forward()
    assert (built.top[1].data == 5).sum() == int(4 * fraction)


def test_thresholds(windows, batches):
    listed = [[(1, 0.5, 0, 0, 3, 3), (2, 0.3, 0, 0, 3, 3), (3, 0.29, 0, 0, 3, 3)], []]
    found = batches(windows(listed, "fg_threshold: 0.5 bg_threshold: 0.3 fg_fraction: 0.5"), 5)
    assert all(labels.tolist() == [0, 0, 1, 1] for _, labels in found)
    found = batches(windows(listed, "fg_threshold: 0.3 bg_threshold: 0.3 fg_fraction: 0.5"), 20)
    assert {label for _, labels in found for label in labels} == {0, 1, 2}


@pytest.mark.parametrize("mode", ["warp", "square"])
@pytest.mark.parametrize("pad", [0, 1, 2, 3])
@pytest.mark.parametrize("mirror", [False, True])
def test_context_and_squares(windows, batches, mode, pad, mirror):
    corners = [(0, 0, 4, 9), (17, 2, 23, 19), (5, 5, 14, 9), (20, 17, 23, 19), (0, 0, 23, 19)]
    listed = [[(n + 1, 1, *corner) for n, corner in enumerate(corners)], []]
    more = f'fg_fraction: 1 context_pad: {pad} crop_mode: "{mode}"'
    built = windows(listed, more, f"{TRANSFORM} mirror: {str(mirror).lower()}")
    seen = set()
    for pixels, labels in batches(built, 12):
        for one, label in zip(pixels, labels, strict=True):
            window = listed[0][int(label) - 1]
            args = (window, VALUES[0], 8, pad, mode == "square")
            kinds = [k for k in (False, True) if is_crop(one, plain(*args, mirrored=k))]
            assert kinds if mirror else kinds[0] is False
            seen.add((int(label), *kinds))
    assert len(seen) >= (8 if mirror else 5)


def test_mean_values_and_scale(windows):
    built = windows(more="scale: 0.5", transform=f"{TRANSFORM} mean_value: [1, 2, 3]")
    expected = plain(BACKGROUND, VALUES[0], 8) - np.array([1, 2, 3]).reshape(3, 1, 1)
    assert np.abs(built.forward()[0] - expected / 2).max() <= 0.5


def test_a_mean_file_is_read_in_its_middle(windows, registry, tmp_path):
    mean = np.random.default_rng(0).random((3, 12, 12)) * 99
    (tmp_path / "mean").write_bytes(mean_to_bytes(registry.schema, mean))
    listed = [[(0, 0, 0, 0, 4, 9)], [FOREGROUND]]
    built = windows(listed, "context_pad: 2", f'{TRANSFORM} mean_file: "{tmp_path}/mean"')
    crop = plain(listed[0][0], VALUES[0], 8, 2)
    assert is_crop(built.forward()[0], crop - mean[:, 2:10, 2:10])
    assert np.isnan(crop).any()


def test_the_same_windows_under_a_seed(windows, batches, same):
    listed = [[(n, 1, n, 0, n + 5, 5) for n in range(1, 9)], []]
    more, transform = "fg_fraction: 1", f"{TRANSFORM} mirror: true"
    runs = [batches(windows(listed, more, transform, seed=seed), 4) for seed in (1, 1, 2)]
    same(runs[0], runs[1])
    with pytest.raises(AssertionError):
        same(runs[0], runs[2])


def test_cached_images_are_read_once(windows, tmp_path):
    built = windows(more="cache_images: true")
    first = np.array(built.forward())
    built.layer.close()
    for name in ("0.png", "1.png"):
        (tmp_path / name).unlink()
    np.testing.assert_array_equal(built.forward(), first)


# What cannot be used.


@pytest.mark.parametrize(
    ("more", "transform", "message"),
    [
        ("", "", "crop_size must be given"),
        ("crop_size: 8", "", "crop_size belongs in transform_param"),
        ("mirror: true", TRANSFORM, "mirror belongs in transform_param"),
        ("context_pad: 4", TRANSFORM, "context_pad 4 leaves nothing of crop_size 8"),
        ('crop_mode: "round"', TRANSFORM, 'unknown crop_mode "round"'),
        ("fg_fraction: 1.5", TRANSFORM, "fg_fraction is 1.5, but must be from 0 to 1"),
        ("", f"{TRANSFORM} mean_value: [1, 2]", "mean_value is given 2 times, .* 3 channels"),
    ],
)
def test_bad_settings(windows, more, transform, message):
    with pytest.raises(LayerError, match=rf'layer "it" \(WindowData\): {message}'):
        windows(more=more, transform=transform)


def test_a_mean_smaller_than_the_crop(windows, registry, tmp_path):
    (tmp_path / "mean").write_bytes(mean_to_bytes(registry.schema, np.zeros((3, 7, 8))))
    with pytest.raises(LayerError, match=r"is \(3, 7, 8\), but a crop is \(3, 8, 8\) from"):
        windows(transform=f'{TRANSFORM} mean_file: "{tmp_path}/mean"')


@pytest.mark.parametrize(
    ("listed", "message"),
    [
        ([[BACKGROUND], []], "has no foreground windows, but each batch needs 1"),
        ([[FOREGROUND], []], "has no background windows, but each batch needs 3"),
        ([[(0, 0.8, 0, 0, 3, 3)], []], "line 7 of .* needs a class above 0, got 0"),
    ],
)
def test_windows_that_cannot_be_drawn(windows, listed, message):
    with pytest.raises(LayerError, match=message):
        windows(listed)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "lists no images"),
        ("0.png", 'line 1 of .*: expected # and the number of an image, got "0.png"'),
        ("# x", 'line 1 of .*: expected number of an image, got "x"'),
        ("# 0\n0.png\n3\n20\n24\n1\n", "line 6 of .*: the file ends where class is expected"),
        ("# 0\n0.png\n3\n20\n24\n1\n1 high 0 0 2 2", 'line 7 of .*: expected overlap, got "high"'),
        ("# 0\n0.png\n3\n20\n24\n1\n1 1 0 0 24 2", r"line 7 of .*\(24, 2\) does not lie in"),
        ("# 0\n0.png\n3\n20\n24\n1\n1 1 5 0 2 2", r"line 7 of .*window \(5, 0\) to \(2, 2\)"),
        ("# 0\n0.png\n4\n20\n24\n0\n", r"line 5 of .* height, width \(4, 20, 24\)"),
    ],
)
def test_window_files_that_cannot_be_read(build, tmp_path, text, message):
    (tmp_path / "w.txt").write_text(text)
    settings = f'window_data_param {{ source: "{tmp_path}/w.txt" batch_size: 4 }}'
    with pytest.raises(DataError, match=rf'layer "it" \(WindowData\): .*{message}'):
        build(f'type: "WindowData" {settings} transform_param {{ {TRANSFORM} }}', tops=2)


def test_an_image_of_another_size_than_the_file_says(windows, tmp_path):
    built = windows()
    (tmp_path / "0.png").write_bytes((tmp_path / "1.png").read_bytes())
    with pytest.raises(DataError, match=r"0.png is \(3, 16, 12\), but line 2 says \(3, 20, 24\)"):
        built.forward()


def test_a_missing_image(windows, tmp_path):
    built = windows()
    (tmp_path / "1.png").unlink()
    with pytest.raises(DataError, match=r"\(WindowData\): line 14 of .*1.png does not exist"):
        built.forward()


@pytest.mark.parametrize("more", ["mean_value: [1, 2, 3]", 'mean_file: "mean"'])
def test_colours_in_the_other_order(windows, batches, tmp_path, monkeypatch, registry, more):
    monkeypatch.chdir(tmp_path)
    mean = np.arange(3 * 8 * 8, dtype=np.float64).reshape(3, 8, 8)
    (tmp_path / "mean").write_bytes(mean_to_bytes(registry.schema, mean))
    ((plainly, _),) = batches(windows(), 1)
    ((turned, _),) = batches(windows(transform=f"{TRANSFORM} color_order: RGB {more}"), 1)
    beside = mean[::-1] if "file" in more else np.array([1.0, 2, 3]).reshape(3, 1, 1)
    np.testing.assert_allclose(turned, plainly[:, ::-1] - beside, rtol=1e-6)

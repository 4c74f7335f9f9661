"""Image files of all kinds, held in all ways, with and without their end, against what OpenCV read of them."""

from __future__ import annotations

import warnings

import numpy as np
import PIL
import pytest

from mycaffe_py.errors import DataError, MyCaffeWarning
from mycaffe_py.pycaffe import io as caffe_io
from mycaffe_py.stores import decode_image, read_image
from mycaffe_py.stores.jpeg_end import with_end
from mycaffe_py.stores.orientation import orientation

from ..conftest import DATA


def load():
    cases = {}
    with np.load(DATA / "images.npz") as stored:
        for key in stored.files:
            name, _, part = key.partition("/")
            cases.setdefault(name, {})[part] = stored[key]
    return cases


CASES = load()
WISHES = {"color": True, "grey": False, "native": None}
REFUSED = {
    **dict.fromkeys(("tiff_grey_float", "tiff_grey_float_255"), "floating-point values"),
    "tiff_grey_32": "32 bits",
    "tiff_grey_signed": "16 bits with a sign",
    "tiff_lab": r"L\*a\*b\*",
    "tiff_colour_float": "not a complete image",
}
if int(PIL.__version__.partition(".")[0]) < 13:  # the newest for Python 3.10 cannot read it
    REFUSED["tiff_ycbcr"] = "not a complete image"
CUT = [name for name in CASES if "_cut_" in name]
CUT_JPEG = [name for name in CUT if name.startswith(("jpeg", "grey_jpeg", "progressive"))]
LESS_EXACT = {  # other formulas for grey, 16 bits, inks and YCbCr
    *("png_colour/grey", "png_alpha/grey", "png_palette/grey", "png_palette_clear/grey"),
    *("png_colour_clear/grey", "png_colour_16/grey", "png_alpha_16/grey", "png_held_6/grey"),
    *(
        f"{name}/{wish}"
        for name in ("tiff_colour_16", "ppm_colour_16")
        for wish in ("color", "grey")
    ),
    *(f"{name}/{wish}" for name in ("tiff_cmyk", "tiff_ycbcr") for wish in WISHES),
}
OTHERWISE = {  # in native form: more bits or channels than we give
    *("tiff_cmyk/native", "gif_moving/native", "gif_palette_clear/native"),
}


def rows():
    for name, case in CASES.items():
        if name in REFUSED or name in CUT:
            continue
        for wish in WISHES:
            if f"{name}/{wish}" not in OTHERWISE and case[wish].dtype == np.uint8:
                yield pytest.param(name, wish, id=f"{name}-{wish}")


@pytest.mark.parametrize(("name", "wish"), list(rows()))
def test_values_are_those_of_opencv(name, wish):
    found = decode_image(CASES[name]["file"].tobytes(), WISHES[wish])
    expected = CASES[name][wish]
    assert found.dtype == np.uint8 and found.shape == expected.shape and expected.size
    difference = np.abs(found.astype(int) - expected).max()
    assert difference <= (f"{name}/{wish}" in LESS_EXACT)


def test_the_table_is_complete():
    """All kinds, all orientations; what is not compared is few."""
    assert len(list(rows())) > 130
    assert {f"jpeg_held_{way}" for way in range(1, 9)} < CASES.keys()


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("wish", WISHES)
def test_what_does_not_fit_into_8_bits_is_refused(name, wish):
    with pytest.raises(DataError, match=REFUSED[name]):
        decode_image(CASES[name]["file"].tobytes(), WISHES[wish])


@pytest.mark.parametrize("name", CUT_JPEG)
@pytest.mark.parametrize("wish", WISHES)
def test_a_jpeg_without_its_end_is_shown_with_a_warning(name, wish):
    data = CASES[name]["file"].tobytes()
    with pytest.warns(MyCaffeWarning, match=f"a JPEG file of {len(data)} bytes without its end"):
        found = decode_image(data, WISHES[wish])
    expected = CASES[name][wish]
    if wish == "native" and name.startswith("grey"):
        assert len(expected) == len(found) == 1
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("name", [name for name in CUT if name not in CUT_JPEG])
@pytest.mark.parametrize("wish", WISHES)
def test_other_files_without_their_end_are_refused(name, wish):
    assert not CASES[name][wish].size
    with pytest.raises(DataError, match="not a complete image"):
        decode_image(CASES[name]["file"].tobytes(), WISHES[wish])


def test_the_warning_names_the_file(tmp_path):
    (tmp_path / "cat.jpg").write_bytes(CASES["jpeg_cut_end"]["file"].tobytes())
    with pytest.warns(MyCaffeWarning, match=r"cat\.jpg: a JPEG file"):
        read_image(tmp_path / "cat.jpg")


def test_a_jpeg_cut_in_its_header_is_refused():
    data = CASES["jpeg_cut_end"]["file"].tobytes()
    scan = data.index(b"\xff\xda")
    for size in (4, 20, scan, scan + 5):
        with pytest.raises(DataError, match="not a complete image"):
            decode_image(data[:size], True)


def test_the_end_of_a_small_picture_in_the_header_is_not_the_end():
    """As cameras store it in Exif data."""
    whole = CASES["jpeg_held_1"]["file"].tobytes()
    small = b"Exif\0\0" + whole
    header = b"\xff\xd8\xff\xe1" + (len(small) + 2).to_bytes(2, "big") + small
    assert with_end(header + whole[2:]) == (header + whole[2:], False)
    cut = header + whole[2:-2]
    assert with_end(cut) == (cut + b"\xff\xd9", True)
    assert with_end(header) == (header, False) and with_end(b"\x89PNG") == (b"\x89PNG", False)


@pytest.mark.parametrize(
    "exif",
    [
        None,
        b"",
        b"Exif\0\0",
        b"Exif\0\0XX*\0\x08\0\0\0",
        b"II*\0\xff\xff\xff\xff",
        b"MM\0*\0\0\0\x08\xff\xff",
        b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x09\0\0\0",  # 9
        b"II*\0\x08\0\0\0\x01\0\x12\x01\x04\0\x01\0\0\0\x06\0\0\0",  # of 32 bits
    ],
)
def test_damaged_exif_data_turn_nothing(exif):
    assert orientation(exif) == 1


@pytest.mark.parametrize("order", ["II", "MM"])
def test_exif_data_in_both_byte_orders(order):
    kind = {"II": "little", "MM": "big"}[order]
    numbers = [(42, 2), (8, 4), (1, 2), (0x112, 2), (3, 2), (1, 4), (6, 2), (0, 2)]
    data = order.encode() + b"".join(number.to_bytes(size, kind) for number, size in numbers)
    assert orientation(data) == orientation(b"Exif\0\0" + data) == 6


def test_a_whole_jpeg_gives_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        decode_image(CASES["jpeg_colour"]["file"].tobytes() + b"trailing", True)


@pytest.mark.parametrize("name", ["tiff_grey_float", "tiff_grey_32", "tiff_grey_signed"])
def test_pycaffe_refuses_them_too_and_turns_nothing(tmp_path, name):
    path = tmp_path / "a.tiff"
    path.write_bytes(CASES[name]["file"].tobytes())
    with pytest.raises(DataError, match=rf"a\.tiff.*{REFUSED[name]}"):
        caffe_io.load_image(path)
    turned = tmp_path / "turned.jpg"
    turned.write_bytes(CASES["jpeg_held_6"]["file"].tobytes())
    assert caffe_io.load_image(turned).shape == (12, 16, 3)


def test_tiff_files_of_12_bits_are_refused():
    data = CASES["tiff_grey"]["file"]
    eight, twelve = (b"\x02\x01\x03\x00\x01\x00\x00\x00" + bytes([n]) for n in (8, 12))
    assert data.tobytes().count(eight) == 1  # the tag BitsPerSample
    with pytest.raises(DataError, match="an image of 12 bits is not read"):
        decode_image(data.tobytes().replace(eight, twelve), True)

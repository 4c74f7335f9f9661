"""The orientation in Exif data, by each way in which images come into a net."""

from __future__ import annotations

import numpy as np
import pytest
from click.testing import CliRunner

from mycaffe_py.cli.app import app
from mycaffe_py.plugins import default_registry
from mycaffe_py.stores import DatabaseWriter, datum_to_array, open_database, parse_datum

from ...conftest import DATA

with np.load(DATA / "images.npz") as stored:
    VALUES = {key: stored[key] for key in stored.files if "_held_" in key}
WAYS = range(1, 9)


@pytest.fixture
def folder(tmp_path):
    for way in WAYS:
        data = VALUES[f"jpeg_held_{way}/file"].tobytes()
        (tmp_path / f"{way}.jpg").write_bytes(data)
    (tmp_path / "list.txt").write_text("".join(f"{way}.jpg {way}\n" for way in WAYS))
    return tmp_path


@pytest.mark.parametrize(("color", "wish"), [("true", "color"), ("false", "grey")])
def test_image_data(build, batches, folder, color, wish):
    source = f'source: "{folder}/list.txt" root_folder: "{folder}/" is_color: {color}'
    built = build(f'type: "ImageData" image_data_param {{ {source} }}', tops=2)
    for pixels, (way,) in batches(built, 8):
        np.testing.assert_array_equal(pixels[0], VALUES[f"jpeg_held_{int(way)}/{wish}"])


def test_window_data_expects_the_turned_size(build, batches, folder):
    expected = VALUES["jpeg_held_6/color"]
    (folder / "windows.txt").write_text("# 0\n6.jpg\n3\n16\n12\n1\n1 1 0 0 11 11\n")
    built = build(
        f'type: "WindowData" window_data_param {{ source: "{folder}/windows.txt" root_folder: "{folder}/" '
        "batch_size: 1 fg_fraction: 1 } transform_param { crop_size: 12 }",
        tops=2,
    )
    ((pixels, _),) = batches(built, 1)
    np.testing.assert_array_equal(pixels[0], expected[:, :12, :12])


@pytest.mark.parametrize(
    ("transform", "wish"),
    [("force_color: true", "color"), ("force_gray: true", "grey"), ("", "native")],
)
def test_encoded_records(build, batches, tmp_path, transform, wish):
    """Without a wish for channels, OpenCV leaves them as they are stored, and so does Caffe."""
    with DatabaseWriter(tmp_path / "db") as writer:
        for way in WAYS:
            data = VALUES[f"jpeg_held_{way}/file"].tobytes()
            datum = default_registry().schema.new("Datum", encoded=True, data=data, label=way)
            writer.put(b"%d" % way, datum.SerializeToString())
    text = f'type: "Data" data_param {{ source: "{tmp_path}/db" batch_size: 1 }} transform_param {{ {transform} }}'
    for pixels, (way,) in batches(build(text, tops=2), 8):
        np.testing.assert_array_equal(pixels[0], VALUES[f"jpeg_held_{int(way)}/{wish}"])


def test_convert_imageset(folder):
    names = [str(folder / name) for name in ("", "list.txt", "db")]
    result = CliRunner().invoke(app, ["convert-imageset", *names])
    assert result.exit_code == 0, result.output
    kind = default_registry().schema.message_class("Datum")
    for way, (_, value) in zip(WAYS, open_database(folder / "db"), strict=True):
        found = datum_to_array(parse_datum(kind, value))
        np.testing.assert_array_equal(found, VALUES[f"jpeg_held_{way}/color"])

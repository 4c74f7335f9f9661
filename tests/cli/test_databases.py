"""convert-imageset, compute-image-mean and extract-features."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mycaffe_py.blob.blobproto import array_from_proto
from mycaffe_py.device import Device
from mycaffe_py.net import Net
from mycaffe_py.plugins import default_registry
from mycaffe_py.stores import datum_to_array, encode_image, open_database

from ..storing import images, write_database, write_images

VALUES = images(4, (3, 6, 5))


@pytest.fixture
def listed(tmp_path):
    (tmp_path / "img").mkdir()
    path = write_images(tmp_path / "img", VALUES, [3, 1, 0, 2])
    return path.rename(tmp_path / "list.txt")


@pytest.fixture
def convert(mycaffe, listed):
    def run(*options, root="img/", database="db"):
        return mycaffe("convert-imageset", *options, root, "list.txt", database)

    return run


def contents(path):
    schema = default_registry().schema
    return {key: schema.parse_binary(value, "Datum") for key, value in open_database(path)}


def nothing_is_left(folder):
    return sorted(path.name for path in folder.iterdir()) == ["img", "list.txt"]


@pytest.mark.parametrize("root", ["img/", "img"])
def test_images_become_records(convert, tmp_path, root):
    result = convert(root=root)
    assert (result.exit_code, result.stdout) == (0, "db\n"), result.stderr
    assert result.stderr.splitlines() == ["A total of 4 images.", "Processed 4 files."]
    found = contents(tmp_path / "db")
    assert list(found) == [f"{n:08}_{n}.png".encode() for n in range(4)]
    for datum, image, label in zip(found.values(), VALUES, [3, 1, 0, 2], strict=True):
        assert (datum.channels, datum.height, datum.width, datum.label) == (3, 6, 5, label)
        assert not datum.encoded and not datum.float_data
        np.testing.assert_array_equal(datum_to_array(datum), image)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["db", "img", "list.txt"]


def test_caffes_spelling_of_flags(convert, tmp_path):
    flags = [
        "-gray=true",
        "--resize_height=3",
        "-resize_width",
        4,
        "--shuffle=false",
        "-backend=lmdb",
    ]
    assert convert(*flags, "--check_size").exit_code == 0
    found = contents(tmp_path / "db")
    assert [key[:8] for key in found] == [f"{n:08}".encode() for n in range(4)]
    for index, datum in enumerate(found.values()):
        image = cv2.imread(str(tmp_path / f"img/{index}.png"), cv2.IMREAD_GRAYSCALE)
        expected = cv2.resize(image, (4, 3)).astype(int)
        assert np.abs(datum_to_array(datum)[0] - expected).max() <= 2


def test_shuffling(convert, tmp_path):
    orders = []
    for name, seed in [("a", 1), ("b", 1), ("c", 2), ("d", 3)]:
        result = convert("--shuffle", "--seed", seed, database=name)
        assert f"Shuffling data (seed {seed})" in result.stderr
        keys = [key.decode() for key in contents(tmp_path / name)]
        assert [key[:9] for key in keys] == [f"{n:08}_" for n in range(4)]
        orders.append([key[9:] for key in keys])
        assert sorted(orders[-1]) == [f"{n}.png" for n in range(4)]
    assert orders[0] == orders[1] and len({tuple(order) for order in orders}) > 1
    assert convert("--shuffle", database="e").exit_code == 0


def test_encoded_files_are_kept_as_they_are(convert, tmp_path):
    assert convert("--encoded").exit_code == 0
    for index, datum in enumerate(contents(tmp_path / "db").values()):
        assert datum.encoded and datum.data == (tmp_path / f"img/{index}.png").read_bytes()


def test_encoding_anew(convert, tmp_path):
    result = convert("--encode-type", "jpg", "--gray")
    assert "encode_type specified, assuming encoded=true." in result.stderr
    for datum in contents(tmp_path / "db").values():
        assert datum.encoded and datum.data.startswith(b"\xff\xd8")
        assert datum_to_array(datum).shape == (1, 6, 5)
    assert (
        convert("--encoded", "--resize-height=2", "--resize-width=2", database="e").exit_code == 0
    )
    for datum in contents(tmp_path / "e").values():
        assert datum.data.startswith(b"\x89PNG")
        assert datum_to_array(datum).shape == (3, 2, 2)


def test_encoding_needs_a_known_kind(convert, tmp_path):
    (tmp_path / "img/1.png").rename(tmp_path / "img/1.dat")
    (tmp_path / "list.txt").write_text("1.dat 1\n")
    result = convert("--encoded", "--resize-height=2", "--resize-width=2")
    assert result.exit_code == 2 and 'img/1.dat: images cannot be written as "dat"' in result.stderr
    assert nothing_is_left(tmp_path)
    assert convert("--encoded").exit_code == 0  # kept as it is


def test_images_that_cannot_be_read_are_left_out(convert, tmp_path):
    (tmp_path / "img/0.png").unlink()
    (tmp_path / "img/2.png").write_text("no image")
    result = convert()
    assert result.exit_code == 0
    assert "warning: Could not open or find file img/0.png" in result.stderr
    assert "warning: Could not open or find file img/2.png" in result.stderr
    assert result.stderr.endswith("Processed 2 files.\n")
    assert [key[9:] for key in contents(tmp_path / "db")] == [b"1.png", b"3.png"]


def test_a_database_of_many_commits_grows(mycaffe, tmp_path, monkeypatch):
    monkeypatch.setattr("mycaffe_py.stores.writing.RECORDS_PER_COMMIT", 7)
    monkeypatch.setattr("mycaffe_py.stores.writing._FIRST_SIZE", 1 << 16)
    many = images(40, (3, 40, 40))
    write_database(tmp_path / "db", many)
    found = list(contents(tmp_path / "db").values())
    np.testing.assert_array_equal([datum_to_array(datum) for datum in found], many)


# What ends it.


def test_an_existing_database_is_left_alone(convert, tmp_path):
    (tmp_path / "db").write_text("precious")
    result = convert()
    assert result.exit_code == 2 and "error[E250]: db already exists" in result.stderr
    assert (tmp_path / "db").read_text() == "precious"


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--backend", "leveldb"], 2, "LevelDB databases are not supported"),
        (["--backend", "sql"], 2, 'unknown database backend "sql"'),
        (["--resize-height", 3], 2, "--resize-width and --resize-height must be given together"),
        (["--encode-type", "gif"], 2, 'images cannot be written as "gif"'),
        (["--resize-height=-1"], 2, "-1 is not in the range"),
    ],
)
def test_bad_options(convert, tmp_path, options, code, message):
    result = convert(*options)
    assert result.exit_code == code and message in result.stderr
    assert nothing_is_left(tmp_path)


def test_missing_files(convert, tmp_path):
    result = convert(root="lost/")
    assert result.exit_code == 3 and "folder lost/ does not exist" in result.stderr
    (tmp_path / "list.txt").rename(tmp_path / "other.txt")
    result = convert()
    assert result.exit_code == 3 and "list file list.txt does not exist" in result.stderr


def test_a_bad_list(convert, tmp_path):
    (tmp_path / "list.txt").write_text("0.png 1\n1.png\n")
    result = convert()
    assert result.exit_code == 2
    assert "error[E240] list.txt:2:1: line 2 of list.txt does not end with a label" in result.stderr
    assert nothing_is_left(tmp_path)


def test_sizes_that_differ(convert, tmp_path):
    (tmp_path / "img/2.png").write_bytes(encode_image(VALUES[0][:, :5], "png"))
    assert convert().exit_code == 0
    (tmp_path / "db/data.mdb").unlink()
    (tmp_path / "db").rmdir()
    result = convert("--check-size")
    assert result.exit_code == 2
    assert "img/2.png is (3, 5, 5) (channels, height, width), but img/0.png is (3, 6, 5)" in (
        result.stderr
    )
    assert nothing_is_left(tmp_path)


def test_no_image_at_all(convert, tmp_path):
    (tmp_path / "list.txt").write_text("a.png 1\nb.png 2\n")
    result = convert()
    assert result.exit_code == 2
    assert "none of the 2 images listed in list.txt can be read" in result.stderr
    assert nothing_is_left(tmp_path)


def test_too_few_arguments(mycaffe):
    result = mycaffe("convert-imageset", "img/", "list.txt")
    assert result.exit_code == 2 and "missing argument 'DB'" in result.stderr


# compute-image-mean.


@pytest.mark.parametrize("encoded", [None, "png"])
def test_the_mean_of_a_database(mycaffe, tmp_path, encoded):
    write_database(tmp_path / "db", VALUES, encoded=encoded)
    result = mycaffe("compute-image-mean", "db", "mean.binaryproto")
    assert result.exit_code == 0, result.stderr
    mean = VALUES.mean(0)
    lines = [f"mean_value channel [{c}]: {mean[c].mean():.6g}" for c in range(3)]
    assert result.stdout.splitlines() == ["Number of channels: 3", *lines]
    assert "Processed 4 files." in result.stderr
    proto = default_registry().schema.parse_binary(
        (tmp_path / "mean.binaryproto").read_bytes(), "BlobProto"
    )
    assert (proto.num, proto.channels, proto.height, proto.width) == (1, 3, 6, 5)
    assert not proto.HasField("shape")
    np.testing.assert_allclose(array_from_proto(proto)[0], mean, rtol=1e-6)


def test_the_mean_of_floats_is_only_printed(mycaffe, tmp_path):
    write_database(tmp_path / "db", VALUES[:, :1] - 100.5)
    result = mycaffe("compute-image-mean", "--backend=lmdb", "db")
    assert result.stdout.startswith("Number of channels: 1\nmean_value channel [0]: ")
    assert [path.name for path in tmp_path.iterdir()] == ["db"]


def test_databases_without_a_mean(mycaffe, tmp_path):
    write_database(tmp_path / "db", [VALUES[0], VALUES[1][:, :4]])
    write_database(tmp_path / "none", [])
    for arguments, code, message in [
        (["db", "m"], 2, 'db: record 1 (key "00000001_image") is (3, 4, 5) (channels, height,'),
        (["none", "m"], 2, "database none has no records"),
        (["lost"], 3, "database lost does not exist"),
        (["--backend", "leveldb", "db"], 2, "LevelDB databases are not supported"),
        ([], 2, "missing argument 'INPUT_DB'"),
        (["db", "m", "n"], 2, "unexpected extra argument"),
    ]:
        result = mycaffe("compute-image-mean", *arguments)
        assert result.exit_code == code and message in result.stderr, result.stderr
    assert not (tmp_path / "m").exists()


# extract-features.

FEATURES = """
name: "features"
layer { name: "data" type: "Data" top: "x" top: "y" data_param { source: "db" batch_size: 3 } }
layer { name: "fc" type: "InnerProduct" bottom: "x" top: "fc"
  inner_product_param { num_output: 2 weight_filler { type: "xavier" } } }
layer { name: "drop" type: "Dropout" bottom: "fc" top: "fc" }
"""


@pytest.fixture
def extract(mycaffe, tmp_path, monkeypatch):
    write_database(tmp_path / "db", VALUES, range(4))
    (tmp_path / "net.prototxt").write_text(FEATURES)
    monkeypatch.chdir(tmp_path)
    net = Net("net.prototxt", device=Device(seed=1))
    net.save("net.caffemodel")
    weight = np.array(net.params["fc"][0].data)

    def run(*arguments):
        return mycaffe("extract-features", "net.caffemodel", "net.prototxt", *arguments)

    run.expected = VALUES.reshape(4, -1) @ weight.T
    return run


def test_features_of_every_item(extract, tmp_path):
    result = extract("fc,x", "fc_db,x_db", 2, "lmdb", "CPU")
    assert (result.exit_code, result.stdout) == (0, "fc_db\nx_db\n"), result.stderr
    for line in (
        "Using CPU",
        "Extracting Features",
        "Extracted features of 6 query images for feature blob fc",
        "Extracted features of 6 query images for feature blob x",
        "Successfully extracted the features!",
    ):
        assert line in result.stderr.splitlines()
    order = [0, 1, 2, 3, 0, 1]
    found = contents(tmp_path / "fc_db")
    assert list(found) == [f"{n:010}".encode() for n in range(6)]
    for datum, index in zip(found.values(), order, strict=True):
        assert (datum.channels, datum.height, datum.width) == (2, 1, 1) and not datum.data
        np.testing.assert_allclose(datum.float_data, extract.expected[index], rtol=1e-5, atol=1e-3)
    for datum, index in zip(contents(tmp_path / "x_db").values(), order, strict=True):
        np.testing.assert_array_equal(datum_to_array(datum), VALUES[index])


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["fc,x", "a", 1, "lmdb"], 2, "names and database names must be equal: 2 and 1"),
        (["fc,x", "a,a", 1, "lmdb"], 2, "each blob needs a database of its own, not a,a"),
        (["fd", "a", 1, "lmdb"], 2, 'unknown feature blob "fd" in net "features"'),
        (["fc", "a", 1, "leveldb"], 2, "LevelDB databases are not supported"),
        (["fc", "a", 0, "lmdb"], 2, "0 is not in the range"),
        (["fc", "db", 1, "lmdb"], 2, "db already exists"),
        (["fc", "a", 1, "lmdb", "TPU"], 2, "'TPU' is not one of"),
        (["fc", "a", 1], 2, "missing argument 'lmdb'"),
    ],
)
def test_features_that_cannot_be_extracted(extract, tmp_path, arguments, code, message):
    result = extract(*arguments)
    assert result.exit_code == code and message in result.stderr, result.stderr
    assert not (tmp_path / "a").exists()


def test_a_failure_in_between_leaves_nothing(extract, tmp_path):
    write_database(tmp_path / "other", [*VALUES[:3], VALUES[0][:, :4]])
    text = FEATURES.replace('"db"', '"other"').replace("batch_size: 3", "batch_size: 1")
    (tmp_path / "net.prototxt").write_text(text)
    before = sorted(path.name for path in tmp_path.iterdir())
    result = extract("fc", "a", 4, "lmdb")
    assert result.exit_code == 2 and "InnerProduct" in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == before

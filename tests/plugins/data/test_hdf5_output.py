"""HDF5Output: what it writes, and going on."""

from __future__ import annotations

import os
import shutil

import h5py
import numpy as np
import pytest

from mycaffe_py.errors import LayerError, OutputError, SnapshotError

DATA, LABEL = np.arange(12.0).reshape(2, 3, 2), np.array([4.0, 5.0])


def output(path):
    return f'type: "HDF5Output" hdf5_output_param {{ file_name: "{path}" }}'


@pytest.fixture
def path(tmp_path):
    return tmp_path / "out.h5"


def contents(path):
    with h5py.File(path) as file:
        assert set(file) == {"data", "label"}
        return file["data"][...], file["label"][...]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_datasets_data_and_label(build, path, dtype):
    build(output(path), DATA, LABEL, tops=0, dtype=dtype).forward()
    data, label = contents(path)
    assert data.dtype == label.dtype == dtype
    np.testing.assert_array_equal(data, DATA)
    np.testing.assert_array_equal(label, LABEL)


def test_each_forward_appends_its_rows(build, path):
    built = build(output(path), DATA, LABEL, tops=0)
    built.forward()
    for blob in built.bottom:
        blob.reshape(1, *blob.shape[1:])
        blob.data[...] = 7
    built.forward()
    data, label = contents(path)
    np.testing.assert_array_equal(data, np.concatenate([DATA, np.full((1, 3, 2), 7)]))
    np.testing.assert_array_equal(label, [4, 5, 7])


def test_the_file_is_begun_anew_but_not_before_the_first_forward(build, path):
    build(output(path), DATA + 1, LABEL, tops=0).forward()
    before = path.read_bytes()
    built = build(output(path), DATA, LABEL, tops=0)
    assert path.read_bytes() == before
    built.forward()
    np.testing.assert_array_equal(contents(path)[0], DATA)


# What it does not write over.


def foreign(path, kind):
    """Put something at ``path`` that no HDF5Output wrote, and return what must not change."""
    if kind == "text":
        path.write_text("precious")
    elif kind == "pipe":
        os.mkfifo(path)
        return None
    else:
        with h5py.File(path, "w") as file:
            file["data"], file["label"] = DATA, LABEL
    return path.read_bytes()


@pytest.mark.posix
@pytest.mark.parametrize("kind", ["text", "data", "pipe"])
def test_a_file_of_another_kind_is_refused(build, path, kind):
    before = foreign(path, kind)
    with pytest.raises(
        LayerError, match=r'\(HDF5Output\): ".*out\.h5" (exists, and|cannot be)'
    ) as caught:
        build(output(path), DATA, LABEL, tops=0)
    assert caught.value.field == "hdf5_output_param.file_name"
    assert kind == "pipe" or path.read_bytes() == before


@pytest.mark.posix
def test_a_file_that_appears_before_the_first_forward_is_refused(build, path):
    built = build(output(path), DATA, LABEL, tops=0)
    before = foreign(path, "data")
    with pytest.raises(LayerError, match="was not written by a layer of this type"):
        built.forward()
    assert path.read_bytes() == before


@pytest.mark.parametrize("size", [0, 2000])
def test_an_empty_file_and_one_of_its_own_that_was_cut_short_are_begun_anew(build, path, size):
    build(output(path), DATA, LABEL, tops=0).forward()
    os.truncate(path, size)
    build(output(path), DATA, LABEL, tops=0).forward()
    np.testing.assert_array_equal(contents(path)[0], DATA)


@pytest.mark.posix
def test_a_state_does_not_lead_into_another_file(build, path):
    before = foreign(path, "data")
    path.rename(path.with_name("away.h5"))
    built = build(output(path), DATA, LABEL, tops=0)
    path.with_name("away.h5").rename(path)
    with pytest.raises(SnapshotError, match="should have at least 2 rows") as caught:
        built.layer.load_state({"rows": 2})
    assert "lacks the attribute written_by" in caught.value.hint
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "kind", ["external link", "soft link", "external storage", "virtual", "fixed"]
)
def test_rows_are_not_appended_to_what_is_elsewhere(build, path, kind):
    build(output(path), DATA, LABEL, tops=0).forward()
    state = {"rows": 2}
    other = path.with_name("other.h5")
    with h5py.File(other, "w") as file:
        file.create_dataset("data", data=DATA, maxshape=(None, 3, 2))
    with h5py.File(path, "r+") as file:
        del file["data"]
        if kind == "external link":
            file["data"] = h5py.ExternalLink(str(other), "data")
        elif kind == "soft link":
            file["more"] = h5py.SoftLink("label")
            file["data"] = h5py.SoftLink("more")
        elif kind == "external storage":
            where = [(str(path.with_name("raw")), 0, h5py.h5f.UNLIMITED)]
            file.create_dataset("data", DATA.shape, DATA.dtype, external=where)
        elif kind == "virtual":
            layout = h5py.VirtualLayout(DATA.shape, DATA.dtype)
            layout[...] = h5py.VirtualSource(str(other), "data", DATA.shape)
            file.create_virtual_dataset("data", layout)
        else:
            file["data"] = DATA
    before = other.read_bytes()
    with pytest.raises(SnapshotError, match="should have at least 2 rows"):
        build(output(path), DATA, LABEL, tops=0).layer.load_state(state)
    running = build(output(path), DATA, LABEL, tops=0)
    running.layer.rows = 2
    with pytest.raises(OutputError, match=r'out\.h5: its dataset "data" is not one that'):
        running.forward()
    assert other.read_bytes() == before


def test_it_goes_on_behind_the_rows_of_its_state(build, path):
    first = build(output(path), DATA, LABEL, tops=0)
    first.forward()
    state = first.layer.state()
    first.forward()
    second = build(output(path), DATA + 1, LABEL, tops=0)
    second.layer.load_state(state)
    second.forward()
    np.testing.assert_array_equal(contents(path)[0], np.concatenate([DATA, DATA + 1]))
    path.unlink()
    with pytest.raises(SnapshotError, match=r"\(HDF5Output\): .*should have at least 2 rows"):
        build(output(path), DATA, LABEL, tops=0).layer.load_state(state)


def test_backward_gives_nothing(build, path):
    built = build(output(path), DATA, LABEL, tops=0)
    for diff in built.backward():
        assert not diff.any()


def test_bottoms_of_different_lengths(build, path):
    with pytest.raises(LayerError) as caught:
        build(output(path), DATA, LABEL[:1], tops=0)
    assert 'layer "it" (HDF5Output): bottom "b0" (2, 3, 2) and bottom "b1" (1,)' in str(
        caught.value
    )


def test_exactly_two_bottoms(build, path):
    with pytest.raises(LayerError, match="needs exactly 2 bottom blobs, got 1"):
        build(output(path), DATA, tops=0)


def test_rows_that_change_their_shape(build, path):
    built = build(output(path), DATA, LABEL, tops=0)
    built.forward()
    built.bottom[0].reshape(2, 2, 3)
    with pytest.raises(LayerError, match=r'bottom "b0" is \(2, 2, 3\), but dataset "data" .*'):
        built.forward()


def test_two_layers_that_write_one_file(build, path):
    first, second = (build(output(path), DATA, LABEL, tops=0) for _ in range(2))
    first.forward()
    first.forward()
    second.forward()
    with pytest.raises(LayerError, match="has 2 rows, but this layer wrote 4: does another"):
        first.forward()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "file_name is not set"),
        ("lost/out.h5", 'folder ".*lost" does not exist'),
        (".", "is a folder, not a file"),
    ],
)
def test_files_that_cannot_be_written(build, tmp_path, name, message):
    with pytest.raises(LayerError, match=message) as caught:
        build(output(tmp_path / name if name else ""), DATA, LABEL, tops=0)
    assert caught.value.field == "hdf5_output_param.file_name"


def test_a_file_that_is_gone(build, path):
    built = build(output(path), DATA, LABEL, tops=0)
    built.forward()
    path.unlink()
    with pytest.raises(OutputError, match=r'layer "it" \(HDF5Output\): .*out.h5'):
        built.forward()


def test_a_disk_that_is_full(build, path, monkeypatch):
    built = build(output(path), DATA, LABEL, tops=0)
    usage = shutil.disk_usage(path.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage._replace(free=100))
    with pytest.raises(OutputError, match=r"\(HDF5Output\): cannot write .*: only 100 are free"):
        built.forward()
    assert not path.exists()

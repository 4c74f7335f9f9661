"""HDF5Output: what it writes, and going on."""

from __future__ import annotations

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
    path.write_text("precious")
    built = build(output(path), DATA, LABEL, tops=0)
    assert path.read_text() == "precious"
    built.forward()
    np.testing.assert_array_equal(contents(path)[0], DATA)
    build(output(path), DATA + 1, LABEL, tops=0).forward()
    np.testing.assert_array_equal(contents(path)[0], DATA + 1)


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

"""HDF5Data: datasets named by tops, several files, shuffling."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from mycaffe_py.errors import DataError, LayerError, MissingExtraError

from ...storing import write_hdf5


def rows(start, count):
    """Return data whose rows can be told apart: row n is [n, n + 0.5], its label -n."""
    numbers = np.arange(start, start + count)
    return {"data": np.stack([numbers, numbers + 0.5], 1), "label": -numbers}


def hdf5_data(source, more="batch_size: 2", rest="", tops="data label"):
    named = " ".join(f'top: "{name}"' for name in tops.split())
    return f'type: "HDF5Data" {named} hdf5_data_param {{ source: "{source}" {more} }} {rest}'


@pytest.fixture
def two_files(tmp_path):
    return write_hdf5(tmp_path, rows(0, 3), rows(3, 2))


def numbers_of(batch):
    """Return the row numbers of a batch, having checked that data and labels belong together."""
    data, label = batch
    np.testing.assert_array_equal(data, np.stack([-label, -label + 0.5], 1))
    return [-int(value) for value in label]


def test_rows_go_on_over_files_and_passes(build, batches, two_files):
    built = build(hdf5_data(two_files), tops=2)
    assert [blob.shape for blob in built.top] == [(2, 2), (2,)]
    found = [numbers_of(batch) for batch in batches(built, 5)]
    assert found == [[0, 1], [2, 3], [4, 0], [1, 2], [3, 4]]


def test_a_batch_of_more_than_all_rows(build, batches, two_files):
    (batch,) = batches(build(hdf5_data(two_files, "batch_size: 8"), tops=2), 1)
    assert numbers_of(batch) == [0, 1, 2, 3, 4, 0, 1, 2]


def test_tops_are_named_as_datasets(build, tmp_path):
    source = write_hdf5(tmp_path, {"a": np.zeros((2, 3, 4, 5)), "b": np.ones((2, 1)), "c": [1, 2]})
    built = build(hdf5_data(source, tops="c b a"), tops=3)
    built.forward()
    assert [blob.shape for blob in built.top] == [(2,), (2, 1), (2, 3, 4, 5)]
    np.testing.assert_array_equal(built.top[0].data, [1, 2])


@pytest.mark.parametrize("kind", ["float32", "float64", "int8", "uint8", "int64"])
def test_floats_and_whole_numbers(build, tmp_path, kind):
    source = write_hdf5(tmp_path, {"data": np.arange(2, dtype=kind)})
    built = build(hdf5_data(source, tops="data"), dtype=np.float32)
    assert built.forward().dtype == np.float32
    np.testing.assert_array_equal(built.top[0].data, [0, 1])


def test_shuffling_mixes_files_and_rows_but_not_rows_of_files(build, batches, two_files):
    text = hdf5_data(two_files, "batch_size: 5 shuffle: true")
    found = [numbers_of(batch) for batch in batches(build(text, tops=2), 30)]
    firsts = set()
    for order in found:
        assert sorted(order) == [0, 1, 2, 3, 4]
        first = order[:3] if order[0] < 3 else order[:2]
        assert sorted(first) in ([0, 1, 2], [3, 4])
        firsts.add(tuple(first))
    assert len(firsts) == 8  # every order of either file
    assert found == [numbers_of(batch) for batch in batches(build(text, tops=2), 30)]


def test_files_beside_the_list_are_found(build, tmp_path, monkeypatch):
    source = write_hdf5(tmp_path, rows(0, 2))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert build(hdf5_data(source), tops=2).forward().shape == (2, 2)


# What cannot be used.


def test_transform_param_is_refused(build, two_files):
    text = hdf5_data(two_files, rest="transform_param { scale: 2 }")
    with pytest.raises(
        LayerError, match="transform_param has no effect in type HDF5Data"
    ) as caught:
        build(text, tops=2)
    assert caught.value.field == "transform_param"


def test_a_dataset_that_is_not_there(build, two_files):
    with pytest.raises(DataError) as caught:
        build(hdf5_data(two_files, tops="data labels"), tops=2)
    assert 'layer "it" (HDF5Data): ' in caught.value.message
    assert 'a.h5 has no dataset "labels", the name of a top' in caught.value.message
    assert caught.value.hint == 'did you mean "label"?; datasets: data, label'


def test_datasets_of_different_lengths(build, tmp_path):
    source = write_hdf5(tmp_path, {"data": np.zeros((3, 2)), "label": np.zeros(2)})
    with pytest.raises(DataError) as caught:
        build(hdf5_data(source), tops=2)
    assert 'dataset "label" (2,) has 2 rows, and "data" (3, 2) has 3' in caught.value.message


def test_rows_of_different_shapes(build, tmp_path):
    source = write_hdf5(tmp_path, {"data": np.zeros((3, 2))}, {"data": np.zeros((3, 4))})
    with pytest.raises(DataError, match=r'b.h5: rows of dataset "data" are \(4,\), but \(2,\)'):
        build(hdf5_data(source, tops="data"))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.array([b"a", b"b"]), "not floats or integers"),
        (np.array(3.0), "is a single value, not rows"),
        (np.zeros((0, 3)), "have no rows"),
    ],
)
def test_datasets_that_are_no_rows_of_numbers(build, tmp_path, values, message):
    source = write_hdf5(tmp_path, {"data": values})
    with pytest.raises((DataError, LayerError), match=rf'layer "it" \(HDF5Data\): .*{message}'):
        build(hdf5_data(source, tops="data"))


def test_lists_that_cannot_be_used(build, tmp_path):
    source = tmp_path / "files.txt"
    for text, message in [
        ("", "lists no HDF5 files"),
        ("lost.h5\n", 'line 1 of .*: file "lost.h5" does not exist'),
        ("files.txt\n", "cannot be read as an HDF5 file"),
    ]:
        source.write_text(text)
        with pytest.raises(DataError, match=rf'layer "it" \(HDF5Data\): .*{message}'):
            build(hdf5_data(source), tops=2)


def test_a_list_that_is_an_hdf5_file(build, two_files):
    with pytest.raises(DataError, match="is a binary file, but a text list is expected"):
        build(hdf5_data(two_files.with_name("a.h5")), tops=2)


def test_a_file_that_has_changed(build, batches, tmp_path):
    built = build(hdf5_data(write_hdf5(tmp_path, rows(0, 2), rows(2, 2)), "batch_size: 4"), tops=2)
    write_hdf5(tmp_path, rows(0, 3))
    with pytest.raises(DataError, match=r'a.h5: dataset "data" is now \(3, 2\), but was \(2, 2\)'):
        built.forward()


def test_a_missing_extra(build, two_files, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(MissingExtraError) as caught:
        build(hdf5_data(two_files), tops=2)
    assert 'pip install "mycaffe-py[hdf5]"' in caught.value.hint

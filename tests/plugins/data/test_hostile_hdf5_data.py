"""HDF5Data on files that want more than to be read, and on files that are damaged while a run goes on."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from mycaffe_py.errors import DataError, LayerError
from mycaffe_py.stores import hdf5_sizes, open_hdf5

from ...stores.hdf5_files import ACCEPTED, REFUSED, VALUES
from ...storing import write_hdf5
from .test_hdf5_data import hdf5_data


def file_of(folder, *puts):
    with h5py.File(folder / "a.h5", "w") as file:
        for put in puts:
            put(file)
    (folder / "files.txt").write_text("a.h5\n")
    return folder / "files.txt"


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_is_read(build, tmp_path, name):
    source = file_of(tmp_path, lambda file: ACCEPTED[name](file, "data"))
    built = build(hdf5_data(source, "batch_size: 5", tops="data"))
    built.forward()
    np.testing.assert_array_equal(built.top[0].data, VALUES)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(build, tmp_path, name):
    put, words = REFUSED[name]
    source = file_of(tmp_path, lambda file: put(file, "data"))
    with pytest.raises((DataError, LayerError)) as raised:
        build(hdf5_data(source, "batch_size: 5", tops="data")).forward()
    message = raised.value.message
    assert message.startswith('layer "it" (HDF5Data): ') and words in message and "a.h5" in message


@pytest.mark.parametrize(
    ("puts", "words"),
    [
        (
            [lambda f: f.create_dataset("data", (30000, 30000), "f4")],
            "is (30000, 30000), but its values were never written",
        ),
        (
            [lambda f: f.create_dataset("data", (30000, 30000), "f4", chunks=(300, 300))],
            "is (30000, 30000), but its values were never written",
        ),
        (
            [
                lambda f: f.create_dataset("data", (30000, 30000), "f4", chunks=(300, 300)),
                lambda f: f["data"].__setitem__((0, 0), 1),
            ],
            'dataset "/data" would take 6.7 GiB of memory, with what was read before it, but the file has 351.6 KiB',
        ),
        (
            [
                lambda f: f.create_dataset("data", (1 << 17, 1), "f4", chunks=(1, 1)),
                lambda f: f["data"].__setitem__((0, 0), 1),
            ],
            "has 131,072 chunks: of a file of this size, at most 65,536 are read in all",
        ),
    ],
)
def test_claims_that_the_file_has_no_data_for(build, tmp_path, puts, words):
    source = file_of(tmp_path, *puts)
    with pytest.raises(DataError) as raised:
        build(hdf5_data(source, tops="data"))
    assert words in raised.value.message


def test_the_datasets_of_a_file_count_together(build, tmp_path, monkeypatch):
    monkeypatch.setattr(hdf5_sizes, "FREE_BYTES", 150_000)
    values = {name: np.zeros((1500, 10), "f4") for name in ("a", "b")}
    source = write_hdf5(tmp_path, values)
    build(hdf5_data(source, tops="a b"), tops=2)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for name, array in values.items():
            file.create_dataset(name, data=array, compression="gzip")
    build(hdf5_data(source, tops="a"))
    with pytest.raises(DataError, match=r'"/b" would take 234\.\d KiB.*at most 32 times') as raised:
        build(hdf5_data(source, tops="a b"), tops=2)
    assert "h5repack -f NONE" in raised.value.hint


def test_the_chunks_of_a_file_count_together(build, tmp_path, monkeypatch):
    monkeypatch.setattr(hdf5_sizes, "FREE_CHUNKS", 5)
    monkeypatch.setattr(hdf5_sizes, "MOST_CHUNKS", 6)
    puts = [
        lambda f, name=name: f.create_dataset(name, data=np.zeros(6), chunks=(2,)) for name in "abc"
    ]
    source = file_of(tmp_path, *puts)
    build(hdf5_data(source, tops="a b"), tops=2).forward()
    with pytest.raises(DataError, match='"/c" has 3 chunks: .* at most 6 are read in all'):
        build(hdf5_data(source, tops="a b c"), tops=3)


def test_a_file_that_is_listed_often_is_looked_into_once(build, tmp_path, monkeypatch):
    source = write_hdf5(tmp_path, {"data": np.arange(3.0)})
    source.write_text("a.h5\n" * 3)
    opened = []
    monkeypatch.setattr(
        "mycaffe_plugins.data.hdf5_data.open_hdf5",
        lambda path, *rest: opened.append(path) or open_hdf5(path, *rest),
    )
    built = build(hdf5_data(source, "batch_size: 9", tops="data"))
    assert len(opened) == 1
    built.forward()
    np.testing.assert_array_equal(built.top[0].data, [0, 1, 2] * 3)


def test_many_chunks_are_read_in_parts(build, tmp_path, monkeypatch):
    monkeypatch.setattr(hdf5_sizes, "_CHUNKS_AT_ONCE", 7)
    values = np.arange(11 * 5 * 4.0).reshape(11, 5, 4)
    source = file_of(tmp_path, lambda f: f.create_dataset("data", data=values, chunks=(2, 2, 3)))
    built = build(hdf5_data(source, "batch_size: 11", tops="data"))
    built.forward()
    np.testing.assert_array_equal(built.top[0].data, values)


@pytest.mark.parametrize("damage", ["cut", "gone", "other", "chunk"])
def test_a_file_that_is_damaged_while_it_is_used(build, tmp_path, damage):
    rows = {"data": np.arange(8.0).reshape(4, 2)}
    source = write_hdf5(tmp_path, rows, rows)
    with h5py.File(tmp_path / "b.h5", "w") as file:
        file.create_dataset("data", data=rows["data"], compression="gzip")
    built = build(hdf5_data(source, "batch_size: 4", "data_param { prefetch: 1 }", tops="data"))
    path = tmp_path / "b.h5"
    data = path.read_bytes()
    if damage == "cut":
        path.write_bytes(data[: len(data) // 2])
    elif damage == "gone":
        path.unlink()
    elif damage == "other":
        path.write_bytes(b"text")
    else:
        with h5py.File(path) as file:
            at = file["data"].id.get_chunk_info(0).byte_offset
        path.write_bytes(data[: at + 4] + b"\xff\xff" + data[at + 6 :])
    built.forward()
    with pytest.raises(DataError) as raised:
        built.forward()
    assert raised.value.message.startswith(f'layer "it" (HDF5Data): {path}')


def test_zeros_that_were_never_written_are_told_how_to_be(build, tmp_path):
    source = file_of(tmp_path, lambda file: file.create_dataset("data", (5, 3), "f4"))
    with pytest.raises(DataError) as raised:
        build(hdf5_data(source, "batch_size: 5", tops="data"))
    assert raised.value.hint == "if it is to be zeros, write them: file[NAME][...] = 0"

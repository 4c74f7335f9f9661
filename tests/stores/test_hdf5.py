"""HDF5 files of others: what is read, what is refused, and that errors name file and dataset."""

from __future__ import annotations

import os

import h5py
import numpy as np
import pytest

from mycaffe_py.errors import DataError, SnapshotError
from mycaffe_py.stores import HDF5Dataset, HDF5Group, open_hdf5

from .hdf5_files import ACCEPTED, REFUSED, VALUES, hdf5_bytes


def read(content, path="data/it", dtype="f4"):
    with open_hdf5(content, "f.h5", DataError) as file:
        found = file.get(path)
        assert isinstance(found, HDF5Dataset)
        return found.numbers(dtype)


@pytest.mark.parametrize("libver", ["earliest", "latest"])
@pytest.mark.parametrize("name", ACCEPTED)
def test_what_is_read(name, libver):
    content = hdf5_bytes(lambda file: ACCEPTED[name](file, "data/it"), libver=libver)
    values = read(content)
    assert values.dtype == np.float32
    np.testing.assert_array_equal(values, VALUES)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name):
    put, words = REFUSED[name]
    content = hdf5_bytes(lambda file: put(file, "data/it"))
    with pytest.raises(DataError) as raised:
        read(content)
    assert raised.value.message.startswith("f.h5: ") and words in raised.value.message
    assert '"/data/it"' in raised.value.message or "circle" in words


def test_the_class_of_errors_is_the_callers(tmp_path):
    with (
        pytest.raises(SnapshotError, match="x.h5 cannot be read as an HDF5 file"),
        open_hdf5(b"text", "x.h5", SnapshotError),
    ):
        pass
    with (
        pytest.raises(DataError, match="y.h5 cannot be read: No such file"),
        open_hdf5(tmp_path / "lost", "y.h5", DataError),
    ):
        pass


def not_regular(path):
    with (
        pytest.raises(DataError, match="it is not a regular file"),
        open_hdf5(path, "it", DataError),
    ):
        pass


def test_a_folder(tmp_path):
    not_regular(tmp_path)


@pytest.mark.posix
def test_only_regular_files(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    os.symlink("/dev/zero", tmp_path / "zero")
    not_regular(tmp_path / "pipe")
    not_regular(tmp_path / "zero")


def test_groups():
    def put(file):
        file["b/inner"], file["a"] = 1, 2
        file["type"], file["lost"] = np.dtype("f4"), h5py.SoftLink("/nowhere")

    with open_hdf5(hdf5_bytes(put), "f.h5", DataError) as file:
        assert file.names() == ["a", "b", "lost", "type"]
        assert isinstance(file.get("b"), HDF5Group)
        assert file.get("b").names() == ["inner"]
        assert isinstance(file.get("/b//./inner"), HDF5Dataset)
        assert [file.get(name) for name in ("c", "a/x", "b/x", "lost", "type", "lost/x")] == [
            None
        ] * 6


def test_numbers_and_texts():
    def put(file):
        file["one"], file["two"], file["half"] = np.array([7], "i4"), np.zeros(2, "i4"), 0.5
        file["text"], file["long"] = np.array(b"name"), np.array(b"x" * 100)
        file["texts"], file["vary"], file["bad"] = np.full(2, b"a"), "abc", np.array(b"\xff")
        file.attrs["bytes"], file.attrs["none"] = np.frombuffer(b"abc", np.uint8), np.uint8(1)
        file.attrs["text"] = "abc"

    with open_hdf5(hdf5_bytes(put), "f.h5", DataError) as file:
        assert file.get("one").integer() == 7 and file.get("text").text(10) == "name"
        for name in ("two", "half", "text"):
            with pytest.raises(DataError, match=f'f.h5: dataset "/{name}" is'):
                file.get(name).integer()
        for name in ("long", "texts", "vary", "one", "bad"):
            with pytest.raises(DataError, match=f'f.h5: dataset "/{name}" '):
                file.get(name).text(10)
        assert file.attribute("bytes", 3) == b"abc" and file.attribute("lost", 3) is None
        for name, most in (("bytes", 2), ("none", 9), ("text", 9)):
            with pytest.raises(DataError, match=f'an attribute "{name}" that is not 1 to {most}'):
                file.attribute(name, most)


def test_names_are_shown_without_control_characters():
    content = hdf5_bytes(lambda file: file.create_dataset("\x1b[2Jx" + "y" * 200, (2,), "f4"))
    with pytest.raises(DataError) as raised, open_hdf5(content, "f.h5", DataError) as file:
        file.get(file.names()[0]).numbers("f4")
    assert "\x1b" not in raised.value.message and "\\x1b[2Jxyyy" in raised.value.message
    assert len(raised.value.message) < 200


@pytest.mark.parametrize("name", [b"x/y", b".\x00\x00", b"\xff\xfe\xfd"])
def test_names_that_no_path_leads_to(name):
    content = hdf5_bytes(lambda file: file.__setitem__("out/xQy", 1))
    assert content.count(b"xQy\x00") == 1
    with (
        open_hdf5(content.replace(b"xQy", name), "f.h5", DataError) as file,
        pytest.raises(DataError, match='group "/out" has a name that no path can lead to'),
    ):
        file.get("out").names()


def test_damage_while_reading():
    content = hdf5_bytes(
        lambda file: file.create_dataset("data/it", data=VALUES, fletcher32=True, chunks=(5, 3))
    )
    at = content.index(VALUES.tobytes())
    broken = content[: at + 9] + b"\x77" + content[at + 10 :]
    with pytest.raises(DataError) as raised:
        read(broken)
    assert raised.value.message.startswith(
        'f.h5: dataset "/data/it" cannot be read as an HDF5 file'
    )
    assert "0x" not in raised.value.message and "time =" not in raised.value.message


def test_lzf_of_another_size():
    content = hdf5_bytes(lambda file: ACCEPTED["lzf"](file, "data/it"))
    size = np.array([261, 60], "<u4").tobytes()
    assert content.count(size) == 1
    broken = content.replace(size, np.array([261, 1 << 30], "<u4").tobytes())
    with pytest.raises(DataError, match="its chunks have another size than its filter says"):
        read(broken)

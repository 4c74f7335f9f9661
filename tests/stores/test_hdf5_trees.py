"""Trees of names and of chunks that lead in a circle: HDF5 itself would follow them until the process ends."""

from __future__ import annotations

import struct
from contextlib import contextmanager

import h5py
import numpy as np
import pytest

from mycaffe_py.errors import DataError
from mycaffe_py.stores import open_hdf5
from mycaffe_py.stores.hdf5_trees import CIRCLE, Reader, faults

from .hdf5_files import hdf5_bytes

VALUES = np.arange(700.0)
KEYS = {0: 8, 1: 24}
"""How many bytes the keys have, of names and of chunks of one axis."""


def put(file):
    file.create_dataset("data", data=VALUES, chunks=(1,))
    for index in range(700):
        file.create_group(f"many/{index}")


def nodes(content, kind):
    """Return the places of the tree nodes of a kind that have nodes below them, with their level."""
    found, at = [], content.find(b"TREE")
    while at >= 0:
        if content[at + 4] == kind and content[at + 5]:
            found.append((at, content[at + 5]))
        at = content.find(b"TREE", at + 4)
    return found


def read(content, tmp_path=None):
    source = content
    if tmp_path is not None:
        source = tmp_path / "f.h5"
        source.write_bytes(content)
    with open_hdf5(source, "f.h5", DataError) as file:
        names = file.get("many").names()
        assert all(file.get(f"many/{name}") is not None for name in names[:9])
        return len(names), file.get("data").numbers("f8")


@pytest.mark.parametrize("libver", ["earliest", "v108", "latest"])
@pytest.mark.parametrize("on_disk", [False, True])
def test_trees_of_several_levels_are_read(tmp_path, libver, on_disk):
    content = hdf5_bytes(put, libver=libver)
    assert nodes(content, 1) or libver == "latest"
    count, values = read(content, tmp_path if on_disk else None)
    assert count == 700
    np.testing.assert_array_equal(values, VALUES)


def test_a_file_with_something_before_it(tmp_path):
    with h5py.File(tmp_path / "f.h5", "w", userblock_size=512) as file:
        put(file)
    with open_hdf5(tmp_path / "f.h5", "f.h5", DataError) as file:
        np.testing.assert_array_equal(file.get("data").numbers("f8"), VALUES)


@pytest.mark.parametrize("libver", ["earliest", "v108"])
@pytest.mark.parametrize("kind", [0, 1])
@pytest.mark.parametrize("which", [0, 1])
def test_a_node_that_is_its_own_child(libver, kind, which):
    content = hdf5_bytes(put, libver=libver)
    places = nodes(content, kind)
    if kind == 0 and libver == "v108":  # its names are not in such a tree
        assert not places
        return
    for at, _ in places:
        child = at + 24 + KEYS[kind] + which * (KEYS[kind] + 8)
        broken = content[:child] + struct.pack("<Q", at) + content[child + 8 :]
        with pytest.raises(
            DataError, match=r"^f.h5: .* is damaged: a list or tree in it leads in a circle"
        ):
            read(broken)


def node(level, children):
    entries = b"".join(bytes(8) + struct.pack("<Q", child) for child in children)
    return b"TREE" + struct.pack("<BBHQQ", 0, level, len(children), 0, 0) + entries


@pytest.mark.parametrize(("children", "sound"), [(64, False), (1, True)])
def test_nodes_with_many_parents(children, sound):
    """Ten levels of nodes whose 64 children are all the same one: 64^10 ways."""
    header = struct.pack("<BBHII4x", 1, 0, 1, 1, 24) + struct.pack("<HHB3xQQ", 0x11, 16, 0, 40, 0)
    content = bytearray(header)
    for level in range(10, -1, -1):
        below = len(content) + len(node(level, [0] * children))
        content += node(level, [below] * children)
    read = Reader(bytes(content), 0)
    assert list(faults(read, 0, len(content))) == ([] if sound else [CIRCLE])


def test_a_list_of_free_places_that_leads_to_itself():
    content = hdf5_bytes(lambda file: file.create_group("many/x/y"))
    at, found = content.find(b"HEAP"), 0
    while at >= 0:
        size, place, start = struct.unpack_from("<QQQ", content, at + 8)
        assert place < size
        broken = bytearray(content)
        struct.pack_into("<Q", broken, start + place, place)
        with open_or_circle(bytes(broken)):
            found += 1
        at = content.find(b"HEAP", at + 4)
    assert found == 4  # of the root and the three groups


@contextmanager
def open_or_circle(content):
    with (
        pytest.raises(DataError, match="leads in a circle"),
        open_hdf5(content, "f.h5", DataError) as file,
    ):
        assert file.get("many/x/y").names() == []
    yield


@pytest.mark.parametrize("length", [8, 512, 1024, 1400, 1500, 2000, 5000])
def test_files_that_end_early_are_no_circles(length):
    content = hdf5_bytes(put)
    broken = content[:length] + bytes(len(content) - length)
    with pytest.raises(DataError, match="cannot be read as an HDF5 file|has no|is "):
        read(broken)


def test_a_heap_of_any_claimed_size_whose_free_places_lead_in_a_circle():
    """A header with a symbol table at 64, whose heap at 128 lists the free place 16, which lists itself."""
    content = bytearray(256)
    struct.pack_into("<I", content, 8, 24)
    struct.pack_into("<HHIQQ", content, 16, 0x11, 16, 0, 64, 128)
    struct.pack_into("<4sIQQQ", content, 128, b"HEAP", 0, 1 << 60, 16, 192)
    struct.pack_into("<Q", content, 192 + 16, 16)
    assert list(faults(Reader(bytes(content), 0), 0, len(content))) == [CIRCLE]

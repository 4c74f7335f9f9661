"""What stands where a file should be: a Git LFS pointer, or a web page."""

from __future__ import annotations

import pytest

from mycaffe_py.errors import ConfigError, DataError, SnapshotError
from mycaffe_py.foreign.files import LFS_POINTER, WEB_PAGE, foreign_kind
from mycaffe_py.plugins import default_registry
from mycaffe_py.schema import load_net
from mycaffe_py.stores import open_hdf5, read_image
from mycaffe_py.tables import read_table
from mycaffe_py.weights import load_weights

from ..building import make_net
from ..small_model import MODEL

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a21\nsize 12345\n"
PAGE = b"\n<!DOCTYPE html>\n<html><head><title>Not found</title></head></html>"


def read_weights(path):
    load_weights(make_net(MODEL), path)


def read_hdf5(path):
    with open_hdf5(path, str(path), DataError):
        pass


def read_net(path):
    load_net(default_registry().schema, path)


READERS = {
    "a.caffemodel": (read_weights, SnapshotError),
    "a.csv": (read_table, DataError),
    "a.jpg": (read_image, DataError),
    "a.h5": (read_hdf5, DataError),
    "a.prototxt": (read_net, ConfigError),
}


@pytest.mark.parametrize("name", READERS)
def test_a_pointer_is_named_with_the_way_to_the_file(tmp_path, name):
    (tmp_path / name).write_bytes(POINTER)
    read, error = READERS[name]
    with pytest.raises(error, match="Git LFS pointer") as raised:
        read(tmp_path / name)
    assert "git lfs pull" in str(raised.value)


@pytest.mark.parametrize("name", sorted(set(READERS) - {"a.prototxt"}))
def test_a_page_is_named(tmp_path, name):
    (tmp_path / name).write_bytes(PAGE)
    read, error = READERS[name]
    with pytest.raises(error, match=r"(is|:) a web page") as raised:
        read(tmp_path / name)
    assert "download button" in str(raised.value)


@pytest.mark.parametrize("data", [PAGE, b"\xef\xbb\xbf<HTML lang=en>", b"<head>"])
def test_pages_are_recognised(data):
    assert foreign_kind(data, "a.pt") == WEB_PAGE


@pytest.mark.parametrize("data", [b"", b"version 1", b"<net>", b"<headless>"])
def test_others_are_not(data):
    assert foreign_kind(data) not in (WEB_PAGE, LFS_POINTER)

"""What any system takes as a file's name."""

from __future__ import annotations

import pytest

from mycaffe_py.file_names import MOST_BYTES, fits, is_reserved, shortened


@pytest.mark.parametrize("name", ["con", "NUL", "Aux.prototxt", "com1", "LPT9.txt", "com²"])
def test_what_windows_takes_for_a_device(name):
    assert is_reserved(name)


@pytest.mark.parametrize("name", ["console", "com", "com10", "nul_1", "", "LeNet"])
def test_other_names(name):
    assert not is_reserved(name)


@pytest.mark.parametrize(
    ("name", "whole"), [("x" * 200, True), ("x" * 201, False), ("波" * 67, False)]
)
def test_bytes_count(name, whole):
    assert fits(name) is whole
    short = shortened(name)
    assert fits(short) and name.startswith(short) and (short == name) is whole
    assert len((short + name[len(short) :][:1]).encode()) > MOST_BYTES or whole

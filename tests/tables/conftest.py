"""A function that writes a file and reads it as a table."""

from __future__ import annotations

import pytest

from mycaffe_py.tables import read_table


@pytest.fixture
def read(tmp_path):
    """Return a function: content of a file, settings of read_table -> Table."""

    def reading(content, name="d.csv", **settings):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_table(path, **settings)

    return reading

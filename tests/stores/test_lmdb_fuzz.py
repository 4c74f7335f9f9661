"""A few hundred changed files and records; ``lmdb_fuzz`` tries as many as are asked for."""

from __future__ import annotations

import pytest

from .lmdb_fuzz import run


@pytest.mark.parametrize("seed", [1, 2])
def test_changed_databases_end_in_documented_errors(tmp_path, seed):
    codes = run(tmp_path, 150, seed)
    assert set(codes) == {"file ", "file E240", "record ", "record E240"}
    assert min(codes.values()) > 5

"""Projects whose making was killed."""

from __future__ import annotations

from mycaffe_py.projects import create_project


def test_what_a_killed_process_left_is_removed(tmp_path, registry):
    left = tmp_path / ".Old.0123456789abcdef.tmp"
    left.mkdir()
    (left / "writing.lock").write_bytes(b"")
    (left / "solver.prototxt").write_bytes(b"half")
    create_project(tmp_path, "P", model="LiquidNetCfc", solver="adamw", registry=registry)
    assert [path.name for path in tmp_path.iterdir()] == ["P"]
    assert not (tmp_path / "P" / "writing.lock").exists()

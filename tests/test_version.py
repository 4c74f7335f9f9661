"""What installed distributions say of themselves."""

from __future__ import annotations

from importlib import metadata

import pytest

from mycaffe_py.version import distribution_field


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Name: gate\nVersion: 1.2.3\n", "1.2.3"), ("Name: gate\n", ""), (None, "")],
)
def test_a_damaged_installation_has_no_version_and_gives_no_warning(tmp_path, text, expected):
    folder = tmp_path / "gate-1.2.3.dist-info"
    folder.mkdir()
    if text is not None:
        (folder / "METADATA").write_text(text, encoding="utf-8")
    assert distribution_field(metadata.Distribution.at(folder), "Version") == expected

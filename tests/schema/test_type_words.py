"""Fields written as in proto3, and types as in other languages: what to write is said."""

from __future__ import annotations

import pytest

from mycaffe_py.errors import SchemaError
from mycaffe_py.schema import SchemaSource, compose, core_sources


@pytest.mark.parametrize(
    ("field", "hint"),
    [
        (
            "uint32 n = 1;",
            "write optional uint32 n = ...: every field begins with optional or repeated",
        ),
        ("FillerParameter filler = 1;", "write optional FillerParameter filler = ..."),
        ("optional uint n = 1;", 'did you mean "uint32"?'),
        ("optional int n = 1;", 'did you mean "int32"?'),
        ("optional flaot n = 1;", 'did you mean "float"?'),
        ("optional str n = 1;", 'did you mean "string"?'),
    ],
)
def test_the_hint(field, hint):
    source = SchemaSource("own", "own.proto", f"message Own {{ {field} }}")
    with pytest.raises(SchemaError) as caught:
        compose([*core_sources(), source])
    assert caught.value.hint.startswith(hint)

"""Binary messages whose texts are not UTF-8 are damaged, however deep they lie."""

from __future__ import annotations

import pytest

from mycaffe_py.errors import SnapshotError
from mycaffe_py.schema.undecodable import undecodable

BAD = b"\xff\xfe\xfd"


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("SolverState", 'learned_net: "%s"'),
        ("NetParameter", 'name: "%s"'),
        ("NetParameter", 'layer { name: "a" } layer { name: "b" bottom: "x" bottom: "%s" }'),
        ("NetParameter", 'layer { python_param { layer: "%s" } }'),
        ("NetParameter", 'layer { recurrent_param { weight_filler { type: "%s" } } }'),
    ],
)
def test_a_text_that_is_none(registry, message, text):
    good = registry.schema.parse_text(text % "abc", message).message.SerializeToString()
    assert undecodable(registry.schema.parse_binary(good, message)) == ""
    with pytest.raises(SnapshotError):
        registry.schema.parse_binary(good.replace(b"abc", BAD), message)


def test_bytes_may_be_anything(registry):
    datum = registry.schema.new("Datum", data=BAD)
    assert registry.schema.parse_binary(datum.SerializeToString(), "Datum").data == BAD

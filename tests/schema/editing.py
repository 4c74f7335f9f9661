"""A net to edit, and what tests of TextEdit do to it."""

from __future__ import annotations

import pytest
from google.protobuf import text_format

from mycaffe_py.errors import ConfigError
from mycaffe_py.schema import TextEdit

NET = """\
# A net.
name: "net"   # its name

layer {
  name: "a"  # first
  type: 'Cfc'
  bottom: "x"
  bottom: "y" # second bottom
  cfc_param {
    hidden_size: 0x10   # units
    taps: [1, 2.5, 3]   # in brackets
    # a remark
    no_gate: false
  }
}
layer { name: "b" type: "ReLU" bottom: "h" top: "h" loss_weight: 1e-3 } # one line
layer {
\tname:"c"
\ttype:"Input"
\ttop: "long "
\t     "name"
\tinput_param { shape { dim: 1, dim: 2; } }
}
"""


def edited(schema, change, text=NET, kind="NetParameter"):
    edit = TextEdit(text, kind, schema)
    start, end = edit.apply(change)
    assert 0 <= start <= end <= len(edit.text)
    if kind == "NetParameter":  # protobuf's own parser can read it too
        text_format.Parse(edit.text.removeprefix("\ufeff"), schema.new(kind))
    return edit.text


def set_(schema, path, value, text=NET, kind="NetParameter"):
    return edited(schema, {"op": "set", "path": path, "value": value}, text, kind)


def unset(schema, path, text=NET, kind="NetParameter"):
    return edited(schema, {"op": "unset", "path": path}, text, kind)


def refused(schema, change, text=NET, kind="NetParameter"):
    edit = TextEdit(text, kind, schema)
    with pytest.raises(ConfigError) as caught:
        edit.apply(change)
    assert edit.text == text
    return caught.value


def cfc(*rest):
    return ["layer", 0, "cfc_param", *rest]

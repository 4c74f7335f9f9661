from __future__ import annotations

import json
from pathlib import Path

import pytest

from mycaffe_py.schema import SchemaSource, compose, core_sources

LIQUID = SchemaSource(
    "mycaffe_plugins.liquid",
    "liquid.proto",
    """
// Settings of a CfC layer.
message CfcParameter {
  // Kind of the cell.
  enum CellType {
    CFC = 0;  // closed form
    LTC = 1;
  }
  optional CellType cell_type = 1 [default = CFC];
  optional uint32 hidden_size = 2 [default = 256];  // units in the hidden state
  repeated float taps = 3;
  optional bool no_gate = 4;
  optional double eps = 5 [default = 1e-5];
  optional sint64 offset = 6;
  optional fixed32 flags = 7;
  optional bytes blob = 8;
  repeated CfcParameter inner = 9;
}
extend LayerParameter {
  optional CfcParameter cfc_param = 1001;  // settings of Cfc
}
""",
)
GATE = SchemaSource(
    "gate",
    "gate.py",
    """
message GateParameter { optional float scale = 1 [default = 1]; }
extend LayerParameter { optional GateParameter gate_param = 356491270; }
""",
)


@pytest.fixture(scope="session")
def core():
    return compose(core_sources())


@pytest.fixture(scope="session")
def schema():
    return compose([*core_sources(), LIQUID, GATE])


@pytest.fixture(scope="session")
def plugin_sources():
    return [LIQUID, GATE]


@pytest.fixture(scope="session")
def caffe_facts():
    path = Path(__file__).parents[1] / "data" / "caffe_schema.json"
    return json.loads(path.read_text("utf-8"))["caffe"]

"""The shipped .proto files say what Caffe's schema says."""

from __future__ import annotations

import pytest
from google.protobuf import descriptor_pb2

from mycaffe_py.schema import CORE_OWNER
from mycaffe_py.schema.proto.descriptors import build_file

OURS = {
    "FillerParameter": {"alpha"},
    "LayerParameter": {"freeze_learning"},
    "DataParameter": {"enable_random_selection"},
    "LossParameter": {"pre_fixed_normalizer"},  # R-FCN's
    "BlobProto": {"raw_data", "raw_diff", "raw_data_type", "raw_diff_type"},  # NVIDIA's
    "SolverParameter": {
        *("custom_trainer", "custom_trainer_properties", "trainer"),
        *("warmup_iter", "warmup_start_lr", "warmup_form", "observer"),
        *("eval_type", "ap_version", "show_per_class_result"),
    },
    "NetParameter": {"file_size", "checksum"},
    "SolverState": {"entry", "file_size", "checksum"},
}
OUR_VALUES = {
    "Phase": {"RUN": 2},
    "V1LayerParameter.LayerType": {  # types of forks
        name: 1000 + number
        for number, name in enumerate(
            [
                "BN",
                "INTERP",
                "SEG_ACCURACY",
                "UNPOOLING",
                "UPSAMPLE",
                "ROI_POOLING",
                "SMOOTH_L1_LOSS",
            ]
        )
    },
    "LossParameter.NormalizationMode": {"PRE_FIXED": 1000},  # R-FCN's
}
OUR_ENUMS = {
    "BlobProto.RawType": {"DOUBLE": 0, "FLOAT": 1, "FLOAT16": 2, "INT": 3, "UINT": 4},  # NVIDIA's
    "SolverParameter.WarmupForm": {"LINEAR": 0, "CONSTANT": 1, "EXPONENTIAL": 2},
}
OUR_MESSAGES = {"BlobNames", "GymParameter", "TrainerParameter", "ObserverParameter", "StateEntry"}
PROTO = descriptor_pb2.FieldDescriptorProto


def test_every_message_and_nothing_but_ours(core, caffe_facts):
    assert len(caffe_facts["messages"]) == 63
    assert set(core.message_names()) == set(caffe_facts["messages"]) | OUR_MESSAGES


def test_every_field(core, caffe_facts):
    checked = 0
    for proto in build_file(core.catalog).message_type:
        if proto.name in OUR_MESSAGES:
            continue
        ours = {field.name: field for field in proto.field}
        facts = caffe_facts["messages"][proto.name]["fields"]
        extra = OURS.get(proto.name, set())
        assert set(ours) == {fact["name"] for fact in facts} | extra, proto.name
        for fact in facts:
            check_field(proto.name, ours[fact["name"]], fact)
            checked += 1
    assert checked == 423


def check_field(message, field, fact):
    what = f"{message}.{fact['name']}"
    assert field.number == fact["number"], what
    assert PROTO.Label.Name(field.label) == f"LABEL_{fact['label'].upper()}", what
    assert PROTO.Type.Name(field.type) == f"TYPE_{fact['type'].upper()}", what
    type_name = f".caffe.{fact['type_name']}" if "type_name" in fact else ""
    assert field.type_name == type_name, what
    assert field.HasField("default_value") == ("default" in fact), what
    assert field.default_value == fact.get("default", ""), what
    assert field.options.packed == fact.get("packed", False), what


def test_defaults_as_messages_have_them(core, caffe_facts):
    for name, facts in caffe_facts["messages"].items():
        message = core.new(name)
        for fact in facts["fields"]:
            if "default" not in fact:
                continue
            value, written = getattr(message, fact["name"]), fact["default"]
            if fact["type"] == "enum":
                value = (
                    core.pool.FindEnumTypeByName(f"caffe.{fact['type_name']}")
                    .values_by_number[value]
                    .name
                )
            elif fact["type"] == "bool":
                value = str(value).lower()
            elif fact["type"] != "string":
                value, written = pytest.approx(value), float(written)
            assert value == written, f"{name}.{fact['name']}"


def test_every_enum(core, caffe_facts):
    ours = {
        name: {value.name: value.number for value in info.declaration.values}
        for name, info in core.catalog.enums.items()
    }
    theirs = {
        name: values | OUR_VALUES.get(name, {}) for name, values in caffe_facts["enums"].items()
    }
    assert ours == theirs | OUR_ENUMS
    for name, values in theirs.items():
        assert list(ours[name]) == list(values), name
    for enum in core.catalog.enums:
        found = core.pool.FindEnumTypeByName(f"caffe.{enum}")
        assert {value.name: value.number for value in found.values} == ours[enum]


def test_fields_of_our_own(core):
    solver = {field.name: field for field in core.describe("SolverParameter").fields}
    numbers = sorted(solver[name].number for name in OURS["SolverParameter"])
    assert numbers == [*range(1000, 1010)]
    state = core.new("SolverState")
    state.entry.add(name="rng", json="{}").array.data.append(1)
    assert state.entry[0].array.data == [1]
    trainer = core.new("TrainerParameter")
    assert trainer.gym.type == "Curve"
    names = trainer.blob_names
    assert (names.x, names.tt, names.mask, names.target, names.xhat) == (
        "x",
        "tt",
        "mask",
        "target",
        "xhat",
    )


def test_everything_is_documented(core):
    for name in core.message_names():
        message = core.describe(name)
        assert message.doc, name
        assert message.owner == CORE_OWNER
        for field in message.fields:
            assert field.doc or name.startswith(("V0", "V1")), f"{name}.{field.name}"


def test_describe(core):
    message = core.describe("PoolingParameter")
    fields = {field.name: field for field in message.fields}
    pool = fields["pool"]
    assert message.doc == "Windows of Pooling."
    assert (pool.number, pool.type, pool.label) == (1, "PoolingParameter.PoolMethod", "optional")
    assert (pool.default, pool.is_message) == ("MAX", False)
    assert [value.name for value in pool.enum_values] == ["MAX", "AVE", "STOCHASTIC"]
    assert pool.enum_values[0].doc == "the maximum"
    assert fields["kernel_size"].default is None
    assert {f.name: f.default for f in core.describe("FillerParameter").fields}["type"] == (
        '"constant"'
    )
    assert {f.name: f for f in core.describe("LayerParameter").fields}["lrn_param"].is_message


@pytest.mark.protoc
def test_equal_to_protoc(core, tmp_path):
    from grpc_tools import protoc

    from mycaffe_py.resources import resource_names, resource_path

    output = tmp_path / "all.binpb"
    folder = resource_path("protos")
    arguments = ["protoc", f"-I{folder}", f"--descriptor_set_out={output}"]
    assert protoc.main([*arguments, *resource_names("protos")]) == 0
    files = descriptor_pb2.FileDescriptorSet.FromString(output.read_bytes()).file
    theirs = {message.name: message for file in files for message in file.message_type}
    ours = {message.name: message for message in build_file(core.catalog).message_type}
    assert set(ours) == set(theirs)
    for name, message in theirs.items():
        assert without_json_names(message) == without_json_names(ours[name]), name


def without_json_names(message):
    for field in message.field:
        field.ClearField("json_name")
    return message

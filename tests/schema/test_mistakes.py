"""Each kind of mistake is reported with its code, its place and a hint; all of them at once."""

from __future__ import annotations

import re

import pytest

from mycaffe_py.errors import ConfigError, MissingFileError, PrototxtError


def mistakes(schema, text, name="NetParameter"):
    with pytest.raises(PrototxtError) as caught:
        schema.parse_text(text, name, "f.prototxt")
    return caught.value.problems


def in_layer(body):
    return "layer {\n" + body + "\n}\n"


ONE_MISTAKE = [
    # unknown fields
    ('nmae: "x"', "E101", 1, 1, 4, 'unknown field "nmae" in NetParameter', '"name"'),
    (
        in_layer("cfc_param { hiden_size: 3 }"),
        *("E101", 2, 13, 10, 'unknown field "hiden_size" in CfcParameter', '"hidden_size"'),
    ),
    (
        in_layer("  hidden_size: 3"),
        *("E101", 2, 3, 11, '"hidden_size" in LayerParameter', "inside cfc_param { hidden_size: "),
    ),
    (
        in_layer('  type: "InnerProduct" num_output: 3'),
        *("E101", 2, 24, 10, '"num_output"', "inside inner_product_param { num_output: ... }"),
    ),
    (
        in_layer("  embed_param { } input_dim: 3"),
        *("E101", 2, 19, 9, '"input_dim"', "inside embed_param { input_dim: ... }"),
    ),
    (
        in_layer("cfc_param { loss_weight: 3 }"),
        *("E101", 2, 13, 11, '"loss_weight"', "belongs further out, in LayerParameter"),
    ),
    (
        in_layer("warp_drive_param { a: 1 b { c: 2 } }"),
        *("E101", 2, 1, 16, '"warp_drive_param"', "no loaded plugin defines it"),
    ),
    ("zzzzqqq: [1, { a: 2 }]", "E101", 1, 1, 7, '"zzzzqqq"', None),
    ("zzzzqqq < a: 2 >", "E101", 1, 1, 7, '"zzzzqqq"', None),
    # wrong values
    (
        in_layer("phase: FOO"),
        *("E102", 2, 8, 3, '"FOO" is not a value of Phase', "valid values: TRAIN, TEST"),
    ),
    (
        "layers { type: RELUU }",
        *("E102", 1, 16, 5, "is not a value of V1LayerParameter.LayerType", 'did you mean "RELU"?'),
    ),
    (in_layer("phase: 7"), "E102", 2, 8, 1, "is not a value of Phase", "TRAIN, TEST"),
    (
        in_layer('phase: "TRAIN"'),
        *("E102", 2, 8, 7, "found the string", "leave out the quotes: phase: TRAIN"),
    ),
    (
        in_layer('cfc_param { hidden_size: "3" }'),
        *("E102", 2, 26, 3, "takes an integer (uint32)", "leave out the quotes: hidden_size: 3"),
    ),
    ("input_dim: 1.0", "E102", 1, 12, 3, "takes an integer (int32), found 1.0", "write 1"),
    ("input_dim: 1.5", "E102", 1, 12, 3, "takes an integer (int32)", "whole number"),
    ("input_dim: abc", "E102", 1, 12, 3, "takes an integer (int32), found abc", None),
    (
        "input_dim: 2147483648",
        *("E102", 1, 12, 10, "out of range for int32", "from -2147483648 to 2147483647"),
    ),
    (
        in_layer("cfc_param { hidden_size: -1 }"),
        *("E102", 2, 26, 2, "-1", "from 0 to 4294967295"),
    ),
    ("force_backward: yes", "E102", 1, 17, 3, "takes true or false, found yes", None),
    (in_layer("loss_weight: big"), "E102", 2, 14, 3, "takes a number, found big", None),
    ("name: net 1", "E102", 1, 7, 5, "takes a string in quotes", 'write name: "net 1"'),
    ("name: true", "E102", 1, 7, 4, "takes a string in quotes", 'write name: "true"'),
    ('name: net"', "E102", 1, 7, 4, "takes a string in quotes", None),
    ("name: a\\b", "E102", 1, 7, 3, "takes a string in quotes", None),
    ("name: 12", "E102", 1, 7, 2, "takes a string in quotes", 'write name: "12"'),
    (
        in_layer("type: RNN=SUPER.SIMPLE name: 'x'"),
        *("E102", 2, 7, 16, "takes a string in quotes", 'write type: "RNN=SUPER.SIMPLE"'),
    ),
    ("name: /tmp/a-b.txt # x", "E102", 1, 7, 12, "in quotes", 'write name: "/tmp/a-b.txt"'),
    ("name: C:/tmp/a", "E102", 1, 7, 8, "in quotes", 'write name: "C:/tmp/a"'),
    (r'name: "C:\data"', "E102", 1, 7, 9, r'the escape "\d"', "or use / in paths"),
    (r'name: "\377"', "E102", 1, 7, 6, "is not UTF-8", None),
    ("name { a: 1 }", "E102", 1, 1, 4, "takes a string in quotes, not a block", None),
    ('name: ["a", "b"]', "E102", 1, 7, 1, "takes one value, not a list", None),
    ("state: 3", "E102", 1, 8, 1, "takes a block in braces (NetState)", "write state { ... }"),
    ("state", "E102", 1, 1, 5, "takes a block in braces (NetState)", "write state { ... }"),
    ("input_dim: [1, x, 3]", "E102", 1, 16, 1, "found x", None),
    # syntax
    ('name "x"', "E103", 1, 1, 4, 'no ":" after "name"', 'write name: "x"'),
    (in_layer("loss_weight 3"), "E103", 2, 1, 11, 'no ":"', "write loss_weight: 3"),
    ('name: "x', "E103", 1, 7, 2, "not terminated", "quote is missing"),
    ('name: "x\nforce_backward: true', "E103", 1, 7, 2, "not terminated", None),
    ("name:", "E103", 1, 1, 4, 'no value after "name"', "a string in quotes"),
    ("input_dim:\nforce_backward: true", "E103", 1, 1, 9, "no value after", None),
    ("state { level: }", "E103", 1, 9, 5, "no value after", None),
    ('name: "x" }', "E103", 1, 11, 1, 'unexpected "}"', "nothing is open"),
    ('layer {\n  name: "x"\n', "E103", 1, 7, 1, "is never closed", "before the end of the file"),
    ("layer { >", "E103", 1, 9, 1, 'found ">" where "}" is expected', "f.prototxt:1:7"),
    ("42: 3", "E103", 1, 1, 2, 'the name of a field, found "42"', None),
    ("$ name: 'x'", "E103", 1, 1, 1, 'found "$"', None),
    ("input_dim: 1 2", "E103", 1, 14, 1, "need brackets", "write input_dim: [1, 2]"),
    ("input_dim: 1;; input_dim: 2", "E103", 1, 14, 1, 'found ";"', None),
    ("input_dim: [1 2]", "E103", 1, 15, 1, 'expected "," or "]"', None),
    ("input_dim: [1,]", "E103", 1, 15, 1, 'found "]"', None),
    ("input_dim: [1, 2", "E103", 1, 12, 1, "is never closed", '"]" is missing'),
    ("input_dim: [1, 2\nname: 'x'", "E103", 1, 12, 1, "is never closed", None),
    ("input_dim: $", "E103", 1, 12, 1, 'found "$"', None),
    ("hello there", "E103", 1, 1, 5, 'found "hello"', None),
    ("layer\n  name: 'x'\n}", "E103", 1, 1, 5, 'no "{" after "layer"', "write layer { ... }"),
    # given twice
    ('name: "x"\nname: "y"', "E104", 2, 1, 4, "is given twice in NetParameter", "f.prototxt:1:1"),
    ("state { }\nstate { level: 1 }", "E104", 2, 1, 5, "given twice", "f.prototxt:1:1"),
    # required
    (in_layer("clip_param { min: 1 }"), "E105", 2, 1, 10, '"max" of ClipParameter', "add max: "),
]


@pytest.mark.parametrize(
    ("text", "code", "line", "column", "length", "message", "hint"),
    ONE_MISTAKE,
    ids=[re.sub(r"\W+", "_", case[0]) for case in ONE_MISTAKE],
)
def test_one_mistake(schema, text, code, line, column, length, message, hint):
    problems = mistakes(schema, text)
    assert len(problems) == 1, [problem.render() for problem in problems]
    problem = problems[0]
    assert problem.code == code
    location = problem.location
    assert (location.filename, location.line, location.column) == ("f.prototxt", line, column)
    assert location.length == length
    assert location.text == text.split("\n")[line - 1]
    assert message in problem.message
    assert (hint or "") in (problem.hint or "")


SEVERAL = """name: "net"
nam: "again"
layer {
  name: 1st
  type: "Cfc"
  cfc_param {
    hiden_size: 3
    cell_type: GRU
    hidden_size: 4
    hidden_size: 5
  }
  bottom "x"
}
layer {
  clip_param { }
  top: 'unfinished
  loss_weight: 1.2.3
}
"""


def test_all_mistakes_of_a_file_in_their_order(schema):
    found = [(p.code, p.location.line, p.location.column) for p in mistakes(schema, SEVERAL)]
    assert found == [
        ("E101", 2, 1),
        ("E102", 4, 9),
        ("E101", 7, 5),
        ("E102", 8, 16),
        ("E104", 10, 5),
        ("E103", 12, 3),
        ("E105", 15, 3),
        ("E105", 15, 3),
        ("E103", 16, 8),
        ("E102", 17, 16),
    ]


def test_rendered(schema):
    problems = mistakes(schema, SEVERAL)
    assert problems[2].render() == (
        'error[E101] f.prototxt:7:5: unknown field "hiden_size" in CfcParameter\n'
        "      hiden_size: 3\n"
        "      ^^^^^^^^^^\n"
        '  did you mean "hidden_size"?'
    )


MISSING_BRACE = """layer {
  name: "a"
  cfc_param {
    hidden_size: 3
}
layer {
  name: "b"
  cfc_param { hidden_size: 4 }
}
layer {
  name: "c"
"""


def test_a_missing_brace_is_found_by_the_indentation(schema):
    problems = mistakes(schema, MISSING_BRACE)
    found = [(p.code, p.location.line, p.location.column, p.hint) for p in problems]
    assert found == [
        ("E103", 3, 13, 'a "}" is missing before "layer" at f.prototxt:6:1'),
        ("E103", 10, 7, 'a "}" is missing before the end of the file'),
    ]


def test_every_open_brace_is_reported_at_the_end(schema):
    problems = mistakes(schema, "layer { cfc_param { inner < hidden_size: 3")
    assert [p.location.column for p in problems] == [7, 19, 27]
    assert '"inner <" is never closed' in problems[2].message


def test_deep_nesting_is_refused(schema):
    problems = mistakes(schema, "inner {" * 5000 + "}" * 5000, "CfcParameter")
    assert [problem.message for problem in problems] == ["blocks are nested deeper than 100"]
    schema.parse_text("inner {" * 99 + "}" * 99, "CfcParameter")


def test_broken_texts_never_crash(schema):
    for cut in range(0, len(SEVERAL), 3):
        for text in (SEVERAL[:cut], SEVERAL[cut:], SEVERAL[:cut] + "}" + SEVERAL[cut + 2 :]):
            try:
                schema.parse_text(text, "NetParameter")
            except PrototxtError as error:
                assert all(problem.location for problem in error.problems)


def test_files(schema, tmp_path):
    good = tmp_path / "net.prototxt"
    good.write_bytes(b"\xef\xbb\xbfname: 'caf\xc3\xa9'\r\n")
    document = schema.parse_file(good, "NetParameter")
    assert document.message.name == "café"
    assert document.filename == str(good)
    with pytest.raises(MissingFileError, match="no such file"):
        schema.parse_file(tmp_path / "none.prototxt", "NetParameter")
    with pytest.raises(ConfigError, match="is a directory"):
        schema.parse_file(tmp_path, "NetParameter")


@pytest.mark.parametrize(
    ("data", "message", "hint"),
    [
        (b"\n\x03net\xa2\x06\x00\x00", "is a binary file", ".caffemodel"),
        (b"\x89HDF\r\n\x1a\n", "is an HDF5 file", "weights"),
        ("name: 'x'".encode("utf-16"), "is text in UTF-16", "UTF-8"),
        (b"a: 1\nname: 'caf\xe9'\n", "0xe9 is not UTF-8", "UTF-8"),
    ],
)
def test_files_that_are_not_text(schema, tmp_path, data, message, hint):
    path = tmp_path / "x.caffemodel"
    path.write_bytes(data)
    with pytest.raises(ConfigError) as caught:
        schema.parse_file(path, "NetParameter")
    assert message in caught.value.message
    assert hint in caught.value.hint
    if "0xe9" in message:
        assert (caught.value.location.line, caught.value.location.column) == (2, 11)


def test_a_real_caffemodel_is_recognised(schema, tmp_path):
    net = schema.new("NetParameter", name="net")
    net.layer.add(name="ip", type="InnerProduct").blobs.add().data.extend([0.5, 1.5])
    path = tmp_path / "net.caffemodel"
    path.write_bytes(net.SerializeToString())
    with pytest.raises(ConfigError, match="binary file"):
        schema.parse_file(path, "NetParameter")


def test_what_could_be_read_comes_with_the_mistakes(schema):
    text = 'name: "n" layer { name: "a" typ: "T" } layer { name: "b" }'
    with pytest.raises(PrototxtError) as caught:
        schema.parse_text(text, "NetParameter")
    document = caught.value.document
    assert [layer.name for layer in document.message.layer] == ["a", "b"]
    first, second = document.nodes["layer"]
    assert text[first.name_offset : first.end_offset] == 'layer { name: "a" typ: "T" }'
    assert second.end_offset == len(text)
    for lost in (text + " }", "unknown: 1 " * 300 + text):
        with pytest.raises(PrototxtError) as caught:
            schema.parse_text(lost, "NetParameter")
        assert caught.value.document is None

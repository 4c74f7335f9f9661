"""TextEdit: layers added, removed, moved, renamed and wired."""

from __future__ import annotations

import pytest

from mycaffe_py.errors import ConfigError
from mycaffe_py.schema import TextEdit

A = 'layer {\n  name: "a"\n  type: "Input"\n  top: "x"\n}'
B = 'layer {\n  name: "b"\n  type: "CFC"\n  bottom: "x"\n  top: "y"\n}'
C = 'layer {\n  name: "c"\n  type: "ReLU"\n  bottom: "y"\n  top: "y"\n}'
D = 'layer {\n  name: "d"\n  type: "Loss"\n  bottom: "y"\n  bottom: "x"\n  top: "l"\n}'
NEW = 'layer {\n  name: "n"\n  type: "New"\n  bottom: "x"\n  top: "z"\n}'
LAYERS = [A, B, C, D]
DENSE = 'name: "net"\n' + "".join(f"{each}\n" for each in LAYERS)
AIRY = 'name: "net"\n\n' + "\n\n".join(LAYERS) + "\n"
TIGHT = "\n".join(each.replace("\n ", "").replace("\n", " ") for each in LAYERS)


def edit_of(schema, text):
    return TextEdit(text, "NetParameter", schema)


def edited(schema, text, **change):
    edit = edit_of(schema, text)
    edit.apply(change)
    return edit.text


def refused(schema, text, **change):
    edit = edit_of(schema, text)
    with pytest.raises(ConfigError) as caught:
        edit.apply(change)
    assert edit.text == text
    return caught.value


def add(schema, text, after):
    parts = {"name": "n", "type": "New", "bottom": ["x"], "top": ["z"]}
    return edited(schema, text, op="add_layer", after=after, **parts)


def names(schema, text):
    return [layer.name for layer in schema.parse_text(text, "NetParameter").message.layer]


# Adding.


@pytest.mark.parametrize(("after", "before"), [(-1, A), (0, B), (1, C), (2, D)])
def test_a_layer_between_others(schema, after, before):
    assert add(schema, DENSE, after) == DENSE.replace(before, f"{NEW}\n{before}")
    assert add(schema, AIRY, after) == AIRY.replace(before, f"{NEW}\n\n{before}")


@pytest.mark.parametrize("after", [3, None])
def test_a_layer_at_the_end(schema, after):
    assert add(schema, DENSE, after) == f"{DENSE}{NEW}\n"
    assert add(schema, DENSE.rstrip(), after) == f"{DENSE}{NEW}"
    assert add(schema, AIRY, after) == f"{AIRY}\n{NEW}\n"
    assert add(schema, DENSE.replace("\n", "\r\n"), after) == f"{DENSE}{NEW}\n".replace(
        "\n", "\r\n"
    )


def test_a_layer_among_those_on_one_line_each(schema):
    line = 'layer { name: "n" type: "New" bottom: "x" top: "z" }'
    lines = TIGHT.split("\n")
    assert add(schema, TIGHT, 1).split("\n") == [*lines[:2], line, *lines[2:]]


def test_a_layer_behind_another_on_the_same_line(schema):
    text = 'layer { name: "a" } layer { name: "b" }\n'
    added = add(schema, text, 0)
    assert names(schema, added) == ["a", "n", "b"]
    assert added.startswith('layer { name: "a" }\n') and added.endswith(' layer { name: "b" }\n')


def test_the_first_layer(schema):
    assert add(schema, "", None) == f"{NEW}\n"
    assert add(schema, 'name: "net"', None) == f'name: "net"\n{NEW}'
    assert add(schema, "# c\n", -1) == f"# c\n{NEW}\n"


def test_a_layer_with_the_indentation_of_the_file(schema):
    wide = DENSE.replace("\n  ", "\n\t")
    assert add(schema, wide, 1) == wide.replace(C, "").replace(
        C.replace("  ", "\t"), NEW.replace("  ", "\t") + "\n" + C.replace("  ", "\t")
    )


def test_comments_stay_beside_what_they_are_about(schema):
    text = DENSE.replace(B, f"{B}  # end of b").replace(C, f"# about c\n{C}")
    assert add(schema, text, 1) == text.replace("# about c", f"{NEW}\n# about c")
    assert add(schema, text, 0) == text.replace(B, f"{NEW}\n{B}")


def test_names_are_escaped(schema):
    change = {"op": "add_layer", "type": 'a"b', "name": "c\\d\n", "after": None}
    text = edited(schema, "", **change)
    (layer,) = schema.parse_text(text, "NetParameter").message.layer
    assert (layer.type, layer.name, list(layer.top)) == ('a"b', "c\\d\n", [])


# Removing.


@pytest.mark.parametrize("index", range(4))
@pytest.mark.parametrize("text", [DENSE, AIRY, DENSE.rstrip(), AIRY.rstrip(), TIGHT])
def test_what_was_added_can_be_removed_without_a_trace(schema, text, index):
    with_new = add(schema, text, index)
    assert edited(schema, with_new, op="remove_layer", index=index + 1) == text


def test_a_layer_goes_with_its_lines(schema):
    assert edited(schema, DENSE, op="remove_layer", index=1) == DENSE.replace(f"{B}\n", "")
    assert edited(schema, AIRY, op="remove_layer", index=1) == AIRY.replace(f"{B}\n\n", "")
    assert edited(schema, AIRY, op="remove_layer", index=3) == AIRY.replace(f"\n{D}\n", "")
    assert edited(schema, DENSE, op="unset", path=["layer", 0]) == DENSE.replace(f"{A}\n", "")
    tight = 'layer { name: "a" } layer { name: "b" } # c\n'
    assert edited(schema, tight, op="remove_layer", index=1) == 'layer { name: "a" } # c\n'
    assert edited(schema, tight, op="remove_layer", index=0) == 'layer { name: "b" } # c\n'


@pytest.mark.parametrize(
    ("above", "goes"),
    [
        ("# about b\n", True),
        ("# about b,\n# in two lines\n", True),
        ("#about b\n", True),
        ("# about all that follows\n\n", False),
        ("########\n# part 2\n########\n", False),
        ("# --- part 2 ---\n# -----\n", False),
        ("# --- part 2 ---\n", True),
    ],
)
def test_comments_above_a_layer(schema, above, goes):
    text = DENSE.replace(B, f"{above}{B}  # beside b")
    kept = "" if goes else above
    rest = DENSE.replace(f"{B}\n", kept)
    assert edited(schema, text, op="remove_layer", index=1) == rest
    moved = edited(schema, text, op="move_layer", index=1, to=0)
    assert moved.index("# beside b") < moved.index('"a"')
    assert (above in moved[: moved.index('"a"')]) is goes


def test_the_head_of_the_file_stays(schema):
    text = f"# A net.\n{A}\n{B}\n"
    assert edited(schema, text, op="remove_layer", index=0) == f"# A net.\n{B}\n"
    assert add(schema, text, -1) == f"# A net.\n{NEW}\n{A}\n{B}\n"


def test_readers_get_what_the_removed_layer_read(schema):
    text = edited(schema, DENSE, op="remove_layer", index=1, bridge=True)
    # ReLU worked in place on y; from its output on, everything is as before.
    assert text == DENSE.replace(f"{B}\n", "").replace(C, C.replace('bottom: "y"', 'bottom: "x"'))
    chain = "\n".join([A, B, D])
    text = edited(schema, chain, op="remove_layer", index=1, bridge=True)
    assert text == "\n".join([A, D.replace('bottom: "y"', 'bottom: "x"')])


@pytest.mark.parametrize("index", [0, 2, 3])
def test_layers_that_cannot_be_bridged_are_just_removed(schema, index):
    """Without a bottom, in place, and with two bottoms."""
    plain = edited(schema, DENSE, op="remove_layer", index=index)
    assert edited(schema, DENSE, op="remove_layer", index=index, bridge=True) == plain


def test_a_blob_with_two_writers_is_not_bridged(schema):
    other = B.replace('"b"', '"other"')
    for layers, index in (([A, B, other, D], 1), ([A, other, B, D], 2)):
        error = refused(schema, "\n".join(layers), op="remove_layer", index=index, bridge=True)
        assert 'another layer writes "y" too' in error.message
    ruled = C.replace("\n}", "\n  include { phase: TRAIN }\n}")
    text = "\n".join([A, B, ruled, D])
    assert "writes" in refused(schema, text, op="remove_layer", index=1, bridge=True).message


# Moving.


@pytest.mark.parametrize("text", [DENSE, AIRY, DENSE.rstrip(), AIRY.rstrip(), TIGHT])
@pytest.mark.parametrize("index", range(4))
@pytest.mark.parametrize("to", range(4))
def test_moving_there_and_back(schema, text, index, to):
    if index == to:
        assert "already" in refused(schema, text, op="move_layer", index=index, to=to).message
        return
    moved = edited(schema, text, op="move_layer", index=index, to=to)
    order = list("abcd")
    order.insert(to, order.pop(index))
    assert names(schema, moved) == order
    assert sorted(moved.split("\n")) == sorted(text.split("\n"))
    assert edited(schema, moved, op="move_layer", index=to, to=index) == text


def test_moving_layers_that_share_a_line(schema):
    text = 'layer { name: "a" } layer {\n  name: "b"\n} layer { name: "c" } # c\n'
    for index, to, order in ((0, 2, "bca"), (2, 0, "cab"), (1, 0, "bac"), (1, 2, "acb")):
        moved = edited(schema, text, op="move_layer", index=index, to=to)
        assert names(schema, moved) == list(order)


# Names and wires.


def test_renaming_a_layer(schema):
    assert edited(schema, DENSE, op="rename_layer", index=1, name="bb") == DENSE.replace(
        '"b"', '"bb"'
    )
    nameless = 'layer { type: "ReLU" }'
    renamed = edited(schema, nameless, op="rename_layer", index=0, name="r")
    assert renamed == 'layer { name: "r" type: "ReLU" }'


def test_renaming_a_blob_everywhere(schema):
    assert edited(schema, DENSE, op="rename_blob", **{"from": "y", "to": "why"}) == DENSE.replace(
        '"y"', '"why"'
    )
    listed = 'layer { top: [\'y\', "z"] } layer { bottom: "\\x79" name: "y" }'
    assert edited(schema, listed, op="rename_blob", **{"from": "y", "to": "w"}) == (
        'layer { top: [\'w\', "z"] } layer { bottom: "w" name: "y" }'
    )


def test_blobs_that_cannot_be_renamed(schema):
    error = refused(schema, DENSE, op="rename_blob", **{"from": "yy", "to": "z"})
    assert 'no blob "yy"' in error.message
    error = refused(schema, DENSE, op="rename_blob", **{"from": "y", "to": "x"})
    assert 'there is a blob "x" already' in error.message
    assert (
        "not empty" in refused(schema, DENSE, op="rename_blob", **{"from": "y", "to": ""}).message
    )


def test_connecting(schema):
    change = {"op": "connect", "index": 3, "slot": "bottom", "blob": '"q"'}
    at_end = edited(schema, DENSE, **change)
    assert at_end == DENSE.replace(
        'bottom: "x"\n  top: "l"', 'bottom: "x"\n  bottom: "\\"q\\""\n  top: "l"'
    )
    assert edited(schema, DENSE, **change, at=None) == at_end
    assert edited(schema, DENSE, **change, at=1) == DENSE.replace(
        'bottom: "x"\n  top: "l"', 'bottom: "\\"q\\""\n  top: "l"'
    )
    tops = edited(schema, DENSE, op="connect", index=0, slot="top", blob="tt")
    assert tops == DENSE.replace('top: "x"\n', 'top: "x"\n  top: "tt"\n')


def test_disconnecting(schema):
    change = {"op": "disconnect", "index": 3, "slot": "bottom"}
    assert edited(schema, DENSE, **change, at=0) == DENSE.replace(
        '  bottom: "y"\n  bottom: "x"', '  bottom: "x"'
    )
    assert "bottom is not set" in refused(schema, DENSE, **change, at=2).message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"op": "remove_layer", "index": 4}, "there is no layer 4: the text has 4 layers"),
        ({"op": "remove_layer", "index": -1}, "there is no layer -1"),
        ({"op": "remove_layer", "index": True}, "a whole number"),
        ({"op": "remove_layer", "index": 0, "bridge": "no"}, "true or false"),
        ({"op": "move_layer", "index": 0, "to": 4}, "there is no layer 4"),
        ({"op": "rename_layer", "index": 4, "name": "n"}, "there is no layer 4"),
        ({"op": "rename_layer", "index": 0, "name": ""}, "not empty"),
        ({"op": "connect", "index": 4, "slot": "top", "blob": "b"}, "there is no layer 4"),
        ({"op": "connect", "index": 0, "slot": "side", "blob": "b"}, "bottom or top"),
        ({"op": "connect", "index": 0, "slot": "top", "blob": "b", "at": 5}, "there is no top.5"),
        ({"op": "disconnect", "index": 0, "slot": "top"}, "a whole number"),
        ({"op": "add_layer", "type": "T", "name": "n", "after": 4}, "there is no layer 4"),
        ({"op": "add_layer", "type": "", "name": "n", "after": 0}, "not empty"),
        ({"op": "add_layer", "type": "T", "name": "n", "bottom": "x"}, "a list of texts"),
        ({"op": "add_layer", "type": "T", "name": "n", "bottom": [1]}, "must be a text"),
    ],
)
def test_changes_that_make_no_sense(schema, change, message):
    assert message in refused(schema, DENSE, **change).message


def test_layers_in_a_list_and_layers_of_a_solver(schema):
    text = 'layer [ { name: "a" }, { name: "b" } ]'
    assert "list in brackets" in refused(schema, text, op="remove_layer", index=0).message
    edit = TextEdit("base_lr: 1", "SolverParameter", schema)
    with pytest.raises(ConfigError, match="a solver has no layers"):
        edit.apply({"op": "remove_layer", "index": 0})


def test_several_changes_in_a_row(schema):
    edit = edit_of(schema, "\ufeff" + AIRY.replace("\n", "\r\n"))
    edit.apply({"op": "remove_layer", "index": 2})
    edit.apply({"op": "add_layer", "type": "New", "name": "n", "after": 1, "bottom": ["y"]})
    start, end = edit.apply({"op": "set", "path": ["layer", 2, "top", 0], "value": "z"})
    assert edit.text[start:end] == '\r\n  top: "z"'
    edit.apply({"op": "move_layer", "index": 2, "to": 0})
    edit.apply({"op": "remove_layer", "index": 0})
    edit.apply({"op": "remove_layer", "index": 2})
    assert edit.text == "\ufeff" + f'name: "net"\n\n{A}\n\n{B}\n'.replace("\n", "\r\n")

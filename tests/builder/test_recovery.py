"""Checking reports mistakes of every kind at once: fields, types, wiring and settings."""

from __future__ import annotations

import pytest

from mycaffe_py.builder.checking import check_files

from ..building import data, layer, product

IN = data((2, 3), (2, 4))
ZERO = "inner_product_param { num_output: 0 }"


@pytest.fixture
def found(registry, tmp_path, monkeypatch):
    """Return a function that gives (code, line, message) of all that is wrong with a net's text."""
    monkeypatch.chdir(tmp_path)

    def found(text, solver=None):
        (tmp_path / "net.prototxt").write_text(text)
        (tmp_path / "solver.prototxt").write_text(
            f'net: "net.prototxt" lr_policy: "fixed" {solver}'
        )
        problems = check_files(["solver.prototxt" if solver else "net.prototxt"], registry)
        assert len(set(problems)) == len(problems)
        assert all(p.location is None or p.location.filename == "net.prototxt" for p in problems)
        return [(p.code, p.location and p.location.line, p.message) for p in problems]

    return found


def places(problems):
    return [problem[:2] for problem in problems]


def test_setup_problems_of_all_layers(found):
    text = IN + layer("a", "InnerProduct", "x0", "a", ZERO)
    text += layer("over", "EuclideanLoss", "a x1", "l1")  # the shape of "a" is unknown
    text += layer("b", "InnerProduct", "x0", "b", ZERO.replace("0", "1 axis: 5"))
    text += layer("loss", "EuclideanLoss", "x0 x1", "l2")
    problems = found(text)
    assert places(problems) == [("E220", 2), ("E220", 4), ("E220", 5)]
    assert "axis" in problems[1][2] and 'layer "loss"' in problems[2][2]


def test_layers_above_a_failed_one_are_left_alone_also_in_place_and_over_splits(found):
    text = IN + layer("a", "InnerProduct", "x0", "a", ZERO) + layer("r", "ReLU", "a", "a")
    text += layer("t", "TanH", "a", "t") + layer("u", "EuclideanLoss", "a x1", "u")
    text += layer("c", "Concat", "t x0", "c", "concat_param { axis: 7 }")
    assert places(found(text)) == [("E220", 2)]


def test_types_wiring_and_setup(found):
    text = IN + layer("a", "InnerProduct", "x0", "a", ZERO) + layer("r", "RELUU", "x0", "r")
    text += layer("after", "EuclideanLoss", "r x1", "after")
    text += layer("t", "TanH", "x9", "t") + layer("loss", "EuclideanLoss", "x0 x1", "loss")
    assert places(found(text)) == [("E220", 2), ("E201", 3), ("E206", 5), ("E220", 6)]


def test_fields_types_wiring_and_setup(found):
    text = IN + product("a", "x0", "a", settings="propagate: true")
    text += layer("after", "EuclideanLoss", "a x1", "l1")  # the shape of "a" is unknown
    text += layer("b", "InnerProduct", "x0", "b", ZERO) + layer("r", "RELUU", "x0", "r")
    text += layer("t", "TanH", "x9", "t") + layer("bad", "RELUU", "x9", "bad", "phase: TRIAN")
    # Of a layer with a field mistake only the type is judged, which does not follow from it.
    wanted = [("E101", 2), ("E220", 4), ("E201", 5), ("E206", 6), ("E201", 7), ("E102", 7)]
    assert places(found(text)) == wanted
    assert places(found(text, solver="base_lr: 0.1")) == wanted


def test_what_may_only_follow_from_a_mistake_is_not_reported(found):
    text = IN + layer("a", "TanH", "x0", "", 'tpo: "a"') + layer("b", "ReLU", "a", "b")
    assert places(found(text)) == [("E101", 2)]
    text = IN + layer("a", "TanH", "x0", "", "top: 7") + layer("b", "ReLU", "a", "b")
    assert places(found(text)) == [("E102", 2)]
    two = layer("d", "TanH", "x0", "d", "include { phse: TEST }") + layer("d", "ReLU", "x0", "d")
    assert places(found(IN + two)) == [("E101", 2)]
    lost = "laeyr" + layer("a", "TanH", "x0", "a")[5:] + layer("b", "ReLU", "a", "b")
    assert places(found(IN + lost)) == [("E101", 2)]
    assert places(found("laeyr { }")) == [("E101", 1)]


def test_a_mistake_outside_the_layers_belongs_to_none(found):
    text = IN + 'naem: "n"\n' + layer("b", "InnerProduct", "x0", "b", ZERO)
    text += layer("r", "RELUU", "x9", "r")
    assert places(found(text)) == [("E101", 2), ("E220", 3), ("E201", 4)]


def test_old_input_fields_beside_mistakes(found):
    text = 'input: "x0" input_shape { dim: 2 dim: 3 }\n' + layer("a", "TanH", "x0", "a", "no: 1")
    text += layer("b", "InnerProduct", "x0", "b", ZERO)
    assert places(found(text)) == [("E101", 2), ("E220", 3)]
    text = text.replace("input_shape { dim: 2 dim: 3 }", "")
    assert places(found(text)) == [("E200", 1), ("E101", 2)]
    text = text.replace("input:", "input_shape { dm: 3 } input:")
    assert places(found(text)) == [("E101", 1), ("E101", 2)]


def test_the_solvers_state_chooses_the_layers(found):
    text = IN + layer("a", "TanH", "x0", "a", "no: 1")
    text += layer("r", "RELUU", "x0", "r", 'include { stage: "s" }')
    assert places(found(text)) == [("E101", 2)]
    solver = 'train_state { stage: "s" }'
    assert places(found(text, solver=solver)) == [("E101", 2), ("E201", 3)]


def test_after_syntax_mistakes_only_the_text_is_told_of(found):
    text = IN + 'layer { name: "a" type: "RELUU" bottom: "x9" top: }\n' + layer("r", "RELUU", "x9")
    assert {code for code, *_ in found(text)} == {"E103"}


def test_very_many_problems_are_cut(found):
    many = "".join(layer(f"l{i}", "InnerProduct", "x0", f"y{i}", ZERO) for i in range(300))
    assert len(found(IN + many)) == 200
    assert len(found(IN + many.replace("InnerProduct", "No"))) == 200
    mistaken = "".join(layer(f"m{i}", "TanH", "x0", f"z{i}", "no: 1") for i in range(150))
    assert len(found(IN + mistaken + many)) == 200

"""Building nets: which layers belong, wiring and its mistakes, where gradients flow."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import (
    ConfigError,
    DataError,
    LayerError,
    Location,
    MissingFileError,
    PrototxtError,
    UnknownTypeError,
)
from mycaffe_py.layer import TEST, TRAIN
from mycaffe_py.net import Net
from mycaffe_py.plugins import default_registry

from ..building import data, document, fill, layer, make_net, product

LOSS = layer("loss", "EuclideanLoss", "y x1", "loss")


# Phase, level and stages (Caffe's rules).


@pytest.mark.parametrize(
    ("rules", "state", "kept"),
    [
        ("", {}, True),
        ("include { }", {}, True),
        ("exclude { }", {}, False),
        ("include { phase: TRAIN }", {"phase": TRAIN}, True),
        ("include { phase: TRAIN }", {"phase": TEST}, False),
        ("exclude { phase: TEST }", {"phase": TEST}, False),
        ("exclude { phase: TEST }", {"phase": TRAIN}, True),
        ("include { phase: TEST } include { phase: TRAIN }", {"phase": TRAIN}, True),
        ("exclude { phase: TEST } exclude { min_level: 1 }", {"level": 1}, False),
        ("exclude { phase: TEST } exclude { min_level: 1 }", {"level": 0}, True),
        ("include { min_level: 2 }", {"level": 2}, True),
        ("include { min_level: 2 }", {"level": 1}, False),
        ("include { max_level: 2 }", {"level": 2}, True),
        ("include { max_level: 2 }", {"level": 3}, False),
        ("include { min_level: -1 max_level: 1 }", {"level": 0}, True),
        ("include { stage: 'a' }", {}, False),
        ("include { stage: 'a' }", {"stages": ["a", "b"]}, True),
        ("include { stage: 'a' stage: 'b' }", {"stages": ["a"]}, False),
        ("include { stage: 'a' stage: 'b' }", {"stages": ["b", "a"]}, True),
        ("include { stage: 'a' } include { stage: 'b' }", {"stages": ["b"]}, True),
        ("include { not_stage: 'a' }", {}, True),
        ("include { not_stage: 'a' }", {"stages": ["a"]}, False),
        ("include { not_stage: 'a' not_stage: 'b' }", {"stages": ["b"]}, False),
        ("include { stage: 'b' not_stage: 'a' }", {"stages": ["b", "a"]}, False),
        ("exclude { stage: 'a' not_stage: 'b' }", {"stages": ["a"]}, False),
        ("exclude { stage: 'a' not_stage: 'b' }", {"stages": ["a", "b"]}, True),
        ("include { phase: TRAIN stage: 'a' }", {"phase": TRAIN}, False),
        ("include { phase: TRAIN min_level: 1 stage: 'a' }", {"level": 1, "stages": ["a"]}, True),
    ],
)
def test_rules(rules, state, kept):
    net = make_net(data((2,)) + layer("l", "ReLU", "x0", "y", rules), **state)
    assert ("l" in net.layer_names) == kept


def test_the_models_own_state_is_merged_with_the_arguments():
    text = 'state { phase: TEST level: 3 stage: "a" }' + data((2,))
    text += layer("l", "ReLU", "x0", "y", "include { phase: TRAIN stage: 'a' stage: 'b' }")
    net = make_net(text, stages=["b"])
    assert "l" in net.layer_names and net.phase == TRAIN
    assert (net.state.level, list(net.state.stage)) == (0, ["a", "b"])


def test_a_whole_state_may_be_given():
    state = default_registry().schema.new("NetState", phase=TEST, level=1)
    net = make_net(
        data((2,)) + layer("l", "ReLU", "x0", "y", "include { min_level: 1 }"), state=state
    )
    assert "l" in net.layer_names and net.phase == TEST
    assert net.layers[1].phase == TEST


def test_wrong_phase_and_wrong_model():
    with pytest.raises(ConfigError, match=r"phase must be TRAIN \(0\) or TEST \(1\), got 3"):
        make_net(data((2,)), phase=3)
    with pytest.raises(ConfigError, match="from a file name, .* or a NetParameter, not int"):
        Net(3)


def test_a_message_is_a_model_too():
    net = Net(document("name: 'n'" + data((2,))).message)
    assert net.name == "n" and repr(net) == "Net('n', TRAIN, 1 layer)"


# Mistakes.


def problems(text, **options):
    with pytest.raises(PrototxtError) as caught:
        make_net(text, **options)
    assert caught.value.exit_code == 2
    return caught.value.problems


def place(problem):
    return problem.location.line, problem.location.column


def pointed(text, problem):
    """Return the text at the place that a problem names."""
    return text.splitlines()[problem.location.line - 1][problem.location.column - 1 :]


def test_include_and_exclude():
    text = data((2,)) + layer("l", "ReLU", "x0", "y", "include { } exclude { phase: TEST }")
    (problem,) = problems(text)
    assert problem.message == 'layer "l" has both include and exclude rules'
    assert pointed(text, problem).startswith("exclude { phase: TEST }")


def test_no_layers_left():
    text = data((2,)).replace("input_param", "include { phase: TEST } input_param")
    (problem,) = problems("name: 'n'" + text, level=2, stages=["a", "b"])
    assert problem.message == 'net "n" has no layers in phase TRAIN, level 2, stages a b'


def test_all_mistakes_at_once():
    text = (
        data((2, 3), (2, 2))
        + product("ip", "x00", "y")
        + layer("relu", "RELUU", "y", "z")
        + layer("ip", "TanH", "zz", "x0")
        + layer("t", "", "y", "t")
        + layer("loss", "EuclideanLoss", "y1 x1", "loss")
    )
    found = problems(text)
    assert [(p.message, p.location.line) for p in found] == [
        ('layer "ip" (InnerProduct): unknown bottom blob "x00"', 2),
        ('unknown layer type "RELUU"', 3),
        ('layer "ip" (TanH): unknown bottom blob "zz"', 4),
        ('layer "ip" (TanH): top blob "x0" is already produced by another layer', 4),
        ('layer "t" has no type', 5),
        ('layer "loss" (EuclideanLoss): unknown bottom blob "y1"', 6),
    ]
    assert pointed(text, found[0]).startswith('"x00"')
    assert pointed(text, found[1]).startswith('"RELUU"')
    assert 'did you mean "ReLU"?' in found[1].hint
    assert 'the first one is "data"' in found[3].hint
    assert found[5].hint == 'did you mean "y"?'


def test_unknown_type_is_also_found_alone():
    (problem,) = problems(layer("l", "Nothing", "", "y"))
    assert problem.code == UnknownTypeError.code
    assert "--plugin" in problem.hint


@pytest.mark.parametrize(
    ("name", "text", "hint"),
    [
        ("X0", layer("l", "TanH", "X0", "y"), 'did you mean "x0"?'),
        ("q", layer("l", "TanH", "q", "y"), None),
        (
            "q",
            layer("l", "TanH", "q", "y") + layer("m", "TanH", "x0", "q"),
            'layer "m" produces it, but comes later in the file',
        ),
        (
            "q",
            layer("m", "TanH", "x0", "q", "include { phase: TEST }") + layer("l", "TanH", "q", "y"),
            'layer "m" produces it, but is excluded in phase TRAIN',
        ),
    ],
)
def test_hints_for_unknown_bottoms(name, text, hint):
    (problem,) = problems(data((2,)) + text)
    assert problem.message == f'layer "l" (TanH): unknown bottom blob "{name}"'
    assert problem.hint == hint


def test_the_same_name_in_two_phases_is_fine():
    text = data((2,))
    text += layer("l", "TanH", "x0", "y", "include { phase: TRAIN }")
    text += layer("l", "ReLU", "x0", "y", "include { phase: TEST }")
    assert [make_net(text, phase=phase).layers[1].type for phase in (TRAIN, TEST)] == [
        "TanH",
        "ReLU",
    ]


def test_tops_made_twice():
    text = data((2,)) + layer("a", "Split", "x0", "y y")
    (problem,) = problems(text)
    assert 'top blob "y" is already produced by another' in problem.message
    text = data((2, 1), (2, 1)) + layer("a", "Concat", "x0 x1", "x1")
    (problem,) = problems(text)
    assert "in-place operation needs the same blob as bottom at the same position" in problem.hint


@pytest.mark.parametrize("type_name", ["Split", "InnerProduct", "EuclideanLoss"])
def test_layers_that_refuse_to_work_in_place(type_name):
    text = data((2, 1)) + layer("l", type_name, "x0", "x0")
    found = problems(text)
    assert f'layer "l" ({type_name}) cannot work in place' in [p.message for p in found]


def test_errors_of_setup_are_located():
    text = data((2, 3)) + 'layer { name: "ip" type: "InnerProduct" bottom: "x0" top: "y"\n'
    text += "  inner_product_param {\n    num_output: 0 } }"
    (problem,) = problems(text)
    assert problem.message.startswith('layer "ip" (InnerProduct): num_output is 0')
    assert place(problem) == (4, 17)
    assert problem.code == LayerError.code


def test_errors_of_setup_without_text_name_the_layer():
    message = document(data((2, 3)) + layer("ip", "InnerProduct", "x0", "y")).message
    with pytest.raises(PrototxtError) as caught:
        Net(message)
    (problem,) = caught.value.problems
    assert problem.message.startswith('layer "ip" (InnerProduct): num_output')
    assert problem.location is None
    assert isinstance(caught.value.__cause__, LayerError)


def test_a_single_error_keeps_its_class_where_it_has_a_place_or_none_can_be_told(monkeypatch):
    cls = default_registry().layers.find("TanH")
    text = data((2,)) + layer("a", "TanH", "x0", "a")
    place = Location("data.csv", 7, 1)
    for error in (DataError("odd", location=place), MissingFileError("not there")):
        monkeypatch.setattr(cls, "setup", raising(error))
        with pytest.raises(type(error)) as caught:
            make_net(text)
        assert caught.value is error
    found = problems(text + layer("b", "TanH", "x0", "b") + layer("c", "No", "x0", "c"))
    assert [(p.code, p.location.line) for p in found] == [("E310", 2), ("E310", 3), ("E201", 4)]


def raising(error):
    def setup(self, bottom, top):
        raise error

    return setup


def test_bugs_in_layers_are_raised_at_once(monkeypatch):
    cls = default_registry().layers.find("TanH")
    monkeypatch.setattr(cls, "setup", raising(KeyError("bug")))
    text = data((2, 3)) + layer("ip", "InnerProduct", "x0", "y") + layer("a", "TanH", "x0", "a")
    with pytest.raises(KeyError) as caught:
        make_net(text)
    assert caught.value.__notes__ == ['in layer "a" (TanH), setup, phase TRAIN']


def test_errors_of_several_layers_without_text():
    two = layer("a", "InnerProduct", "x0", "a") + layer("b", "InnerProduct", "x0", "b")
    with pytest.raises(PrototxtError) as caught:
        Net(document(data((2, 3)) + two).message)
    assert [p.message[:9] for p in caught.value.problems] == ['layer "a"', 'layer "b"']


def test_errors_that_do_not_name_the_layer_are_made_to():
    filler = 'inner_product_param { num_output: 1 weight_filler { type: "gausian" } }'
    (problem,) = problems(data((2, 3)) + layer("a", "InnerProduct", "x0", "y", filler))
    assert problem.message == 'layer "a" (InnerProduct): unknown filler type "gausian"'
    assert problem.code == UnknownTypeError.code and problem.location.line == 2


def test_propagate_down_once_for_each_bottom():
    text = (
        data((2, 3), (2, 2))
        + product("ip", "x0", "y")
        + LOSS.replace('top: "loss"', 'top: "loss" propagate_down: true')
    )
    (problem,) = problems(text)
    assert (
        'layer "loss" (EuclideanLoss): propagate_down must be given once for each bottom: 1 given'
        in problem.message
    )


# Outputs, inputs and in-place chains.


def test_outputs_are_what_no_layer_reads_in_alphabetical_order():
    text = data((2, 3), (2, 1), (2, 1)) + product("ip", "x0", "z", 1)
    text += layer("a", "TanH", "z", "b") + layer("b", "TanH", "z", "a")
    net = make_net(text)
    assert net.outputs == ["a", "b", "x1", "x2"]
    assert net.inputs == ["x0", "x1", "x2"]


@pytest.mark.parametrize("after", ["", layer("t", "TanH", "y", "y")])
def test_a_blob_last_written_in_place_is_an_output(after):
    text = data((2, 3)) + product("ip", "x0", "y") + layer("relu", "ReLU", "y", "y") + after
    net = fill(make_net(text))
    assert net.outputs == ["y"]
    assert (net.forward()["y"] >= 0).all()


def test_in_place_chain_with_two_consumers():
    text = (
        data((2, 3), (2, 2)) + product("ip", "x0", "y") + layer("relu", "ReLU", "y", "y")
        + layer("a", "TanH", "y", "a") + layer("b", "Sigmoid", "y", "b")
    )  # fmt: skip
    net = fill(make_net(text + layer("loss", "EuclideanLoss", "a b", "loss")))
    assert net.layer_names == ["data", "ip", "relu", "y_relu_0_split", "a", "b", "loss"]
    assert list(net.blobs) == [
        "x0", "x1", "y", "y_relu_0_split_0", "y_relu_0_split_1", "a", "b", "loss",
    ]  # fmt: skip
    assert net.top_names["relu"] == net.bottom_names["relu"] == ["y"]
    net.forward()
    assert net.tops[1][0] is net.tops[2][0] is net.blobs["y"]
    np.testing.assert_allclose(net.blobs["a"].data, np.tanh(net.blobs["y"].data), rtol=1e-12)


def test_an_earlier_consumer_sees_the_blob_before_the_in_place_layer():
    text = (
        data((2, 3)) + product("ip", "x0", "y") + layer("a", "TanH", "y", "a")
        + layer("relu", "ReLU", "y", "y") + layer("b", "TanH", "y", "b")
    )  # fmt: skip
    net = fill(make_net(text))
    net.params["ip"][0].data[...] = [[1, 0, 0], [-1, 0, 0]]
    out = net.forward()
    before = net.tops[1][0].data
    np.testing.assert_allclose(out["a"], np.tanh(before), rtol=1e-12)
    np.testing.assert_allclose(out["b"], np.tanh(np.maximum(before, 0)), rtol=1e-12)
    assert net.outputs == ["a", "b"]


def test_automatic_top_of_a_loss_layer():
    net = fill(
        make_net(data((2, 3), (2, 2)) + product("ip", "x0", "y") + LOSS.replace('top: "loss"', ""))
    )
    assert net.outputs == []  # anonymous tops do not count, as in Caffe
    (top,) = net.tops[-1]
    assert top.name.startswith("(automatic)")
    loss = net.forward_layers()
    wanted = ((net.blobs["y"].data - net.blobs["x1"].data) ** 2).sum() / 4
    assert loss == pytest.approx(wanted, rel=1e-12) and wanted > 0


def test_type_names_are_found_in_any_case():
    net = make_net('layer { name: "d" type: "INPUT" top: "x" input_param { shape { dim: 2 } } }')
    assert net.inputs == ["x"]


def test_errors_name_blobs_as_the_file_does_not_the_inserted_splits():
    text = data((2, 3), (4, 3))
    text += layer("a", "EuclideanLoss", "x0 x1", "l1") + layer("b", "ReLU", "x0", "y")
    with pytest.raises(ConfigError) as caught:
        make_net(text)
    assert 'bottom "x0" (2, 3) and bottom "x1" (4, 3)' in str(caught.value)
    assert "split" not in str(caught.value)

"""The states that a net is checked in: those that its rules name and that are meant."""

from __future__ import annotations

import pytest

from mycaffe_py.builder.checking import check_file
from mycaffe_py.builder.states import WantedState, meant_states, state_words
from mycaffe_py.errors import PrototxtError
from mycaffe_py.layer import RUN, TEST, TRAIN
from mycaffe_py.plugins import default_registry
from mycaffe_py.schema import load_net_text


def layer(name, kind, more="", rule=""):
    return f'layer {{ name: "{name}" type: "{kind}" {more} {rule} }}\n'


def give(name, rule="", size=2, tops=("x", "label")):
    shapes = "".join(f"shape {{ dim: {size} }}" for _ in tops)
    named = " ".join(f'top: "{top}"' for top in tops)
    return layer(name, "Input", f"{named} input_param {{ {shapes} }}", rule)


def relu(bottom, top, rule=""):
    return layer(top, "ReLU", f'bottom: "{bottom}" top: "{top}"', rule)


def include(rule):
    return f"include {{ {rule} }}"


ALL_IN_ONE = (
    give("train", include('stage: "train"'))
    + give("val", include('stage: "val"'))
    + give("deploy", include('stage: "deploy"'), tops=("x",))
    + relu("x", "y")
    + relu("label", "seen", 'exclude { stage: "deploy" }')
)
TWO_PHASES = give("a", include("phase: TRAIN")) + give("b", include("phase: TEST")) + relu("x", "y")


@pytest.fixture(scope="module")
def registry():
    return default_registry()


@pytest.fixture
def words(registry):
    def find(text, **wanted):
        net = load_net_text(registry.schema, text).message
        return [state_words(one) for one in meant_states(net, WantedState(**wanted))]

    return find


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (give("a") + relu("x", "y"), ["TRAIN"]),
        (TWO_PHASES, ["TRAIN", "TEST"]),
        (give("a", include("phase: TRAIN")) + relu("x", "y"), ["TRAIN"]),
        (give("a", include("phase: TEST")) + relu("x", "y"), ["TEST"]),
        (ALL_IN_ONE, [f"TRAIN with stage {name}" for name in ("train", "val", "deploy")]),
        (
            give("a") + relu("x", "y", 'exclude { stage: "short" }') + relu("y", "z", include("not_stage: 'short'")),
            ["TRAIN", "TRAIN with stage short"],
        ),
        (
            give("a") + relu("x", "y", include("min_level: 2")) + relu("x", "z", include("max_level: 0")),
            ["TRAIN", "TRAIN with level 1", "TRAIN with level 2"],
        ),
        (
            give("a", include('phase: TEST stage: "one"')) + give("b", include('phase: TRAIN')) + relu("x", "y"),
            ["TRAIN", "TEST with stage one"],
        ),
        (
            give("a", include("stage: 'one'"), tops=("p",)) + give("b", include("stage: 'two'"), tops=("q",))
            + relu("p", "y", include("stage: 'two'")) + relu("q", "z", include("stage: 'one'")),
            ["TRAIN with stages one two"],
        ),
        (give("a", include("phase: RUN"), tops=("x",)) + TWO_PHASES, ["TRAIN", "TEST", "RUN"]),
    ],
)  # fmt: skip
def test_states_that_rules_name(words, text, expected):
    assert words(text) == expected


def test_states_that_are_asked_for(words):
    assert words(ALL_IN_ONE, stages=("val",)) == ["TRAIN with stage val"]
    assert words(ALL_IN_ONE, phase=TEST, stages=("deploy",)) == ["TEST with stage deploy"]
    assert words(TWO_PHASES, phase=RUN) == ["RUN"]
    assert words(TWO_PHASES, level=3) == ["TRAIN with level 3", "TEST with level 3"]


def test_a_net_for_which_no_state_is_meant_is_checked_in_train(words):
    assert words(relu("x", "y") + give("a")) == ["TRAIN"]
    assert words(
        relu("x", "y") + give("a", include("phase: TRAIN stage: 'never' not_stage: 'never'"))
    ) == ["TRAIN"]


def test_the_number_of_states_is_bounded(words):
    many = "".join(relu("x", f"y{n}", include(f"stage: 's{n}'")) for n in range(500))
    assert len(words(give("a") + many)) == 12


def test_the_highest_level_has_none_above_it(words):
    text = give("a") + relu("x", "y", include("max_level: 2147483647"))
    assert words(text + relu("x", "z", include("min_level: -2147483648"))) == ["TRAIN"]


def test_very_many_states_that_nobody_means_are_not_tried(words):
    hidden = give("a", include('stage: "a"')) + relu("x", "y")
    rules = "".join(include(f"stage: 's{n}' min_level: {n}") for n in range(2000))
    assert words(relu("x", "z", rules) + hidden) == ["TRAIN with stages a s0"]


@pytest.fixture
def check(registry, tmp_path):
    def run(text, **wanted):
        (tmp_path / "n.prototxt").write_text(text)
        said = []
        state = WantedState(**wanted) if wanted else None
        net = check_file(tmp_path / "n.prototxt", registry, wanted=state, say=said.append)
        return net, said

    return run


def test_the_first_state_is_shown_and_all_are_named(check):
    net, said = check(ALL_IN_ONE)
    assert net.phase == TRAIN and "train" in net.layer_names
    assert said == [
        "checked in phase TRAIN with stage train; TRAIN with stage val; TRAIN with stage deploy"
    ]
    assert check(give("a") + relu("x", "y"))[1] == []


def test_a_wrong_state_is_named_and_a_mistake_in_all_is_not(check):
    wrong = TWO_PHASES + relu("nowhere", "z", include("phase: TEST"))
    with pytest.raises(PrototxtError) as caught:
        check(wrong)
    [problem] = caught.value.problems
    assert problem.message.endswith('unknown bottom blob "nowhere" (phase TEST)')
    with pytest.raises(PrototxtError) as caught:
        check(TWO_PHASES + relu("nowhere", "z"))
    assert caught.value.problems[0].message.endswith('"nowhere"')
    net, _ = check(wrong, phase=TRAIN)
    assert net.phase == TRAIN


LOSS_WITHOUT_LABELS = (
    'layer { name: "p" type: "Pooling" bottom: "x" top: "y" pooling_param { %s } }\n'
)


def test_files_that_are_missing_in_every_state_have_their_exit_code(check):
    text = "".join(
        layer("d", "Data", f'top: "x" data_param {{ source: "{phase}" batch_size: 1 }}', rule)
        for phase, rule in (("one", include("phase: TRAIN")), ("two", include("phase: TEST")))
    )
    with pytest.raises(PrototxtError) as caught:
        check(text)
    assert caught.value.exit_code == 3
    assert [problem.message[-13:] for problem in caught.value.problems] == [
        "(phase TRAIN)",
        " (phase TEST)",
    ]


def test_what_is_right_in_test_alone_is_for_using_a_net(check, registry):
    text = give("a") + layer(
        "s", "Data", 'top: "d" data_param { batch_size: 1 }', include("phase: TRAIN")
    )
    with pytest.raises(PrototxtError, match="source is not set"):
        check(text)  # a rule names TRAIN
    text = give("a") + layer(
        "s", "Data", 'top: "d" data_param { batch_size: 1 }', "exclude { phase: TEST }"
    )
    net, said = check(text)
    assert net.phase == TEST and said[0] == "checked in phase TEST"
    assert said[1].startswith("not for TRAIN: ") and "source is not set" in said[1]


def test_a_solver_that_names_a_wrong_state_is_wrong(registry, tmp_path):
    loss = layer(
        "l", "EuclideanLoss", 'bottom: "w" bottom: "label" top: "l"', 'exclude { stage: "deploy" }'
    )
    (tmp_path / "n.prototxt").write_text(
        ALL_IN_ONE + layer("w", "Scale", 'bottom: "y" top: "w" scale_param { axis: 0 }') + loss
    )
    solver = f'net: "{tmp_path}/n.prototxt" base_lr: 0.1 lr_policy: "fixed" max_iter: 1 '
    path = tmp_path / "s.prototxt"
    path.write_text(solver)
    with pytest.raises(PrototxtError, match="unknown bottom"):
        check_file(path, registry)
    path.write_text(solver + 'train_state { stage: "train" }')
    check_file(path, registry)
    path.write_text(solver)
    check_file(path, registry, wanted=WantedState(stages=("train",)))


def test_layers_run_as_in_test_in_phase_run(registry, check):
    text = (
        give("a", include("phase: TRAIN")) + give("r", include("phase: RUN"), tops=("x",))
        + layer("d", "Dropout", 'bottom: "x" top: "y"')
    )  # fmt: skip
    net, said = check(text, phase=RUN)
    assert said == ["checked in phase RUN"]
    assert net.phase == TEST and net.state.phase == RUN and net.layers[1].phase == TEST

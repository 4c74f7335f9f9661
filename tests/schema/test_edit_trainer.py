"""TextEdit: the gym of a solver, and MyCaffe's trainer properties."""

from __future__ import annotations

import pytest

from mycaffe_py.errors import ConfigError
from mycaffe_py.schema import TextEdit

BLOCK = """\
base_lr: 0.01
trainer {
  type: "RNN.SUPER_SIMPLE"
  # Another gym: edit this block.
  gym {
    type: "Curve"  # the gym
    curve_param { curve: SIN }
    series_param { file: "a.csv" }
  }
}
"""
STRING = 'custom_trainer_properties: "TrainerType=RNN.SUPER_SIMPLE; Gym=Curve;CurveType=SIN;"\n'
TWO = """\
custom_trainer: "MyCaffeTrainerDual"
custom_trainer_properties: "TrainerType=RNN.SUPER_SIMPLE;Gym=Cur"
                           've;CurveType=SIN'  # properties
base_lr: 0.01
"""


def edited(registry, text, **change):
    edit = TextEdit(text, "SolverParameter", registry.schema)
    edit.apply(change)
    return edit.text


def refused(registry, text, **change):
    edit = TextEdit(text, "SolverParameter", registry.schema)
    with pytest.raises(ConfigError) as caught:
        edit.apply(change)
    assert edit.text == text
    return caught.value


def properties(registry, text):
    message = registry.schema.parse_text(text, "SolverParameter").message
    return message.custom_trainer_properties


def set_property(registry, text, key, value):
    return edited(registry, text, op="set_property", key=key, value=value)


def test_another_gym_takes_the_settings_of_the_old_one_away(registry):
    text = edited(registry, BLOCK, op="set_gym", type="Series")
    assert text == BLOCK.replace('"Curve"', '"Series"').replace(
        "    curve_param { curve: SIN }\n", ""
    )
    other = edited(registry, BLOCK, op="set_gym", type="Other")
    assert "_param" not in other and "# the gym" in other and "# Another gym" in other


@pytest.mark.parametrize("same", ["Curve", "CURVE"])
def test_the_same_gym_keeps_its_settings(registry, same):
    assert edited(registry, BLOCK, op="set_gym", type=same) == BLOCK.replace('"Curve"', f'"{same}"')


def test_a_gym_by_default(registry):
    text = "trainer { gym { curve_param { curve: SIN } } }"
    same = edited(registry, text, op="set_gym", type="Curve")
    assert same == 'trainer { gym { type: "Curve" curve_param { curve: SIN } } }'
    other = edited(registry, text, op="set_gym", type="Series")
    assert other == 'trainer { gym { type: "Series" } }'


def test_a_solver_without_trainer(registry):
    text = edited(registry, "base_lr: 1\n", op="set_gym", type="Series")
    assert text == 'base_lr: 1\ntrainer {\n  gym {\n    type: "Series"\n  }\n}\n'


def test_the_gym_as_a_property(registry):
    text = edited(registry, STRING, op="set_gym", type="Series")
    assert text == STRING.replace("Gym=Curve", "Gym=Series")
    text = edited(registry, STRING, op="set_gym", type="Series", drop=["CurveType", "Step"])
    assert text == STRING.replace("Gym=Curve;CurveType=SIN", "Gym=Series")


def test_properties_to_be_dropped_that_are_not_there(registry):
    text = edited(registry, STRING, op="set_gym", type="Series", drop=["Step"])
    assert text == STRING.replace("Gym=Curve", "Gym=Series")


@pytest.mark.parametrize(
    ("key", "value", "old", "new"),
    [
        ("Gym", "Series", "Gym=Curve", "Gym=Series"),
        ("TrainerType", " a.b ", "RNN.SUPER_SIMPLE", "a.b"),
        ("CurveType", "", "=SIN", "="),
        ("CurveType", 'C:\\x "y"', "SIN", 'C:\\\\x \\"y\\"'),
        ("CurveType", "ü", "SIN", "ü"),
        ("Step", "0.1", "SIN;", "SIN;Step=0.1;"),
        ("Gym", None, " Gym=Curve;", ""),
        ("TrainerType", None, "TrainerType=RNN.SUPER_SIMPLE;", ""),
        ("CurveType", None, "CurveType=SIN;", ""),
    ],
)
def test_a_property(registry, key, value, old, new):
    assert STRING.count(old) == 1
    text = set_property(registry, STRING, key, value)
    assert text == STRING.replace(old, new)


@pytest.mark.parametrize(
    ("key", "value", "result"),
    [
        ("TrainerType", "T", "TrainerType=T;Gym=Curve;CurveType=SIN"),
        ("CurveType", "it's", "TrainerType=RNN.SUPER_SIMPLE;Gym=Curve;CurveType=it's"),
        ("Step", "1", "TrainerType=RNN.SUPER_SIMPLE;Gym=Curve;CurveType=SIN;Step=1"),
        ("CurveType", None, "TrainerType=RNN.SUPER_SIMPLE;Gym=Curve"),
    ],
)
def test_a_property_in_adjacent_strings(registry, key, value, result):
    text = set_property(registry, TWO, key, value)
    assert properties(registry, text) == result
    assert "# properties\nbase_lr" in text and text.startswith("custom_trainer: ")
    assert text.count("'") >= 2


def test_a_value_that_begins_in_one_kind_of_quotes_and_ends_in_another(registry):
    error = refused(registry, TWO, op="set_property", key="Gym", value="Series")
    assert "without changing more of the text" in error.message
    same = TWO.replace("'", '"')
    text = set_property(registry, same, "Gym", "Series")
    assert properties(registry, text) == "TrainerType=RNN.SUPER_SIMPLE;Gym=Series;CurveType=SIN"


def test_a_string_that_is_emptied_goes(registry):
    text = 'custom_trainer_properties: "Gym=Curve;"\n  "CurveType=SIN;"  # c\n'
    assert set_property(registry, text, "CurveType", None) == (
        'custom_trainer_properties: "Gym=Curve;"  # c\n'
    )
    last = set_property(registry, text, "Gym", None)
    assert properties(registry, last) == "CurveType=SIN;"
    assert set_property(registry, last, "CurveType", None) == ""


def test_escapes_and_wide_characters_before_a_property(registry):
    text = 'custom_trainer_properties: "A=\\303\\274\\x41ü\\"\\u00e9;B=1;C=\\t 2"\n'
    assert set_property(registry, text, "B", "7") == text.replace("B=1", "B=7")
    assert set_property(registry, text, "C", "3") == text.replace("\\t 2", "\\t 3")
    assert set_property(registry, text, "A", "x") == text.replace('\\303\\274\\x41ü\\"\\u00e9', "x")


def test_of_several_with_one_key_the_first_counts(registry):
    text = 'custom_trainer_properties: "A=1;A=2;b"\n'
    assert set_property(registry, text, "A", "3") == text.replace("A=1", "A=3")


def test_the_first_property(registry):
    text = set_property(registry, 'custom_trainer: "T"\n', "Gym", "Curve")
    assert text == 'custom_trainer: "T"\ncustom_trainer_properties: "Gym=Curve"\n'
    empty = set_property(registry, 'custom_trainer_properties: ""\n', "Gym", "Curve")
    assert empty == 'custom_trainer_properties: "Gym=Curve"\n'


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("Step", None, "the property Step is not set"),
        ("A;B", "1", "cannot be the name of a property"),
        ("A=B", "1", "cannot be the name of a property"),
        (" A", "1", "cannot be the name of a property"),
        ("Gym", "a;b", 'cannot contain ";"'),
        ("", "1", "not empty"),
        ("Gym", 3, "must be a text"),
    ],
)
def test_properties_that_are_refused(registry, key, value, message):
    error = refused(registry, STRING, op="set_property", key=key, value=value)
    assert message in error.message


def test_a_solver_with_a_trainer_block_has_no_properties(registry):
    error = refused(registry, BLOCK, op="set_property", key="Gym", value="Series")
    assert "trainer { }" in error.message


@pytest.mark.parametrize("text", [STRING.replace('"', "'"), TWO])
@pytest.mark.parametrize("key", ["CurveType", "New"])
def test_quotes_in_a_property_fit_those_of_its_string(registry, text, key):
    value = 'it\'s "so"'
    assert f"{key}={value}" in properties(registry, set_property(registry, text, key, value))


BARE = "base_lr: 0.01\ncustom_trainer_properties: TrainerType=RNN.SUPER_SIMPLE;Gym=Curve;CurveType=SIN;  # MyCaffe\n"


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("CurveType", "COS", "TrainerType=RNN.SUPER_SIMPLE;Gym=Curve;CurveType=COS;"),
        ("Threads", "2", "TrainerType=RNN.SUPER_SIMPLE;Gym=Curve;CurveType=SIN;Threads=2"),
        ("Gym", None, "TrainerType=RNN.SUPER_SIMPLE;CurveType=SIN;"),
    ],
)
def test_properties_without_quotes_get_them(registry, key, value, expected):
    text = set_property(registry, BARE, key, value)
    assert text == BARE[: BARE.index("Trainer")] + f'"{expected}"  # MyCaffe\n'
    assert properties(registry, text) == expected


def test_other_strings_without_quotes(registry):
    text = "type: SGD  # rule\nlr_policy: fixed\nsnapshot_prefix: out/net\nlocal_gw_ratio: 0.1\n"
    changed = edited(registry, text, op="set", path=["type"], value="Adam")
    assert changed == text.replace("SGD", '"Adam"')
    assert edited(registry, text, op="unset", path=["lr_policy"]) == text.replace(
        "lr_policy: fixed\n", ""
    )

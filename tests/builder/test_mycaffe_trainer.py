"""MyCaffe's form of the trainer settings, and that it says the same as the typed one."""

from __future__ import annotations

import pytest

from mycaffe_py.builder import build_training, load_solver_file
from mycaffe_py.builder.mycaffe_trainer import upgrade_custom_trainer
from mycaffe_py.builder.property_text import parse_properties
from mycaffe_py.errors import PrototxtError
from mycaffe_py.plugins import load_registry
from mycaffe_py.schema import load_solver_text

COMMON = 'type: "AdamW" base_lr: 0.01 lr_policy: "fixed" momentum: 0.9 max_iter: 4\n'
BLOBS = "BlobNames=x~x|tt~tt|mask~mask|target~target|xhat~xhat"
TYPED_BLOBS = 'blob_names { x: "x" tt: "tt" mask: "mask" target: "target" xhat: "xhat" }'
GYM = 'gym { type: "Curve" curve_param { curve: COS } }'
DUAL = f"""trainer {{
  type: "MyCaffeTrainerDual" dual_param {{ trainer_type: "%s" }} {TYPED_BLOBS} {GYM}
}}"""
DIRECT = f'trainer {{ type: "RNN.SUPER_SIMPLE" {TYPED_BLOBS} {GYM} }}'


def old(name, properties):
    return f'{COMMON}custom_trainer: "{name}"\ncustom_trainer_properties: "{properties}"\n'


def upgraded(registry, text):
    document = load_solver_text(registry.schema, text, "my.prototxt")
    upgrade_custom_trainer(document, registry)
    return document.message


def problems(registry, text):
    with pytest.raises(PrototxtError) as caught:
        upgraded(registry, text)
    return caught.value.problems


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("a=1;b=2", {"a": "1", "b": "2"}),
        ("a=1;b=2;", {"a": "1", "b": "2"}),
        (";;a=1;;", {"a": "1"}),
        ("a=1;a=2", {"a": "1"}),
        ("a=x=y", {"a": "x=y"}),
        ("a=", {"a": ""}),
        ("=1;a=2", {"a": "2"}),
        ("noequals;a=2", {"a": "2"}),
        ("A=1;a=2", {"A": "1", "a": "2"}),
        ("file=a~b.csv", {"file": "a~b.csv"}),
    ],
)
def test_parsing_of_properties(text, expected):
    assert parse_properties(text) == expected


@pytest.mark.parametrize(
    ("name", "properties", "typed"),
    [
        ("MyCaffeTrainerDual", f"TrainerType=RNN.SUPER_SIMPLE;{BLOBS};CurveType=1", DUAL % "RNN.SUPER_SIMPLE"),
        ("MyCaffeTrainerDual", f"TrainerType=RNN.SUPER.SIMPLE;{BLOBS};CurveType=1", DUAL % "RNN.SUPER.SIMPLE"),
        ("Dual.Trainer", f"{BLOBS};CurveType=COS;TrainerType=RNN.SUPER_SIMPLE", DUAL % "RNN.SUPER_SIMPLE"),
        ("RNN.SUPER_SIMPLE", f"{BLOBS};CurveType=1", DIRECT),
        ("RNN.SUPER.SIMPLE", f"{BLOBS};CurveType=cos;UsePreLoadData=True", DIRECT),
        ("TrainerRNNSimple", f"{BLOBS};CurveType=1;;Threads=1;RewardType=VAL", DIRECT),
        ("", f"TrainerType=RNN.SUPER_SIMPLE;{BLOBS};CurveType=1", DIRECT),
        ("rl.trainer", f"TrainerType=RNN.SUPER.SIMPLE;{BLOBS};CurveType=1;Gym=Curve", DIRECT),
    ],
)  # fmt: skip
def test_equals_the_typed_form(registry, name, properties, typed):
    expected = load_solver_text(registry.schema, COMMON + typed).message
    assert upgraded(registry, old(name, properties)) == expected


def test_every_property_of_the_curve_gym(registry):
    properties = (
        "CurveType=3;datasource_csv_file=a.csv;datasource_csv_column=y;datasource_csv_scale=2;"
        "datasource_csv_offset=-1;Training=True;status_text=hello"
    )
    curve = upgraded(registry, old("RNN.SUPER_SIMPLE", properties)).trainer.gym.curve_param
    assert (curve.curve, curve.csv_file, curve.csv_column) == (3, "a.csv", "y")
    assert (curve.csv_scale, curve.csv_offset) == (2.0, -1.0)


def test_empty_fields_say_nothing(registry):
    message = upgraded(registry, old("", ""))
    assert message == load_solver_text(registry.schema, COMMON).message


@pytest.mark.parametrize(
    ("name", "properties", "message", "hint", "word"),
    [
        ("RNN.SUPER_SIMPLE", "CurvType=1", 'unknown property "CurvType"', 'did you mean "CurveType"?', "CurvType"),
        ("RNN.SUPER_SIMPLE", "Zzz=1", 'unknown property "Zzz"', "known: TrainerType, BlobNames", "Zzz"),
        ("RNN.SUPER_SIMPLE", "CurveType=9", '"9" is not a value of curve', "valid: SIN, COS", "CurveType"),
        ("RNN.SUPER_SIMPLE", "Threads=1;CurveType=9", "is not a value", "valid:", "CurveType"),
        ("RNN.SUPER_SIMPLE", "datasource_csv_scale=big", '"big" is not a number', "", "datasource_csv_scale"),
        ("RNN.SUPER_SIMPLE", "BlobNames=x~x|maks~m", 'unknown role "maks"', 'did you mean "mask"?', "BlobNames"),
        ("RNN.SUPER_SIMPLE", "BlobNames=x", '"x" is not role~blob', "roles: x, tt", "BlobNames"),
        ("RNN.SUPER_SIMPLE", "BlobNames=x~", '"x~" is not role~blob', "roles: x, tt", "BlobNames"),
        ("RNN.SUPER_SIMPLE", "Gym=Curv", 'unknown gym type "Curv"', 'did you mean "Curve"?', "Gym"),
        ("RNN.SUPER_SIMPL", "CurveType=1", "unknown trainer type", "did you mean", '"RNN.SUPER_SIMPL"'),
        ("RNN.SUPER_SIMPL", "", 'unknown trainer type "RNN.SUPER_SIMPL"', "did you mean", '"RNN.SUPER_SIMPL"'),
        ("MyCaffeTrainerDual", "TrainerType=RNN.SIMPL", 'unknown trainer type "RNN.SIMPL"', "", "TrainerType"),
        ("Some", "TrainerType=RNN.SUPER_SIMPLE", 'unknown custom_trainer "Some"', "known: MyCaffe", '"Some"'),
        ("Dual.Trainr", "TrainerType=RNN.SUPER_SIMPLE", "unknown custom_trainer", "Dual.Trainer", '"Dual.Trainr"'),
        ("RNN.SUPER_SIMPLE", "TrainerType", '"TrainerType" is no Key=value', "write Key=value", 'TrainerType"'),
        ("RNN.SUPER_SIMPLE", ";;==x", '"==x" is no Key=value', "write Key=value", '==x"'),
        ("RNN.SUPER_SIMPLE", "CurveType=1; = 3 ;", '"= 3" is no Key=value', "", "= 3 ;"),
        ("RNN.SUPER_SIMPLE", "datasource_csv_file=a;b.csv", '"b.csv" is no Key=value', "no value can", "b.csv"),
        ("RNN.SUPER_SIMPLE", "CurveType=1;CurveType=2", '"CurveType" is given twice', "keep one", "CurveType=2"),
        ("RNN.SUPER_SIMPLE", "CurveType=1;CurveType=1", '"CurveType" is given twice', "keep one", 'CurveType=1"'),
        ("RNN.SUPER_SIMPLE", "CurveType=", "property CurveType has no value", "leave the property out", "CurveType"),
        ("RNN.SUPER_SIMPLE", "Gym= ;CurveType=1", "property Gym has no value", "", "Gym"),
        ("MyCaffeTrainerDual", "TrainerType=", "property TrainerType has no value", "", "TrainerType"),
        ("RNN.SUPER_SIMPLE", "Gamma=0.99", 'unknown property "Gamma"', "known: TrainerType", "Gamma"),
        ("RNN.SUPER_SIMPLE", "curvetype=1", 'unknown property "curvetype"', 'did you mean "CurveType"?', "curvetype"),
        ("Dual.Trainer", "TrainerType=RNN.SUPR_SIMPLE", "unknown trainer type", "did you mean", "TrainerType"),
        ("", "CurveType=1", "do not set TrainerType", "types: MyCaffeTrainerDual", '"CurveType=1"'),
    ],
)  # fmt: skip
def test_mistakes_have_a_hint_and_a_place(registry, name, properties, message, hint, word):
    text = old(name, properties)
    if not name:
        text = text.replace('custom_trainer: ""\n', "")
    (problem,) = problems(registry, text)
    assert message in problem.message
    assert hint in (problem.hint or "")
    place = problem.location
    assert place.filename == "my.prototxt"
    assert text.splitlines()[place.line - 1][place.column - 1 :].startswith(word)


def test_white_space_and_empty_parts_are_no_mistakes(registry):
    text = old(" Dual.Trainer ".strip(), f" TrainerType = RNN.SUPER_SIMPLE ;; {BLOBS} ; GPUIDs=; ")
    assert upgraded(registry, text).trainer.dual_param.trainer_type == "RNN.SUPER_SIMPLE"


def test_several_parts_that_are_no_properties(registry):
    found = problems(registry, old("RNN.SUPER_SIMPLE", "a;CurveType=1;b;c=1;c=2"))
    assert [problem.message for problem in found] == [
        '"a" is no Key=value',
        '"b" is no Key=value',
        'the property "c" is given twice',
    ]


def test_properties_that_were_set_on_the_command_line(registry):
    solver = load_solver_text(registry.schema, COMMON)
    override = "solver.custom_trainer_properties=TrainerType"
    with pytest.raises(PrototxtError, match='"TrainerType" is no Key=value'):
        build_training(
            solver=solver, model="LiquidNetCfc.prototxt", registry=registry, overrides=[override]
        )


def test_all_mistakes_at_once(registry):
    found = problems(registry, old("RNN.SUPER_SIMPLE", "CurveType=9;Nope=1;BlobNames=q~x"))
    assert [problem.location.column for problem in found] == sorted(
        p.location.column for p in found
    )
    assert len(found) == 3


@pytest.mark.parametrize("field", ["custom_trainer", "custom_trainer_properties"])
def test_both_forms_at_once(registry, field):
    text = (
        f'{COMMON}trainer {{ type: "RNN.SUPER_SIMPLE" }}\n{field}: "TrainerType=RNN.SUPER_SIMPLE"\n'
    )
    (problem,) = problems(registry, text)
    assert "both" in problem.message
    assert (problem.location.line, problem.location.text.split(":")[0]) == (3, field)


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ("BlobNames=x~nothing", 'x is blob "nothing"'),
        ("CurveType=3", "curve_param.csv_file is empty"),
    ],
)
def test_later_mistakes_point_at_the_properties(registry, tmp_path, properties, message):
    path = tmp_path / "my.prototxt"
    path.write_text(old("RNN.SUPER_SIMPLE", properties))
    with pytest.raises(PrototxtError) as caught:
        build_training(solver=path, model="LiquidNetCfc.prototxt", registry=registry, seed=1)
    (problem,) = caught.value.problems
    assert message in problem.message
    assert (problem.location.line, problem.location.text[:14]) == (3, "custom_trainer")


def test_trains_the_same_bits_as_the_typed_form(registry, tmp_path):
    results = []
    properties = f"TrainerType=RNN.SUPER_SIMPLE;{BLOBS};CurveType=1"
    for number, text in enumerate(
        (old("MyCaffeTrainerDual", properties), COMMON + DUAL % "RNN.SUPER_SIMPLE", COMMON + DIRECT)
    ):
        path = tmp_path / f"{number}.prototxt"
        path.write_text(text)
        training = build_training(
            solver=path, model="LiquidNetCfc.prototxt", registry=registry, seed=3
        )
        training.solver.solve()
        results.append((training.net.parameters.data.tobytes(), training.trainer.metrics()))
    assert results[0] == results[1] == results[2]


def test_properties_of_the_trainer_that_a_dual_one_names(tmp_path):
    plugin = tmp_path / "own_trainer.py"
    plugin.write_text('''
from mycaffe_py import Trainer, hookimpl

class Own(Trainer):
    type = "OWN.TRAINER"
    schema = """
      message OwnTrainerParameter { optional float gamma = 1; }
      extend TrainerParameter { optional OwnTrainerParameter own_trainer_param = 40000; }
    """
    mycaffe_properties = {"Gamma": "own_trainer_param.gamma"}

@hookimpl
def mycaffe_trainers():
    return [Own]
''')
    registry = load_registry([str(plugin)])
    message = upgraded(registry, old("MyCaffeTrainerDual", "TrainerType=OWN.TRAINER;Gamma=0.5"))
    assert message.trainer.dual_param.trainer_type == "OWN.TRAINER"
    assert message.trainer.own_trainer_param.gamma == 0.5


def test_shipped_solver_reads_the_same_twice(registry):
    document = load_solver_file("adamw.prototxt", registry)
    before = document.message.SerializeToString(deterministic=True)
    upgrade_custom_trainer(document, registry)
    assert document.message.SerializeToString(deterministic=True) == before


def test_overrides_come_before_the_upgrade(tmp_path, registry):
    path = tmp_path / "s.prototxt"
    path.write_text(
        'net: "LiquidNetCfc.prototxt" type: "SGD" base_lr: 0.1 lr_policy: "fixed"\n'
        'custom_trainer_properties: "TrainerType=RNN.SUPER_SIMPLE;BlobNames=xhat~nothing"\n'
    )
    form = "solver.custom_trainer_properties=TrainerType=RNN.SUPER_SIMPLE;CurveType=COS"
    below = "solver.trainer.gym.curve_param.history=95"
    training = build_training(
        solver=path, registry=registry, device="cpu", overrides=[below, form, "solver.max_iter=3"]
    )
    trainer = training.solver.param.trainer
    assert trainer.type == "RNN.SUPER_SIMPLE" and not trainer.blob_names.HasField("xhat")
    assert trainer.gym.curve_param.history == 95

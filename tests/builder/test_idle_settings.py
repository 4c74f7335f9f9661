"""Settings without effect in solver files: errors and warnings, with their places."""

from __future__ import annotations

from pathlib import Path

import pytest

from mycaffe_py.builder import build_training
from mycaffe_py.builder.checking import check_file
from mycaffe_py.builder.solver_checks import check_solver_text
from mycaffe_py.builder.text_checks import check_net_text
from mycaffe_py.errors import MyCaffeWarning, PrototxtError
from mycaffe_py.plugins.idle import idle_settings
from mycaffe_py.resources import resource_path
from mycaffe_py.schema import load_net

SOLVER = """type: "AdamW" base_lr: 0.01 lr_policy: "fixed" max_iter: 5 momentum: 0.9
{more}
"""
TRAINER = 'trainer {{ type: "RNN.SUPER_SIMPLE" gym {{ type: "Curve" curve_param {{ {} }} }} }}'
MYCAFFE = (
    'custom_trainer: "RNN.SUPER_SIMPLE" custom_trainer_properties: '
    '"TrainerType=RNN.SUPER_SIMPLE;Gym=Curve;CurveType=Sin;datasource_csv_file=a.csv"'
)


@pytest.fixture
def write(tmp_path):
    def text(more):
        path = tmp_path / "solver.prototxt"
        path.write_text(SOLVER.format(more=more))
        return path

    return text


def test_a_file_name_without_its_curve_is_refused(write, registry):
    path = write(TRAINER.format('csv_file: "my.csv" csv_column: "temp"'))
    with pytest.raises(PrototxtError) as caught:
        check_file(path, registry)
    (problem,) = caught.value.problems
    assert problem.message == (
        "gym Curve: curve_param.csv_file and csv_column have no effect with curve: SIN"
    )
    assert problem.hint == "write curve: CSV_FILE, or remove csv_file and csv_column"
    assert problem.location.line == 2
    assert problem.location.text[problem.location.column - 1 :].startswith('"my.csv"')
    assert problem.setting == "solver.trainer.gym.curve_param.csv_file"


def test_all_idle_settings_are_named_at_once(write, registry):
    more = "x_wrap: true input: Y } series_param { window: 3"
    with pytest.raises(PrototxtError) as caught:
        check_file(write(TRAINER.format(more)), registry)
    messages = [problem.message for problem in caught.value.problems]
    assert messages == [
        "gym Curve: curve_param.x_wrap has no effect with input: Y",
        "gym Curve: series_param has no effect in type Curve: it is for Series",
    ]


def test_from_the_command_line(registry):
    override = "solver.trainer.gym.curve_param.csv_file=my.csv"
    with pytest.raises(PrototxtError, match="csv_file has no effect with curve: SIN"):
        build_training(
            solver="adamw.prototxt",
            model="LiquidNetCfc.prototxt",
            registry=registry,
            overrides=[override],
        )
    with pytest.warns(MyCaffeWarning) as caught:
        build_training(
            solver="adamw.prototxt",
            model="LiquidNetCfc.prototxt",
            registry=registry,
            overrides=["solver.gamma=0.5"],
        )
    # The file does not have it, so there is no place to show.
    assert str(caught[0].message).startswith("solver: gamma has no effect with lr_policy: fixed\n")


def test_mycaffes_form_is_only_warned_of(write, registry):
    with pytest.warns(MyCaffeWarning, match="csv_file has no effect with curve: SIN") as caught:
        document = check_file(write(MYCAFFE), registry)
    assert len(caught) == 1
    assert not document.message.trainer.gym.curve_param.HasField("csv_file")


def test_a_solver_is_warned_of_with_the_place(write, registry):
    with pytest.warns(MyCaffeWarning) as caught:
        check_file(write("gamma: 0.5 power: 0.7\nrms_decay: 0.3"), registry)
    first, second = (str(each.message).splitlines() for each in caught)
    assert first[0].endswith(":3:12: solver: rms_decay has no effect with type: AdamW")
    assert second[0].endswith(":2:8: solver: gamma and power have no effect with lr_policy: fixed")
    assert second[-1].strip() == "choose lr_policy inv, or remove gamma and power"


def test_checks_of_texts_collect_the_warnings(registry):
    checked = check_solver_text(SOLVER.format(more="gamma: 0.5"), "solver.prototxt", registry)
    assert checked.problems == []
    (warning,) = checked.warnings
    assert warning.startswith("solver.prototxt:2:8: solver: gamma has no effect")
    net = """layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 } } }
    layer { name: "d" type: "Dropout" bottom: "x" top: "y" dropout_param { active: false dropout_ratio: 0.3 } }"""
    checked = check_net_text(net, "net.prototxt", registry, phases=(0, 1))
    assert checked.problems == []
    (warning,) = checked.warnings
    assert (
        'layer "d" (Dropout): dropout_param.dropout_ratio has no effect without active' in warning
    )


EXAMPLES = Path(__file__).parents[2] / "examples"
MODELS = [
    path
    for folder in (resource_path("models"), EXAMPLES / "curve", EXAMPLES / "xor")
    for path in sorted(folder.glob("*.prototxt"))
    if "solver" not in path.name
]


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_no_shipped_model_has_idle_settings(path, registry):
    found = [
        (layer.name, idle.message)
        for layer in load_net(registry.schema, path).message.layer
        for idle in idle_settings(registry, "layers", registry.layers.find(layer.type), layer)
    ]
    assert found == []

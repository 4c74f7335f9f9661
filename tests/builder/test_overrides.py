"""--set KEY=VALUE."""

from __future__ import annotations

import pytest

from mycaffe_py.builder import build_training, load_model, load_solver_file
from mycaffe_py.builder.overrides import apply_overrides
from mycaffe_py.errors import ConfigError
from mycaffe_py.schema import load_net_text


@pytest.fixture
def solver(registry):
    return load_solver_file("adamw.prototxt", registry).message


@pytest.fixture
def model(registry):
    text = """
    name: "net"
    layer { name: "data" type: "Input" top: "x" input_param { shape { dim: 1 dim: 2 } } }
    layer { name: "block.1/conv" type: "InnerProduct" bottom: "x" top: "y" }
    layer { name: "block" type: "InnerProduct" bottom: "y" top: "z" inner_product_param { num_output: 1 } }
    layer { type: "Silence" bottom: "z" }
    """
    return load_net_text(registry.schema, text).message


@pytest.mark.parametrize(
    ("override", "read", "value"),
    [
        ("solver.base_lr=0.5", lambda s: s.base_lr, 0.5),
        (" solver.max_iter = 7 ", lambda s: s.max_iter, 7),
        ("solver.snapshot_format=hdf5", lambda s: s.snapshot_format, 0),
        ("solver.stepvalue=10,20", lambda s: list(s.stepvalue), [10, 20]),
        ("solver.snapshot_prefix=a b=c", lambda s: s.snapshot_prefix, "a b=c"),
        ("solver.trainer.gym.curve_param.curve=COS", lambda s: s.trainer.gym.curve_param.curve, 1),
        ("solver.trainer.gym.curve_param.curve=3", lambda s: s.trainer.gym.curve_param.curve, 3),
        (
            "solver.trainer.gym.curve_param.csv_file='my file.csv'",
            lambda s: s.trainer.gym.curve_param.csv_file,
            "my file.csv",
        ),
        ("solver.trainer.blob_names.x=y", lambda s: s.trainer.blob_names.x, "y"),
        ("solver.test_state.0.level=1", None, "there is no test_state.0"),
        ("solver.bas_lr=1", None, 'SolverParameter has no field "bas_lr"'),
        ("solver.trainer.gym.curv_param.curve=COS", None, 'GymParameter has no field "curv_param"'),
        ("solver.base_lr=fast", None, '"fast" is not a number'),
        ("solver.max_iter=99999999999", None, "out of range"),
        ("solver.trainer=RNN", None, "trainer is a message"),
        ("solver.base_lr", None, "expected KEY=VALUE"),
        ("=1", None, "expected KEY=VALUE"),
        ("solver.=1", None, 'SolverParameter has no field ""'),
        ("sovler.base_lr=1", None, 'no layer is named "sovler"'),
    ],
)
def test_solver_fields(solver, model, override, read, value):
    if read:
        apply_overrides([override], solver=solver, model=model)
        assert read(solver) == value
        return
    with pytest.raises(ConfigError) as caught:
        apply_overrides([override], solver=solver, model=model)
    assert caught.value.message.startswith(f"--set {override}: ")
    assert value in caught.value.message
    assert caught.value.exit_code == 2


def test_layers_by_name_also_with_dots_and_slashes(model):
    changes = [
        "data.input_param.shape.0.dim.0=4",
        "data.input_param.shape.0.dim.1=5",
        "block.1/conv.inner_product_param.num_output=3",
        "block.inner_product_param.weight_filler.type=xavier",
        "block.loss_weight=1,2",
        "net.name=other",
        "net.layer.3.name=end",
    ]
    apply_overrides(changes, model=model)
    assert list(model.layer[0].input_param.shape[0].dim) == [4, 5]
    assert model.layer[1].inner_product_param.num_output == 3
    assert model.layer[2].inner_product_param.weight_filler.type == "xavier"
    assert model.layer[2].inner_product_param.num_output == 1
    assert list(model.layer[2].loss_weight) == [1, 2]
    assert (model.name, model.layer[3].name) == ("other", "end")


def test_layers_of_one_name_are_all_meant(registry):
    text = """
    layer { name: "data" type: "Input" top: "x" include { phase: TRAIN } }
    layer { name: "data" type: "Input" top: "x" include { phase: TEST } }
    """
    model = load_net_text(registry.schema, text).message
    apply_overrides(["data.top=a,b"], model=model)
    assert [list(layer.top) for layer in model.layer] == [["a", "b"], ["a", "b"]]


@pytest.mark.parametrize(
    ("override", "hint"),
    [
        ("dat.top=x", 'did you mean "data"?'),
        ("zzzzzz.top=x", "the first part can be: net, data, block.1/conv, block"),
        (".top=x", "the first part can be"),
        ("solver.base_lr=1", "the first part can be"),
    ],
)
def test_unknown_layers(model, override, hint):
    with pytest.raises(ConfigError, match="no layer is named") as caught:
        apply_overrides([override], model=model)
    assert hint in caught.value.hint


def test_in_a_training(registry):
    model = load_model("LiquidNetCfc.prototxt", registry)
    training = build_training(
        solver="adamw.prototxt",
        model=model,
        registry=registry,
        seed=1,
        overrides=[
            "cfc1.cfc_param.hidden_size=8",
            "data.input_param.shape.0.dim.0=4",
            "data.input_param.shape.1.dim.0=4",
            "data.input_param.shape.2.dim.0=4",
            "data.input_param.shape.3.dim.0=4",
            "solver.base_lr=0.5",
            "solver.trainer.gym.curve_param.curve=COS",
        ],
    )
    training.solver.step(1)
    assert training.net.blobs["xhat"].shape == (4, 1)
    assert training.solver.param.base_lr == 0.5
    assert "COS" in training.trainer.summary()["gym"]
    # What the caller gave is as it was.
    assert model.message.layer[1].cfc_param.hidden_size == 256


def test_the_trainer_in_mycaffes_form(registry, tmp_path):
    path = tmp_path / "solver.prototxt"
    path.write_text('type: "SGD" base_lr: 0.1 lr_policy: "fixed" max_iter: 1')
    training = build_training(
        solver=path,
        model="LiquidNetCfc.prototxt",
        registry=registry,
        seed=1,
        overrides=[
            "solver.custom_trainer=RNN.SUPER_SIMPLE",
            "solver.custom_trainer_properties=CurveType=1",
        ],
    )
    assert "COS" in training.trainer.summary()["gym"]

"""Which settings belong to a type of a third party: found in its schema, without a list beside it."""

from __future__ import annotations

import pytest

from mycaffe_py.cli.banner import solver_line
from mycaffe_py.errors import PluginError
from mycaffe_py.plugins import describe_type, load_registry
from mycaffe_py.plugins.named_fields import CONTAINERS, check_named_fields
from mycaffe_py.solver import fields_in_use
from mycaffe_py.solver.idle_settings import idle_solver_settings

from ..plugging import writer

LION = '''
class Lion(Solver):
    """Sign momentum."""
    type = "Lion"
    schema = """
      message LionParameter { optional float decay = 1 [default = 0.5];  // weight of the past
      }
      extend SolverParameter {
        optional float lion_beta = 41001 [default = 0.9];  // share of the past
        optional LionParameter lion_param = 41002;
      }
    """

class Cub(Lion):
    type = "Cub"
    uses = ("momentum",)
    schema = "extend SolverParameter { optional float cub_rate = 41003; }"

class Comb(Filler):
    """Every second value."""
    type = "comb"
    schema = "extend FillerParameter { optional float tooth = 41004 [default = 2]; }"
    def values(self, shape, rng):
        return 0

@hookimpl
def mycaffe_solvers():
    return [Lion, Cub]

@hookimpl
def mycaffe_fillers():
    return [Comb]
'''
ELSEWHERE = """
class One(%s):
    type = "One"
%s
@hookimpl
def mycaffe_%ss():
    return [%s]

@hookimpl
def mycaffe_schema():
    return ["extend %sParameter { optional float one_rate = 42001; optional float two_rate = 42002; }"]
"""
TWO = """
class Two(%s):
    type = "Two"
"""


def names(registry, kind, type_name):
    return [field["name"] for field in describe_type(registry, kind, type_name)["parameters"]]


@pytest.fixture
def write(tmp_path):
    return writer(tmp_path)


@pytest.fixture
def lions(write):
    return load_registry([write(LION)])


def test_a_solver_and_a_filler_with_a_schema_of_their_own(lions):
    assert names(lions, "solvers", "Lion") == ["lion_beta", "lion_param"]
    assert names(lions, "fillers", "comb") == ["tooth"]
    beta, param = describe_type(lions, "solvers", "Lion")["parameters"]
    assert beta["doc"] == "share of the past" and param["fields"][0]["name"] == "decay"


def test_a_subclass_has_the_fields_of_its_base(lions):
    assert names(lions, "solvers", "Cub") == ["momentum", "cub_rate", "lion_beta", "lion_param"]


def test_other_solvers_do_not_use_them(lions):
    message = lions.schema.new("SolverParameter", type="SGD", lr_policy="fixed")
    assert not {"lion_beta", "lion_param", "cub_rate"} & set(fields_in_use(lions, message))
    message.type = "Lion"
    assert {"lion_beta", "lion_param"} <= set(fields_in_use(lions, message))


@pytest.mark.parametrize("kind", ["Solver", "Filler", "Gym", "Trainer"])
def test_fields_of_the_plugins_own_file(write, kind):
    alone = ELSEWHERE % (kind, "", kind.lower(), "One", kind)
    registry = load_registry([write(alone, "alone.py")])
    assert names(registry, f"{kind.lower()}s", "One") == ["one_rate", "two_rate"]
    pair = ELSEWHERE % (kind, TWO % kind, kind.lower(), "One, Two", kind)
    registry = load_registry([write(pair, "pair.py")])
    assert names(registry, f"{kind.lower()}s", "One") == ["one_rate"]
    assert names(registry, f"{kind.lower()}s", "Two") == ["two_rate"]


def test_the_line_of_a_run_shows_them(lions, tmp_path):
    from types import SimpleNamespace

    message = lions.schema.new("SolverParameter", type="Lion", max_iter=1, base_lr=0.5)
    message.lion_param.decay = 0.25
    net = SimpleNamespace(registry=lions)
    solver = lions.solvers.find("Lion").__new__(lions.solvers.find("Lion"))
    solver.net, solver.param = net, message
    assert solver_line(solver).endswith("lion_beta 0.9  lion_param { decay: 0.25 }")


KINDS = {
    "solvers": ("Solver", "uses", "momentum", 'type: "Own"'),
    "fillers": ("Filler", "uses", "std", 'type: "own"'),
    "lr_policies": ("LrPolicy", "parameters", "gamma", 'lr_policy: "own"'),
    "layers": ("Layer", "parameters", "loss_param", 'type: "Own"'),
    "gyms": ("Gym", "parameters", "curve_param", 'type: "Own"'),
    "trainers": ("Trainer", "parameters", "gym", 'type: "Own"'),
    "observers": ("Observer", "parameters", "type", 'type: "Own"'),
}
NAMING = """
from mycaffe_py import LrPolicy, Observer

class Own(%s):
    type = "Own"
    %s = %s
    schema = "message OwnPart { optional double gain = 1; } extend %s { optional OwnPart own_part = 42007; }"

@hookimpl
def mycaffe_%s():
    return [Own]
"""


def naming(kind, names):
    base, attribute, _, _ = KINDS[kind]
    return NAMING % (base, attribute, names, CONTAINERS[kind], kind)


@pytest.mark.parametrize("kind", KINDS)
def test_fields_of_its_own_belong_to_a_type_besides_those_that_it_names(write, kind):
    name = KINDS[kind][2]
    registry = load_registry([write(naming(kind, (name,)))])
    assert names(registry, kind, "Own") == [name, "own_part"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_named_field_that_does_not_exist_is_refused(write, kind):
    _, attribute, name, _ = KINDS[kind]
    with pytest.raises(PluginError, match=f'Own.{attribute} names "{name}x", but ') as caught:
        load_registry([write(naming(kind, (f"{name}x",)))])
    assert caught.value.hint == f'did you mean "{name}"?'


@pytest.mark.parametrize("kind", KINDS)
def test_one_name_without_a_tuple_is_refused(write, kind):
    _, attribute, name, _ = KINDS[kind]
    with pytest.raises(PluginError, match=f"Own.{attribute} is a text") as caught:
        load_registry([write(naming(kind, repr(name)))])
    assert caught.value.hint == f'write {attribute} = ("{name}",)'


def test_the_bundled_types_name_fields_that_exist(registry):
    for kind, container in CONTAINERS.items():
        known = [field.name for field in registry.schema.describe(container).fields]
        assert registry.catalog(kind).classes()
        for offered in registry.catalog(kind).classes():
            check_named_fields(offered, kind, known)


@pytest.mark.parametrize(
    ("body", "idle"),
    [("", ["rms_decay"]), ('uses = ("rms_decay",)', []), ('uses = ("momentum",)', ["rms_decay"])],
)
def test_settings_of_other_solvers_have_no_effect(write, body, idle):
    text = f'''
class Own(Solver):
    type = "Own"
    {body}
    schema = """message OwnPart {{ optional double gain = 1; }}
      extend SolverParameter {{ optional OwnPart own_part = 42007; }}"""

@hookimpl
def mycaffe_solvers():
    return [Own]
'''
    registry = load_registry([write(text)])
    settings = 'type: "Own" base_lr: 0.1 lr_policy: "fixed" rms_decay: 0.5 own_part { gain: 2 }'
    param = registry.schema.parse_text(settings, "SolverParameter").message
    found = idle_solver_settings(registry, param)
    assert [path[0] for each in found for path in each.paths] == idle


def test_a_policy_with_fields_of_its_own_and_a_named_one(write):
    registry = load_registry([write(naming("lr_policies", ("gamma",)))])
    settings = 'type: "SGD" base_lr: 0.1 lr_policy: "own" gamma: 0.5 power: 3 own_part { gain: 2 }'
    param = registry.schema.parse_text(settings, "SolverParameter").message
    found = idle_solver_settings(registry, param)
    assert [path[0] for each in found for path in each.paths] == ["power"]

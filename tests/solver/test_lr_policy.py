"""LrPolicy, the base class of learning-rate policies, and how the solver finds one."""

from __future__ import annotations

import pytest

from mycaffe_py.errors import ConfigError, UnknownTypeError
from mycaffe_py.plugins import load_registry
from mycaffe_py.schema import load_net_text, load_solver_text
from mycaffe_py.solver import LrPolicy, rate_course
from mycaffe_py.solver.schedule import RateSchedule

from ..solving import ONE, one

SQUARE_ROOT = '''
from mycaffe_py import LrPolicy, hookimpl


class Root(LrPolicy):
    """base_lr / sqrt(1 + i / root_param.length)."""

    type = "root"
    schema = """
      message RootParameter { optional int32 length = 1 [default = 1]; }
      extend SolverParameter { optional RootParameter root_param = 30001; }
    """

    def check(self):
        if self.param.root_param.length < 1:
            self.fail("needs a length of at least 1", "root_param.length")

    def rate(self, iteration):
        return self.settings.base_lr / (1 + iteration / self.param.root_param.length) ** 0.5


@hookimpl
def mycaffe_lr_policies():
    return [Root]
'''


@pytest.fixture(scope="module")
def roots(tmp_path_factory):
    path = tmp_path_factory.mktemp("roots") / "root.py"
    path.write_text(SQUARE_ROOT)
    return load_registry([str(path)])


def test_a_policy_of_a_plugin_drives_a_training(roots):
    from mycaffe_py.builder import build_training

    text = 'base_lr: 0.5 lr_policy: "root" root_param { length: 4 } max_iter: 20'
    document = load_solver_text(roots.schema, text)
    assert rate_course(document.message, 20, roots)[1][12] == 0.25
    model = load_net_text(roots.schema, ONE)
    solver = build_training(solver=document, model=model, registry=roots, seed=0).solver
    solver.step(13)
    assert solver.last_lr == 0.25 and solver.lr == 0.5 / (1 + 13 / 4) ** 0.5


def test_its_mistakes_point_at_its_settings(roots):
    from mycaffe_py.builder import check_solver_text

    text = 'base_lr: 0.5\nlr_policy: "root"\nroot_param { length: 0 }\n'
    (problem,) = check_solver_text(text, "s.prototxt", roots).problems
    assert problem.message == 'lr_policy "root" needs a length of at least 1'
    assert (problem.location.line, problem.location.column) == (3, 22)


@pytest.mark.parametrize(
    ("text", "error", "message", "hint"),
    [
        ('lr_policy: "stepp"', UnknownTypeError, 'unknown lr_policy "stepp"', 'did you mean "step"?'),
        ('lr_policy: "zzz"', UnknownTypeError, 'unknown lr_policy "zzz"', "valid: cosine, exp, fixed"),
        ("", ConfigError, "lr_policy is not set", "valid: cosine, exp, fixed"),
    ],
)  # fmt: skip
def test_policies_that_nobody_offers(registry, text, error, message, hint):
    with pytest.raises(error) as caught:
        RateSchedule(registry.schema.parse_text(text, "SolverParameter").message, registry)
    assert caught.value.message == message and caught.value.field == "lr_policy"
    assert hint in caught.value.hint


def policy(registry, text):
    class Own(LrPolicy):
        type = "own"

    return Own(registry.schema.parse_text(text, "SolverParameter").message)


def test_what_is_set(registry):
    own = policy(registry, "base_lr: 0 stepvalue: 3 trainer { gym { } }")
    given = ["base_lr", "stepvalue", "trainer", "trainer.gym"]
    assert all(map(own.is_set, given))
    others = ["gamma", "no_such_field", "trainer.type", "trainer.gym.type", "test_iter"]
    assert not any(map(own.is_set, others))


def test_what_is_needed(registry):
    own = policy(registry, "base_lr: 0.1 gamma: 0.9")
    own.need("gamma")
    own.need("base_lr", True, "base_lr > 0")
    for arguments, message, field in (
        (("power",), "needs power", "lr_policy"),
        (("power", False, "power > 1"), "needs power > 1, but power is not set", "lr_policy"),
        (("gamma", False, "gamma > 1"), "needs gamma > 1, got 0.9", "gamma"),
    ):
        with pytest.raises(ConfigError) as caught:
            own.need(*arguments)
        assert caught.value.message == f'lr_policy "own" {message}'
        assert caught.value.field == field


def test_what_is_needed_inside_a_message(roots):
    for text, arguments, message, field in (
        ("length: 0", ("length", False, "length > 0"), "needs length > 0, got 0", "root_param.length"),
        ("length: 3", ("length", True, "length > 0"), "", ""),
        ("", ("length",), "needs root_param.length", "lr_policy"),
        ("", ("length", False, "length > 0"), "needs length > 0, but root_param.length is not set", "lr_policy"),
    ):  # fmt: skip
        own = policy(roots, f"base_lr: 0.1 root_param {{ {text} }}")
        name, *others = arguments
        if not message:
            own.need(f"root_param.{name}", *others)
            continue
        with pytest.raises(ConfigError) as caught:
            own.need(f"root_param.{name}", *others)
        assert caught.value.message == f'lr_policy "own" {message}'
        assert caught.value.field == field


def test_a_policy_without_rates_says_so(registry):
    with pytest.raises(TypeError, match="Own does not define rate"):
        policy(registry, "").rate(0)


@pytest.mark.parametrize("bad", [float("nan"), float("-inf"), None, 1j, "0.1"])
def test_a_rate_that_is_no_number_stops_the_training(bad):
    solver = one()
    solver.schedule.policy.rate = lambda iteration: bad
    with pytest.raises(ConfigError, match="as the learning rate of iteration 0, which is not"):
        solver.step(1)

"""The pages of docs/plugins show the files of examples/plugins, short ones. That the pages work: ``tests/snippets``."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from mycaffe_py.builder import build_training
from mycaffe_py.plugins import KINDS, default_registry, load_registry
from mycaffe_py.plugins.type_fields import CONTAINERS
from mycaffe_py.schema import load_net_text, load_solver_text, stable_number
from mycaffe_py.testing import check_solver

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "plugins"
FILES = {
    "layer": "gate.py",
    "loss": "tilted_loss.py",
    "solver": "adamax.py",
    "filler": "lecun_normal.py",
    "lr_policy": "inverse_root.py",
    "gym": "square_gym.py",
    "trainer": "follow_trainer.py",
    "observer": "best_loss.py",
    "command": "norms.py",
    "python_layer": "my_layers.py",
}
LIMITS = {"layer": 20}  # lines of code; 30 for the others


def page(name):
    return (ROOT / "docs" / "plugins" / f"{name}.md").read_text(encoding="utf-8")


def code_lines(text):
    """Count the lines that are neither empty nor docstring nor comment."""
    left_out = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                left_out |= set(range(first.lineno, first.end_lineno + 1))
    lines = enumerate(text.splitlines(), 1)
    return sum(1 for n, line in lines if line.strip(" ") and line.strip()[0] != "#" and n not in left_out)  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_the_page_shows_the_file_and_its_test(name):
    file, text = FILES[name], page(name)
    shown = re.search(rf"`{file}`:\n\n```python\n(.*?)```", text, re.S)
    assert shown is not None and shown[1] == (EXAMPLES / file).read_text(encoding="utf-8")
    assert f"`test_{file}`:\n\n```python\n" in text and f"pytest -q test_{file}" in text


@pytest.mark.parametrize("name", FILES)
def test_the_file_is_short(name):
    assert code_lines((EXAMPLES / FILES[name]).read_text()) <= LIMITS.get(name, 30)


def test_lines_that_count():
    assert (
        code_lines('"""Doc.\n\nMore."""\n\n# no\nx = 1  # yes\n\ndef f():\n    """."""\n    y\n')
        == 3
    )


def test_every_kind_has_a_page():
    links = set(re.findall(r"\]\((\w+)\.md\)", page("index")))
    assert {path.stem for path in (ROOT / "docs" / "plugins").glob("*.md")} - {"index"} == links
    assert set(FILES) | {"package"} == links
    offered = {registry_kind for name in FILES for registry_kind in offers(name)}
    assert offered == set(KINDS)


def offers(name):
    if name in ("command", "python_layer"):
        return []
    plugin = load_registry([str(EXAMPLES / FILES[name])]).plugins[-1]
    return [kind for kind in KINDS if plugin.offers.get(kind)]


def test_field_numbers_are_those_that_are_suggested():
    containers = "|".join(set(CONTAINERS.values()))
    texts = [page(path.stem) for path in (ROOT / "docs" / "plugins").glob("*.md")]
    added = re.findall(
        rf"extend (?:{containers}) {{ optional \w+ (\w+) = (\d+); }}", "".join(texts)
    )
    assert len(added) > 9
    taken = default_registry().schema
    for name, number in added:
        assert int(number) == stable_number(name), name
        for container in set(CONTAINERS.values()):
            assert int(number) not in taken.message_class(container).DESCRIPTOR.fields_by_number


# Numbers from elsewhere.

NET = """
layer { name: "data" type: "Input" top: "x" top: "target"
        input_param { shape { dim: 4 dim: 5 dim: 1 } shape { dim: 4 dim: 1 } } }
layer { name: "fc" type: "InnerProduct" bottom: "x" top: "xhat" inner_product_param { num_output: 1 } }
layer { name: "loss" type: "TiltedLoss" bottom: "xhat" bottom: "target" top: "loss"
        tilted_loss_param { quantile: 0.9 } }
"""
SOLVER = """
type: "Adamax" base_lr: 0.1 momentum: 0.9 momentum2: 0.999 max_iter: 3000
lr_policy: "inverse_root" inverse_root_param { length: 20 }
trainer { type: "Follow" gym { type: "Drawn" } }
"""
GYM = """
import numpy as np
from mycaffe_py import Gym


class Drawn(Gym):
    type = "Drawn"

    def reset(self, *, seed=None, options=None):
        self.rng, self.values = np.random.default_rng(seed), [0.0] * 5
        return self.step()[0], {}

    def step(self, action=None):
        self.values = [*self.values[1:], self.rng.uniform()]
        return self.observation(np.zeros(5), self.values), 0.0, False, False, {}
"""


@pytest.fixture
def drawn(tmp_path):
    (tmp_path / "drawn.py").write_text(GYM)
    spec = importlib.util.spec_from_file_location("drawn_for_pages", tmp_path / "drawn.py")
    module = sys.modules["drawn_for_pages"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module.Drawn
    del sys.modules["drawn_for_pages"]


def test_the_files_together_learn_a_quantile(drawn):
    """The net sees nothing of uniform numbers: the best that its bias can be is their quantile."""
    names = ("loss", "solver", "lr_policy", "trainer")
    registry = load_registry([*(str(EXAMPLES / FILES[name]) for name in names), drawn])
    training = build_training(
        solver=load_solver_text(registry.schema, SOLVER),
        model=load_net_text(registry.schema, NET),
        registry=registry,
        seed=1,
    )
    training.solver.step(1500)
    assert training.net.params["fc"][1].data[0] == pytest.approx(0.9, abs=0.03)


def test_adamax_follows_the_formula():
    registry = load_registry([str(EXAMPLES / "adamax.py")])
    check_solver('type: "Adamax" momentum: 0.9', registry=registry)
    cls = registry.solvers.find("Adamax")
    solver, group = object.__new__(cls), type("Group", (), {})()
    text = 'type: "Adamax" momentum: 0.5 momentum2: 0.75'
    solver.param = solver.settings = registry.schema.parse_text(text, "SolverParameter").message
    solver.xp, group.history = np, (np.zeros(2), np.zeros(2))
    steps = []
    for solver.iter, gradient in enumerate([[1.0, -2.0], [3.0, 1.0]]):
        group.diff = np.array(gradient)
        solver.compute_update(group, 0.1)
        steps.append(group.diff)
    np.testing.assert_allclose(steps[0], [0.1, -0.1])  # g / |g|
    # m = (0.25 + 1.5, -0.5 + 0.5), divided by 1 - 0.25; u = (3, 1.5)
    np.testing.assert_allclose(steps[1], [0.1 * 1.75 / 0.75 / 3, 0], atol=1e-15)

"""What step() and copy_from() are given: numbers of updates, names of files, and neither."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py import Net, get_solver
from mycaffe_py.errors import ConfigError

from ..solver_files import SOLVER, write_nets


@pytest.fixture
def solver(tmp_path):
    write_nets(tmp_path)
    (tmp_path / "s.prototxt").write_text(SOLVER)
    return get_solver(tmp_path / "s.prototxt", model=tmp_path / "net.prototxt", seed=1)


@pytest.mark.parametrize("count", [2, np.int64(2)])
def test_whole_numbers(solver, count):
    solver.step(count)
    assert solver.iter == 2
    solver.step(0)
    assert solver.iter == 2


@pytest.mark.parametrize("count", [-1, 2.5, "10", None, [1]])
def test_step_takes_nothing_else(solver, count):
    with pytest.raises(ConfigError, match=r"step\(\) takes a number of updates"):
        solver.step(count)
    assert solver.iter == 0


@pytest.mark.parametrize("given", ["net", 3, None, b"w.caffemodel", ["net"], [3]])
def test_copy_from_takes_files(solver, given):
    net = solver.net
    given = net if given == "net" else [net] if given == ["net"] else given
    with pytest.raises(
        ConfigError, match=r"copy_from\(\) takes the names of weights files"
    ) as caught:
        net.copy_from(given)
    assert "share_with(net)" in caught.value.hint


def test_copy_from_takes_several(solver, tmp_path):
    solver.net.save(tmp_path / "w")
    other = Net(tmp_path / "net.prototxt")
    other.copy_from([tmp_path / "w", str(tmp_path / "w")])
    np.testing.assert_array_equal(other.params["fc"][0].data, solver.net.params["fc"][0].data)


def test_a_missing_model_is_named_as_python_gives_it(tmp_path):
    (tmp_path / "s.prototxt").write_text(SOLVER)
    with pytest.raises(ConfigError) as caught:
        get_solver(tmp_path / "s.prototxt")
    assert 'model="FILE" in Python' in caught.value.hint

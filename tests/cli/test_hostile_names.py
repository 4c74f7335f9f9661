"""Names from a file never steer the terminal, on success or not, and are no formula, markup or HTML where they go."""

from __future__ import annotations

import re
import warnings

import pytest
from click.testing import CliRunner

from mycaffe_py import Net, get_solver
from mycaffe_py.cli.app import app
from mycaffe_py.errors import MyCaffeWarning
from mycaffe_py.run import RunFollower, read_columns, read_history

BAD = r"\033[35mX\033]0;t\007\r\n\342\200\256\342\200\213[red][link=x][/]<img src=x onerror=e>"
"""As prototxt writes it: a colour, a title, a bell, ends of lines, marks of direction and width 0, markup, HTML."""
RAW = "\x1b[35mX"

NET = f"""
name: "N{BAD}"
layer {{
  name: "d{BAD}" type: "DummyData" top: "x{BAD}" top: "t{BAD}"
  dummy_data_param {{ shape {{ dim: 2 dim: 3 }} shape {{ dim: 2 dim: 1 }} }}
}}
layer {{ name: "ip{BAD}" type: "InnerProduct" bottom: "x{BAD}" top: "y{BAD}" inner_product_param {{ num_output: 1 }} }}
layer {{ name: "l{BAD}" type: "EuclideanLoss" bottom: "y{BAD}" bottom: "t{BAD}" top: "=cmd|{BAD}" }}
"""
SOLVER = """
net: "net.prototxt" type: "SGD" base_lr: 0.01 lr_policy: "fixed" max_iter: 3 display: 1 test_iter: 1 test_interval: 2
"""
HIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e]")
OURS = re.compile(r"\x1b\[(0|1|31|33|36|2)m")
"""The colours of our own messages."""


@pytest.fixture
def folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.prototxt").write_text(NET)
    (tmp_path / "solver.prototxt").write_text(SOLVER)
    (tmp_path / "type.prototxt").write_text(NET.replace("InnerProduct", f"Inner{BAD}"))
    (tmp_path / "wire.prototxt").write_text(NET.replace(f'bottom: "x{BAD}"', f'bottom: "z{BAD}"'))
    (tmp_path / f"{RAW}.prototxt").write_text("name: ]")
    return tmp_path


def mycaffe(*arguments, shows=True):
    """Run a verb, coloured; return what it printed, in which nothing of a name's is left."""
    result = CliRunner().invoke(app, list(arguments), color=True)
    assert "E000" not in result.output, result.output
    assert not HIDDEN.search(OURS.sub("", result.output)), ascii(result.output)
    assert not shows or r"\x1b[35mX" in result.output
    return result


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["check", "net.prototxt"], 0),
        (["check", "--gradients", "net.prototxt"], 0),
        (["check", "type.prototxt"], 2),
        (["check", "wire.prototxt"], 2),
        (["check", f"{RAW}.prototxt"], 2),
        (["check", f"no{RAW}"], 3),
        (["time", "--model", "net.prototxt", "--iterations", "1"], 0),
        (["train", "--solver", "solver.prototxt", "--set", f"a{RAW}=3"], 2),
        (["train", "--solver", "solver.prototxt", "--weights", RAW], 3),
        (["train", "--resume", RAW], 3),
        (["layers", RAW], 2),
        ([RAW], 2),
        (["check", f"--{RAW}"], 2),
        (["check", "net.prototxt", "--plugin", RAW], 3),
        (["stop", RAW], 3),
        (["test", "--model", "net.prototxt", "--weights", RAW], 3),
        (["predict", RAW], 2),
        (["convert-imageset", RAW, RAW, RAW], 3),
        (["upgrade-net", RAW, "out.prototxt"], 3),
    ],
)
@pytest.mark.usefixtures("folder")
def test_a_verb(arguments, code):
    assert mycaffe(*arguments).exit_code == code


@pytest.mark.usefixtures("folder")
def test_verbs_of_a_run_and_what_they_write(tmp_path):
    assert mycaffe("train", "--solver", "solver.prototxt", "--device", "cpu", "-v").exit_code == 0
    [run] = tmp_path.glob("runs/*/001")
    mycaffe("runs", shows=False)
    tested = mycaffe(
        *("test", "--model", "net.prototxt", "--weights", str(run / "last.caffemodel")),
        *("--iterations", "1"),
    )
    assert tested.exit_code == 0

    header, *rows = (run / "metrics.csv").read_text().splitlines()
    assert len(rows) == 3 and header.split(",")[-1].startswith("'=cmd|")
    assert not HIDDEN.search(header)
    follower = RunFollower(run)
    follower.poll()
    [name] = [one for one in follower.names if one.startswith("=")]
    assert name in read_history(run)
    assert len(read_columns(run / "metrics.csv", (name,))[name]) == 3

    picture = tmp_path / "net.svg"
    mycaffe("draw", "net.prototxt", str(picture), shows=False)
    assert not HIDDEN.search(picture.read_text()) and "<img" not in picture.read_text()
    mycaffe("report", str(run), "--out", str(tmp_path / "report.html"), shows=False)
    page = (tmp_path / "report.html").read_text()
    assert not HIDDEN.search(page) and "<img src=x" not in page and "&lt;img src=x" in page


@pytest.mark.usefixtures("folder")
def test_the_live_view():
    result = CliRunner().invoke(
        app, ["train", "--solver", "solver.prototxt", "--device", "cpu", "--live"], color=True
    )
    assert result.exit_code == 0
    for hostile in ("\x1b[35m", "\x1b]0", "\x07", "\u202e", "\u200b"):
        assert hostile not in result.output
    assert "[red]" in result.output.replace("\r", "")


@pytest.mark.usefixtures("folder")
def test_objects_logs_and_warnings_in_python(caplog):
    net = Net("net.prototxt")
    shown = [net, *net.layers, *net.blobs.values()]
    for one in shown:
        page = getattr(one, "_repr_html_", lambda: "")() or ""
        assert not HIDDEN.search(repr(one) + str(one) + page) and "<img src=x" not in page
    with caplog.at_level("INFO", "mycaffe"):
        solver = get_solver("solver.prototxt")
        solver.solve()
    assert caplog.messages and not any(map(HIDDEN.search, caplog.messages))
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always", MyCaffeWarning)
        net.layers[1].warn(RAW)
    assert r"\x1b[35m" in str(found[0].message) and "\x1b" not in str(found[0].message)

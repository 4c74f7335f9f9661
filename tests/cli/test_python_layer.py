"""A layer of the user's own Python code on the command line."""

from __future__ import annotations

import sys

import pytest
from click.testing import CliRunner

from mycaffe_py.cli.commands.check import command as check
from mycaffe_py.permission import python_layers

MODULE = """
import caffe


class Scaled(caffe.Layer):
    def reshape(self, bottom, top):
        top[0].reshape(*bottom[0].shape)

    def forward(self, bottom, top):
        top[0].data[...] = 3 * bottom[0].data
"""
MODEL = """
layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 2 dim: 2 } } }
layer { name: "py" type: "Python" bottom: "x" top: "y" python_param { module: "user_cli" layer: "Scaled" } }
layer { name: "ip" type: "InnerProduct" bottom: "y" top: "z" inner_product_param { num_output: 2 } }
layer { name: "loss" type: "EuclideanLoss" bottom: "z" bottom: "x" top: "loss" }
"""

TRAIN = ("train", "--solver", "model/solver.prototxt", "--device", "cpu")


@pytest.fixture
def write(tmp_path, monkeypatch):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "net.prototxt").write_text(MODEL)
    (folder / "solver.prototxt").write_text(
        'net: "net.prototxt" base_lr: 0.1 lr_policy: "fixed" max_iter: 2 snapshot_after_train: false'
    )
    finders = list(sys.meta_path)
    yield (folder / "user_cli.py").write_text
    sys.meta_path[:] = finders
    for name in ("user_cli", "caffe"):
        sys.modules.pop(name, None)


def test_check_and_train(mycaffe, write):
    write(MODULE)
    assert "-> y(2,2)" in mycaffe("check", "--allow-python", "model/net.prototxt").output
    assert mycaffe(*TRAIN, "--allow-python").exit_code == 0


def test_a_mistake_in_the_users_code_is_named_as_such(mycaffe, write):
    write(MODULE.replace("3 *", "'3' +"))
    result = mycaffe(*TRAIN, "--allow-python")
    assert result.exit_code == 1
    for words in (
        "error[E121]: ",
        'in layer "py" (Python), forward',
        "the layer's own Python code",
        "user_cli.py:10:",
    ):
        assert words in result.output
    assert "this is a bug in mycaffe-py" not in result.output


def error_of(result):
    assert result.exit_code == 2
    return result.output


COMMANDS = {
    "train": ("train", "--solver", "model/solver.prototxt"),
    "time": ("time", "--model", "model/net.prototxt"),
    "test": ("test", "--model", "model/net.prototxt", "--weights", "w.caffemodel"),
    "test with a solver": (
        "test",
        "--solver",
        "model/solver.prototxt",
        "--weights",
        "w.caffemodel",
    ),
    "explain": ("explain", "--model", "model/net.prototxt", "--weights", "w.caffemodel"),
    "predict": ("predict", "--solver", "model/solver.prototxt", "--weights", "w.caffemodel"),
    "check": ("check", "--gradients", "model/net.prototxt"),
    "extract-features": (
        *("extract-features", "w.caffemodel", "model/net.prototxt", "y", "db", "1", "lmdb"),
    ),
    "fold-bn": (
        *("fold-bn", "--model", "model/net.prototxt", "--weights", "w.caffemodel"),
        *("--out", "new.prototxt"),
    ),
    "convert-weights": ("convert-weights", "w.caffemodel", "w.pt", "--model", "model/net.prototxt"),
}


@pytest.mark.parametrize("verb", COMMANDS)
def test_what_needs_the_layer_refuses_its_code_and_says_what_to_type(
    mycaffe, write, verb, tmp_path
):
    write('open("executed", "w").close()')
    (tmp_path / "w.caffemodel").touch()
    output = error_of(mycaffe(*COMMANDS[verb]))
    for words in (
        "error[E221] ",
        'net.prototxt:3:56: layer "py" (Python): is not built, since that would run code: the module "user_cli"',
        "if you trust this code, add --allow-python",
    ):
        assert words in output
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize("verb", COMMANDS)
def test_each_of_them_has_the_option(mycaffe, write, verb, tmp_path):
    write('open("executed", "w").close()')
    (tmp_path / "w.caffemodel").touch()
    output = error_of(mycaffe(*COMMANDS[verb], "--allow-python"))
    assert 'has no class "Scaled"' in output
    assert (tmp_path / "executed").exists()


@pytest.mark.parametrize("verb", [*COMMANDS, "draw"])
@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import caffe\nprint 'x'\n", ["user_cli.py:2: SyntaxError", "print 'x'", "print(...)"]),
        ("import os\nimport sys\nsys.exit(7)\n", ["user_cli.py:3: SystemExit: 7"]),
    ],
)
def test_a_module_that_cannot_be_imported(mycaffe, write, verb, tmp_path, source, words):
    write(source)
    (tmp_path / "w.caffemodel").touch()
    command = COMMANDS.get(verb, ("draw", "model/net.prototxt", "net.svg"))
    result = mycaffe(*command, "--allow-python")
    if verb == "draw":  # a net is drawn as far as it can be built
        assert result.exit_code == 0
        return
    output = error_of(result)
    place = 'net.prototxt:3:79: layer "py" (Python): module "user_cli" cannot be imported: '
    for word in ("error[E222] ", place, *words):
        assert word in output


def test_a_mistake_in_param_str_is_the_users(mycaffe, write, tmp_path):
    setup = "    def setup(self, bottom, top):\n        import ast\n        ast.literal_eval(self.param_str)\n"
    write(MODULE.replace("    def reshape", f"{setup}\n    def reshape"))
    net = tmp_path / "model" / "net.prototxt"
    net.write_text(MODEL.replace('layer: "Scaled"', 'layer: "Scaled" param_str: "{\'factor\': 3"'))
    for verb in (TRAIN, ("check", "model/net.prototxt"), COMMANDS["time"]):
        result = mycaffe(*verb, "--allow-python")
        assert result.exit_code == 1
        for words in (
            "error[E121]: SyntaxError: ",
            "its param_str: {'factor': 3",
            "user_cli.py:8: ast.literal_eval(self.param_str)",
        ):
            assert words in result.output
        assert "this is a bug" not in result.output


@pytest.mark.parametrize("method", ["setup", "reshape", "forward"])
def test_a_layer_that_ends_the_program_does_not_end_it_well(mycaffe, write, method):
    head = f"def {method}(self, bottom, top):"
    leaves = f"{head}\n        import sys\n        sys.exit(0)\n"
    if method in MODULE:
        write(MODULE.replace(head, leaves))
    else:
        write(f"{MODULE}\n    {leaves}")
    result = mycaffe(*COMMANDS["time"], "--allow-python")  # a training has words of its own
    assert result.exit_code == 1, result.output
    for words in ("error[E121]: SystemExit: 0", "user_cli.py:", "sys.exit(0)"):
        assert words in result.output


def test_old_code_that_fails_as_it_runs(mycaffe, write):
    write(MODULE.replace("3 *", "range(3 / 2)[0] *"))
    result = mycaffe(*TRAIN, "--allow-python")
    assert result.exit_code == 1
    assert "write // for a whole number" in result.output


def test_a_permission_is_for_one_command(mycaffe, write):
    write(MODULE)
    assert mycaffe("check", "--allow-python", "model/net.prototxt").exit_code == 0
    assert "not built" in mycaffe("check", "model/net.prototxt").output


def test_the_environment_allows_it(mycaffe, write, monkeypatch):
    write(MODULE)
    monkeypatch.setenv("MYCAFFE_ALLOW_PYTHON", "1")
    assert "-> y(2,2)" in mycaffe("check", "model/net.prototxt").output


def test_check_says_what_is_known_without_it(mycaffe, write, tmp_path):
    write('open("executed", "w").close()')
    result = mycaffe("check", "model/net.prototxt", "model/solver.prototxt")
    assert result.exit_code == 0 and not (tmp_path / "executed").exists()
    assert result.stdout.splitlines() == [
        "ok model/net.prototxt",
        "  net : 4 layers, 1 of them not built",
        "    in (Input): - -> x(2,2)",
        "    py (Python): x -> y  Python layer, not built",
        "    ip (InnerProduct): y -> z  shape not known without it",
        "    loss (EuclideanLoss): z x -> loss  shape not known without it",
        "ok model/solver.prototxt",
        "  solver SGD: 2 updates, base_lr 0.1",
        "  its net has Python layers, which are not built",
    ]
    trust = "if you trust the code that it names: mycaffe check --allow-python"
    assert f"{trust} model/net.prototxt" in result.stderr


@pytest.mark.parametrize("file", ["net", "solver"])
def test_check_reports_the_mistakes_of_the_other_layers(mycaffe, write, tmp_path, file):
    wrong = MODEL.replace("num_output: 2", "num_outputs: 2").replace('bottom: "z" bottom: "x"', "")
    (tmp_path / "model" / "net.prototxt").write_text(wrong)
    output = error_of(mycaffe("check", f"model/{file}.prototxt"))
    assert "num_outputs" in output and "E221" not in output


@pytest.mark.parametrize("rankdir", ["LR", "TB"])
def test_draw_shows_it_as_not_built(mycaffe, write, tmp_path, rankdir):
    write('open("executed", "w").close()')
    result = mycaffe("draw", "model/net.prototxt", "net.svg", "--rankdir", rankdir)
    assert result.exit_code == 0 and not (tmp_path / "executed").exists()
    drawn = (tmp_path / "net.svg").read_text(encoding="utf-8")
    assert "Python layer, not built" in drawn and "2 x 2" in drawn
    assert "mycaffe draw --allow-python model/net.prototxt" in result.stderr


def test_print_config_prints_without_building(mycaffe, write, tmp_path):
    write('open("executed", "w").close()')
    result = mycaffe(*TRAIN, "--print-config", "--set", "solver.base_lr=0.5", "--iterations", "9")
    assert result.exit_code == 0 and not (tmp_path / "executed").exists()
    assert 'module: "user_cli"' in result.stdout and "base_lr: 0.5" in result.stdout
    assert "max_iter: 9" in result.stdout
    assert "the net was not built, as it has Python layers; --allow-python" in result.stderr


def test_a_run_of_ones_own_needs_the_permission_again(mycaffe, write, tmp_path):
    write(MODULE)
    assert mycaffe(*TRAIN, "--allow-python", "--run-dir", "run").exit_code == 0
    again = ("train", "--resume", "run", "--iterations", "4", "--device", "cpu")
    assert "E221" in error_of(mycaffe(*again))


def test_a_verb_that_is_used_alone_leaves_no_permission_behind(write, tmp_path, monkeypatch):
    write(MODULE)
    monkeypatch.chdir(tmp_path)
    before = python_layers()
    assert CliRunner().invoke(check, ["--allow-python", "model/net.prototxt"]).exit_code == 0
    assert python_layers() is before

from __future__ import annotations

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from mycaffe_py.cli import app as app_module, third_party
from mycaffe_py.cli.app import VERBS, app, split_debug
from mycaffe_py.cli.failures import report, wrapped
from mycaffe_py.cli.options import device_name, split_names
from mycaffe_py.cli.verb import normalised
from mycaffe_py.errors import (
    ConfigError,
    DeviceError,
    DivergedError,
    MissingFileError,
    MyCaffeError,
    add_note,
)


def run(*arguments):
    return CliRunner().invoke(app, list(arguments))


def test_help_starts_with_three_examples_and_lists_every_verb():
    lines = run("--help").stdout.splitlines()
    assert lines[0] == "Examples:" and all(line.startswith("  mycaffe ") for line in lines[1:4])
    for verb in VERBS:
        assert any(line.startswith(f"  {verb} ") for line in lines)
    assert "130 interrupted" in lines[-1]


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_helps_with_three_examples_first(verb):
    result = run(verb, "--help")
    lines = result.stdout.splitlines()
    assert result.exit_code == 0 and lines[0] == "Examples:"
    assert all(" mycaffe " in line for line in lines[1:4]) and lines[4] == ""
    assert verb in lines[5]


@pytest.mark.parametrize(
    ("tool", "verb"),
    [
        ("convert_imageset", "convert-imageset"),
        ("device_query", "device-query"),
        ("draw_net", "draw"),
        ("upgrade_net_proto_binary", "upgrade-net"),
        ("upgrade_net_proto_text", "upgrade-net"),
        ("upgrade_solver_proto_text", "upgrade-solver"),
    ],
)
def test_names_of_caffes_tools(tool, verb):
    assert app.get_command(None, tool) is app.get_command(None, verb) is not None
    assert run(tool, "--help").exit_code == 0


def test_help_imports_nothing_heavy():
    code = (
        "import sys\n"
        "sys.argv = ['mycaffe', '--help']\n"
        "from mycaffe_py.cli import main\n"
        "try: main()\n"
        "except SystemExit as end: assert end.code == 0\n"
        "heavy = {'numpy', 'google.protobuf', 'rich', 'pluggy', 'matplotlib',\n"
        "         'importlib.metadata'} & set(sys.modules)\n"
        "print('heavy', sorted(heavy))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "heavy []"


def test_help_of_a_verb_imports_nothing_heavy():
    code = (
        "import importlib, os, sys\n"
        "for place in sys.argv[1:]:\n"
        "    if os.fork() == 0:  # each verb in a process that has imported nothing\n"
        "        module, _, name = place.partition(':')\n"
        "        getattr(importlib.import_module('mycaffe_py.cli.commands.' + module), name)\n"
        "        heavy = {'numpy', 'google.protobuf', 'rich', 'pluggy'} & set(sys.modules)\n"
        "        print(place, sorted(heavy))\n"
        "        break\n"
        "    os.wait()\n"
    )
    places = [place for place, *_ in VERBS.values()]
    command = [sys.executable, "-c", code, *places]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [f"{place} []" for place in places], done.stderr


def test_version():
    assert run("--version").stdout.startswith("mycaffe 0.")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["tran"], ['unknown verb "tran"', 'did you mean "train"?']),
        (["zzz"], ["known: train, test, check"]),
        (["train", "--modle", "x"], ["--modle", 'did you mean "--model"?']),
        (["train", "-solvr", "x"], ["--solvr", 'did you mean "--solver"?']),
        (["train"], ["missing option '--solver'"]),
        (["train", "--solver", "x", "--dtype", "float16"], ["float16", "float32", "float64"]),
        (["train", "--solver", "x", "--iterations", "many"], ["many"]),
        (["check"], ["FILE"]),
    ],
)
def test_usage_mistakes_exit_with_2_and_a_hint(arguments, words):
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith("error[E200]: ")
    for word in words:
        assert word in result.stderr
    assert "--help" in result.stderr and "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["-solver", "x"], ["--solver", "x"]),
        (["-solver=x"], ["--solver=x"]),
        (["--run_dir", "d"], ["--run-dir", "d"]),
        (["-sigint_effect", "none"], ["--sigint-effect", "none"]),
        (["-qv", "-q", "-5", "-"], ["-qv", "-q", "-5", "-"]),
        (["-gpu", "0"], ["--gpu", "0"]),
        (["--", "-solver"], ["--", "-solver"]),
        (["a=-solver"], ["a=-solver"]),
        (["-solvr"], ["--solvr"]),
    ],
)
def test_caffes_spelling_of_flags(given, expected):
    options = {"--solver", "--run-dir", "--sigint-effect", "--gpu", "-q", "-v"}
    assert normalised(given, options) == expected


@pytest.mark.parametrize(
    ("device", "gpu", "expected"),
    [
        (None, None, "auto"),
        ("cpu", None, "cpu"),
        (None, "1", "gpu:1"),
        ("gpu", "1", "gpu:1"),
        ("gpu:1", "1", "gpu:1"),
    ],
)
def test_device_and_gpu(device, gpu, expected):
    assert device_name(device, gpu) == expected


@pytest.mark.parametrize(
    ("device", "gpu", "message"),
    [
        (None, "all", 'number of one GPU, counted from 0, not "all"'),
        (None, "0,1", 'not "0,1"'),
        ("cpu", "0", "contradict"),
    ],
)
def test_device_and_gpu_that_make_no_sense(device, gpu, message):
    with pytest.raises(ConfigError, match=message):
        device_name(device, gpu)


def test_names_may_be_repeated_or_separated_by_commas():
    assert split_names(("a,b", " c ", "")) == ("a", "b", "c")


def test_debug_is_taken_from_anywhere_before_a_double_dash():
    assert split_debug(["--debug", "train"]) == (["train"], True)
    assert split_debug(["train", "--debug"]) == (["train"], True)
    assert split_debug(["train", "--", "--debug"]) == (["train", "--", "--debug"], False)


@pytest.mark.parametrize(
    ("error", "code", "start"),
    [
        (ConfigError("wrong", hint='did you mean "right"?'), 2, "error[E200]: wrong\n  did you"),
        (MissingFileError("gone"), 3, "error[E310]: gone"),
        (DeviceError("no GPU"), 4, "error[E400]: no GPU"),
        (DivergedError("nan"), 5, "error[E500]: nan"),
        (MemoryError("huge"), 2, "error[E260]: out of memory: huge"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (KeyError("oops"), 1, "error[E000]: KeyError: 'oops'\n  this is a bug in mycaffe-py"),
    ],
)
def test_each_error_has_its_exit_code_and_no_traceback(error, code, start, capsys):
    assert report(error) == code
    shown = capsys.readouterr().err
    assert shown.startswith(start) and "Traceback" not in shown


def test_debug_shows_the_traceback(capsys):
    try:
        raise MyCaffeError("here")
    except MyCaffeError as error:
        report(error, debug=True)
    assert "Traceback" in capsys.readouterr().err


def test_notes_are_printed(capsys):
    error = TypeError("x")
    add_note(error, 'in layer "cfc1" (CFC), forward, phase TRAIN')
    report(error)
    assert '\n  in layer "cfc1" (CFC), forward, phase TRAIN\n' in capsys.readouterr().err


@pytest.fixture
def broken_verb(monkeypatch):
    def install(error):
        @click.command("broken")
        def broken():
            raise error

        monkeypatch.setattr(app_module, "plugin_commands", lambda: {"broken": broken})

    return install


def test_installed_plugins_are_looked_for_once(monkeypatch):
    lookups = []
    third_party.has_third_party.cache_clear()
    with monkeypatch.context() as patched:
        patched.setattr(third_party, "may_offer_plugins", lambda _: bool(lookups.append(1)))
        run("--help")
        run("tran")
    third_party.has_third_party.cache_clear()
    assert len(lookups) == 1


@pytest.mark.parametrize(
    ("name", "section", "found"),
    [
        ("gate-1.0.dist-info", "mycaffe", True),
        ("gate.egg-info", "mycaffe", True),
        ("gate-1.0.dist-info", "console_scripts", False),
        ("mycaffe_py-0.1.0.dist-info", "mycaffe", False),
        ("mycaffe_py.egg-info", "mycaffe", False),
        ("mycaffe_py_more-1.0.dist-info", "mycaffe", True),
    ],
)
def test_plugins_of_other_distributions_are_found(tmp_path, name, section, found):
    (tmp_path / name).mkdir()
    (tmp_path / name / "entry_points.txt").write_text(f"[{section}]\ngate = gate\n")
    assert third_party.may_offer_plugins([str(tmp_path / "gone"), str(tmp_path)]) == found


def test_an_archive_on_the_path_may_hold_plugins(tmp_path):
    (tmp_path / "plugins.zip").touch()
    assert third_party.may_offer_plugins([str(tmp_path / "plugins.zip")])


@pytest.mark.parametrize("error", [ZeroDivisionError, EOFError])
def test_unexpected_exceptions_end_with_1(broken_verb, error):
    broken_verb(error("oops"))
    result = run("broken")
    assert result.exit_code == 1 and f"{error.__name__}: oops" in result.stderr
    assert "Traceback" not in result.stderr


def test_debug_may_follow_the_verb(broken_verb):
    broken_verb(ZeroDivisionError("oops"))
    assert "Traceback" in run("broken", "--debug").stderr


def test_ctrl_c_outside_of_training_is_quiet(broken_verb):
    broken_verb(KeyboardInterrupt())
    result = run("broken")
    assert result.exit_code == 130 and result.stderr.strip() == "interrupted"


def test_verbs_of_plugins_are_listed_and_run(monkeypatch):
    @click.command("hello")
    def hello():
        """Say hello."""
        click.echo("hello")

    monkeypatch.setattr(app_module, "plugin_commands", lambda: {"hello": hello})
    assert run("hello").stdout == "hello\n"
    assert "Say hello." in run("--help").stdout
    assert 'did you mean "hello"?' in run("helo").stderr


def test_a_reader_that_closes_the_pipe_ends_the_verb_quietly():
    code = "from mycaffe_py.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "layers"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait() == 0


def test_long_lines_break_between_words():
    line = "net A: 3 layers  x(1,82,1) tt(1,82,1) -> some/very/long/path/that/does-not-fit"
    lines = wrapped(line, 30).split("\n")
    assert lines == [
        "net A: 3 layers  x(1,82,1)",
        "    tt(1,82,1) ->",
        "    some/very/long/path/that/does-not-fit",
    ]
    assert wrapped("    indented, short", 30) == "    indented, short"

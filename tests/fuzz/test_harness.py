"""The fuzzer notices what it must, tells what is as documented from it, and goes on after a process that dies."""

from __future__ import annotations

import sys

import pytest

from tools.fuzz import __main__ as command, supervising
from tools.fuzz.findings import by_signature, write
from tools.fuzz.limits import Limits
from tools.fuzz.running import case_of, judge
from tools.fuzz.supervising import run_kind

from . import planted

posix = pytest.mark.skipif(sys.platform != "linux", reason="limits are those of Linux")
SHORT = Limits(seconds=0.5, memory=80 << 20, patience=3)


def answer(name):
    kind = getattr(planted, name)
    return judge(kind, case_of(kind, None, 0, 0), 0, 0)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("FAULT", "KeyError: 'planted'"),
        ("LOOSE", "UserWarning: planted"),
        ("LEAVING", "there is a bug"),
        ("TRACED", "Traceback"),
    ],
)
def test_what_is_not_documented_is_found(name, words):
    assert words in answer(name).what


@pytest.mark.parametrize("name", ["REFUSAL", "TOLD", "OF_PLUGIN", "USAGE", "HELP"])
def test_what_is_documented_is_no_finding(name):
    assert answer(name) is None


def test_a_case_has_its_files_and_leaves_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    kind = planted.always(["file_of", "a/b.txt", "hello"], files={"a/b.txt": b"hello"})
    assert judge(kind, case_of(kind, None, 0, 0), 0, 0) is None
    assert list(tmp_path.iterdir()) == []


@posix
@pytest.mark.parametrize(
    ("name", "words", "place"),
    [
        ("BUSY", "hang", "busy"),
        ("ASLEEP", "hang", "asleep"),
        ("HOG", "memory", ""),
        ("CRASH", "crash: SIGSEGV", "crash"),
    ],
)
def test_what_ends_or_stops_a_process_is_found_and_the_next_case_follows(name, words, place):
    result = run_kind(f"tests.fuzz.planted:{name}", 0, 2, SHORT)
    assert result.cases == 2 and [found.number for found in result.findings] == [0, 1]
    assert all(words in found.what and place in found.trace for found in result.findings)
    assert len(by_signature(result.findings)) == 1


@posix
def test_what_was_found_before_an_interrupt_is_reported(monkeypatch):
    def interrupted(self, process):
        self.current = 3
        raise KeyboardInterrupt

    monkeypatch.setattr(supervising._Batch, "_follow", interrupted)
    result = run_kind("tests.fuzz.planted:REFUSAL", 0, 9, SHORT)
    assert result.interrupted and result.cases == 3 and result.findings == []


@posix
def test_a_kind_that_cannot_make_cases_is_no_finding():
    with pytest.raises(SystemExit, match="cannot be made"):
        run_kind("tests.fuzz.planted:NOTHING", 0, 1, SHORT)


def test_a_finding_is_kept_with_what_is_needed_to_see_it_again(tmp_path):
    kind = planted.always(["fault"], files={"x/y.bin": b"\0"})
    case = case_of(kind, None, 5, 7)
    folder = write(judge(kind, case, 5, 7), case, tmp_path)
    text = (folder / "finding.txt").read_text()
    assert text.startswith("python -m tools.fuzz planted --seed 5 --case 7\n")
    assert "in fault" in text and "planted" in text
    assert (folder / "steps.txt").read_text() == "['fault']\n"
    assert (folder / "input" / "x" / "y.bin").read_bytes() == b"\0"


@posix
def test_the_command_says_what_it_found_and_how_to_see_it_again(tmp_path, capsys):
    name = "tests.fuzz.planted:FAULT"
    assert command.main([name, "--count", "2", "--out", str(tmp_path)]) == 1
    out = capsys.readouterr().out
    assert "2 cases" in out and "2 findings of 1 cause" in out and "--case 0" in out
    assert command.main([name, "--case", "1", "--out", str(tmp_path)]) == 1
    assert "in fault" in capsys.readouterr().out
    assert command.main(["tests.fuzz.planted:REFUSAL", "--seconds", "1", "--count", "3"]) == 0

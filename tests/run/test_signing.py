"""Signatures of records: made with the user's key alone."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from mycaffe_py.run.signing import is_signed, signature

VARIABLE = "LOCALAPPDATA" if os.name == "nt" else "XDG_STATE_HOME"


@pytest.fixture
def state(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path / "state"))
    return tmp_path / "state" / "mycaffe-py" / "run-key"


def test_a_signature_is_of_its_values_alone(state):
    made = signature("/runs/a", ["x.py", "y"])
    assert is_signed(made, "/runs/a", ["x.py", "y"])
    for others in (("/runs/b", ["x.py", "y"]), ("/runs/a", ["x.py"]), ("/runs/a", "x.py", "y"), ()):
        assert not is_signed(made, *others)


@pytest.mark.parametrize("given", [None, 1, "", "a" * 64, "\u00e9", ["a"]])
def test_what_is_no_signature(state, given):
    signature("a")
    assert not is_signed(given, "a")


def test_the_key_is_made_once_and_is_the_users_own(state):
    first = signature("a")
    assert len(state.read_bytes()) == 32 and signature("a") == first
    if os.name != "nt":
        assert stat.S_IMODE(state.stat().st_mode) == 0o600


def test_another_users_key(state):
    made = signature("a")
    state.write_bytes(bytes(32))
    assert not is_signed(made, "a")


def test_without_a_key_nothing_is_signed(state):
    assert not is_signed("0" * 64, "a")
    assert not state.exists()  # asking makes none
    state.parent.parent.write_text("no folder")
    assert signature("a") is None


def test_a_damaged_key(state):
    state.parent.mkdir(parents=True)
    state.write_bytes(b"short")
    assert signature("a") is None and not is_signed("a", "a")


def test_without_a_home_folder(monkeypatch):
    monkeypatch.setenv(VARIABLE, "relative")

    def nowhere():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", nowhere)
    assert signature("a") is None and not is_signed("a", "a")


@pytest.mark.parametrize("links", [True, False])
def test_a_key_of_which_a_power_failure_left_nothing_is_made_anew(state, monkeypatch, links):
    if not links:

        def refuse(source, target):
            raise PermissionError

        monkeypatch.setattr(os, "link", refuse)
    state.parent.mkdir(parents=True)
    state.write_bytes(b"")
    made = signature("a")
    assert is_signed(made, "a") and signature("a") == made
    assert os.listdir(state.parent) == ["run-key"]


def test_the_key_of_a_faster_process_counts(state, monkeypatch):
    link = os.link

    def late(source, target):
        state.write_bytes(bytes(32))
        link(source, target)

    monkeypatch.setattr(os, "link", late)
    signature("a")
    assert state.read_bytes() == bytes(32) and os.listdir(state.parent) == ["run-key"]

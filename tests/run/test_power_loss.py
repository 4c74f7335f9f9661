"""A run whose power fails at any moment is continued as if nothing had happened, or begins anew and says so."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner

from mycaffe_py.cli.app import app
from mycaffe_py.run.summary import runs_in, summarize
from tests.small_model import MODEL

from . import power_loss

SOLVER = """\
net: "model.prototxt"
type: "AdamW"
base_lr: 0.01
lr_policy: "fixed"
momentum: 0.9
momentum2: 0.95
max_iter: 7
snapshot: 2
random_seed: 7
trainer {
  type: "RNN.SUPER_SIMPLE"
  blob_names { x: "x" tt: "tt" mask: "mask" target: "target" xhat: "xhat" }
  gym { type: "Curve" curve_param { curve: SIN } }
}
"""
TRAIN = ("train", "--solver", "solver.prototxt", "--device", "cpu", "-q")
KINDS = {
    "run folder": "",
    "elsewhere": 'snapshot_prefix: "snaps/s"',
    "HDF5": "snapshot_format: HDF5",
}


class Recorded:
    """A run without a failure, moment by moment, and the last and the best weights of the same run, made longer."""

    def __init__(self, folder: Path, more: str):
        self.work = folder / "work"
        """Where the run was, and where each state is built: run.json names snapshots elsewhere by their whole paths."""
        self.work.mkdir()
        (self.work / "model.prototxt").write_text(MODEL)
        (self.work / "solver.prototxt").write_text(SOLVER + more)
        command = [sys.executable, power_loss.__file__, self.work, folder / "moments", *TRAIN]
        subprocess.run(command, check=True, capture_output=True)
        self.moments = power_loss.load_moments(folder / "moments")
        self.promised = [announced(disk) for disk in power_loss.disks(self.moments)]
        shutil.rmtree(self.work / "runs")
        shutil.rmtree(self.work / "snaps", ignore_errors=True)
        self.last = {
            path.name: path.read_bytes()
            for path in continued(self.work).glob("*.*")
            if path.name.startswith(("last.", "best.caffemodel"))
        }

    def states(self, moments=None):
        """What the disk may hold, at each moment."""
        return power_loss.states(moments or self.moments, self.promised)

    def check(self, promised: int, state: power_loss.State) -> int:
        """Continue from a state for more updates, with the same result; return the update at which it began."""
        shutil.rmtree(self.work)
        self.work.mkdir()
        state.build(self.work)
        for run in runs_in(self.work / "runs"):
            summarize(run)
        new = continued(self.work, "--resume", "auto")
        if new is None:
            assert promised == 0
            return 0
        from_state = json.loads((new / "run.json").read_text())["resumed_from"]
        begun = int(re.search(r"_iter_(\d+)", from_state)[1])
        assert begun >= promised
        for name, content in self.last.items():
            assert (new / name).read_bytes() == content, name
        left = [*self.work.rglob("*.tmp"), *self.work.rglob("run.lock")]
        assert left == []
        return begun

    def replay(self, chosen) -> set[int]:
        """Continue from each of these states; return the updates at which they began."""
        begun = set()
        for number, how, promised, state in chosen:
            try:
                begun.add(self.check(promised, state))
            except Exception as error:
                raise AssertionError(f"moment {number}, {how}: {error}") from error
        return begun


def announced(moment: power_loss.Moment) -> int:
    """The update of the newest snapshot that run.json names, 0 if it names none."""
    names = {name: inode for each in moment.names.values() for name, inode in each.items()}
    text = moment.contents.get(names.get("run.json", 0), b"")
    entries = json.loads(text)["snapshots"] if text else []
    return entries[-1]["iteration"] if entries else 0


def continued(folder: Path, *more: str) -> Path | None:
    """Train on to update 9 and return the run folder; None if there is nothing to resume, which is said."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        result = CliRunner().invoke(app, [*TRAIN, "--iterations", "9", *more])
    if result.exit_code == 3:
        assert "nothing to resume for net" in result.stderr, result.stderr
        return None
    assert result.exit_code == 0, result.stderr
    return folder / result.stdout.strip()


@pytest.fixture(autouse=True)
def _sketches(sketches):
    """Nothing is painted."""


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    """Record a kind of run, once."""
    return cache(lambda kind: Recorded(tmp_path_factory.mktemp("recorded"), KINDS[kind]))


def test_some_states_are_continued(record):
    recorded = record("run folder")
    found = list(recorded.states())
    assert len(recorded.replay(found[7 :: len(found) // 6])) >= 3


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_every_state_is_continued(record, kind):
    recorded = record(kind)
    assert recorded.replay(recorded.states()) == {0, 2, 4, 6, 7}


@pytest.mark.slow
@pytest.mark.parametrize(("what", "shows"), [("folders", "lost"), ("states", "empty")])
def test_a_flush_that_is_missing_would_be_noticed(record, what, shows):
    """As if neither folders nor solver states were flushed once there is a snapshot."""
    recorded = record("run folder")
    moments = []
    for moment in recorded.moments:
        kept = moment.flushed
        if announced(moment):
            of_states = {
                inode
                for each in moment.names.values()
                for name, inode in each.items()
                if ".solverstate" in name
            }
            unflushed = moment.names if what == "folders" else of_states
            kept = [inode for inode in kept if inode not in unflushed]
        moments.append(replace(moment, flushed=kept))
    late = [each for each in recorded.states(moments) if each[1] == shows][-3:]
    with pytest.raises(AssertionError, match="moment"):
        recorded.replay(late)

"""Snapshots never replace what somebody else has written."""

from __future__ import annotations

import os

import h5py
import pytest

from mycaffe_py import get_solver
from mycaffe_py.errors import OutputError
from mycaffe_py.weights import save_snapshot
from mycaffe_py.written_files import limits
from tests.solving import ONE, SGD

MORE = "max_iter: 5 snapshot: 2 snapshot_prefix: 'mine/net' "


@pytest.fixture
def make(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()

    def build(more=""):
        return get_solver(f"{SGD} net_param {{ {ONE} }} {MORE} {more}")

    return build


@pytest.mark.posix
@pytest.mark.parametrize(
    "name", ["net_iter_2.caffemodel", "net_iter_4.solverstate", "net_iter_5.caffemodel"]
)
@pytest.mark.parametrize("kind", ["file", "link", "folder"])
def test_a_foreign_file_is_noticed_before_the_training(make, tmp_path, name, kind):
    path = tmp_path / "mine" / name
    if kind == "folder":
        path.mkdir()
    else:
        target = tmp_path / "precious" if kind == "link" else path
        target.write_bytes(b"\x0a\x04mine")
        if kind == "link":
            path.symlink_to(target)
    with pytest.raises(
        OutputError, match=rf"cannot write mine/{name}: it exists, and is no snapshot"
    ):
        make()
    assert kind == "folder" or path.read_bytes() == b"\x0a\x04mine"


@pytest.mark.parametrize(
    "name",
    [
        "net_iter_3.caffemodel",
        "net_iter_6.caffemodel",
        "net_iter_2.caffemodel.h5",
        "net2_iter_2.caffemodel",
    ],
)
def test_files_that_will_not_be_replaced_do_not_matter(make, tmp_path, name):
    (tmp_path / "mine" / name).write_bytes(b"\x0a\x04mine")
    make().solve()
    assert (tmp_path / "mine" / name).read_bytes() == b"\x0a\x04mine"


@pytest.mark.parametrize("more", ["", "snapshot_format: HDF5"])
def test_our_own_are_replaced_as_in_caffe(make, tmp_path, more):
    make(more).solve()
    first = {name: (tmp_path / "mine" / name).stat().st_ino for name in os.listdir("mine")}
    assert len(first) == 6
    (tmp_path / "mine" / min(first)).write_bytes(b"")
    make(more).solve()
    assert {name: (tmp_path / "mine" / name).stat().st_ino for name in os.listdir("mine")} != first
    assert (tmp_path / "mine" / min(first)).stat().st_size


@pytest.mark.parametrize("is_ours", [True, False])
def test_hdf5_snapshots_from_before_they_were_marked(make, tmp_path, is_ours):
    make("snapshot_format: HDF5").solve()
    for name in os.listdir("mine"):
        copy_hdf5(f"mine/{name}", leave_out=() if is_ours else ("mycaffe_state",))
    if is_ours:
        make("snapshot_format: HDF5").solve()
    else:
        with pytest.raises(OutputError, match=r"net_iter_2\.caffemodel\.h5: it exists"):
            make("snapshot_format: HDF5")


def copy_hdf5(path, leave_out):
    """Replace a file by a copy without the mark and some names."""
    with h5py.File(path, "r") as old, h5py.File(f"{path}.new", "w") as new:
        for name in old:
            if name not in leave_out:
                old.copy(name, new)
    os.replace(f"{path}.new", path)


def test_a_file_that_comes_during_the_training_is_not_replaced(make, tmp_path):
    solver = make()
    solver.step(1)
    (tmp_path / "mine" / "net_iter_2.solverstate").write_bytes(b"\x08\x02mine")
    with pytest.raises(OutputError, match=r"net_iter_2\.solverstate: it exists"):
        solver.step(1)
    assert (tmp_path / "mine" / "net_iter_2.solverstate").read_bytes() == b"\x08\x02mine"


@pytest.mark.posix
def test_in_a_command_a_link_does_not_lead_out(make, tmp_path):
    solver = make()
    there = tmp_path / "there"
    (tmp_path / "here" / "mine").mkdir(parents=True)
    os.chdir(tmp_path / "here")
    (tmp_path / "here" / "mine" / "net_iter_0.caffemodel").symlink_to(there)
    with (
        limits(),
        pytest.raises(OutputError, match="leads out of the current folder through a link"),
    ):
        save_snapshot(solver, "mine/net")
    assert not there.exists()
    save_snapshot(solver, "mine/net")
    assert there.exists()


def test_a_prefix_with_a_null_character(make, tmp_path):
    with pytest.raises(OutputError, match="cannot write snapshots to"):
        get_solver(
            f"{SGD} net_param {{ {ONE} }} max_iter: 2 snapshot: 1 snapshot_prefix: 'a\\000b'"
        )

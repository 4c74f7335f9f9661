"""An installation that is older than its sources is recognised, with what to type."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata

import pytest

from mycaffe_py.errors import PluginError
from mycaffe_py.plugins import unlisted

ENTRIES = sorted(
    entry.value
    for entry in metadata.distribution("mycaffe-py").entry_points
    if entry.group == "mycaffe"
)


def installation(folder, name, values):
    """Write the metadata of an installation, and return its folder."""
    info = folder / name
    info.mkdir(parents=True)
    text = "Metadata-Version: 2.1\nName: mycaffe-py\nVersion: 0.1\n"
    (info / ("METADATA" if name.endswith("dist-info") else "PKG-INFO")).write_text(text)
    lines = [f"{value.rpartition('.')[2]} = {value}" for value in values]
    (info / "entry_points.txt").write_text("\n".join(["[mycaffe]", *lines, ""]))
    return info


@pytest.fixture
def path_of(monkeypatch):
    """Replace the folders that are searched for installations."""

    def put(*folders):
        found = [
            one
            for folder in folders
            for one in metadata.distributions(name="mycaffe-py", path=[str(folder)])
        ]
        monkeypatch.setattr(unlisted, "_installations", lambda: iter(found))

    return put


def test_this_installation_lists_everything():
    unlisted.check_listed()
    unlisted.check_listed(ENTRIES)


def test_an_old_installation(tmp_path, path_of):
    old = [value for value in ENTRIES if not value.endswith((".lr_policies", ".observers"))]
    assert len(old) == len(ENTRIES) - 2
    installation(tmp_path, "mycaffe_py-0.1.dist-info", old)
    path_of(tmp_path)
    with pytest.raises(PluginError, match=r"older than its sources .*lr_policies, .*obs") as caught:
        unlisted.check_listed()
    assert caught.value.hint.startswith("install it again: pip install -e ")


def test_of_many_packages_three_are_named(tmp_path, path_of):
    installation(tmp_path, "mycaffe_py-0.1.dist-info", ENTRIES[:1])
    path_of(tmp_path)
    with pytest.raises(PluginError, match=rf"lacks {len(ENTRIES) - 1} packages .*, \.\.\.\)"):
        unlisted.check_listed()


def test_an_old_folder_that_hides_the_installation(tmp_path, path_of):
    stale = installation(tmp_path / "my checkout", "mycaffe_py.egg-info", ENTRIES[:5])
    installation(tmp_path / "site", "mycaffe_py-0.1.dist-info", ENTRIES)
    path_of(stale.parent, tmp_path / "site")
    with pytest.raises(PluginError) as caught:
        unlisted.check_listed()
    assert caught.value.hint.endswith(f"remove that: rm -r '{stale}'")


def test_an_old_folder_alone_is_no_reason_to_remove_it(tmp_path, path_of):
    installation(tmp_path, "mycaffe_py.egg-info", ENTRIES[:5])
    path_of(tmp_path)
    with pytest.raises(PluginError) as caught:
        unlisted.check_listed()
    assert "pip install -e " in caught.value.hint


def test_no_installation_at_all(path_of):
    path_of()
    with pytest.raises(PluginError, match="is not installed") as caught:
        unlisted.check_listed()
    assert caught.value.hint.startswith("install it: pip install -e ")


def test_sources_without_a_checkout(tmp_path, path_of, monkeypatch):
    home = tmp_path / "site" / "mycaffe_plugins"
    (home / "later").mkdir(parents=True)
    (home / "later" / "__init__.py").write_text("raise ImportError('it must not be imported')")
    monkeypatch.setattr(unlisted, "_home", lambda: home)
    installation(tmp_path / "site", "mycaffe_py-0.1.dist-info", ENTRIES)
    path_of(tmp_path / "site")
    with pytest.raises(PluginError, match=r"mycaffe_plugins\.later") as caught:
        unlisted.check_listed()
    assert caught.value.hint.endswith("pip install --force-reinstall mycaffe-py")


def test_an_installation_that_does_not_know_the_package(monkeypatch):
    monkeypatch.setattr(unlisted.util, "find_spec", lambda name: None)
    assert (unlisted._home() / "common" / "__init__.py").is_file()


@pytest.mark.parametrize("call", [("layers", "CFC"), ("plots",)])
def test_every_verb_tells(tmp_path, call):
    info = installation(tmp_path, "mycaffe_py.egg-info", [])
    command = [sys.executable, "-c", "from mycaffe_py.cli import main; main()", *call]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2
    assert "error[E120]" in done.stderr and f"rm -r {info}" in done.stderr, done.stderr

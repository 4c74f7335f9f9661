"""Names of projects: what is allowed, and that they stay below their folder."""

from __future__ import annotations

import os

import pytest

from mycaffe_py.errors import ConfigError
from mycaffe_py.projects import check_name
from mycaffe_py.projects.names import check_free


@pytest.mark.parametrize(
    "name",
    ["LiquidNN", "a", "7", "Sine wave 2", "my-net_v1.2", "Größe", "波", "сеть", "हिन्दी", "x" * 100, "_a", "console"],
)  # fmt: skip
def test_allowed(name):
    check_name(name)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "needs a name"),
        ("   ", "needs a name"),
        ("x" * 101, "too long"),
        ("波" * 90, "too long"),
        (".hidden", "begin with a dot"),
        ("..", "begin with a dot"),
        ("-rf", "begin with a hyphen"),
        (" a", "begin with a space"),
        ("a ", "end with a space"),
        ("a.", "end with a dot"),
        ("../x", 'not "/"'),
        ("a/b", 'not "/"'),
        ("a\\b", 'not "\\"'),
        ("C:", 'not ":"'),
        ("a\0b", "U+0000"),
        ("a\nb", "U+000A"),
        ("a\u202eb", "U+202E"),
        ("<script>", 'not "<"'),
        ("a*", 'not "*"'),
        ("CON", "Windows"),
        ("nul.txt", "Windows"),
        ("lpt9", "Windows"),
    ],
)
def test_refused(name, words):
    with pytest.raises(ConfigError) as caught:
        check_name(name)
    assert words in caught.value.message and caught.value.field == "name"


@pytest.mark.parametrize("name", ["../x", "/etc", "a/../../x", ".."])
def test_a_name_never_leads_out_of_the_folder(tmp_path, name):
    with pytest.raises(ConfigError) as caught:
        check_free(tmp_path, name)
    assert caught.value.field == "name"


def test_a_name_that_is_taken(tmp_path):
    (tmp_path / "LiquidNN").mkdir()
    (tmp_path / "file").write_text("")
    os.symlink("nowhere", tmp_path / "link")
    for name, words in (
        ("LiquidNN", "There is a folder LiquidNN already."),
        ("file", "There is a file file already."),
        ("link", "There is a file link already."),
    ):
        with pytest.raises(ConfigError, match=words):
            check_free(tmp_path, name)
    check_free(tmp_path, "free")
    check_free(tmp_path / "not there yet", "free")

"""glog's flags and environment variables: how they are written, and what they decide."""

from __future__ import annotations

import pytest

from mycaffe_py.cli.glog_flags import ERROR, FATAL, INFO, WARNING, GlogRules, split_glog
from mycaffe_py.errors import ConfigError


def rules_of(*arguments, **environ):
    """Return the rules, and the arguments that are left behind the verb."""
    rest, rules = split_glog(["train", *arguments], environ)
    assert rest[0] == "train"
    return rules, rest[1:]


@pytest.mark.parametrize(
    "arguments",
    [
        ("-log_dir=logs",),
        ("--log_dir=logs",),
        ("-log_dir", "logs"),
        ("--log_dir", "logs"),
    ],
)
def test_a_flag_in_each_spelling(arguments):
    rules, rest = rules_of("-solver", "s", *arguments, "-gpu=0")
    assert rules.log_dir == "logs" and rest == ["-solver", "s", "-gpu=0"]


def test_switches():
    for on in ("-logtostderr", "--logtostderr", "-logtostderr=true", "--logtostderr=1"):
        assert rules_of(on)[0].logtostderr, on
    for off in ("-noalsologtostderr", "--noalsologtostderr", "-alsologtostderr=false"):
        rules, rest = rules_of(off)
        assert not rules.alsologtostderr and not rules.plain and rest == [], off
    assert rules_of("-logtostderr", "word")[1] == ["word"]  # gflags takes no next word for these
    assert rules_of("-nologtostderr", "-logtostderr")[0].logtostderr  # the last one counts


def test_without_flags_nothing_changes():
    rules, rest = rules_of("-solver=s", "-v")
    assert rules == GlogRules() and rest == ["-solver=s", "-v"]
    assert rules.shows(INFO) and not rules.writes(INFO) and not rules.plain


def test_other_verbs_and_what_follows_two_dashes_are_left_alone():
    assert split_glog(["check", "-logtostderr"], {"GLOG_log_dir": "x"}) == (
        ["check", "-logtostderr"],
        GlogRules(),
    )
    assert split_glog([], {}) == ([], GlogRules())
    assert split_glog(["check", "a", "-log_dir"], {})[0] == ["check", "a", "-log_dir"]
    # Other tools have this one, for another folder: a hint says which.
    assert rules_of("--log-dir=x") == (GlogRules(), ["--log-dir=x"])
    assert rules_of("--", "-log_dir=x") == (GlogRules(), ["--", "-log_dir=x"])


@pytest.mark.parametrize("verb", ["device_query", "convert_imageset", "upgrade_net_proto_text"])
def test_tools_under_caffes_names(verb):
    rest, rules = split_glog(["-logtostderr", verb, "a"], {})
    assert rest == [verb, "a"] and rules.logtostderr


def test_v_is_glogs_with_a_number_only():
    for arguments in (["-v=1"], ["--v=2"], ["-v", "1"], ["--v", "1"], ["-vmodule=net=1"]):
        assert rules_of(*arguments) == (GlogRules(), []), arguments
    assert rules_of("-v", "--solver", "s")[1] == ["-v", "--solver", "s"]


@pytest.mark.parametrize(
    ("flag", "hint"),
    [
        ("-minloglevel=high", "severities: 0 INFO"),
        ("-logtostderr=perhaps", "write -logtostderr or -nologtostderr"),
        ("-log_dir=", "write -log_dir=FOLDER"),
        ("-log_dir", "write -log_dir=FOLDER"),
    ],
)
def test_values_that_a_flag_does_not_take(flag, hint):
    with pytest.raises(ConfigError) as caught:
        rules_of(flag)
    assert hint in caught.value.hint


def test_environment():
    assert rules_of(GLOG_logtostderr="1")[0].plain
    for text, on in (
        ("1", True),
        ("", True),
        ("Yes", True),
        ("true", True),
        ("0", False),
        ("no", False),
    ):
        assert rules_of(GLOG_logtostderr=text)[0].logtostderr is on, text
    assert rules_of(GLOG_minloglevel="2")[0].minloglevel == 2
    assert rules_of(GLOG_minloglevel="high")[0].minloglevel == 0  # as atoi
    assert rules_of(GLOG_log_dir="a")[0].log_dir == rules_of(GOOGLE_LOG_DIR="a")[0].log_dir == "a"
    assert rules_of("-log_dir=b", GLOG_log_dir="a", GOOGLE_LOG_DIR="c")[0].log_dir == "b"
    assert rules_of("-nologtostderr", GLOG_logtostderr="1")[0] == GlogRules()


@pytest.mark.parametrize(
    ("flags", "shown", "written"),
    [
        ([], "IWEF", ""),
        (["-log_dir=x"], "IWEF", "IWEF"),
        (["-log_dir=x", "-logtostderr"], "IWEF", ""),
        (["-log_dir=x", "-noalsologtostderr"], "EF", "IWEF"),
        (["-log_dir=x", "-noalsologtostderr", "-stderrthreshold=1"], "WEF", "IWEF"),
        (["-log_dir=x", "-minloglevel=1"], "WEF", "WEF"),
        (["-minloglevel=9", "-log_dir=x"], "F", "F"),  # what ends the program is always told
        (["-noalsologtostderr", "-stderrthreshold=0"], "IWEF", ""),
    ],
)
def test_what_goes_where(flags, shown, written):
    rules = rules_of(*flags)[0]
    letters = dict(zip("IWEF", (INFO, WARNING, ERROR, FATAL), strict=True))
    assert "".join(letter for letter, level in letters.items() if rules.shows(level)) == shown
    assert "".join(letter for letter, level in letters.items() if rules.writes(level)) == written

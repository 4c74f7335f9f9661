"""Requirements of extras, compared with packaging, which pytest brings along."""

from __future__ import annotations

import pytest
from packaging.markers import Marker, default_environment
from packaging.specifiers import SpecifierSet

from mycaffe_py.cli import requirements
from mycaffe_py.cli.markers import release
from mycaffe_py.cli.requirements import Requirement, lacking

MARKERS = (
    'extra == "caffe"',
    "extra == 'Caffe'",
    'python_version < "3.11" and extra == "caffe"',
    'python_version >= "3.10" and extra == "caffe"',
    '(sys_platform == "win32" or os_name == "posix") and extra == "caffe"',
    'sys_platform == "win32" or os_name == "posix" and extra == "other"',
    'platform_system in "Linux Darwin Windows" and extra == "caffe"',
    'platform_system not in "Linux Darwin Windows" and extra == "caffe"',
    'python_full_version >= "3.9.7"',
    'implementation_name != "pypy"',
    'python_version ~= "3.10"',
    "'3.99' > python_version",
)


@pytest.mark.parametrize("extra", ["", "caffe"])
@pytest.mark.parametrize("marker", MARKERS)
def test_markers(marker, extra):
    expected = Marker(marker).evaluate({**default_environment(), "extra": extra})
    assert Requirement.parse(f"name; {marker}").applies(extra) == expected


@pytest.mark.parametrize("version", ["1.4.1", "2.0", "2.1", "2.1.0", "2.1.3", "2.10", "3.0.1"])
@pytest.mark.parametrize(
    "wanted",
    [">=2.1", ">=2.1,<3", "<2.1", "==2.1", "==2.1.*", "!=2.1", "!=2.*", "~=2.1", "~=2.1.0", ">2", "<=2.10", ""],
)  # fmt: skip
def test_versions(wanted, version):
    parsed = Requirement.parse(f"name{wanted}; extra == 'x'")
    assert parsed.allows(version) == SpecifierSet(wanted).contains(version)
    assert set(parsed.wanted.split(",")) == set(wanted.split(","))


def test_forms():
    parsed = Requirement.parse('Some.Name-x [one, two] (>=1,<2) ; extra == "e"')
    assert (parsed.name, parsed.extras) == ("Some.Name-x", ("one", "two"))
    assert parsed.comparisons == ((">=", "1"), ("<", "2"))
    assert Requirement.parse("name @ https://example.org/a.whl ; extra == 'e'").name == "name"
    assert Requirement.parse("!?") is None
    assert release("2.1.0rc1") == (2, 1) and release("odd") == ()


METADATA = {
    "own": [
        "base>=1",
        'lmdb>=2.1; extra == "lmdb"',
        'pillow; extra == "image"',
        'own[lmdb,image]; extra == "all"',
        'own[ring]; extra == "ring"',
        'other[more]>=1; extra == "other"',
        'gone; extra == "old" and python_version < "3"',
    ],
    "other": ['deep; extra == "more"', 'never; extra == "less"'],
}


@pytest.fixture
def found(monkeypatch):
    monkeypatch.setattr(requirements.metadata, "requires", METADATA.get)

    def check(extra, **installed):
        return list(lacking("own", extra, installed.get))

    return check


def test_an_extra_of_extras_needs_all_their_packages(found):
    assert found("all") == [("lmdb", ""), ("pillow", "")]
    assert found("all", lmdb="2.1") == [("pillow", "")]
    assert found("all", lmdb="2.1", pillow="11") == []
    assert found("ring") == []


def test_an_older_version_is_not_the_one_needed(found):
    assert found("all", lmdb="1.4.1", pillow="11") == [
        ("lmdb", "1.4.1 is installed, >=2.1 is needed")
    ]


def test_extras_of_other_packages_are_followed(found):
    assert found("other") == [("other", "")]
    assert found("other", other="1") == [("deep", "")]
    assert found("other", other="1", deep="1") == []


def test_what_is_not_for_this_environment_is_not_missing(found):
    assert found("old") == [] == found("unknown")

"""Label maps: recognised, and checked for classes that are there twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from mycaffe_py.builder.checking import check_files
from mycaffe_py.cli.app import app

PUBLISHED = Path(__file__).parents[1] / "forms" / "others" / "labelmap.prototxt"


def test_a_label_map_is_named_with_its_number_of_labels():
    result = CliRunner().invoke(app, ["check", str(PUBLISHED)])
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines() == [f"ok {PUBLISHED}", "  label map: 3 labels"]


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ('item { name: "a" label: 1 }\nitem { name: "b" label: 1 }', ":2:25", '"a" has it'),
        ('item { name: "a" label: 1 }\nitem { name: "a" label: 2 }', ":2:14", '"a" is there twice'),
        ('item { name: "a" label: 1 }\nitem { name: "b" }', ":2:", "no label"),
        ("item { label: 1 }", ":1:", "no name"),
        ('item { name: "a" lable: 1 }', ":1:18", 'did you mean "label"?'),
        ('item { name: "a" label: one }', ":1:25", "label"),
    ],
)
def test_mistakes(tmp_path, registry, text, place, message):
    path = tmp_path / "labelmap.prototxt"
    path.write_text(text)
    found = check_files([path], registry)
    assert found and place in found[0].render() and message in found[0].render()


def test_a_net_with_an_item_is_a_net(tmp_path, registry):
    path = tmp_path / "net.prototxt"
    path.write_text('name: "x"\nitem { name: "a" label: 1 }')
    assert "label map, which is no net" in check_files([path], registry)[0].render()

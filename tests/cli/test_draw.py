from __future__ import annotations

import pytest

from ..drawing.nets import KNOWN, LENET


@pytest.fixture
def models(tmp_path):
    (tmp_path / "known.prototxt").write_text(KNOWN)
    (tmp_path / "lenet.prototxt").write_text(LENET.replace('"Accuracy"', '"NoSuchType"'))


def test_a_shipped_model(mycaffe, tmp_path):
    result = mycaffe("draw", "LiquidNetCfc.prototxt")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "LiquidNetCfc.svg\n", "")
    assert ">1 x 82 x 1<" in (tmp_path / "LiquidNetCfc.svg").read_text(encoding="utf-8")


def test_caffes_options(mycaffe, models, tmp_path, painted):
    result = mycaffe(
        "draw", "known.prototxt", "x.png", "-rankdir", "tb", "-phase", "TRAIN", "--display_lrm"
    )
    assert (result.exit_code, result.stdout) == (0, "x.png\n"), result.stderr
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")


def test_a_net_that_cannot_be_built_is_drawn_all_the_same(mycaffe, models, tmp_path):
    result = mycaffe("draw", "lenet.prototxt", "--phase", "TRAIN")
    assert result.exit_code == 0
    assert (
        "some shapes are missing" in result.stderr
        and "mycaffe check lenet.prototxt" in result.stderr
    )
    text = (tmp_path / "lenet.svg").read_text(encoding="utf-8")
    assert ">Batch 64<" in text and "accuracy" not in text
    assert (
        "accuracy" in (mycaffe("draw", "lenet.prototxt"), (tmp_path / "lenet-2.svg").read_text())[1]
    )


def test_layers_of_the_other_phase_are_not_missed(mycaffe, tmp_path):
    (tmp_path / "n.prototxt").write_text(
        KNOWN
        + 'layer { name: "z" type: "NoSuchType" bottom: "x" top: "z" include { phase: TEST } }'
    )
    assert mycaffe("draw", "n.prototxt", "--phase", "TRAIN").stderr == ""
    assert "missing" in mycaffe("draw", "n.prototxt", "--phase", "TEST").stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 2, "MODEL"),
        (("gone.prototxt",), 3, "gone.prototxt"),
        (("known.prototxt", "x.gif"), 2, 'cannot be drawn as "gif"'),
        (("known.prototxt", "x"), 2, "must say the format"),
        (("known.prototxt", "--rankdir", "UP"), 2, "UP"),
        (("bad.prototxt",), 2, "bad.prototxt:1:9"),
        (("known.prototxt", "known.prototxt/x.svg"), 2, "known.prototxt"),
    ],
)
def test_mistakes(mycaffe, models, tmp_path, arguments, code, words):
    (tmp_path / "bad.prototxt").write_text("layer { nmae: 3 }")
    result = mycaffe("draw", *arguments)
    assert result.exit_code == code, result.stderr
    assert words in result.stderr and result.stdout == ""


def test_a_plugins_layer(mycaffe, tmp_path, data_net):
    result = mycaffe("draw", "line.prototxt", "--plugin", "counting.py")
    assert (result.exit_code, result.stderr) == (0, "")
    assert ">4 x 1<" in (tmp_path / "line.svg").read_text(encoding="utf-8")

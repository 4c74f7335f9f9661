"""``mycaffe check`` and ``draw`` on Faster R-CNN's files, whose Python layers are users' modules."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from mycaffe_plugins.forks.rcnn import LAYERS

from mycaffe_py.cli.app import app

from . import zf_nets

NETS = {
    "test": (zf_nets.deploy_net(part=32, regions=zf_nets.python_proposal()), 1),
    "train": (zf_nets.end_to_end_net(part=32), 4),
}


@pytest.fixture
def mycaffe(monkeypatch, tmp_path, sketches):
    monkeypatch.chdir(tmp_path)

    def run(name, *arguments, change=lambda text: text):
        (tmp_path / "net.prototxt").write_text(change(NETS[name][0]))
        return CliRunner().invoke(app, arguments)

    return run


@pytest.mark.parametrize("name", NETS)
def test_nets_with_layers_that_may_not_run(mycaffe, name):
    """What does not need them is checked; they and what follows are said not to be known, and nothing is wrong."""
    result = mycaffe(name, "check", "net.prototxt")
    assert result.exit_code == 0 and "error" not in result.output
    assert f"{NETS[name][1]} of them not built" in result.output
    assert (
        "roi_pool_conv5 (ROIPooling): conv5 rois -> roi_pool_conv5  shape not known"
        in result.output
    )
    if name == "test":
        assert "rpn_cls_prob_reshape -> rpn_cls_prob_reshape(1,18,15,15)" not in result.output
        assert "rpn_cls_prob -> rpn_cls_prob_reshape(1,18,15,15)" in result.output
    result = mycaffe(name, "draw", "net.prototxt", "net.svg")
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    ("name", "right", "wrong", "message"),
    [
        ("test", "pooled_w: 6", "pooled_width: 6", 'unknown field "pooled_width"'),
        ("test", '"ROIPooling"', '"ROIPoolinx"', 'unknown layer type "ROIPoolinx"'),
        ("train", 'bottom: "rpn_bbox_targets"', 'bottom: "rpn_bbox_target"', '"rpn_bbox_target"'),
        ("train", "sigma: 3.0", "sigma: three", "sigma"),
    ],
)
def test_mistakes_after_such_layers_are_found(mycaffe, name, right, wrong, message):
    result = mycaffe(name, "check", "net.prototxt", change=lambda text: text.replace(right, wrong))
    assert result.exit_code == 2 and message in result.output
    assert result.output.count("error[") == 1


@pytest.mark.parametrize("net", [zf_nets.fast_net, zf_nets.deploy_net])
def test_nets_are_drawn_and_timed(mycaffe, net):
    """``time`` fills inputs with random numbers, regions too."""
    text = net(image=(64, 80), part=32)
    for arguments in (
        ("draw", "net.prototxt", "net.svg"),
        ("time", "--model", "net.prototxt", "--iterations", "1"),
    ):
        result = mycaffe("test", *arguments, change=lambda _: text)
        assert result.exit_code == 0, result.output


def test_layers_name_their_forks():
    assert {cls.type: cls.fork for cls in LAYERS if not cls.fork} == {}

"""Checks that torch's sides compute what ours do, by pytest; the test suite itself does without torch.

python -m pytest -n0 benchmarks/check_torch_sides.py
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from mycaffe_plugins.benchmark.image_nets import INPUTS, NetSide
from mycaffe_plugins.benchmark.rows import peer
from mycaffe_plugins.benchmark.sequence_layers import lstm_side, ltc_side
from mycaffe_plugins.benchmark.sides import difference
from mycaffe_plugins.benchmark.tutorial import Sizes, TutorialSide
from mycaffe_plugins.benchmark.xor_nets import XOR_NETS, XorSide, build_solver

from mycaffe_py.net import Net

sys.path.insert(0, str(Path(__file__).parent))
from resnet50 import module, prototxt  # noqa: E402

LOOSE = {"Siamese": 1e-3}  # Caffe adds 1e-4 to the distances that divide its gradient


def check(ours, module, name, tolerance=1e-4):
    found = ours.results()
    theirs = peer(module, name)(ours)
    assert difference(found, theirs.results()) < tolerance
    theirs.step()
    ours.close()


@pytest.mark.parametrize("mask", [True, False])
@pytest.mark.parametrize("update", [True, False])
def test_cfc(mask, update):
    sizes = Sizes(3, steps=6, hidden=5, units=4, with_mask=mask)
    check(TutorialSide(sizes, update), "torch_tutorial", "TorchTutorialSide")


def test_steps_go_on_alike():
    """After some updates, the losses are still the same."""
    ours = TutorialSide(Sizes(2, steps=6, hidden=5, units=4))
    theirs = peer("torch_tutorial", "TorchTutorialSide")(ours)
    for _ in range(5):
        ours.step()
        theirs.step()
    assert difference(ours.results(), theirs.results()) < 1e-3


def test_ltc():
    check(ltc_side(3, 4, 5), "torch_sequences", "TorchLtc")


def test_lstm():
    check(lstm_side(3, 4, 5), "torch_sequences", "TorchLstm")


@pytest.mark.parametrize("name", INPUTS)
def test_image_nets(name):
    check(NetSide(name), "torch_images", "TorchNet", LOOSE.get(name, 1e-4))


@pytest.mark.parametrize("net", XOR_NETS, ids=lambda net: net.file)
def test_xor(net):
    small = replace(net, batch=6, hidden=min(net.hidden, 64))
    check(XorSide(build_solver(small)), "torch_xor", "TorchXorSide", 1e-3)


def test_both_forms_of_resnet_50_have_as_many_weights():
    stages = ((2, 2, 1), (1, 3, 2))
    net, peer_module = Net(prototxt(1, 33, 5, stages)), module(5, stages)
    ours = sum(b.count for layer in net.layers for b in layer.blobs if layer.type != "BatchNorm")
    assert ours == sum(p.numel() for p in peer_module.parameters())
    assert isinstance(peer_module(torch.zeros(1, 3, 33, 33).add(1), torch.zeros(1)).item(), float)

"""Layers whose numbers are right, but which treat diffs in another way than Caffe asks for."""

from __future__ import annotations

import pytest

from mycaffe_py.plugins import load_registry
from mycaffe_py.testing import plugin_gradients

PLUGIN = """
from mycaffe_py import Layer, hookimpl

class Scaled(Layer):
    exact_num_bottom_blobs = exact_num_top_blobs = 1
    def setup(self, bottom, top):
        self.add_blob(bottom[0].shape[1:], name="w")
    def reshape(self, bottom, top):
        top[0].reshape_like(bottom[0])
    def forward(self, bottom, top):
        top[0].data[...] = bottom[0].data * self.blobs[0].data
    def backward(self, top, propagate_down, bottom):
        self.learn((top[0].diff * bottom[0].data).sum(axis=0))
        self.pass_on(top[0].diff * self.blobs[0].data, propagate_down[0], bottom[0].diff)
    def learn(self, gradient):
        self.blobs[0].diff[...] += gradient
    def pass_on(self, gradient, wanted, diff):
        if wanted:
            diff[...] = gradient

class Right(Scaled):
    type = "Right"

class Replacing(Scaled):
    type = "Replacing"
    def learn(self, gradient):
        self.blobs[0].diff[...] = gradient

class Averaging(Scaled):
    type = "Averaging"
    def learn(self, gradient):
        diff = self.blobs[0].diff
        diff[...] = gradient if not diff.any() else (diff + gradient) / 2

class Adding(Scaled):
    type = "Adding"
    def pass_on(self, gradient, wanted, diff):
        if wanted:
            diff[...] += gradient

class Insistent(Scaled):
    type = "Insistent"
    def pass_on(self, gradient, wanted, diff):
        diff[...] = gradient

@hookimpl
def mycaffe_layers():
    return [Right, Replacing, Averaging, Adding, Insistent]
"""
ADDS = 'backward must add to the diff of parameter "w", but replaces what is there'


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    path = tmp_path_factory.mktemp("plugin") / "contract.py"
    path.write_text(PLUGIN)
    registry = load_registry([str(path)])
    return {one.type: one for one in plugin_gradients(registry, "contract")}


@pytest.mark.parametrize(
    ("kind", "result", "note"),
    [
        ("Right", "ok", ""),
        ("Replacing", "wrong", ADDS),
        ("Averaging", "wrong", ADDS),
        (
            "Insistent",
            "wrong",
            'backward must not touch bottom "bottom0" if its propagate_down is False',
        ),
    ],
)
def test_what_backward_does_with_diffs(found, kind, result, note):
    assert (found[kind].result, found[kind].note) == (result, note)


def test_a_bottom_that_is_added_to(found):
    assert found["Adding"].result == "wrong" and 'bottom "bottom0"' in found["Adding"].note

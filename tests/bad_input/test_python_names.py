"""Wrong names in Python: the message has the name that is meant, and nothing is replaced without a word."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import mycaffe_py as mycaffe
from mycaffe_py.errors import ConfigError, UnknownNameError
from mycaffe_py.testing import check_layer

PLAIN = """
layer { name: "in" type: "Input" top: "x" input_param { shape { dim: [4, 3] } } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "out" inner_product_param { num_output: 1 } }
"""


@pytest.fixture
def net():
    return mycaffe.Net(PLAIN, mycaffe.TEST)


def test_a_blob_that_is_not_there(net):
    with pytest.raises(UnknownNameError, match="no blob 'X'.*did you mean \"x\""):
        net.blobs["X"]
    with pytest.raises(KeyError, match="there are: x, out"):
        net.blobs["zz"]
    with pytest.raises(ConfigError, match="no layer with weights 'ipp'"):
        net.params["ipp"]
    assert net.blobs.get("zz") is None and "zz" not in net.blobs


def test_an_entry_is_not_replaced(net):
    with pytest.raises(ConfigError, match=r'write net.blobs\["x"\].data\[...\] = array'):
        net.blobs["x"] = np.zeros((4, 3))
    with pytest.raises(ConfigError, match=r'write net.params\["ip"\]\[0\].data\[...\] = array'):
        net.params["ip"] = np.zeros((1, 3))
    assert net.blobs["x"].shape == (4, 3)


def test_the_entries_are_copied_as_a_plain_dict(net):
    names = {name: name for name in net.blobs}
    assert list(copy.copy(net.params)) == ["ip"] and type(copy.copy(net.params)) is dict
    assert pickle.loads(pickle.dumps(names)) == {"x": "x", "out": "out"}


@pytest.mark.parametrize("phase", ["test", "val", "eval", "TESTING"])
def test_a_phase_in_words(phase):
    with pytest.raises(ConfigError, match=r"write phase=mycaffe_py.TEST"):
        mycaffe.Net(PLAIN, phase)


@pytest.mark.parametrize("name", ["learning_rate", "base_lr"])
def test_a_rate_under_another_name(name):
    loss = 'layer { name: "l" type: "EuclideanLoss" bottom: "out" bottom: "y" top: "l" }'
    target = 'layer { name: "t" type: "Input" top: "y" input_param { shape { dim: [4, 1] } } }'
    solver = mycaffe.get_solver(model=PLAIN + target + loss, type="SGD", base_lr=0.5, max_iter=1)
    with pytest.raises(ConfigError, match=r"write solver.lr = 0.1"):
        setattr(solver, name, 0.1)
    solver.lr = 0.1
    assert solver.lr == 0.1


def test_a_layer_to_check_that_is_none():
    with pytest.raises(ConfigError, match="takes a layer's type or its prototxt text, not int"):
        check_layer(5)

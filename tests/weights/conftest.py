"""Small nets and solvers, and a trainer that feeds them from a generator."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.device import Device
from mycaffe_py.net import Net
from mycaffe_py.schema import load_net_text
from mycaffe_py.seeding import generator_state, named_generator, restore_generator
from mycaffe_py.trainer import Trainer
from mycaffe_py.weights import save_snapshot

FILLED = 'weight_filler { type: "gaussian" std: 0.3 } bias_filler { type: "constant" value: 0.1 }'
MODEL = f"""
name: "small"
layer {{ name: "data" type: "Input" top: "x" top: "target"
        input_param {{ shape {{ dim: 4 dim: 3 }} shape {{ dim: 4 dim: 2 }} }} }}
layer {{ name: "fc1" type: "InnerProduct" bottom: "x" top: "h"
        inner_product_param {{ num_output: 5 {FILLED} }} }}
layer {{ name: "drop" type: "Dropout" bottom: "h" top: "d" dropout_param {{ dropout_ratio: 0.3 }} }}
layer {{ name: "fc2" type: "InnerProduct" bottom: "d" top: "y"
        inner_product_param {{ num_output: 2 {FILLED} }} }}
layer {{ name: "fc3" type: "InnerProduct" bottom: "d" top: "z"
        inner_product_param {{ num_output: 2 {FILLED} }} }}
layer {{ name: "loss" type: "EuclideanLoss" bottom: "y" bottom: "target" top: "loss" }}
layer {{ name: "loss2" type: "EuclideanLoss" bottom: "z" bottom: "target" top: "loss2" }}
"""
SGD = 'type: "SGD" base_lr: 0.05 momentum: 0.9 lr_policy: "fixed" weight_decay: 0.001'
ADAMW = (
    'type: "AdamW" base_lr: 0.01 momentum: 0.9 momentum2: 0.95 lr_policy: "fixed" adamw_decay: 0.01'
)
MULTISTEP = (
    'type: "SGD" base_lr: 0.05 momentum: 0.9 lr_policy: "multistep" gamma: 0.5 '
    "stepvalue: 3 stepvalue: 7"
)


def with_noise(net, seed=7):
    net.parameters.data[...] = np.random.default_rng(seed).normal(size=net.parameters.data.size)
    return net


class FakeTrainer(Trainer):
    """Draws inputs from its own generator, and counts."""

    type = "FAKE"

    def __init__(self, solver, seed=5):
        super().__init__(solver, None, seed=seed)
        self.generator = named_generator(seed, "fake")
        self.seen = np.zeros(2, dtype=np.int64)
        self.last = np.full((1, 2), np.nan)
        self.waiting = np.zeros((0, 3))

    def prepare(self):
        blobs = self.solver.net.blobs
        blobs["x"].data[...] = self.generator.normal(size=blobs["x"].shape)
        blobs["target"].data[...] = self.generator.normal(size=blobs["target"].shape)
        self.seen += (1, 2)

    def state(self):
        gym = {"seen": self.seen, "last": self.last, "waiting": self.waiting, "best": np.inf}
        return {"generator": generator_state(self.generator), "gyms": [gym]}

    def load_state(self, state):
        restore_generator(self.generator, state["generator"])
        gym = state["gyms"][0]
        self.seen, self.last, self.waiting = gym["seen"], gym["last"], gym["waiting"]


@pytest.fixture
def make_net(registry):
    def make(text=MODEL, *, seed=1, dtype=np.float32, device=None):
        document = load_net_text(registry.schema, text)
        return Net(document, registry=registry, device=device or Device(seed=seed), dtype=dtype)

    return make


@pytest.fixture
def make_solver(registry, make_net):
    def make(settings=SGD, *, seed=1, dtype=np.float32, model=MODEL, trainer=True):
        param = registry.schema.parse_text(settings, "SolverParameter").message
        net = make_net(model, seed=seed, dtype=dtype)
        solver = registry.solvers.find(param.type)(param, net)
        if trainer:
            solver.trainer = FakeTrainer(solver, seed=seed)
        return solver

    return make


@pytest.fixture
def no_leftovers(tmp_path):
    """Fail if a temporary file stays behind."""
    yield
    assert [str(path) for path in tmp_path.rglob("*.tmp")] == []


def bits(solver):
    return [part.tobytes() for part in (solver.net.parameters.data, *solver.history)]


def caffe_pair(solver, registry, folder, learned_net=None):
    """Write what Caffe itself would write: no size in front, no entries."""
    weights, state = save_snapshot(solver, folder / "caffe")
    message = registry.schema.parse_binary(state.read_bytes(), "SolverState")
    del message.entry[:]
    message.learned_net = weights.name if learned_net is None else learned_net
    message.DiscardUnknownFields()
    state.write_bytes(message.SerializeToString())
    weights.write_bytes(weights.read_bytes()[10:])
    return weights, state

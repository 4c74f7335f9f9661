"""Solvers of one weight w, for the tests of the core: loss = (w a - b)^2 / 2, gradient a (w a - b)."""

from __future__ import annotations

from mycaffe_py.builder import build_training
from mycaffe_py.device import Device
from mycaffe_py.plugins import default_registry
from mycaffe_py.schema import load_solver_text

from .building import data, document, layer, make_net

ONE = (
    data((1, 1), (1, 1))
    + layer(
        "ip", "InnerProduct", "x0", "y", "inner_product_param { num_output: 1 bias_term: false }"
    )
    + layer("loss", "EuclideanLoss", "y x1", "loss")
)
SGD = 'type: "SGD" lr_policy: "fixed" base_lr: 0.1 '


def solver_document(text):
    return load_solver_text(default_registry().schema, text)


def make_solver(settings="", net=None, test_nets=(), start=SGD):
    param = solver_document(start + settings).message
    return default_registry().solvers.find(param.type)(param, net or make_net(ONE), test_nets)


def one(settings="", w=0.0, a=2.0, b=3.0, **options):
    solver = make_solver(settings, **options)
    set_data(solver, a, b)
    weight(solver)[...] = w
    return solver


def set_data(solver, a, b):
    solver.net.blobs["x0"].data[...], solver.net.blobs["x1"].data[...] = a, b


def weight(solver):
    return solver.net.params["ip"][0].data


def train(settings="", **options):
    """Build a training from text, with a model of its own."""
    options = {"model": document(ONE), "device": Device(), "dtype": "float64", "seed": 0} | options
    return build_training(solver=solver_document(SGD + settings), **options)


def record(solver):
    events = []
    solver.listeners.append(events.append)
    return events

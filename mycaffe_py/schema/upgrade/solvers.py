"""Upgrade of a solver's old fields, and of the nets inside it."""

from __future__ import annotations

from mycaffe_py.errors import Problem
from mycaffe_py.schema.prototxt.document import Document

from .nets import upgrade_part
from .parts import Part

_SOLVER_TYPES = {
    "SGD": "SGD",
    "NESTEROV": "Nesterov",
    "ADAGRAD": "AdaGrad",
    "RMSPROP": "RMSProp",
    "ADADELTA": "AdaDelta",
    "ADAM": "Adam",
}


def upgrade_solver(document: Document) -> list[Problem]:
    """Upgrade the solver of a document in place; return what cannot be upgraded."""
    solver = Part(document.message, document.nodes)
    problems = _upgrade_type(document)
    for name in ("net_param", "train_net_param"):
        if solver.has(name):
            problems += upgrade_part(document, solver.inner(name), (name,))
    for index in range(len(solver.message.test_net_param)):
        path = ("test_net_param", index)
        problems += upgrade_part(document, solver.inner("test_net_param", index), path)
    return problems


def _upgrade_type(document: Document) -> list[Problem]:
    """Turn ``solver_type: ADAM`` into ``type: "Adam"``."""
    solver, nodes = document.message, document.nodes
    if not solver.HasField("solver_type"):
        return []
    if solver.HasField("type"):
        message = 'both "type" and its old form "solver_type" are given'
        return [document.problem(("solver_type",), message, "remove solver_type")]
    field = solver.DESCRIPTOR.fields_by_name["solver_type"]
    old = field.enum_type.values_by_number[solver.solver_type].name
    solver.type = _SOLVER_TYPES[old]
    solver.ClearField("solver_type")
    if "solver_type" in nodes:
        nodes["type"] = nodes.pop("solver_type")
    document.upgrades.append("solver_type instead of type")
    return []

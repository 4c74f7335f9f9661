"""Defaults of MyCaffe that are not Caffe's, where a file that looks like one of MyCaffe's relies on them."""

from __future__ import annotations

import re

from mycaffe_py.errors import Problem
from mycaffe_py.schema.prototxt.document import Document
from mycaffe_py.wording import counted

_SIGNS = re.compile(r"^[^#\n]*\b(?:phase\s*:\s*RUN|enable_random_selection|color_order)\b", re.M)
_WEIGHTED = {
    "convolution": "convolution_param",
    "deconvolution": "convolution_param",
    "innerproduct": "inner_product_param",
    "lstm": "recurrent_param",
    "rnn": "recurrent_param",
}
_OF_SOLVER = {"weight_decay": ("0.0005", "0"), "rms_decay": ("0.95", "0.99")}
_LOOKS_LIKE = "this looks like a file of MyCaffe, "


def other_defaults(document: Document) -> list[Problem]:
    """Return what a file of MyCaffe leaves out and means otherwise there; nothing for other files.

    Of LRN without ``k`` and weights without ``weight_filler`` the first layer is named. Read from MyCaffe's sources.
    """
    if "MyCaffe" not in document.forks and not _SIGNS.search(document.text):
        return []
    if document.message.DESCRIPTOR.name == "SolverParameter":
        return _of_solver(document)
    return [*_of_layers(document)]


def _of_solver(document: Document) -> list[Problem]:
    solver, found = document.message, []
    for name, (there, here) in _OF_SOLVER.items():
        read = name != "rms_decay" or solver.type.lower() == "rmsprop"
        if read and not solver.HasField(name):
            message = f"{_LOOKS_LIKE}where {name} is {there} if it is not given; here it is {here}"
            found.append(document.problem((name,), message, f"write {name}: {there}"))
    return found


def _of_layers(document: Document) -> list[Problem]:
    norms, unfilled = [], []
    for index, layer in enumerate(document.message.layer):
        kind = layer.type.lower().replace("_", "")
        if kind == "lrn" and not layer.lrn_param.HasField("k"):
            norms.append(index)
        settings = _WEIGHTED.get(kind)
        if settings and not getattr(layer, settings).HasField("weight_filler"):
            unfilled.append(index)
    found = []
    if norms:
        message = (
            f"{_LOOKS_LIKE}where the k of LRN is 2 if it is not given; here it is 1{_more(norms)}"
        )
        found.append(document.problem(("layer", norms[0]), message, "write lrn_param { k: 2 }"))
    if unfilled:
        message = (
            f"{_LOOKS_LIKE}where weights without weight_filler start as with xavier; here they are "
            f"0{_more(unfilled)}"
        )
        hint = 'write weight_filler { type: "xavier" }, unless weights are loaded'
        found.append(document.problem(("layer", unfilled[0]), message, hint))
    return found


def _more(indices: list[int]) -> str:
    return f" (and {counted(len(indices) - 1, 'more layer')})" if len(indices) > 1 else ""

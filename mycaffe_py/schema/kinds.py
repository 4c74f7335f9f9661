"""Distinguishing model from solver files, and reporting when one is given for the other."""

from __future__ import annotations

import re

from mycaffe_py.errors import Problem, PrototxtError

from .prototxt.cursor import UNKNOWN_FIELD
from .prototxt.document import Document
from .prototxt.tokens import top_level_names
from .schema import Schema

_KINDS = {"NetParameter": ("model", "--model"), "SolverParameter": ("solver", "--solver")}


def parse_kind(schema: Schema, text: str, filename: str, wanted: str) -> Document:
    """Parse a text; a solver where a model is expected, or the reverse, is one problem instead of many."""
    try:
        return schema.parse_text(text, wanted, filename)
    except PrototxtError as error:
        found = kind_of_text(schema, text)
        unknown = [problem for problem in error.problems if problem.code == UNKNOWN_FIELD]
        if found in (None, wanted) or not unknown:
            raise
        (kind, flag), (wanted_kind, _) = _KINDS[found], _KINDS[wanted]
        message = f"this is a {kind} file, but a {wanted_kind} file is expected"
        hint = f"give it with {flag} ({kind}= in Python); the {wanted_kind} is another file"
        named = re.search(r'^[^\S\n]*(?:train_)?net\s*:\s*"([^"\n]+)"', text, re.M)
        if wanted == "NetParameter" and named:
            hint = f"give it with {flag} ({kind}= in Python); the model that it names is {named[1]}"
        place = unknown[0].location
        raise PrototxtError([Problem(message, place, hint, UNKNOWN_FIELD)]) from error


def kind_of_text(schema: Schema, text: str) -> str | None:
    """Return SolverParameter or NetParameter, judged by the top-level fields, or None if unclear."""
    names = top_level_names(text)
    solver, net = (
        set(schema.message_info(name).fields) for name in ("SolverParameter", "NetParameter")
    )
    score = sum((name in solver) - (name in net) for name in names)
    if not score:
        return None
    return "SolverParameter" if score > 0 else "NetParameter"

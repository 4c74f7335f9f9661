"""What to write instead of a verb that there is not; imported once one was given."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence

from mycaffe_py.errors import closest, did_you_mean
from mycaffe_py.foreign.verbs import nothing_to_do, skeleton_meant, verb_meant

from .stray_words import option_of

_BY_OPTION = {
    "--model": "mycaffe check {}",
    "--solver": "mycaffe train --solver {}",
    "--weights": "mycaffe test --weights {}",
    "--resume": "mycaffe train --resume {}",
}


def hint_for(arguments: Sequence[str], verbs: Sequence[str]) -> str:
    """Return what was meant by the first of the arguments, or which verbs there are."""
    name = arguments[0]
    named = [argument for argument in arguments[1:] if not argument.startswith("-")]
    if name.lower() == "help" and named[:1] and named[0] in verbs:
        return f"write: mycaffe {named[0]} --help"
    meant = verb_meant(name)
    if meant:
        if named:
            for place in ("FILE", "RUN", "NAME"):
                meant = meant.replace(place, shlex.quote(named[0]))
        return f"write: {meant}"
    if sentence := nothing_to_do(name):
        return sentence
    if os.path.exists(name) or name.endswith(".prototxt"):
        command = _BY_OPTION.get(option_of(name))
        if command:
            return f"write: {command.format(shlex.quote(name))}"
    return did_you_mean(name, verbs) or f"known: {', '.join(verbs)}"


def kind_hint(arguments: Sequence[str], kinds: Sequence[str]) -> str:
    """Return what was meant by ``mycaffe new`` with a word that is no kind: another kind, or a name without one."""
    name, rest = arguments[0], [shlex.quote(argument) for argument in arguments[1:]]
    meant = skeleton_meant(name) or name.lower().replace("_", "-")
    if meant not in kinds:
        meant = closest(name, kinds) or meant
    if meant in kinds:
        return f"write: {' '.join(['mycaffe new', meant, *(rest or ['MyName'])])}"
    if rest:
        kind = rest[0] if rest[0] in kinds else skeleton_meant(rest[0])
        if kind:
            return f"write: {' '.join(['mycaffe new', kind, shlex.quote(name), *rest[1:]])}"
        return f"known: {', '.join(kinds)}"
    return f"write: mycaffe new layer {shlex.quote(name)}, or another kind: {', '.join(kinds)}"

"""The state of a plugin's object as attributes: what ``load_state`` does where a class does not define it."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import numpy as np

from mycaffe_py.seeding import restore_generator


def set_attributes(owner: Any, state: Mapping[str, Any]) -> None:
    """Set the attributes that ``state`` names; TypeError if the object has no such attribute.

    For a random generator, the value is the state of its bit generator.
    """
    for name in state:
        if not hasattr(owner, name):
            raise TypeError(
                f'{owner.kind} {owner.type}: state() returns "{name}", but there is no such attribute; '
                "define load_state() as well"
            )
    for name, value in state.items():
        if isinstance(getattr(owner, name), np.random.Generator):
            restore_generator(getattr(owner, name), value)
        else:
            setattr(owner, name, deepcopy(value))

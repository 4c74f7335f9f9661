"""Versions and environment markers of requirements: as much of PEP 440 and PEP 508 as our extras need."""

from __future__ import annotations

import operator
import os
import platform
import re
import sys
from collections.abc import Callable
from typing import Any

_TOKEN = re.compile(r"""\s*(\(|\)|'[^']*'|"[^"]*"|~=|===?|!=|<=|>=|<|>|[\w.]+)""")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le,
    ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def folded(name: str) -> str:
    """Return the name under which distributions and extras are compared."""
    return re.sub(r"[-_.]+", "-", name).lower()


def release(version: str) -> tuple[int, ...]:
    """Return the numbers of a version without its trailing zeros: (2, 1) for 2.1.0rc1."""
    match = re.match(r"v?(?:\d+!)?(\d+(?:\.\d+)*)", version.strip())
    numbers = [int(part) for part in match[1].split(".")] if match else []
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def satisfies(version: str, sign: str, wanted: str) -> bool:
    """Whether a version satisfies a comparison such as ``>=`` ``2.1``."""
    if sign == "===":
        return version == wanted
    if wanted.endswith(".*"):
        prefix = wanted[:-2].split(".")
        same = (version.split(".") + ["0"] * len(prefix))[: len(prefix)] == prefix
        return same if sign == "==" else not same
    if sign == "~=":
        return release(version) >= release(wanted) and satisfies(
            version, "==", f"{wanted.rpartition('.')[0]}.*"
        )
    return _COMPARE[sign](release(version), release(wanted))


def _environment(extra: str) -> dict[str, str]:
    return {
        "extra": folded(extra),
        "python_version": ".".join(platform.python_version_tuple()[:2]),
        "python_full_version": platform.python_version(),
        "os_name": os.name,
        "sys_platform": sys.platform,
        "platform_system": platform.system(),
        "platform_machine": platform.machine(),
        "platform_release": platform.release(),
        "platform_version": platform.version(),
        "platform_python_implementation": platform.python_implementation(),
        "implementation_name": sys.implementation.name,
    }


class Marker:
    """The value of an environment marker: comparisons joined by ``and`` and ``or``, in parentheses or not."""

    def __init__(self, text: str, extra: str):
        self._tokens = _TOKEN.findall(text)
        self._known = _environment(extra)
        self._at = 0

    def value(self) -> bool:
        """Return whether the marker holds, from the token that is next."""
        found = self._all()
        while self._take("or"):
            found = self._all() or found
        return found

    def _all(self) -> bool:
        found = self._one()
        while self._take("and"):
            found = self._one() and found
        return found

    def _one(self) -> bool:
        if self._take("("):
            found = self.value()
            self._take(")")
            return found
        left_name, left = self._operand()
        sign = self._next()
        if sign == "not":
            sign = f"not {self._next()}"
        right_name, right = self._operand()
        if "extra" in (left_name, right_name):
            left, right = folded(left), folded(right)
        elif sign in (*_COMPARE, "~=") and "version" in (left_name + right_name):
            return satisfies(left, sign, right)
        if sign.endswith("in"):
            return (left in right) == (sign == "in")
        return _COMPARE.get(sign, operator.eq)(left, right)

    def _operand(self) -> tuple[str, str]:
        """Return a variable's name and value, or "" and a text."""
        token = self._next()
        return ("", token[1:-1]) if token[:1] in "'\"" else (token, self._known.get(token, ""))

    def _next(self) -> str:
        self._at += 1
        return self._tokens[self._at - 1] if self._at <= len(self._tokens) else "''"

    def _take(self, token: str) -> bool:
        found = self._tokens[self._at : self._at + 1] == [token]
        self._at += found
        return found

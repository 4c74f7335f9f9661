"""Turning an elementwise formula, written with ``xp``, into C++: the formula itself is run, on symbols."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable
from typing import Any

import numpy as np

from .kernels import KernelUnavailable

_BINARY = {
    "add": "{} + {}",
    "subtract": "{} - {}",
    "multiply": "{} * {}",
    "divide": "{} / {}",
    "power": "pow({}, {})",
    "copysign": "copysign({}, {})",
    "minimum": "least_of({}, {})",
    "maximum": "greatest_of({}, {})",
}
_UNARY = {
    "negative": "-{}",
    "sign": "sign_of({})",
    **{name: f"{name}({{}})" for name in ["exp", "expm1", "log", "log1p", "sqrt", "tanh"]},
    "absolute": "fabs({})",
}
_COMPARING = {
    "greater": ">",
    "greater_equal": ">=",
    "less": "<",
    "less_equal": "<=",
    "equal": "==",
    "not_equal": "!=",
}
_LOGICAL = {"logical_and": "{} && {}", "logical_or": "{} || {}"}


class Symbol:
    """A number of each element: a local variable of the kernel."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, trace: Trace, name: str, kind: str):
        self._trace, self.name, self.kind = trace, name, kind
        self.dtype = np.dtype(bool) if kind == "bool" else trace.dtype
        self.shape = trace.shape
        self.size = (
            1  # a thread's share: of formulas for small and large arrays, the former is taken
        )

    def __bool__(self) -> bool:
        raise KernelUnavailable("the formula asks for values")

    def __setitem__(self, key: Any, value: Any) -> None:
        if key is not Ellipsis:
            raise KernelUnavailable("the formula is not elementwise")
        self._trace.assign(self, self._trace.text(value))

    def fill(self, value: Any) -> None:
        """Set every element."""
        self[...] = value


def _compares(name: str) -> Callable[[Symbol, Any], Symbol]:
    def compare(self: Symbol, other: Any) -> Symbol:
        found: Symbol = getattr(self._trace, name)(self, other)
        return found

    return compare


for _method, _name in (
    ("__gt__", "greater"),
    ("__ge__", "greater_equal"),
    ("__lt__", "less"),
    ("__le__", "less_equal"),
    ("__eq__", "equal"),
    ("__ne__", "not_equal"),
):
    setattr(Symbol, _method, _compares(_name))


class Trace:
    """Stands in for ``xp`` while a formula runs, and writes down what it does; KernelUnavailable for what it cannot."""

    def __init__(self, dtype: Any):
        self.dtype, self.shape = np.dtype(dtype), ("elements",)
        self.lines: list[str] = []
        self._count = 0
        # A type of its own: functions keep working arrays as long as their type fits.
        self._symbols = type("Symbol", (Symbol,), {})

    def __getattr__(self, name: str) -> Any:
        raise KernelUnavailable(f"the formula calls {name}()")

    def symbol(self, kind: str = "REAL") -> Symbol:
        """Return a new variable, without a value yet."""
        self._count += 1
        name = f"v{self._count}"
        self.lines.append(f"{kind} {name} = {kind}();")
        made: Symbol = self._symbols(self, name, kind)
        return made

    def text(self, value: Any) -> str:
        """Return a symbol, or a number, as C++."""
        if isinstance(value, Symbol):
            return value.name
        if not isinstance(value, numbers.Real):
            raise KernelUnavailable(f"the formula uses a {type(value).__name__}")
        number = float(value)
        if not math.isfinite(number):
            raise KernelUnavailable("the formula uses a number that is not finite")
        return f"REAL({number!r})"

    def assign(self, target: Symbol, text: str) -> None:
        """Write down an assignment."""
        self.lines.append(f"{target.name} = {target.kind}({text});")

    def _result(self, text: str, out: Any, kind: str = "REAL") -> Symbol:
        if isinstance(out, tuple):
            (out,) = out
        target = self.symbol(kind) if out is None else out
        self.assign(target, text)
        return target

    # What formulas call besides the functions that are installed below.

    def empty(self, shape: Any, dtype: Any = None) -> Symbol:
        """Return a new variable."""
        if shape != self.shape:
            raise KernelUnavailable("the formula uses arrays of several shapes")
        return self.symbol("bool" if np.dtype(dtype or self.dtype) == bool else "REAL")

    def zeros(self, shape: Any, dtype: Any = None) -> Symbol:
        """Return a variable that is 0, for a single number or each element."""
        if shape not in ((), self.shape):
            raise KernelUnavailable("the formula uses arrays of several shapes")
        return self.symbol("bool" if np.dtype(dtype or self.dtype) == bool else "REAL")

    def copyto(self, target: Symbol, source: Any, where: Any = None) -> None:
        """Write down a copy."""
        text = self.text(source)
        kept = text if where is None else f"{self.text(where)} ? {text} : {target.name}"
        self.assign(target, kept)

    def where(self, condition: Any, first: Any, second: Any) -> Symbol:
        """Write down a choice."""
        texts = map(self.text, (condition, first, second))
        return self._result("{} ? {} : {}".format(*texts), None)

    def clip(self, value: Any, least: Any, most: Any, out: Any = None) -> Symbol:
        """Write down a clipping."""
        texts = map(self.text, (value, least, most))
        return self._result("least_of(greatest_of({}, {}), {})".format(*texts), out)


def _install(name: str, inputs: int, form: str, kind: str) -> None:
    def call(self: Trace, *values: Any, out: Any = None) -> Symbol:
        if len(values) == inputs + 1:
            *values, out = values  # type: ignore[assignment]
        texts = [self.text(value) for value in values]
        return self._result(form.format(*texts), out, kind)

    setattr(Trace, name, call)


for _name, _form in _BINARY.items():
    _install(_name, 2, _form, "REAL")
for _name, _form in _UNARY.items():
    _install(_name, 1, _form, "REAL")
for _name, _operator in _COMPARING.items():
    _install(_name, 2, f"{{}} {_operator} {{}}", "bool")
for _name, _form in _LOGICAL.items():
    _install(_name, 2, _form, "bool")
_install("logical_not", 1, "!{}", "bool")


def trace(
    formula: Callable[..., Any], count: int, dtype: Any
) -> tuple[list[str], list[str], set[int]]:
    """Run a formula on symbols in place of its ``count`` arrays of one type.

    Returns the lines of C++, the arrays' variables, and which arrays the formula writes.
    """
    made = Trace(dtype)
    arrays = [made.symbol() for _ in range(count)]
    made.lines.clear()
    formula(made, *arrays)
    names = [array.name for array in arrays]
    written = {
        index
        for index, name in enumerate(names)
        if any(line.startswith(f"{name} = ") for line in made.lines)
    }
    return made.lines, names, written

"""A dict of a net's blobs or weights by name, in which a wrong name and a replaced entry are explained."""

from __future__ import annotations

from typing import Any, NoReturn, TypeVar

from mycaffe_py.errors import ConfigError, UnknownNameError, did_you_mean

Value = TypeVar("Value")


class Named(dict[str, Value]):
    """The blobs or weights of a net; ``what`` is how one is called, ``owner`` the net."""

    def __init__(self, items: Any, what: str, owner: str, write: str):
        super().__init__(items)
        self._what, self._owner, self._write = what, owner, write

    def __missing__(self, name: object) -> NoReturn:
        known = ", ".join(list(self)[:12]) + (", ..." if len(self) > 12 else "")
        near = did_you_mean(name, self) if isinstance(name, str) else None
        message = f"net {self._owner!r} has no {self._what} {name!r}"
        raise UnknownNameError(message, hint=near or f"there are: {known or 'none'}")

    def __setitem__(self, name: str, value: Value) -> None:
        raise ConfigError(
            f"the {self._what} {name!r} of net {self._owner!r} cannot be replaced",
            hint=f"write {self._write.format(name)} = array",
        )

    def __reduce__(self) -> Any:
        return dict, (dict(self),)

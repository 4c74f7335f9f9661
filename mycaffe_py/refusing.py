"""Refuses: how the classes of plugins refuse a setting."""

from __future__ import annotations

from typing import ClassVar, NoReturn

from .errors import ConfigError


class Refuses:
    """The part of solvers, fillers, gyms, trainers and observers that refuses a setting."""

    kind: ClassVar[str]
    type: ClassVar[str]

    @classmethod
    def fail(cls, message: str, field: str = "", *, hint: str | None = None) -> NoReturn:
        """Raise ConfigError ``gym Square: message`` that points at a setting in the file.

        ``field`` is the setting's path below the class's own container (``GymParameter``, ``SolverParameter``, ...),
        such as ``square_param.period``. ``hint`` is a line that says what to do.
        """
        raise ConfigError(f"{cls.kind} {cls.type}: {message}", hint=hint, field=field)

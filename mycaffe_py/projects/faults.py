"""What is wrong with the settings of a new project, each mistake at its field of the form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from mycaffe_py.errors import ConfigError, MyCaffeError, Problem


class ProjectError(ConfigError):
    """A project that cannot be made as asked; ``faults`` has a message for each field at fault.

    Fields are ``name``, ``model``, ``solver``, ``database``, ``gym`` and ``gym.<path of the setting>``; ``field`` is
    the first of them.
    """

    def __init__(self, faults: dict[str, MyCaffeError]):
        field, first = next(iter(faults.items()))
        self.faults = {name: _plain(error) for name, error in faults.items()}
        self._problems = [
            Problem(_named(name, _plain(error)), None, error.problems[0].hint, error.code)
            for name, error in faults.items()
        ]
        self.exit_code = first.exit_code
        self.code = first.code
        super().__init__(self._problems[0].message, hint=first.problems[0].hint, field=field)

    @property
    def problems(self) -> Sequence[Problem]:
        """The mistakes, one for each field."""
        return self._problems


class Faults:
    """Collects mistakes, so that a form shows all of them at once."""

    def __init__(self) -> None:
        self._found: dict[str, MyCaffeError] = {}

    @contextmanager
    def at(self, field: str) -> Iterator[None]:
        """Keep an error raised inside as that of ``field``; those of a ProjectError keep their own fields."""
        try:
            yield
        except ProjectError as error:
            for name, message in error.faults.items():
                self._found.setdefault(name, ConfigError(message, hint=error.hint))
        except MyCaffeError as error:
            self._found.setdefault(field, error)

    def check(self) -> None:
        """Raise ProjectError if there is a mistake."""
        if self._found:
            raise ProjectError(self._found)


def at_field(field: str, error: MyCaffeError) -> ProjectError:
    """Return an error as the only mistake, at ``field``."""
    return ProjectError({field: error})


def _plain(error: Any) -> str:
    """Return an error's message without location or code."""
    return error.problems[0].message if len(error.problems) else error.message


def _named(field: str, message: str) -> str:
    """Return a message that names the gym's setting that it is about, for where it does not stand beside it."""
    path = field.removeprefix("gym.")
    named = path == field or path.rpartition(".")[2] in message
    return message if named else f"{path}: {message}"

"""LrPolicy: the course of the learning rate."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from mycaffe_py.errors import ConfigError
from mycaffe_py.schema.decimals import DecimalSettings

if TYPE_CHECKING:
    from mycaffe_py.plugins.conditions import Only


class LrPolicy:
    """Base class of learning-rate policies. A subclass sets ``type`` and computes the rate in :meth:`rate`.

    ``param`` is the SolverParameter message, and ``settings`` the same with its floats as written in the file: 0.9
    rather than 0.89999998. A policy's own settings are fields of SolverParameter, added by ``schema``.

    The rate must follow from the settings, the iteration and ``current_step`` alone, so that a resumed training
    continues with the same rates.
    """

    kind: ClassVar[str] = "lr_policy"
    type: ClassVar[str] = ""
    aliases: ClassVar[tuple[str, ...]] = ()
    schema: ClassVar[str | None] = None
    parameters: ClassVar[tuple[str, ...] | None] = None
    """The SolverParameter fields that it reads besides ``base_lr``, ``max_iter`` and those that ``schema`` adds."""
    conditions: ClassVar[tuple[Only, ...]] = ()
    """Settings that have an effect only under a condition, as paths below SolverParameter."""
    allows_warmup: ClassVar[bool] = True
    """Whether the solver's ``warmup_iter`` may be set: False for a policy that begins with a rise of its own."""

    def __init__(self, param: Any):
        self.param = param
        self.settings: Any = DecimalSettings(param)
        self.current_step = 0
        """Steps done so far, for a policy that counts them; part of the solver state, as in Caffe."""
        self.check()

    def check(self) -> None:
        """Raise ConfigError if a setting is missing or invalid; called once. See :meth:`fail` and :meth:`need`."""

    def rate(self, iteration: int) -> float:
        """Return the learning rate of an update, a finite number; ``iteration`` counts from 0.

        It may be asked for any iteration, in any order, and must not change the policy.
        """
        raise TypeError(f"{type(self).__name__} does not define rate()")

    def advance(self, iteration: int) -> None:
        """Change ``current_step`` if the update of ``iteration`` is the first of a step; called once for each update.

        Most policies leave it as it is: they compute everything from the iteration.
        """

    def fail(self, message: str, field: str = "lr_policy", *, hint: str | None = None) -> NoReturn:
        """Raise ConfigError ``lr_policy "TYPE" message`` that points at ``field`` in the solver file.

        If that field is not set, the error points at ``lr_policy``.
        """
        at = field if self.is_set(field) else "lr_policy"
        raise ConfigError(f'lr_policy "{self.type}" {message}', hint=hint, field=at)

    def is_set(self, field: str) -> bool:
        """Return whether the solver file sets a field of SolverParameter, or one inside another: ``a_param.start``."""
        message, names = self.param, field.split(".")
        for name in names:
            if name not in message.DESCRIPTOR.fields_by_name:
                return False
            if not any(given.name == name for given, _ in message.ListFields()):
                return False
            message = getattr(message, name)
            if not hasattr(message, "ListFields"):
                return True
        return True

    def need(self, field: str, condition: bool = True, what: str = "") -> None:
        """Fail unless ``field`` is set and ``condition`` holds: ``lr_policy "step" needs stepsize > 0, got -1``.

        ``field`` may be inside another, ``a_param.start``. ``what`` says what is needed, if the field's name is not
        enough.
        """
        if not self.is_set(field):
            self.fail(f"needs {what or field}" + ("" if condition else f", but {field} is not set"))
        if not condition:
            self.fail(f"needs {what or field}, got {self._shown(field)}", field)

    def _shown(self, field: str) -> str:
        """Return the value of a field, or of one inside another, for a message."""
        *outer, name = field.split(".")
        value = reduce(getattr, outer, self.settings)
        value = getattr(value, name)
        return f"{value:g}" if isinstance(value, int | float) else repr(value)

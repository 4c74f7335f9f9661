"""``--set KEY=VALUE``: changes to a model or solver from the command line."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable
from typing import Any

from mycaffe_py.errors import ConfigError, MyCaffeWarning
from mycaffe_py.schema import set_field
from mycaffe_py.schema.field_path import leads_to_field
from mycaffe_py.schema.prototxt.places import is_repeated
from mycaffe_py.written_files import allow_value

from .setting_places import NET, SOLVER, SettingPlaces, is_batch_size

_EXAMPLE = "for example solver.base_lr=0.02 or cfc1.cfc_param.hidden_size=64"
_MOST_NAMED = 12
# They decide which files are read, and so are changed before these.
_EARLY = re.compile(r"\s*(net|train_net|test_net|custom_trainer|custom_trainer_properties)\s*=")


def apply_overrides(
    overrides: Iterable[str],
    solver: Any = None,
    model: Any | Callable[[], Any] = None,
    upgrade: Callable[[], None] | None = None,
    registry: Any = None,
) -> None:
    """Apply each ``solver.FIELD=VALUE``, ``net.FIELD=VALUE`` or ``LAYER.FIELD=VALUE``, the solver's first.

    A part of the key may be left out, as in ``hidden_size=64``, if just one setting has the rest: a MyCaffeWarning then
    says which one. If there are several, ConfigError names them.

    ``solver`` and ``model`` are messages, changed in place; either may be None. ``upgrade`` is called when MyCaffe's
    form of the trainer settings is changed, before the form that it becomes; a function passed as ``model`` is
    called for the model when the solver, which may name it, is changed. ``registry`` knows the types (default: the
    default one).
    """
    items = [_early(item, solver) for item in overrides]
    form, own, others = ([item for item in items if _stage(item) == stage] for stage in range(3))
    net = None if callable(model) else model
    for override in form:
        _Override(override, solver, net, registry).apply()
    if upgrade is not None:
        upgrade()
    late = []
    for override in own:
        change = _Override(override, solver, net, registry)
        if callable(model) and not change.is_whole():
            late.append(override)  # perhaps it is the model's
        else:
            change.apply()
    if callable(model):
        net = model()
    for override in (*late, *others):
        _Override(override, solver, net, registry).apply()


def _early(override: str, solver: Any) -> str:
    """Add the solver's name to a setting that must be changed before files are read."""
    if solver is None or not _EARLY.match(override):
        return override
    _say_taken(override, f"{SOLVER}.{override.strip()}")
    return f"{SOLVER}.{override.strip()}"


def _stage(override: str) -> int:
    """Return 0 for MyCaffe's form of the trainer settings, 1 for other fields of the solver, 2 for all else."""
    key = override.lstrip()
    return 2 - key.startswith(f"{SOLVER}.") - key.startswith(f"{SOLVER}.custom_trainer")


def _say_taken(override: str, whole: str) -> None:
    warnings.warn(f"--set {override} is taken as --set {whole}", MyCaffeWarning, stacklevel=4)


class _Override:
    """One change, and what it may be applied to."""

    def __init__(self, override: str, solver: Any, model: Any, registry: Any):
        if any("\ud800" <= character <= "\udfff" for character in override):
            raise ConfigError(f"--set {override!a} contains bytes that are not valid UTF-8")
        self.text, self.what = override, f"--set {override}"
        self.solver, self.model, self.registry = solver, model, registry
        key, self.has_value, value = override.partition("=")
        self.key, self.value = key.strip(), value.strip()
        self.layers: dict[str, list[Any]] = {}
        for layer in model.layer if model is not None else ():
            if layer.name:
                self.layers.setdefault(layer.name, []).append(layer)

    def is_whole(self) -> bool:
        """Whether the key is the whole path of a setting."""
        return bool(self._targets(self.key))

    def apply(self) -> None:
        """Change the setting, or raise ConfigError that says which key to write."""
        if not self.has_value or not self.key:
            raise ConfigError(f"{self.what}: expected KEY=VALUE", hint=self._hint_without_value())
        key = self.key
        if not self._targets(key):
            places = self._places()
            named = places.named(key)
            if not named:
                raise self._unknown(places.meant(key))
            what = f'{len(named)} settings are named "{key}"'
            if len(named) == 1 and self._adds_a_block(named[0]):
                named += places.called(key)
                what = f'"{key}" may mean {len(named)} settings'
            if len(named) > 1:
                raise ConfigError(
                    f"{self.what}: {what}",
                    hint=f"write one of: {self._alternatives(named)}",
                )
            key = named[0]
            _say_taken(self.text, f"{key}={self.value}")
        for target, path in self._targets(key):
            set_field(target, path, self.value, self.what)
            allow_value(path[-1], self.value.strip("\"'"))

    def _places(self) -> SettingPlaces:
        if self.registry is None:
            from mycaffe_py.plugins.registry import default_registry

            self.registry = default_registry()
        return SettingPlaces(self.solver, self.model, self.registry)

    def _targets(self, key: str) -> list[tuple[Any, list[str]]]:
        """Return the messages that a whole key addresses, each with the path below it; [] if it is none.

        A file may contain layers of one name for different phases: all of them are addressed.
        """
        # A layer's name may contain dots: the longest match wins.
        owners = sorted((name for name in self.layers if key.startswith(f"{name}.")), key=len)
        candidates = [(self.layers[name], name) for name in reversed(owners)]
        for name, message in ((SOLVER, self.solver), (NET, self.model)):
            if message is not None and key.startswith(f"{name}."):
                candidates.append(([message], name))
        for messages, name in candidates:
            path = key[len(name) + 1 :].split(".")
            if all(leads_to_field(message, path) for message in messages):
                return [(message, path) for message in messages]
        return []

    def _adds_a_block(self, key: str) -> bool:
        """Whether a setting is in a block that the file does not have: its presence alone may change the net."""
        return any(
            not is_repeated(message.DESCRIPTOR.fields_by_name[path[0]])
            and not message.HasField(path[0])
            for message, path in self._targets(key)
            if len(path) > 1
        )

    def _alternatives(self, keys: list[str]) -> str:
        shown = [f"{key}={self.value}" for key in keys[:_MOST_NAMED]]
        more = f", and {len(keys) - _MOST_NAMED} more" if len(keys) > _MOST_NAMED else ""
        return ", ".join(shown) + more

    def _hint_without_value(self) -> str:
        """Say how to write a key and a value that have no "=" between them."""
        key, sign, value = self.text.partition(":")
        places = self._places()
        if sign and value.strip() and (self._targets(key.strip()) or places.named(key.strip())):
            return f"write --set {key.strip()}={value.strip()}"
        if self._targets(self.key) or (self.key and len(places.named(self.key)) == 1):
            return f"write --set {self.key}=VALUE"
        return _EXAMPLE

    def _unknown(self, meant: list[str]) -> ConfigError:
        """Return the error for a key that names nothing, with what was probably ``meant``."""
        first, dot, _ = self.key.partition(".")
        batch = self._places().batch_sizes() if is_batch_size(self.key) else []
        if batch:
            ways = " ".join(f"--set {key}={self.value}" for key in batch)
            what = f"{self.what}: the batch size is set where the data comes in"
            return ConfigError(what, hint=f"write {ways}")
        if not dot:
            return self._without_place(self._did_you_mean(meant))
        owners = [(SOLVER, self.solver), (NET, self.model), *self.layers.items()]
        known = {name: message for name, message in owners if message is not None}
        inside = [name for name in known if self.key.startswith(f"{name}.")]
        if inside:
            owner = max(inside, key=len)
            message = known[owner][0] if owner in self.layers else known[owner]
            try:
                set_field(message, self.key[len(owner) + 1 :].split("."), self.value, self.what)
            except ConfigError as error:
                return ConfigError(error.message, hint=self._did_you_mean(meant) or error.hint)
        missing = first in (
            SOLVER,
            NET,
        )  # where there is none, a similar setting of a layer is not meant
        near = self._did_you_mean(meant) if len(meant) == 1 and not missing else None
        return ConfigError(
            f'{self.what}: no layer is named "{first}"',
            nearest=None if near else (first, known),
            hint=near or f"the first part can be: {', '.join(known)}",
        )

    def _without_place(self, near: str | None) -> ConfigError:
        if self.key in self.layers:
            own = self._places().own_settings(self.key)
            hint = f"for example --set {own[0]}={self.value}" if own else None
            return ConfigError(
                f"{self.what}: {self.key} is a layer; set one of its fields", hint=hint
            )
        return ConfigError(f'{self.what}: no setting is named "{self.key}"', hint=near or _EXAMPLE)

    def _did_you_mean(self, meant: list[str]) -> str | None:
        if len(meant) == 1:
            return f"did you mean --set {self._alternatives(meant)}?"
        return (
            f"write one of: {self._alternatives(meant)}" if 1 < len(meant) <= _MOST_NAMED else None
        )

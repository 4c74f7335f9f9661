"""The settings of a wiring, read from ``wiring_param`` and checked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NoReturn

from mycaffe_py.layer import Layer, enum_name

FIELDS = {
    "FULLY_CONNECTED": ("motor_neurons", "self_connections"),
    "RANDOM": ("motor_neurons", "sparsity_level"),
    "NCP": (
        "motor_neurons",
        "inter_neurons",
        "command_neurons",
        "sensory_fanout",
        "inter_fanout",
        "recurrent_command_synapses",
        "motor_fanin",
    ),
    "AUTO_NCP": ("motor_neurons", "sparsity_level"),
}
"""The settings that each type of wiring reads, besides ``type`` and ``seed``."""

_NEURONS = ("inter_neurons", "command_neurons", "motor_neurons")
_SEEDS = {"FULLY_CONNECTED": 1111, "RANDOM": 1111, "NCP": 22222, "AUTO_NCP": 22222}

# Beyond these, the matrices of synapses, or the time to draw them, would be excessive.
MOST_NEURONS = 4_000
MOST_INPUTS = 20_000
_MAX_DRAWS = 100_000


@dataclass(frozen=True)
class WiringSettings:
    """The numbers that define a wiring; 0 for those that its type does not use."""

    type: str
    seed: int
    units: int
    motor_neurons: int
    sparsity_level: float = 0.0
    self_connections: bool = True
    inter_neurons: int = 0
    command_neurons: int = 0
    sensory_fanout: int = 0
    inter_fanout: int = 0
    recurrent_command_synapses: int = 0
    motor_fanin: int = 0


def read_wiring_settings(layer: Layer, hidden_size: int, hidden_field: str) -> WiringSettings:
    """Read ``wiring_param`` of a layer; fail, naming the setting, if one is invalid.

    ``hidden_size`` is the value of ``hidden_field``, 0 if it is not given: an NCP has its own number.
    """
    return _Reader(layer, hidden_size, hidden_field).read()


class _Reader:
    def __init__(self, layer: Layer, hidden_size: int, hidden_field: str):
        self.layer, self.param = layer, layer.param.wiring_param
        self.hidden_size, self.hidden_field = hidden_size, hidden_field
        self.type = enum_name(self.param, "type")

    def read(self) -> WiringSettings:
        units = self._sum_of_neurons() if self.type == "NCP" else self._units()
        seed = self.param.seed if self.param.HasField("seed") else _SEEDS[self.type]
        settings = WiringSettings(self.type, seed, units, self._motor_neurons(units))
        if self.type == "FULLY_CONNECTED":
            return replace(settings, self_connections=self.param.self_connections)
        if self.type == "NCP":
            return self._with_counts(settings)
        settings = replace(settings, sparsity_level=self._sparsity_level())
        return settings if self.type == "RANDOM" else self._with_made_counts(settings)

    def fail(self, message: str, name: str, hint: str | None = None) -> NoReturn:
        self.layer.fail(message, field=f"wiring_param.{name}", hint=hint)

    # Numbers of neurons.

    def _units(self) -> int:
        if self.hidden_size < 1:
            self.layer.fail(
                f"a wiring of type {self.type} needs hidden_size, its number of neurons, at least 1; "
                f"got {self.hidden_size}",
                field=self.hidden_field,
            )
        return self._bounded(self.hidden_size)

    def _sum_of_neurons(self) -> int:
        for name in FIELDS["NCP"]:
            value, lowest = getattr(self.param, name), 1 if name in _NEURONS else 0
            if not self.param.HasField(name):
                self.fail(
                    f"a wiring of type NCP needs {name}",
                    name,
                    hint="AUTO_NCP derives the numbers from hidden_size, motor_neurons and sparsity_level",
                )
            if value < lowest:
                self.fail(f"{name} is {value}, but must be at least {lowest}", name)
        total = sum(getattr(self.param, name) for name in _NEURONS)
        if self.hidden_size and self.hidden_size != total:
            self.layer.fail(
                f"hidden_size is {self.hidden_size}, but the wiring's inter, command and motor neurons "
                f"are {total}",
                field=self.hidden_field,
                hint="leave hidden_size out: the size of an NCP follows from its groups",
            )
        return self._bounded(total)

    def _bounded(self, units: int) -> int:
        if units > MOST_NEURONS:
            self.layer.fail(
                f"a wiring has at most {MOST_NEURONS:,} neurons, got {units}", field="wiring_param"
            )
        return units

    def _motor_neurons(self, units: int) -> int:
        count = self.param.motor_neurons
        if not self.param.HasField("motor_neurons"):
            if self.type in ("FULLY_CONNECTED", "RANDOM"):
                return units
            self.fail(f"a wiring of type {self.type} needs motor_neurons", "motor_neurons")
        if count < 1:
            self.fail(f"motor_neurons is {count}, but must be at least 1", "motor_neurons")
        if self.type == "AUTO_NCP" and count >= units - 2:
            self.fail(
                f"motor_neurons is {count}, but must be below {units - 2}, the hidden_size of {units} "
                "minus 2 for inter and command neurons",
                "motor_neurons",
            )
        if count > units:
            self.fail(
                f"motor_neurons is {count}, but there are {units} neurons (hidden_size)",
                "motor_neurons",
            )
        return count

    # Numbers of synapses.

    def _sparsity_level(self) -> float:
        level = self.param.sparsity_level
        if self.type == "RANDOM" and not 0 <= level < 1:
            self.fail(
                f"sparsity_level must be at least 0 and below 1, got {level:g}", "sparsity_level"
            )
        if self.type == "AUTO_NCP" and not 0.1 <= level <= 0.9:
            self.fail(f"sparsity_level must be from 0.1 to 0.9, got {level:g}", "sparsity_level")
        return level

    def _with_counts(self, settings: WiringSettings) -> WiringSettings:
        settings = replace(settings, **{name: getattr(self.param, name) for name in FIELDS["NCP"]})
        for name, neurons in (
            ("sensory_fanout", "inter_neurons"),
            ("inter_fanout", "command_neurons"),
            ("motor_fanin", "command_neurons"),
        ):
            count, there = getattr(settings, name), getattr(settings, neurons)
            if count > there:
                self.fail(
                    f"{name} is {count}, but there are only {there} {neurons.replace('_', ' ')}",
                    name,
                )
        if settings.recurrent_command_synapses > _MAX_DRAWS:
            self.fail(
                f"recurrent_command_synapses is {settings.recurrent_command_synapses}, but must be at "
                f"most {_MAX_DRAWS}",
                "recurrent_command_synapses",
            )
        return settings

    def _with_made_counts(self, settings: WiringSettings) -> WiringSettings:
        """Make 2 of 5 of the neurons besides the motor neurons command neurons; density is the share of synapses."""
        density = 1.0 - settings.sparsity_level
        rest = settings.units - settings.motor_neurons
        command = max(int(0.4 * rest), 1)
        inter = rest - command

        def share(count: Any) -> int:
            return max(int(count), 1)

        return replace(
            settings,
            inter_neurons=inter,
            command_neurons=command,
            sensory_fanout=share(inter * density),
            inter_fanout=share(command * density),
            recurrent_command_synapses=share(command * density * 2),
            motor_fanin=share(command * density),
        )

"""Rolling back an interrupted test."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from mycaffe_py.device.device import Device
from mycaffe_py.errors import PluginError
from mycaffe_py.net.net import Net
from mycaffe_py.plugin_code import named_text
from mycaffe_py.seeding import generator_state, restore_generator


class Rollback:
    """The state before a test of what it changes: the test nets' layers, and the device's generator.

    A resumed solver begins with the test that is due at its iteration. For this to be the same test as in an
    uninterrupted run, the solver state of that iteration has these states, not those in the middle of a test.
    """

    def __init__(self, device: Device, test_nets: Sequence[Net]):
        self._device, self._test_nets = device, test_nets
        self.generator: dict[str, Any] = generator_state(device.rng)
        self.layers: list[dict[str, Any]] = [_copied(net.layer_states()) for net in test_nets]
        """Layer states of each test net, by layer name."""

    def restore(self) -> None:
        """Restore the states."""
        restore_generator(self._device.rng, self.generator)
        for net, states in zip(self._test_nets, self.layers, strict=True):
            net.load_layer_states(states)


def _copied(states: dict[str, Any]) -> dict[str, Any]:
    """Return copies of layer states; PluginError for one that is no plain value."""
    copies = {}
    for name, state in states.items():
        try:
            copies[name] = deepcopy(state)
        except Exception as error:
            raise PluginError(
                f'layer "{name}": what its state() returned cannot be copied: {named_text(error)}',
                hint="a state() may contain numbers, strings, None, lists, dicts and NumPy arrays of numbers",
            ) from error
    return copies

"""Trying, before a training, whether its snapshots can be written: by asking everything for its state."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mycaffe_py.answers import state_of
from mycaffe_py.errors import MyCaffeError, PluginCodeError, UnsetAttributeError
from mycaffe_py.plugin_code import named_text, plugin_error

from .solverstate import LAYERS, TRAINER
from .state_tree import pack

_UNSET = (AttributeError, TypeError)
"""What asking for attributes raises that are set only by the first update, or are None before it."""


def try_state(solver: Any, *, begun: bool = False) -> None:
    """Raise PluginError, PluginCodeError or DataError if a state that snapshots contain cannot be stored.

    The states are those of layers, of a trainer with its gyms, and of the learning-rate policy. Unless updates have
    ``begun``, a ``state()`` that fails because it reads what only an update sets is no mistake: try again after one.
    """
    solver.schedule.try_step(solver.updates_made)
    for path, whose, ask in _states(solver):
        try:
            pack(path, ask())
        except MyCaffeError as error:
            if not isinstance(error, UnsetAttributeError) or begun:
                raise
        except RecursionError as error:
            raise PluginCodeError(f"{whose}: state() never ends, or calls itself") from error
        except Exception as error:
            if not isinstance(error, _UNSET) or begun:
                what = f"{whose}, state(): {named_text(error)}"
                raise plugin_error(error) or PluginCodeError(what) from error


def _states(solver: Any) -> Iterator[tuple[str, str, Any]]:
    """Yield the path of each state, whose it is, and the function that returns it."""
    for net in (solver.net, *solver.test_nets):
        for name, layer in net.named_states():
            yield f"{LAYERS}/{name}", f'layer "{name}" ({layer.type})', layer.state
    trainer = solver.trainer
    if trainer is not None:
        whose = f"trainer {getattr(trainer, 'type', type(trainer).__name__)}"
        yield f"{TRAINER}/state", whose, lambda: state_of(trainer)

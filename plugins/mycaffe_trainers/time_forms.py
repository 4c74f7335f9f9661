"""Whether a gym gives the time in the form in which the net's layers take it."""

from __future__ import annotations

from mycaffe_py.gym import Gym
from mycaffe_py.net import Net

_WORDS = {
    "spans": "time spans, each since the step before",
    "absolute": "times that count from some moment on",
}


def warn_of_time(net: Net, name: str, gym: Gym) -> None:
    """Warn for each layer that takes the blob ``name`` to hold another form of time than ``gym`` gives."""
    given = gym.time_form()
    if given is None:
        return
    names = net.context.names_in_file
    for layer, bottoms in zip(net.device_layers, net.bottoms, strict=True):
        for index, blob in enumerate(bottoms):
            wanted = layer.time_form(index)
            if names.get(blob.name, blob.name) == name and wanted not in (None, given):
                layer.warn(
                    f'bottom "{name}" is to hold {_WORDS[wanted]}, but gym {gym.type} fills it with '
                    f"{_WORDS[given]}; change the time setting of the layer or of the gym"
                )

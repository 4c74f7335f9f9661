"""Checks that a gym gives times in the form that the net's layers expect."""

from __future__ import annotations

from mycaffe_py.gym import Gym
from mycaffe_py.net.net import Net

_WORDS = {
    "spans": "time spans, each since the previous step",
    "absolute": "absolute times",
}


def warn_of_time(net: Net, name: str, gym: Gym) -> None:
    """Warn of each layer that expects another form of time in the blob ``name`` than ``gym`` gives."""
    given = gym.time_form()
    if given is None:
        return
    names = net.context.names_in_file
    for layer, bottoms in zip(net.device_layers, net.bottoms, strict=True):
        for index, blob in enumerate(bottoms):
            wanted = layer.time_form(index)
            if names.get(blob.name, blob.name) == name and wanted not in (None, given):
                layer.warn(
                    f'bottom "{name}" should be {_WORDS[wanted]}, but gym {gym.type} fills it with '
                    f"{_WORDS[given]}; change the time setting of the layer or of the gym"
                )

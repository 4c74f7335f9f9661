"""Waiting for the next batch before an update: what it raises, and that it changes nothing."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import DataError
from mycaffe_py.net import Net

from ...storing import images, write_database

VALUES = images(12, (1, 2, 2))


@pytest.fixture
def layer(build, tmp_path):
    source = write_database(tmp_path / "db", VALUES)
    text = f'type: "Data" data_param {{ source: "{source}" batch_size: 1 prefetch: 2 }}'
    return build(f'name: "ahead" {text}')


def test_the_batch_that_was_waited_for_is_the_next(layer):
    for number in range(30):
        for _ in range(number % 3):
            layer.layer.await_input()
        assert layer.layer.state()["position"] == number
        np.testing.assert_array_equal(layer.forward()[0], VALUES[number % 12])
    layer.layer.close()


@pytest.mark.parametrize("forget", ["close", "load_state"])
def test_a_batch_that_was_waited_for_may_be_forgotten(layer, forget):
    layer.forward()
    layer.layer.await_input()
    state = layer.layer.state() | {"position": 7}
    layer.layer.close() if forget == "close" else layer.layer.load_state(state)
    following = 1 if forget == "close" else 7
    np.testing.assert_array_equal(layer.forward()[0], VALUES[following])
    layer.layer.close()


def test_an_interrupted_hand_over_does_not_repeat_a_batch(layer):
    """As if Ctrl-C came after the position had changed, before the batch was let go."""
    layer.layer.await_input()
    layer.layer.position += 1
    np.testing.assert_array_equal(layer.forward()[0], VALUES[1])
    layer.layer.close()


def test_what_went_wrong_is_raised_and_tried_again(layer, monkeypatch):
    broken = [True]
    inner = layer.layer.load

    def load(first, batch):
        if broken[0] and first == 1:
            raise DataError("later")
        inner(first, batch)

    monkeypatch.setattr(layer.layer, "load", load)
    layer.layer.await_input()
    layer.forward()
    before = layer.layer.state()
    for _ in range(2):
        with pytest.raises(DataError, match="later"):
            layer.layer.await_input()
        assert layer.layer.state() == before
    broken[0] = False
    np.testing.assert_array_equal(layer.forward()[0], VALUES[1])
    layer.layer.close()


def test_a_net_waits_for_its_layers_and_names_the_one_at_fault(tmp_path, monkeypatch):
    source = write_database(tmp_path / "db", VALUES)
    layers = "".join(
        f'layer {{ name: "{name}" type: "Data" top: "{name}" data_param '
        f'{{ source: "{source}" batch_size: 1 }} }} '
        for name in "ab"
    )
    net = Net(layers)
    net.await_input()
    np.testing.assert_array_equal(net.forward()["b"], VALUES[:1])

    def load(first, batch):
        raise DataError("lost")

    second = net.device_layers[1]
    second.close()
    monkeypatch.setattr(second, "load", load)
    with pytest.raises(DataError, match="lost") as caught:
        net.await_input()
    assert 'in layer "b" (Data), forward, phase TRAIN' in caught.value.__notes__
    assert net.device_layers[0].state()["position"] == 1
    net.close()

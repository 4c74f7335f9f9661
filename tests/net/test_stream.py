"""Streams: one observation at a time gives what the whole sequence gives."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py import TEST, Net
from mycaffe_py.device import Device
from mycaffe_py.errors import ConfigError, LayerError, ShapeError
from mycaffe_py.testing import strict_device

RNG = np.random.default_rng(3)
X, SPANS = RNG.standard_normal((1, 9, 2)), RNG.uniform(0.1, 2, (1, 9))


def cfc(cell="cfc_unit_param { backbone_units: 5 }", size=4, settings="", state=4):
    return f"""name: "stream"
layer {{ name: "data" type: "Input" top: "x" top: "tt" top: "state" top: "target"
  input_param {{ shape {{ dim: 1 dim: 1 dim: 2 }} shape {{ dim: 1 dim: 1 }} shape {{ dim: 1 dim: {state} }}
                shape {{ dim: 1 dim: 1 dim: 3 }} }} }}
layer {{ name: "cfc" type: "CFC" bottom: "x" bottom: "tt" bottom: "state" top: "y" top: "next"
  cfc_param {{ hidden_size: {size} output_features: 3 initial_state: true return_sequences: true {settings} }} {cell} }}
layer {{ name: "loss" type: "EuclideanLoss" bottom: "y" bottom: "target" top: "loss" include {{ phase: TRAIN }} }}
"""


CELLS = {
    "gate": cfc(),
    "mixed": cfc(settings="use_mixed: true", state=8),
    "ltc": cfc("ltc_unit_param { }", settings="cell_type: LTC"),
    "wired": cfc("wiring_param { type: AUTO_NCP motor_neurons: 2 }", size=9, state=9),
}


@pytest.mark.parametrize("device", [Device(), strict_device()], ids=["cpu", "strict"])
@pytest.mark.parametrize("cell", CELLS)
def test_steps_are_the_whole_sequence(cell, device):
    net = Net(CELLS[cell], dtype="float64", device=device)
    stream = net.stream()
    steps = [stream.step(x=x, tt=span)["y"][0, 0] for x, span in zip(X[0], SPANS[0], strict=True)]
    whole = Net(CELLS[cell], TEST, dtype="float64", device=Device())
    for name, blobs in net.params.items():
        for blob, source in zip(whole.params[name], blobs, strict=True):
            blob.data[...] = source.data
    whole.blobs["x"].reshape(1, 9, 2)
    whole.blobs["tt"].reshape(1, 9)
    whole.blobs["x"].data[...], whole.blobs["tt"].data[...] = X, SPANS
    whole.forward()
    np.testing.assert_allclose(steps, whole.blobs["y"].data[0], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(
        stream.state["state"], whole.blobs["next"].data, rtol=1e-10, atol=1e-12
    )


def test_reset_and_pieces_of_several_steps():
    stream = Net(CELLS["gate"], TEST, dtype="float64").stream()
    first = [stream.step(x=x, tt=span)["y"] for x, span in zip(X[0], SPANS[0], strict=True)]
    stream.reset()
    pieces = [stream.step(x=X[:, a:b], tt=SPANS[:, a:b])["y"] for a, b in ((0, 4), (4, 5), (5, 9))]
    np.testing.assert_allclose(np.concatenate(first, 1), np.concatenate(pieces, 1), rtol=1e-12)
    kept = stream.state
    again = stream.step(x=[1, 2], tt=0.5)["y"]
    stream.state = kept
    np.testing.assert_array_equal(stream.step(x=[1, 2], tt=0.5)["y"], again)


UNITS = {
    "CFC_UNIT": 'top: "h2" cfc_unit_param { hidden_size: 4 backbone_units: 3 }',
    "LTC_UNIT": 'top: "h2" ltc_unit_param { hidden_size: 4 }',
}


@pytest.mark.parametrize("unit", UNITS)
def test_units(unit):
    net = Net(
        f"""layer {{ name: "in" type: "Input" top: "x" top: "h" top: "t"
          input_param {{ shape {{ dim: 1 dim: 2 }} shape {{ dim: 1 dim: 4 }} shape {{ dim: 1 }} }} }}
        layer {{ name: "u" type: "{unit}" bottom: "x" bottom: "h" bottom: "t" {UNITS[unit]} }}
        layer {{ name: "o" type: "Power" bottom: "h2" top: "o" power_param {{ scale: 2 }} }}""",
        TEST,
        dtype="float64",
    )
    stream, state = net.stream(), np.zeros((1, 4))
    for x, span in zip(X[0], SPANS[0], strict=True):
        output = stream.step(x=x, t=span)["o"]
        net.blobs["h"].data[...] = state
        state = net.forward(x=x[None], h=state, t=[span], blobs=["h2"])["h2"].copy()
        np.testing.assert_array_equal(stream.state["h"], state)
        np.testing.assert_array_equal(output, 2 * state)


def test_lstm():
    text = """layer {{ name: "in" type: "Input" top: "x" top: "cont" {tops}
          input_param {{ shape {{ dim: {T} dim: 1 dim: 2 }} shape {{ dim: {T} dim: 1 }} {shapes} }} }}
        layer {{ name: "l" type: "LSTM" bottom: "x" bottom: "cont" {bottoms}
          recurrent_param {{ num_output: 3 {expose} weight_filler {{ type: "xavier" }} }} }}"""
    state = "shape { dim: 1 dim: 1 dim: 3 } "
    one = Net(
        text.format(T=1, tops='top: "h" top: "c"', shapes=2 * state, expose="expose_hidden: true",
                    bottoms='bottom: "h" bottom: "c" top: "y" top: "hT" top: "cT"'),
        dtype="float64",
    )  # fmt: skip
    whole = Net(
        text.format(T=9, tops="", shapes="", bottoms='top: "y"', expose=""), dtype="float64"
    )
    whole.share_with(one)
    stream = one.stream()
    steps = [stream.step(x=x, cont=float(t > 0))["y"][0, 0] for t, x in enumerate(X[0])]
    expected = whole.forward(x=X.transpose(1, 0, 2), cont=(np.arange(9) > 0)[:, None])["y"][:, 0]
    np.testing.assert_allclose(steps, expected, rtol=1e-12)


def test_states_by_name():
    net = Net(
        """layer { name: "in" type: "Input" top: "x" top: "sum" input_param { shape { dim: 1 } } }
        layer { name: "add" type: "Eltwise" bottom: "x" bottom: "sum" top: "total" }"""
    )
    stream = net.stream({"sum": "total"})
    assert stream.step(x=2) == {} and stream.step(x=3) == {} and stream.state["sum"] == [5]


@pytest.mark.parametrize(
    ("inputs", "error", "words"),
    [
        (
            {"x": X[0, 0]},
            ConfigError,
            r'"next" cannot be computed without more inputs: \[\'tt\', \'target\'\]',
        ),
        ({"x": [1, 2, 3], "tt": 1}, ShapeError, r'input "x": got \(3,\), the blob is \(1, 1, 2\)'),
        ({"x": "ab", "tt": 1}, ConfigError, 'input "x" takes an array of numbers'),
        ({"X": [1, 2], "tt": 1}, ConfigError, '"X" is not an input to be given'),
        (
            {"state": np.zeros((1, 4)), "x": [1, 2], "tt": 1},
            ConfigError,
            '"state" is not an input to be given',
        ),
    ],
)
def test_what_does_not_fit_leaves_the_state(inputs, error, words):
    stream = Net(CELLS["gate"]).stream()
    stream.step(x=[1, 2], tt=1)
    before = {name: value.copy() for name, value in stream.state.items()}
    with pytest.raises(error, match=words):
        stream.step(**inputs)
    np.testing.assert_array_equal(stream.state["state"], before["state"])


def test_nets_without_a_state():
    with pytest.raises(ConfigError, match="has no state to carry") as caught:
        Net("LiquidNetCfc.prototxt").stream()
    assert "initial_state: true" in caught.value.hint
    with pytest.raises(ConfigError, match='the state "sttae" is not an input'):
        Net(CELLS["gate"]).stream({"sttae": "next"})
    with pytest.raises(ConfigError, match='has no blob "nxt"'):
        Net(CELLS["gate"]).stream({"state": "nxt"})


def test_absolute_times_are_refused():
    with pytest.raises(ConfigError, match="takes absolute times; a stream needs time spans"):
        Net(cfc(settings="time: ABSOLUTE")).stream()


def test_the_net_keeps_its_shapes():
    net = Net(CELLS["gate"].replace("dim: 1 dim: 1", "dim: 1 dim: 9"), dtype="float64")
    stream = net.stream()
    steps = [
        stream.step(x=x[None, None], tt=[[span]])["y"]
        for x, span in zip(X[0], SPANS[0], strict=True)
    ]
    inputs = {"x": X, "tt": SPANS, "state": np.zeros((1, 4))}
    np.testing.assert_allclose(net.predict(inputs)["y"][0], np.concatenate(steps)[:, 0], rtol=1e-10)
    assert net.test_net().blobs["x"].shape == (1, 9, 2)
    with pytest.raises(LayerError):
        stream.step(x=np.zeros((1, 2, 3)), tt=[[1, 1]])
    assert net.test_net().blobs["x"].shape == (1, 9, 2)

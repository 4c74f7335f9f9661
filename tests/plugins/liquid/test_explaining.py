"""What the pictures of a liquid layer show, and that they can be drawn of anything."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from mycaffe_plugins.liquid import picture_wiring
from mycaffe_plugins.liquid.explaining import run_first_sample
from mycaffe_plugins.liquid.sequence_trace import most_active, order_of

from mycaffe_py.errors import LayerError


def cfc(more="", unit="", size=6, outputs=2):
    return (
        f'name: "cfc" type: "CFC" top: "y" cfc_param {{ hidden_size: {size} output_features: {outputs} {more} }} '
        f"cfc_unit_param {{ backbone_units: 4 {unit} }}"
    )


PICTURES = ["states", "time_constants"]
SLOW = pytest.mark.slow


def draw_all(built, *names):
    """Draw each picture, or those named, to the pixels; returns the figures by name."""
    figures, pictures = {}, built.layer.explain(built.bottom, built.top)
    for name in names or pictures:
        draw = pictures[name]
        figures[name] = Figure(layout="constrained")
        draw(figures[name])
        FigureCanvasAgg(figures[name]).draw()
    return figures


def texts_of(figure):
    return [
        text.get_text() for text in figure.findobj(match=lambda artist: hasattr(artist, "get_text"))
    ]


@pytest.fixture
def x(rng):
    return rng.standard_normal((2, 7, 3))


def test_the_trace_is_that_of_the_batchs_first_sample(build, x):
    built = build(cfc("time: SPANS"), x, np.full((2, 7), 0.5))
    y = built.forward()
    trace, cell = run_first_sample(built.layer, built.bottom)
    np.testing.assert_allclose(trace.outputs[-1], y[0], rtol=1e-12)
    np.testing.assert_array_equal(trace.inputs, x[0])
    np.testing.assert_allclose(trace.states, built.layer.cell.states[1:, :, 0], rtol=1e-12)
    np.testing.assert_allclose(trace.edges, np.arange(8) * 0.5)
    assert trace.axis_label.startswith("time since")


def test_it_ends_at_the_last_observed_step(build, x):
    mask = np.ones((2, 7, 3))
    mask[0, 5:], mask[0, 2, 1] = 0, 0
    built = build(cfc(), x, np.ones((2, 7)), mask)
    y = built.forward()
    trace, _ = run_first_sample(built.layer, built.bottom)
    assert trace.inputs.shape == (5, 3) and np.isnan(trace.inputs[2, 1])
    assert np.isnan(trace.inputs).sum() == 1
    np.testing.assert_allclose(trace.outputs[-1], y[0], rtol=1e-12)


def test_the_gates_time_constant(build, x):
    """The odds of the gate grow or shrink by e in the time constant, and gate and span agree."""
    tt = np.array([[0.5, 1, 2, 0.1, 3, 1, 1]] * 2)
    built = build(cfc("time: SPANS"), x, tt)
    built.forward()
    _, cell = run_first_sample(built.layer, built.bottom)
    scales = cell.time_scales()
    assert scales.constants.shape == scales.shares.shape == (7, 6)
    odds = np.log(scales.shares / (1 - scales.shares))
    blobs = dict(zip(built.layer.blob_names, built.layer.blobs, strict=True))
    a = np.concatenate([x[0, 0], np.zeros(6)])
    f = blobs["rnn_cell.bb_0.weight"].data @ a + blobs["rnn_cell.bb_0.bias"].data
    f = f / (1 + np.exp(-f))
    time_a, time_b = (
        blobs[f"rnn_cell.{name}.weight"].data @ f + blobs[f"rnn_cell.{name}.bias"].data
        for name in ("time_a", "time_b")
    )
    np.testing.assert_allclose(scales.constants[0], 1 / np.abs(time_a), rtol=1e-9)
    np.testing.assert_allclose(odds[0], time_a * 0.5 + time_b, rtol=1e-9)


def test_the_minimal_cells_time_constant(build, x):
    """(A - h) / (A p) is what is left of p after the span: exp(-span / time constant)."""
    tt = np.array([[0.5, 1, 2, 0.1, 3, 1, 1]] * 2)
    built = build(cfc("time: SPANS", "minimal: true"), x, tt)
    built.forward()
    trace, cell = run_first_sample(built.layer, built.bottom)
    scales = cell.time_scales()
    np.testing.assert_allclose(1 - scales.shares, np.exp(-tt[0, :, None] / scales.constants))
    p = (1 - trace.states) / (1 - scales.shares)  # A is 1 at first
    w_tau = built.layer.blobs[built.layer.blob_names.index("rnn_cell.w_tau")].data
    np.testing.assert_allclose(scales.constants, 1 / (np.abs(w_tau) + np.abs(p)), rtol=1e-6)


LTC = 'name: "ltc" type: "CFC" top: "y" cfc_param { cell_type: LTC hidden_size: 6 output_features: 1 time: SPANS } '
NCP = """wiring_param {
  type: NCP inter_neurons: 3 command_neurons: 2 motor_neurons: 1
  sensory_fanout: 2 inter_fanout: 1 recurrent_command_synapses: 2 motor_fanin: 2
}"""


@pytest.mark.parametrize(
    "text", [LTC, LTC + NCP, LTC.replace("time: SPANS", "time: SPANS use_mixed: true")]
)
def test_the_ltc_cells_time_constant(build, x, text):
    """cm / (gleak + conductances), from plain loops, as the second step begins."""
    built = build(text, x, np.ones((2, 7)))
    built.forward()
    trace, cell = run_first_sample(built.layer, built.bottom)
    scales = cell.time_scales()
    blobs = dict(zip(built.layer.blob_names, built.layer.blobs, strict=True))
    get = lambda name: blobs[f"rnn_cell.{name}"].data  # noqa: E731
    total = get("gleak").copy()
    before = trace.states[0] if cell.memory is None else cell.memory.outputs[1]
    for group, sources in (("sensory_", x[0, 1]), ("", before)):
        for i, j in np.ndindex(len(sources), 6):
            used = 1.0
            if cell.wiring is not None:
                used = (cell.wiring.sensory_mask if group else cell.wiring.mask)[i, j]
            z = get(f"{group}sigma")[i, j] * (sources[i] - get(f"{group}mu")[i, j])
            total[j] += used * get(f"{group}w")[i, j] / (1 + np.exp(-z))
    np.testing.assert_allclose(scales.constants[1], get("cm") / total, rtol=1e-6)
    # The authors' form goes on for the span + 1.
    np.testing.assert_allclose(scales.shares, 1 - np.exp(-2 / scales.constants), rtol=1e-6)


# Wirings.


def test_the_strengths_of_an_ltc_cells_synapses(build, x):
    built = build(LTC + NCP, x, np.ones((2, 7)))
    built.forward()
    _, cell = run_first_sample(built.layer, built.bottom)
    found = cell.synapse_map()
    np.testing.assert_array_equal(np.sign(found.inner), cell.wiring.adjacency)
    np.testing.assert_array_equal(np.sign(found.sensory), cell.wiring.sensory_adjacency)
    assert [(name, len(neurons)) for name, neurons in found.columns()] == [
        ("inter", 3),
        ("command", 2),
        ("motor", 1),
    ]


@pytest.mark.parametrize("unit", ["", "minimal: true"])
def test_the_strengths_of_a_wired_cfc_cell(build, x, unit):
    built = build(f'name: "w" type: "CFC" cfc_unit_param {{ {unit} }} {NCP}', x, np.ones((2, 7)))
    built.forward()
    _, cell = run_first_sample(built.layer, built.bottom)
    found, wiring = cell.synapse_map(), cell.wiring
    order = np.concatenate(wiring.layers)
    assert found.groups == tuple(wiring.groups[neuron] for neuron in order)
    np.testing.assert_array_equal(found.sensory != 0, wiring.sensory_mask[:, order] != 0)
    layer_of = np.array(found.dense_layers)
    expected = wiring.mask[np.ix_(order, order)] != 0
    expected[layer_of[:, None] == layer_of] = True
    np.testing.assert_array_equal(found.inner != 0, expected)
    blobs = dict(zip(built.layer.blob_names, built.layer.blobs, strict=True))
    heads = ("ff1",) if unit else ("ff1", "ff2")
    mean = np.mean([blobs[f"rnn_cell.layer_1.{head}.weight"].data for head in heads], axis=0)
    np.testing.assert_allclose(found.inner[3:5, 3:5], mean[:, 3:].T)


@pytest.mark.parametrize(
    ("kind", "size", "wiring"),
    [
        ("LTC", 6, NCP),
        pytest.param("CFC", 64, "wiring_param { type: AUTO_NCP motor_neurons: 4 }", marks=SLOW),
        pytest.param(
            "LTC",
            9,
            "wiring_param { type: RANDOM sparsity_level: 0.6 motor_neurons: 2 }",
            marks=SLOW,
        ),
        ("LTC", 1, "wiring_param { type: FULLY_CONNECTED }"),
        pytest.param(
            "CFC", 40, "wiring_param { type: FULLY_CONNECTED motor_neurons: 1 }", marks=SLOW
        ),
    ],
)
def test_any_wiring_can_be_drawn(build, x, kind, size, wiring):
    text = f'name: "cfc" type: "CFC" cfc_param {{ cell_type: {kind} hidden_size: {size} }} {wiring}'
    built = build(text, x, np.ones((2, 7)), np.ones((2, 7, 3)))
    assert list(built.layer.explain(built.bottom, built.top)) == [*PICTURES, "wiring"]
    said = texts_of(draw_all(built, "wiring")["wiring"])
    assert {"9 sensory", "b0 2", "time since 0", "mask 1", "excites", "inhibits"} <= set(said)


@pytest.mark.parametrize(
    ("size", "most", "synapses"), [(36, 300, "1,404"), pytest.param(60, 3000, "3,780", marks=SLOW)]
)
def test_of_very_many_synapses_the_strongest_are_drawn(build, x, monkeypatch, size, most, synapses):
    if size < 60:
        monkeypatch.setattr(picture_wiring, "_MAX_LINES", most)
    wiring = "wiring_param { type: FULLY_CONNECTED motor_neurons: 1 }"
    text = f'name: "cfc" type: "CFC" cfc_param {{ cell_type: LTC hidden_size: {size} }} {wiring}'
    built = build(text, x, np.ones((2, 7)))
    figure = draw_all(built, "wiring")["wiring"]
    assert 0 < len(figure.axes[0].patches) <= most
    said = texts_of(figure)
    assert (
        f"the {most:,} strongest of {synapses} synapses" in said
        and f"{synapses} synapses of {synapses}; grey: none" in said
    )


@pytest.mark.slow
def test_mixed_memory_and_an_initial_state(build, x, rng):
    text = cfc("use_mixed: true initial_state: true return_sequences: true")
    built = build(text, x, np.ones((2, 7)), rng.standard_normal((2, 12)))
    y = built.forward()
    trace, _ = run_first_sample(built.layer, built.bottom)
    np.testing.assert_allclose(trace.outputs, y[0], rtol=1e-12)
    draw_all(built)


def test_what_the_pictures_say(build, x):
    figures = draw_all(build(cfc("time: SPANS"), x, np.ones((2, 7))))
    assert list(figures) == PICTURES
    states, times = (texts_of(figure) for figure in figures.values())
    assert 'layer "cfc" (CFC), 6 neurons: the state over one sequence' in states
    assert {"b0 0", "b0 1", "b0 2", "y 0", "y 1", "neuron 5"} <= set(states)
    assert "time since the sequence began (units of tt)" in states
    assert any("1 / |time_a|" in text for text in times)


@pytest.mark.parametrize(
    ("size", "steps"),
    [
        (1, 1),
        pytest.param(2, 3, marks=SLOW),
        pytest.param(8, 2, marks=SLOW),
        pytest.param(256, 200, marks=SLOW),
    ],
)
def test_any_size(build, rng, size, steps):
    draw_all(
        build(cfc(size=size, outputs=9), rng.standard_normal((1, steps, 8)), np.ones((1, steps)))
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("first", "later"),
    [(0.0, 0.0), (1e-9, 1e12), (0.0, 1.0)],
)
def test_any_time(build, x, first, later):
    tt = np.full((2, 7), later)
    tt[:, :4] = first
    draw_all(build(cfc("time: SPANS"), x, tt))


def test_nothing_observed(build, x):
    draw_all(build(cfc("time: SPANS"), x, np.ones((2, 7)), np.zeros((2, 7, 3))))


@pytest.mark.slow
def test_nothing_moves(build, x):
    built = build(cfc(), x, np.ones((2, 7)))
    for blob in built.layer.blobs:
        blob.data.fill(0)
    draw_all(built)


def test_weights_that_diverged(build, x):
    built = build(cfc(), x, np.ones((2, 7)))
    built.layer.blobs[0].data.fill(np.nan)
    with pytest.raises(LayerError, match=r'layer "cfc" \(CFC\): its state is not finite'):
        built.layer.explain(built.bottom, built.top)


def test_names_are_no_formulas(build, x):
    built = build(cfc().replace('"y"', '"$y^"'), x, np.ones((2, 7)))
    assert "$y^ 0" in texts_of(draw_all(built, "states")["states"])


# The orders.


def test_neurons_that_move_alike_are_side_by_side():
    t = np.linspace(0, 2 * np.pi, 50)[:, None]
    phases = np.random.default_rng(0).permutation(20) / 20 * 2 * np.pi
    order = order_of(np.sin(t + phases))
    steps = np.diff(np.unwrap(phases[order]))
    np.testing.assert_allclose(np.abs(steps), 2 * np.pi / 20, rtol=1e-6)


@pytest.mark.parametrize("shape", [(1, 5), (5, 1), (2, 2), (9, 2), (9, 300)])
def test_each_neuron_has_its_place(rng, shape):
    assert sorted(order_of(rng.standard_normal(shape))) == list(range(shape[1]))


def test_the_most_active(rng):
    values = rng.standard_normal((30, 4)) * [1, 5, 0, 9]
    assert most_active(values, 3).tolist() == [3, 1, 0]
